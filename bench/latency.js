/**
 * From packet in to packet out while the worker has half a core's work: from just before the publisher's send to the
 * server's send having delivered, as the kernel's time stamps tell.
 */
import { barChart } from './charts.js'
import { Fanout, median, whyUnsound } from './fanout.js'
import { table } from './tables.js'

/** @typedef {{ viewers: number, perSecond: number, load: number, p50: number, p99: number, rounds: any[] }} Result */

const ROUND_US = 500_000
const HALF = 0.5

/**
 * Finds the interval at which the worker has half a core's work.
 * @param {Fanout} fanout
 * @param {number} viewers
 */
async function calibrate(fanout, viewers) {
  let intervalUs = viewers * 10
  for (let i = 0; i < 6; i++) {
    const { cpuUs, tookUs } = await fanout.ask(`latency 0 ${intervalUs}`)
    const load = cpuUs / tookUs
    if (Math.abs(load - HALF) < 0.02) break
    intervalUs = Math.max(1, Math.round((intervalUs * load) / HALF))
  }
  return intervalUs
}

/** @type {import('./run.js').Section} */
export const section = {
  name: 'latency',
  names: [],

  async run({ rounds, isSmoke }) {
    if (isSmoke) return {}
    const counts = [10, 50]
    const fanouts = []
    for (const viewers of counts) {
      const packets = Math.round(ROUND_US / viewers / 8)
      fanouts.push(
        await Fanout.open(['--viewers', viewers, '--packets', packets, '--interval-us', 1].map(String)),
      )
    }
    /** @type {Record<string, Result>} */
    const results = {}
    const intervals = []
    for (const [index, fanout] of fanouts.entries()) intervals.push(await calibrate(fanout, counts[index]))
    const all = counts.map(() => /** @type {any[]} */ ([]))
    for (let round = 0; round < rounds; round++)
      for (const [index, fanout] of fanouts.entries())
        all[index].push(await fanout.ask(`latency 0 ${intervals[index]}`))
    for (const fanout of fanouts) fanout.close()
    for (const [index, viewers] of counts.entries()) {
      const own = all[index]
      results[`half${viewers}`] = {
        viewers,
        perSecond: median(own.map(({ sent, tookUs }) => (sent * 1e6) / tookUs)),
        load: median(own.map(({ cpuUs, tookUs }) => cpuUs / tookUs)),
        p50: median(own.map(({ p50 }) => p50)),
        p99: median(own.map(({ p99 }) => p99)),
        rounds: own,
      }
    }
    return results
  },

  table(results) {
    return table(
      ['viewers', 'packets in per s', 'packets out per s', 'load of the core', 'p50', 'p99', ''],
      Object.values(results).map((/** @type {Result} */ result) => [
        result.viewers,
        result.perSecond.toFixed(0),
        (result.perSecond * result.viewers).toFixed(0),
        `${(result.load * 100).toFixed(0)} %`,
        `${result.p50.toFixed(0)} µs`,
        `${result.p99.toFixed(0)} µs`,
        whyNot(result) ?? '',
      ]),
    )
  },

  goals({ half10, half50 }) {
    if (!half10 || !half50) return []
    const why = whyNot(half10)
    /** @param {'p50' | 'p99'} key */
    const beside = (key) => `N = 50: ${half50[key].toFixed(0)} µs`
    const unit = 'µs'
    return [
      {
        figure: 'added latency at half load, N = 10: p50',
        limit: 150,
        measured: half10.p50,
        digits: 0,
        unit,
        why,
        beside: beside('p50'),
      },
      {
        figure: 'the same: p99',
        limit: 1200,
        measured: half10.p99,
        digits: 0,
        unit,
        why,
        beside: beside('p99'),
      },
    ]
  },

  charts(results) {
    const groups = Object.values(results).map((/** @type {Result} */ { viewers, p50, p99 }) => ({
      name: `N = ${viewers}`,
      values: [p50, p99],
    }))
    if (groups.length === 0) return {}
    const title = 'Packet in to packet out, at half load'
    return {
      'latency.svg': barChart({
        title,
        axis: 'µs (less is better)',
        series: ['p50', 'p99'],
        groups,
        digits: 0,
      }),
    }
  },
}

/** @param {Result} result */
function whyNot({ rounds, load, viewers }) {
  const why = whyUnsound(
    rounds.map(({ sent, received, foreign, delayUs, wallUs, cpuUs }) => ({
      us: cpuUs / received,
      delivered: received / sent / viewers,
      foreign,
      starved: delayUs / wallUs,
    })),
  )
  return why ?? (Math.abs(load - HALF) > 0.1 ? `load was ${(load * 100).toFixed(0)} %` : undefined)
}

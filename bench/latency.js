/**
 * From packet in to packet out while the worker has half a core's work: from just before the publisher's send to the
 * server's send having delivered, as the kernel's time stamps tell.
 */
import { barChart } from './charts.js'
import { Fanout, median, takeTurns, whyUnsound } from './fanout.js'
import { table } from './tables.js'

/** @typedef {import('./fanout.js').Round & { perSecond: number, load: number, p50: number, p99: number }} Round */
/** @typedef {{ viewers: number, rounds: Round[] }} Result */

const ROUND_US = 500_000
const HALF = 0.5
const LATE_US = 5000

/** Evenly spaced packets at the rate at which the worker has half a core's work. */
class AtHalfLoad {
  #fanout
  #viewers
  #intervalUs

  /**
   * @param {Fanout} fanout
   * @param {number} viewers
   */
  constructor(fanout, viewers) {
    this.#fanout = fanout
    this.#viewers = viewers
    this.#intervalUs = viewers * 40
  }

  /** @param {number} viewers */
  static async open(viewers) {
    const packets = Math.round(ROUND_US / viewers / 5)
    const words = ['--viewers', viewers, '--packets', packets, '--interval-us', 1].map(String)
    const one = new AtHalfLoad(await Fanout.open(words), viewers)
    await one.#calibrate()
    return one
  }

  /** From below: a backlog would leave in long trains, so cheaply that the search would run away. */
  async #calibrate() {
    for (let i = 0; i < 8; i++) if (!(await this.measure()).unsound) return
  }

  /**
   * Each round also corrects the rate for the next one.
   * @returns {Promise<Round>}
   */
  async measure() {
    const media = await this.#fanout.ask(`latency 0 ${this.#intervalUs}`)
    const load = media.cpuUs / media.tookUs
    const isLate = media.p50 > LATE_US
    const factor = isLate ? 1.5 : Math.min(1.5, Math.max(0.7, load / HALF))
    this.#intervalUs = Math.max(1, Math.round(this.#intervalUs * factor))
    return {
      us: media.cpuUs / Math.max(1, media.received),
      delivered: media.received / media.sent / this.#viewers,
      foreign: media.foreign,
      starved: media.delayUs / media.wallUs,
      unsound: isLate || Math.abs(load - HALF) > 0.06 ? 'load was not half' : undefined,
      perSecond: (media.sent * 1e6) / media.tookUs,
      load,
      p50: media.p50,
      p99: media.p99,
    }
  }

  close() {
    this.#fanout.close()
  }
}

/**
 * @param {Result} result
 * @param {'perSecond' | 'load' | 'p50' | 'p99'} key
 */
const typical = ({ rounds }, key) => median(rounds.map((round) => round[key]))

/** @type {import('./run.js').Section} */
export const section = {
  name: 'latency',
  names: [],

  async run({ rounds, isSmoke }) {
    if (isSmoke) return {}
    const half10 = await AtHalfLoad.open(10)
    const half50 = await AtHalfLoad.open(50)
    const results = await takeTurns({ half10, half50 }, rounds)
    half10.close()
    half50.close()
    return {
      half10: { viewers: 10, rounds: results.half10 },
      half50: { viewers: 50, rounds: results.half50 },
    }
  },

  table(results) {
    return table(
      ['viewers', 'packets in per s', 'packets out per s', 'load of the core', 'p50', 'p99', ''],
      Object.values(results).map((/** @type {Result} */ result) => [
        result.viewers,
        typical(result, 'perSecond').toFixed(0),
        (typical(result, 'perSecond') * result.viewers).toFixed(0),
        `${(typical(result, 'load') * 100).toFixed(0)} %`,
        `${typical(result, 'p50').toFixed(0)} µs`,
        `${typical(result, 'p99').toFixed(0)} µs`,
        whyUnsound(result.rounds) ?? '',
      ]),
    )
  },

  goals({ half10, half50 }) {
    if (!half10 || !half50) return []
    const why = whyUnsound(half10.rounds)
    /** @param {'p50' | 'p99'} key */
    const beside = (key) => `N = 50: ${typical(half50, key).toFixed(0)} µs`
    const unit = 'µs'
    return [
      {
        figure: 'added latency at half load, N = 10: p50',
        limit: 150,
        measured: typical(half10, 'p50'),
        digits: 0,
        unit,
        why,
        beside: beside('p50'),
      },
      {
        figure: 'the same: p99',
        limit: 1200,
        measured: typical(half10, 'p99'),
        digits: 0,
        unit,
        why,
        beside: beside('p99'),
      },
    ]
  },

  charts(results) {
    const groups = Object.values(results).map((/** @type {Result} */ result) => ({
      name: `N = ${result.viewers}`,
      values: [typical(result, 'p50'), typical(result, 'p99')],
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

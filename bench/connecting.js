/** A thousand connections one by one: how long each takes, what it costs to join, what it keeps, what it costs idle. */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { barChart } from './charts.js'
import { Fanout, quantile, root } from './fanout.js'
import { table } from './tables.js'

const SLOW_MS = 900
const SETTLE_MS = 3000
const IDLE_MS = 10_000

/**
 * @param {string} ice
 * @param {number} count
 */
async function connect(ice, count) {
  const fanout = await Fanout.open(['--ice', ice, '--viewers', String(count - 1), '--one-by-one'])
  const { connectMs, joinCpuMs, memoryKb } = fanout.ready
  await fanout.ask(`idle ${SETTLE_MS}`)
  const idle = await fanout.ask(`idle ${IDLE_MS}`)
  fanout.close()
  return {
    connections: count,
    ms: {
      median: quantile(connectMs, 0.5),
      p99: quantile(connectMs, 0.99),
      max: quantile(connectMs, 1),
      slow: connectMs.filter((/** @type {number} */ ms) => ms > SLOW_MS).length,
    },
    joinCpuMs,
    memoryKb,
    idle: { cores: idle.cpuUs / idle.wallUs, foreign: idle.foreign, starved: idle.delayUs / idle.wallUs },
  }
}

/** @param {number} count */
function connectFromJs(count) {
  const script = path.join(root, 'bench', 'connect.js')
  const words = ['--expose-gc', script, String(count)]
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8', timeout: 300_000 }))
}

/** @type {import('./run.js').Section} */
export const section = {
  name: 'connecting',
  names: [],

  async run({ isSmoke, isQuick }) {
    const js = connectFromJs(isSmoke ? 10 : 100)
    if (isSmoke) return { js }
    const count = isQuick ? 200 : 1000
    return { js, lite: await connect('lite', count), nice: await connect('nice', count) }
  },

  table({ js, lite, nice }) {
    const rows = Object.entries({ lite, nice })
      .filter(([, result]) => result)
      .map(([name, { connections, ms, joinCpuMs, memoryKb, idle }]) => [
        `${name}, ${connections}`,
        `${ms.median.toFixed(1)} / ${ms.p99.toFixed(1)} / ${ms.max.toFixed(1)} ms`,
        ms.slow,
        `${joinCpuMs.toFixed(2)} ms`,
        `${memoryKb.toFixed(1)} KB`,
        `${(idle.cores * 100).toFixed(2)} %${idle.foreign > 0.1 ? ' (machine busy)' : ''}`,
      ])
    rows.push([
      `from JS, both ends nice, ${js.pairs} pairs`,
      `${js.medianMs.toFixed(1)} / ${js.p99Ms.toFixed(1)} / ${js.maxMs.toFixed(1)} ms`,
      '',
      `${js.cpuMsPerConnection.toFixed(2)} ms`,
      `${js.memoryKbPerConnection.toFixed(0)} KB`,
      '',
    ])
    const header = ['connections', 'median / p99 / max', `over ${SLOW_MS} ms`, 'CPU of each, with joining']
    return table([...header, 'memory of each', 'all idle, of a core'], rows)
  },

  goals({ lite, nice }) {
    if (!lite || !nice) return []
    const { connections } = lite
    const why = lite.idle.foreign > 0.1 || lite.idle.starved > 0.05 ? 'machine busy' : undefined
    const idlePercent = (lite.idle.cores * 100 * 1000) / connections
    const slow = lite.ms.slow + nice.ms.slow
    return [
      {
        figure: 'memory per connected lite viewer',
        limit: 64,
        measured: lite.memoryKb,
        digits: 1,
        unit: 'KB',
      },
      {
        figure: 'joining: native CPU per viewer, offer to first media',
        limit: 1,
        measured: lite.joinCpuMs,
        unit: 'ms',
        why,
      },
      {
        figure: `1,000 connected idle viewers${connections < 1000 ? ` (measured: ${connections})` : ''}`,
        limit: 3,
        measured: idlePercent,
        unit: '% of a core',
        why,
      },
      {
        figure: 'loopback connect, nice: median',
        limit: 30,
        measured: nice.ms.median,
        digits: 1,
        unit: 'ms',
        why,
      },
      {
        figure: 'loopback connect, lite: median',
        limit: 10,
        measured: lite.ms.median,
        digits: 1,
        unit: 'ms',
        why,
      },
      {
        figure: `connections over ${SLOW_MS} ms, of ${connections} lite and as many nice`,
        limit: 0,
        measured: slow,
        digits: 0,
        beside: `slowest: ${lite.ms.max.toFixed(0)} and ${nice.ms.max.toFixed(0)} ms`,
      },
    ]
  },

  charts({ lite, nice }) {
    if (!lite || !nice) return {}
    return {
      'memory.svg': barChart({
        title: 'Memory per connected viewer, audio and video',
        axis: 'KB of resident memory (less is better)',
        series: ['Urchin'],
        groups: [
          { name: 'lite', values: [lite.memoryKb] },
          { name: 'nice', values: [nice.memoryKb] },
        ],
        digits: 1,
      }),
    }
  },
}

/** What JS costs: the main thread while packets are forwarded, and for each viewer that joins. */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { root } from './fanout.js'
import { table } from './tables.js'

/**
 * @param {string} script of this folder
 * @param {string[]} words
 */
function runJson(script, words) {
  const args = [path.join(root, 'bench', script), ...words]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 300_000 }))
}

/** @param {number} share of a core */
function percent(share) {
  return `${(share * 100).toFixed(3)} %`
}

/** @type {import('./run.js').Section} */
export const section = {
  name: 'js',
  names: [],

  async run({ isSmoke }) {
    if (isSmoke) return {}
    return { thread: runJson('js-thread.js', []), join: runJson('js-join.js', ['200']) }
  },

  table({ thread, join }) {
    const { whep, api } = join
    const threads = table(
      ['', 'packets out per s', 'main thread, of a core'],
      [
        ['forwarding', Math.round(thread.packetsPerSecond), percent(thread.busy.main ?? 0)],
        ['idle', 0, percent(thread.idle.main ?? 0)],
      ],
    )
    /** @type {[string, string, string][]} */
    const rows = [
      ['main thread', 'mainMs', 'ms'],
      ["Node's helper threads", 'helpersMs', 'ms'],
      ['worker', 'workerMs', 'ms'],
      ['resident memory', 'residentKb', 'KB'],
      ['of it JS objects', 'heapKb', 'KB'],
      ['and all but the JS heap', 'otherKb', 'KB'],
    ]
    const joins = table(
      [`each of ${join.viewers} viewers`, 'WHEP', 'connection'],
      rows.map(([title, key, unit]) => [
        title,
        ...[whep, api].map((way) => `${way[key].toFixed(unit === 'ms' ? 2 : 0)} ${unit}`),
      ]),
    )
    return `${threads}\n\n${joins}`
  },

  goals({ thread, join }) {
    if (!thread) return []
    return [
      {
        figure: `JS thread while ${Math.round(thread.packetsPerSecond).toLocaleString('en')} packets/s are forwarded`,
        limit: 1,
        measured: (thread.busy.main ?? 0) * 100,
        digits: 3,
        unit: '% of a core',
      },
      {
        figure: 'joining: CPU of the JS thread per viewer',
        limit: 1,
        measured: join.api.mainMs,
        unit: 'ms',
        beside: `WHEP: ${join.whep.mainMs.toFixed(2)} ms`,
      },
    ]
  },

  charts: () => ({}),
}

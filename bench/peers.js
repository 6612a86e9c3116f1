/** CPU per forwarded packet beside other servers; see peers/compare.js. */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { barChart } from './charts.js'
import { root } from './fanout.js'
import { table } from './tables.js'

/** @type {[string, string, Record<string, number>][]} a server, and the goals for ours divided by its figure */
const goalsBeside = [
  ['node-datachannel', 'node-datachannel', { even: 0.7, chromium: 0.4 }],
  ['janus', 'Janus VideoRoom', { even: 0.5, chromium: 0.3 }],
]
/** @type {Record<string, string>} */
const traffics = { even: 'evenly spaced', chromium: "Chromium's frames" }

/** @param {number} share */
function arrivedNote(share) {
  return share < 0.995 ? ` (${Math.round(share * 100)} % arrived)` : ''
}

/** @type {import('./run.js').Section} */
export const section = {
  name: 'peers',
  names: [],

  async run({ isSmoke, isQuick }) {
    if (isSmoke) return {}
    const words = [path.join(root, 'bench', 'peers', 'compare.js'), '--rounds', isQuick ? '2' : '3']
    return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8', timeout: 600_000 }))
  },

  table({ servers, oursToTheirs: ratios, missing }) {
    const rows = Object.entries(servers).map(([name, result]) => [
      `${name === 'urchin' ? 'this package' : name} ${result.version ?? ''}`,
      ...Object.keys(traffics).flatMap((traffic) => [
        `${result[traffic].us.toFixed(2)}${arrivedNote(result[traffic].arrived)}`,
        ratios[name] ? ratios[name][traffic].toFixed(2) : '',
      ]),
    ])
    const header = Object.values(traffics).flatMap((title) => [
      `${title}: CPU µs per packet`,
      'ours / theirs',
    ])
    const absent = Object.entries(missing).map(([name, why]) => `\n\nNot measured: ${name} (${why}).`)
    return table(['server', ...header], rows) + absent.join('')
  },

  goals({ oursToTheirs: ratios }) {
    if (!ratios) return []
    return goalsBeside.flatMap(([name, title, limits]) =>
      Object.entries(limits).map(([traffic, limit]) => ({
        figure: `ours / ${title}, ${traffics[traffic]}, N = 50`,
        limit,
        measured: ratios[name]?.[traffic],
      })),
    )
  },

  charts({ servers }) {
    if (!servers) return {}
    return {
      'peers.svg': barChart({
        title: 'One publisher, 50 viewers: CPU of the whole server',
        axis: 'µs per packet that arrived (less is better)',
        series: Object.values(traffics),
        groups: Object.entries(servers).map(([name, result]) => ({
          name,
          values: Object.keys(traffics).map((traffic) => result[traffic].us),
        })),
        digits: 1,
      }),
    }
  },
}

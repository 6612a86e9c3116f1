/**
 * CPU per forwarded packet of this package's server beside others: one publisher, N viewers, the same clients and the same
 * packets for all, a round of each server in turn. Prints one line of JSON.
 *
 *   node bench/peers/compare.js [--viewers N] [--rounds N] [--packets N] [--interval-us N]
 *     [--only NAME,NAME]
 */
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Clients, writeEvenSteps } from './clients.js'
import { processCpuUs } from './cpu.js'
import { startJanus } from './janus.js'
import { enterNamespace } from './namespace.js'
import { installPeers, startPackage, startUrchin } from './servers.js'

/** @typedef {import('./servers.js').PeerServer} PeerServer */
/** @typedef {{ us: number, arrived: number }} Round */
/** @typedef {{ name: string, server: PeerServer, first: number, rounds: Record<string, Round[]> }} Entry */

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '5' },
    packets: { type: 'string', default: '500' },
    // 2.4 Mbit/s, like the frames.
    'interval-us': { type: 'string', default: '4000' },
    only: { type: 'string', default: 'urchin,node-datachannel,janus,werift' },
  },
})
const viewers = Number(values.viewers)
const rounds = Number(values.rounds)
/** @type {Record<string, () => Promise<PeerServer>>} */
const starters = {
  urchin: startUrchin,
  'node-datachannel': () => startPackage('node-datachannel'),
  janus: startJanus,
  werift: () => startPackage('werift'),
}
const traffics = ['even', 'chromium']

/** @param {string} name @param {Clients} clients @returns {Promise<Entry>} */
async function open(name, clients) {
  const server = await starters[name]()
  const entry = { name, server, first: clients.reserve(viewers + 1), rounds: { even: [], chromium: [] } }
  try {
    await server.publish(clients, entry.first)
    for (let i = 1; i <= viewers; i++) await server.watch(clients, entry.first + i)
    await measure(clients, entry, 'warm-up')
    return entry
  } catch (error) {
    await server.close()
    throw error
  }
}

/** @param {Clients} clients @param {Entry} entry @param {string} steps @returns {Promise<Round>} */
async function measure(clients, { server, first, name }, steps) {
  const before = processCpuUs(server.pid)
  const { sent, arrived, decrypted } = await clients.send({
    publisher: first,
    viewers: [first + 1, viewers],
    steps,
  })
  await settle(server.pid)
  const us = (processCpuUs(server.pid) - before) / arrived
  if (arrived > 0 && decrypted === 0) throw new Error(`${name}: no viewer could decrypt anything`)
  return { us, arrived: arrived / (sent * viewers) }
}

/** Until a server has nothing left to do: the next one shall have the core for itself. @param {number} pid */
async function settle(pid) {
  for (let i = 0; i < 100; i++) {
    const before = processCpuUs(pid)
    await sleep(100)
    if (processCpuUs(pid) - before < 10_000) return
  }
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** @param {Entry} entry */
function result({ name, server, rounds: all }) {
  const figures = traffics.map((traffic) => {
    // Without a packet that arrived there is nothing to divide by.
    const us = all[traffic].map((round) => round.us).filter(Number.isFinite)
    return [
      traffic,
      {
        us: round3(median(us)),
        least: round3(Math.min(...us)),
        most: round3(Math.max(...us)),
        arrived: round3(median(all[traffic].map(({ arrived }) => arrived))),
      },
    ]
  })
  return [name, { version: server.version, ...Object.fromEntries(figures) }]
}

/** @param {number} number */
function round3(number) {
  return Math.round(number * 1000) / 1000
}

installPeers()
enterNamespace()
writeEvenSteps('even', { count: Number(values.packets), intervalUs: Number(values['interval-us']) })
writeEvenSteps('warm-up', { count: 50, intervalUs: 2000 })
const clients = await new Clients().start()
/** @type {Entry[]} */
const entries = []
/** @type {Record<string, string>} */
const missing = {}
for (const name of values.only.split(',')) {
  try {
    entries.push(await open(name, clients))
  } catch (error) {
    missing[name] = /** @type {Error} */ (error).message
  }
}
for (let round = 0; round < rounds; round++) {
  for (const traffic of traffics)
    for (const entry of entries) entry.rounds[traffic].push(await measure(clients, entry, traffic))
}
const results = Object.fromEntries(entries.map(result))
const ratios = Object.fromEntries(
  entries
    .filter(({ name }) => name !== 'urchin' && results.urchin)
    .map(({ name }) => [
      name,
      Object.fromEntries(
        traffics.map((traffic) => [traffic, round3(results.urchin[traffic].us / results[name][traffic].us)]),
      ),
    ]),
)
console.log(
  JSON.stringify({
    viewers,
    rounds,
    intervalUs: Number(values['interval-us']),
    load: round3(loadavg()[0]),
    servers: results,
    oursToTheirs: ratios,
    missing,
  }),
)
await Promise.all(entries.map(({ server }) => server.close()))
await clients.close()

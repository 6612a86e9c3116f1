/**
 * Connects pairs of connections in this process over loopback: how long from creation to both READY, and what
 * a connection costs in CPU and memory. Prints one line of JSON.
 *
 *   node bench/connect.js [PAIRS]
 */
import { closeAll, connectPair } from '../test/support/pair.js'

const WARM_UP_PAIRS = 10
const MEMORY_PAIRS = 100
const pairCount = Number(process.argv[2] ?? 100)

/**
 * @param {number[]} sorted
 * @param {number} share 0..1
 */
const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]

for (let i = 0; i < WARM_UP_PAIRS; i++) await closeAll(await connectPair())

const times = []
const cpuBefore = process.cpuUsage()
for (let i = 0; i < pairCount; i++) {
  const startMs = performance.now()
  const pair = await connectPair()
  times.push(performance.now() - startMs)
  await closeAll(pair)
}
const cpu = process.cpuUsage(cpuBefore)
times.sort((a, b) => a - b)

const held = []
globalThis.gc?.()
const rssBefore = process.memoryUsage.rss()
for (let i = 0; i < MEMORY_PAIRS; i++) held.push(...(await connectPair()))
globalThis.gc?.()
const rssAfter = process.memoryUsage.rss()
await closeAll(held)

console.log(
  JSON.stringify({
    pairs: pairCount,
    medianMs: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    p99Ms: percentile(times, 0.99),
    maxMs: times.at(-1),
    cpuMsPerConnection: (cpu.user + cpu.system) / 1000 / pairCount / 2,
    memoryKbPerConnection: (rssAfter - rssBefore) / 1024 / held.length,
  }),
)

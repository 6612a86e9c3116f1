/**
 * Connects pairs of connections in this process over loopback: how long from creation to both READY, and what
 * a connection costs in CPU and memory. Prints one line of JSON.
 *
 *   node bench/connect.js [PAIRS]
 */
import { WebRtcConnection } from '../lib/index.js'

const WARM_UP_PAIRS = 10
const MEMORY_PAIRS = 100
const pairCount = Number(process.argv[2] ?? 100)
const options = { networkInterfaces: ['127.0.0.1'] }

/** @returns {Promise<{ pair: WebRtcConnection[], elapsedMs: number }>} */
async function connectPair() {
  const startMs = performance.now()
  const offerer = new WebRtcConnection(options)
  const answerer = new WebRtcConnection(options)
  const pair = [offerer, answerer]
  const ready = Promise.all(
    pair.map(
      (connection) =>
        new Promise((resolve, reject) => {
          connection.on('ready', resolve)
          connection.on('failed', ({ reason }) => reject(new Error(`${reason.code}: ${reason.detail}`)))
        }),
    ),
  )
  offerer.on('candidate', ({ message }) => answerer.addRemoteCandidate(message))
  answerer.on('candidate', ({ message }) => offerer.addRemoteCandidate(message))
  for (const connection of pair) connection.init()
  await answerer.setRemoteSdp(await offerer.createOffer({ audio: true, video: true }))
  await offerer.setRemoteSdp(answerer.getLocalSdp())
  await ready
  return { pair, elapsedMs: performance.now() - startMs }
}

/** @param {WebRtcConnection[]} connections */
const closeAll = (connections) => Promise.all(connections.map((connection) => connection.close()))

/**
 * @param {number[]} sorted
 * @param {number} share 0..1
 */
const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]

for (let i = 0; i < WARM_UP_PAIRS; i++) await closeAll((await connectPair()).pair)

const times = []
const cpuBefore = process.cpuUsage()
for (let i = 0; i < pairCount; i++) {
  const { pair, elapsedMs } = await connectPair()
  times.push(elapsedMs)
  await closeAll(pair)
}
const cpu = process.cpuUsage(cpuBefore)
times.sort((a, b) => a - b)

const held = []
globalThis.gc?.()
const rssBefore = process.memoryUsage.rss()
for (let i = 0; i < MEMORY_PAIRS; i++) held.push(...(await connectPair()).pair)
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

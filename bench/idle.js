/**
 * Connected pairs that nobody uses, with consent checks going on: CPU of the process per second. Both ends are here, so
 * a pair is two connections. Prints one line of JSON.
 *
 *   node bench/idle.js [CONNECTIONS] [SECONDS]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { WebRtcConnection } from '../lib/index.js'

const connectionCount = Number(process.argv[2] ?? 1000)
const seconds = Number(process.argv[3] ?? 20)
const options = { networkInterfaces: ['127.0.0.1'], iceAutoRestart: false }

/** @returns {Promise<WebRtcConnection[]>} */
async function connectPair() {
  const pair = [new WebRtcConnection(options), new WebRtcConnection(options)]
  const ready = Promise.all(
    pair.map(
      (connection) =>
        new Promise((resolve, reject) => {
          connection.on('ready', resolve)
          connection.on('failed', ({ reason }) => reject(new Error(`${reason.code}: ${reason.detail}`)))
        }),
    ),
  )
  for (const [from, to] of [pair, pair.toReversed()]) {
    from.on('candidate', ({ message }) => to.addRemoteCandidate(message))
    from.on('sdp', ({ message }) => to.setRemoteSdp(message))
  }
  for (const connection of pair) connection.init()
  pair[0].createOffer({ audio: true })
  await ready
  return pair
}

const connections = []
while (connections.length < connectionCount) connections.push(...(await connectPair()))
await sleep(6000)
const before = process.cpuUsage()
await sleep(seconds * 1000)
const { user, system } = process.cpuUsage(before)
const cores = (user + system) / 1e6 / seconds
const stillReady = connections.filter(({ iceState }) => iceState === 'connected').length
console.log(JSON.stringify({ connections: connectionCount, connected: stillReady, seconds, cores }))
await Promise.all(connections.map((connection) => connection.close()))

/**
 * Connected pairs that nobody uses, with consent checks going on: CPU of the process per second. Both ends are here, so
 * a pair is two connections. Prints one line of JSON.
 *
 *   node bench/idle.js [CONNECTIONS] [SECONDS]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { closeAll, connectPair } from '../test/support/pair.js'

const connectionCount = Number(process.argv[2] ?? 1000)
const seconds = Number(process.argv[3] ?? 20)

const connections = []
while (connections.length < connectionCount)
  connections.push(...(await connectPair({ iceAutoRestart: false })))
await sleep(6000)
const before = process.cpuUsage()
await sleep(seconds * 1000)
const { user, system } = process.cpuUsage(before)
const cores = (user + system) / 1e6 / seconds
const stillReady = connections.filter(({ iceState }) => iceState === 'connected').length
console.log(JSON.stringify({ connections: connectionCount, connected: stillReady, seconds, cores }))
await closeAll(connections)

/**
 * What the main thread does while the workers forward 50,000 packets a second to 50 viewers, and while they forward
 * nothing: shares of a core, by thread. Prints one line of JSON.
 *
 *   node bench/js-thread.js [SECONDS]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Clients, writeEvenSteps } from './peers/clients.js'
import { cpuByThread } from './peers/cpu.js'
import { startUrchin } from './peers/servers.js'

const seconds = Number(process.argv[2] ?? 10)
const viewers = 50

/**
 * @template T
 * @param {number} pid
 * @param {() => Promise<T>} action
 */
async function watch(pid, action) {
  const before = cpuByThread(pid)
  const start = performance.now()
  const result = await action()
  const us = (performance.now() - start) * 1000
  const after = Object.entries(cpuByThread(pid))
  const shares = after.map(([name, used]) => [name, Number(((used - (before[name] ?? 0)) / us).toFixed(5))])
  return { cores: Object.fromEntries(shares.filter(([, share]) => Number(share) > 0)), result }
}

writeEvenSteps('js-thread', { count: seconds * 1000, intervalUs: 1000 })
const clients = await new Clients().start()
const server = await startUrchin()
const first = clients.reserve(viewers + 1)
await server.publish(clients, first)
for (let i = 1; i <= viewers; i++) await server.watch(clients, first + i)
await sleep(3000)
const idle = await watch(server.pid, () => sleep(seconds * 1000))
const busy = await watch(server.pid, () =>
  clients.send({ publisher: first, viewers: [first + 1, viewers], steps: 'js-thread' }),
)
const { arrived } = busy.result
console.log(
  JSON.stringify({
    viewers,
    seconds,
    packetsPerSecond: arrived / seconds,
    idle: idle.cores,
    busy: busy.cores,
  }),
)
await server.close()
await clients.close()

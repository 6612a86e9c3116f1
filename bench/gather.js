/**
 * Gathering on a port range that is 90 % full: how many host candidates a second one worker finds, one after the other,
 * and beside it the same on an empty range. Prints one line of JSON.
 *
 *   node bench/gather.js [GATHERS]
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Worker } from '../lib/worker.js'

const rangeSize = 1000
const firstPort = 41_000
const gatherCount = Number(process.argv[2] ?? 300)
const credentials = { ufrag: 'abcdefgh', pwd: 'abcdefghijklmnopqrstuvwx', controlling: true }
const worker = new Worker()

/** @param {number} portMin */
async function gathersPerSecond(portMin) {
  const config = { addresses: ['127.0.0.1'], portMin, portMax: portMin + rangeSize - 1 }
  const startMs = performance.now()
  for (let i = 0; i < gatherCount; i++) {
    await new Promise((resolve, reject) => {
      const id = worker.openConnection(config, ({ type, reason }) => {
        if (type === 'failed') reject(new Error(reason.code))
        if (type === 'gathered') worker.closeConnection(id).then(resolve)
      })
      worker.gather(id, credentials).catch(reject)
    })
  }
  return Math.round((gatherCount * 1000) / (performance.now() - startMs))
}

/** @param {number} portMin @param {number} share */
async function occupy(portMin, share) {
  const sockets = []
  for (let port = portMin; port < portMin + rangeSize; port++) {
    if ((port * 7919) % 1000 >= share * 1000) continue
    const socket = createSocket('udp4')
    socket.bind(port, '127.0.0.1')
    await once(socket, 'listening')
    sockets.push(socket)
  }
  return sockets
}

const empty = await gathersPerSecond(firstPort)
const sockets = await occupy(firstPort + rangeSize, 0.9)
const full = await gathersPerSecond(firstPort + rangeSize)
for (const socket of sockets) socket.close()
worker.close()
console.log(
  JSON.stringify({
    gathers: gatherCount,
    occupied: sockets.length,
    emptyPerSecond: empty,
    fullPerSecond: full,
  }),
)

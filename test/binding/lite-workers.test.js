// ICE-lite connections of several workers on one port: the kernel gives datagrams to any of them, and each reaches its
// connection all the same.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setWorkerLimit, WebRtcConnection } from '../../lib/index.js'
import { WorkerPool } from '../../lib/worker-pool.js'

const pairCount = 12
const workerCount = 3

/** @returns {{ ends: WebRtcConnection[], ready: Promise<unknown> }} */
function call() {
  const server = new WebRtcConnection({ ice: 'lite', icePort: 23457, networkInterfaces: ['127.0.0.1'] })
  const client = new WebRtcConnection({ networkInterfaces: ['127.0.0.1'] })
  for (const [from, to] of [
    [server, client],
    [client, server],
  ]) {
    from.on('candidate', ({ message }) => to.addRemoteCandidate(message))
    from.on('sdp', ({ message }) => to.setRemoteSdp(message))
  }
  const ends = [server, client]
  const ready = Promise.all(
    ends.map(
      (end) =>
        new Promise((resolve, reject) => {
          end.on('ready', resolve)
          end.on('failed', ({ reason }) => reject(new Error(`${reason.code}: ${reason.detail}`)))
        }),
    ),
  )
  for (const end of ends) end.init()
  client.createOffer({ audio: true })
  return { ends, ready }
}

test('connections of all workers are reached by the one port', { timeout: 60_000 }, async () => {
  setWorkerLimit(workerCount)
  const calls = Array.from({ length: pairCount }, call)
  await Promise.all(calls.map(({ ready }) => ready))
  const { loads } = WorkerPool.get()
  assert.equal(loads.length, workerCount)
  assert.ok(loads.every((load) => load === (2 * pairCount) / workerCount))
  for (const { ends } of calls) assert.equal(ends[1].getSelectedPair()?.remote.port, 23457)
  await Promise.all(calls.flatMap(({ ends }) => ends.map((end) => end.close())))
})

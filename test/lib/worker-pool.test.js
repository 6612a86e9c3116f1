import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setWorkerLimit, WorkerPool } from '../../lib/worker-pool.js'

const pool = new WorkerPool(3)
after(() => pool.close())

const config = { addresses: ['127.0.0.1'] }
const format = {
  kind: /** @type {const} */ ('video'),
  mid: '0',
  codecs: [{ payloadType: 96, codec: /** @type {const} */ ('vp8'), clockRateHz: 90000 }],
}
const map = [{ from: 96, to: 96 }]

/** @param {number} count */
function open(count) {
  return Array.from({ length: count }, () => pool.openConnection(config, () => {}))
}

/** @param {number[]} ids */
async function close(ids) {
  await Promise.all(ids.map((id) => pool.closeConnection(id)))
}

/** @param {number} id @param {number} ssrc */
function addSender(id, ssrc) {
  return pool.addSender(id, { format, ssrc, cname: 'c' })
}

test('workers are started as connections come, up to the limit, and connections are spread', async () => {
  assert.deepEqual(pool.loads, [0])
  const ids = open(2)
  assert.deepEqual(pool.loads, [1, 1])
  ids.push(...open(5))
  assert.deepEqual(pool.loads, [3, 2, 2])
  assert.equal(new Set(ids).size, 7)
  await close(ids)
  assert.deepEqual(pool.loads, [0, 0, 0])
})

test('a worker that has too much to do is named, with what it leaves out', async () => {
  /** @type {import('../../lib/worker-pool.js').Overload[]} */
  const told = []
  const crowd = new WorkerPool(2, (overload) => told.push(overload))
  const ids = [1, 2, 3].map(() => crowd.openConnection(config, () => {}))
  crowd.workers[1].onOverload?.({ level: 1, shed: 1 })
  crowd.workers[1].onOverload?.({ level: 2, shed: 1 })
  crowd.workers[0].onOverload?.({ level: 4, shed: 2 })
  crowd.workers[1].onOverload?.({ level: 1, shed: 0 })
  assert.deepEqual(told, [
    { code: 'WORKER_OVERLOAD', worker: 1, level: 1, connections: 1, shedding: 1 },
    { code: 'WORKER_OVERLOAD', worker: 1, level: 2, connections: 1, shedding: 1 },
    { code: 'WORKER_OVERLOAD', worker: 0, level: 4, connections: 2, shedding: 2 },
    { code: 'WORKER_RELIEVED', worker: 1, level: 1, connections: 1, shedding: 0 },
  ])
  const loads = await crowd.getLoads()
  assert.deepEqual(
    loads.map(({ connections, overloadLevel, videoParcelsDropped }) => [
      connections,
      overloadLevel,
      videoParcelsDropped,
    ]),
    [
      [2, 0, 0],
      [1, 0, 0],
    ],
  )
  await Promise.all(ids.map((id) => crowd.closeConnection(id)))
  crowd.close()
})

test('a sender on another worker takes a receiver as source, and gives it back', async () => {
  const [a, b, c] = open(3)
  const receiverId = pool.addReceiver(a, { format, ssrcs: [7] })
  const senders = [addSender(b, 1), addSender(b, 2), addSender(c, 3)]
  for (const senderId of senders) await pool.setSenderSource(senderId, receiverId, map)
  await pool.pauseReceiver(receiverId, true)
  await pool.pauseReceiver(receiverId, false)
  await pool.updateReceiver(a, receiverId, { format, ssrcs: [8] })
  await pool.requestKeyframe(receiverId)
  await pool.setSenderSource(senders[0], 0, [])
  await pool.removeSender(b, senders[1])
  // Nobody on that worker needs it any more, and then somebody does again.
  await pool.setSenderSource(senders[0], receiverId, map)
  await close([a, b, c])
})

test('a source that went away with its connection is none, and another one may follow', async () => {
  const [a, b] = open(2)
  const receiverId = pool.addReceiver(a, { format, ssrcs: [7] })
  const senderId = addSender(b, 1)
  await pool.setSenderSource(senderId, receiverId, map)
  await pool.closeConnection(a)
  await assert.rejects(pool.setSenderSource(senderId, receiverId, map), { code: 'ERR_NOT_FOUND' })
  const [again] = open(1)
  const next = pool.addReceiver(again, { format, ssrcs: [9] })
  await pool.setSenderSource(senderId, next, map)
  await close([b, again])
})

test('ids that nobody has are refused', async () => {
  const gone = 999_999_999
  for (const promise of [
    pool.gather(gone, { ufrag: 'aaaa', pwd: 'x'.repeat(22), controlling: true }),
    pool.getStats(gone),
    pool.pauseReceiver(gone, true),
    pool.requestKeyframe(gone),
    pool.setSenderSource(gone, 0, []),
    pool.pauseSender(gone, true),
  ]) {
    await assert.rejects(promise, { code: 'ERR_NOT_FOUND' })
  }
})

test('the limit is a number of workers, not below what runs', () => {
  for (const count of [0, 33, 1.5, Number.NaN, /** @type {any} */ ('2')]) {
    assert.throws(() => setWorkerLimit(count), { code: 'ERR_INVALID_ARGUMENT' })
  }
  setWorkerLimit(2)
  const shared = WorkerPool.get()
  const ids = [1, 2, 3].map(() => shared.openConnection(config, () => {}))
  assert.deepEqual(shared.loads, [2, 1])
  assert.throws(() => setWorkerLimit(1), { code: 'ERR_INVALID_STATE' })
  setWorkerLimit(3)
  ids.push(
    shared.openConnection(config, () => {}),
    shared.openConnection(config, () => {}),
  )
  assert.deepEqual(shared.loads, [2, 2, 1])
  shared.close()
  assert.notEqual(WorkerPool.get(), shared)
  WorkerPool.get().close()
})

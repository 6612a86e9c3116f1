import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { WorkerPool } from '../../lib/worker-pool.js'
import { workers } from '../../lib/workers.js'

after(() => WorkerPool.running?.close())

test('before there are connections there are no workers', async () => {
  assert.deepEqual(workers.loads, [])
  assert.deepEqual(await workers.getStats(), [])
})

test('shows what the running workers do', async () => {
  const pool = WorkerPool.get()
  const id = pool.openConnection({ addresses: ['127.0.0.1'] }, () => {})
  assert.deepEqual(workers.loads, [1])
  const [stats] = await workers.getStats()
  assert.equal(stats.connections, 1)
  assert.equal(stats.overloadLevel, 0)
  assert.ok(stats.busy >= 0 && stats.busy <= 1)
  assert.ok(stats.maxLag >= stats.lag)
  await pool.closeConnection(id)
})

test('tells when a worker has too much to do', () => {
  /** @type {import('../../lib/workers.js').Overload[]} */
  const told = []
  workers.once('overload', (overload) => told.push(overload))
  WorkerPool.get().workers[0].onOverload?.({ level: 1, shed: 0 })
  assert.deepEqual(told, [{ code: 'WORKER_OVERLOAD', worker: 0, level: 1, connections: 0, shedding: 0 }])
})

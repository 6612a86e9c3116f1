// What is remembered of a server's connections, while they live and when they are gone.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { Room } from '../../../lib/room.js'
import { WatchedConnections } from '../../../lib/signal/watched-connections.js'
import { FakeConnection } from '../../support/fake-connection.js'

class Connection extends FakeConnection {
  id = 'the-same'
  state = 101
  /** @type {any} */
  pair = null
  timeline = [{ ms: 0, name: 'CONN_INITIAL', detail: '' }]
  statsCount = 0

  getTimeline() {
    return [...this.timeline]
  }

  getCurrentState() {
    return this.state
  }

  getSelectedPair() {
    return this.pair
  }

  async getStats() {
    this.statsCount += 1
    if (this.closeCount > 0) throw new Error('closed')
    return new Map([['transport', { id: 'transport', type: 'transport', timestamp: this.statsCount }]])
  }
}

function setUp() {
  const server = new EventEmitter()
  const watched = new WatchedConnections(/** @type {any} */ (server))
  const open = () => {
    const connection = new Connection()
    watched.add(/** @type {any} */ (connection))
    return connection
  }
  return { server, watched, open }
}

test('a connection that has joined is told with its room and who it is', async () => {
  const { server, watched, open } = setUp()
  const connection = open()
  assert.equal(watched.summaries[0].room, null)
  const room = new Room('tea-time')
  server.emit('room', room)
  const participant = room.join({ name: 'Ada', connection, kind: 'whip' })
  connection.emit('ice-state', 'connected')
  connection.state = 104
  const end = { type: 'host', protocol: 'udp', address: '192.0.2.1', port: 1, foundation: '1', priority: 5 }
  connection.pair = { local: end, remote: { ...end, port: 2 } }
  const [summary] = watched.summaries
  assert.equal(summary.connectionId, 'the-same')
  assert.equal(summary.room, 'tea-time')
  assert.deepEqual(summary.participant, { id: participant.id, name: 'Ada', kind: 'whip' })
  assert.equal(summary.state, 'CONN_READY')
  assert.equal(summary.iceState, 'connected')
  assert.deepEqual(summary.pair?.remote, { type: 'host', protocol: 'udp', address: '192.0.2.1', port: 2 })
  await room.close()
})

test('statistics are asked for only of the one that is looked at', async () => {
  const { watched, open } = setUp()
  const [first, second] = [open(), open()]
  const looked = await watched.look('2')
  assert.equal(looked?.stats[0].type, 'transport')
  assert.equal(looked?.timeline[0].name, 'CONN_INITIAL')
  assert.deepEqual([first.statsCount, second.statsCount], [0, 1])
  assert.equal(await watched.look('3'), null)
})

test('of one that failed, its reason, its statistics and its timeline outlive it', async () => {
  const { watched, open } = setUp()
  const connection = open()
  // Whoever hears of the failure later closes the connection in the same turn, as rooms do.
  connection.on('failed', () => {
    connection.timeline.push({ ms: 9, name: 'CONN_FAILED', detail: 'ERR_ICE_FAILED: no pair' })
    connection.state = 105
    void connection.close()
  })
  connection.emit('failed', { reason: { code: 'ERR_ICE_FAILED', detail: 'no pair' } })
  const looked = await watched.look('1')
  assert.deepEqual(looked?.failure, { code: 'ERR_ICE_FAILED', detail: 'no pair' })
  assert.equal(looked?.state, 'CONN_FINISHED')
  assert.equal(looked?.stats[0].timestamp, 1)
  assert.equal(looked?.timeline.at(-1)?.name, 'CONN_FAILED')
  assert.ok(looked?.endedAt)
  assert.equal(connection.statsCount, 1, 'nobody asks one that has ended')
})

test('the last thirty that have ended are remembered, and all that are open', async () => {
  const { watched, open } = setUp()
  const first = open()
  for (let i = 0; i < 50; i++) await open().close()
  const { summaries } = watched
  assert.equal(summaries.length, 31)
  assert.equal(summaries[0].id, '1')
  assert.equal(summaries[1].id, '22')
  await first.close()
  assert.equal(watched.summaries.length, 30)
  assert.equal(watched.summaries.at(-1)?.id, '51')
  assert.ok(watched.summaries.some(({ id }) => id === '1'))
})

test("a connection of somebody else's making may tell less", async () => {
  const { watched } = setUp()
  watched.add(/** @type {any} */ (new FakeConnection()))
  const looked = await watched.look('1')
  assert.deepEqual(looked?.timeline, [])
  assert.deepEqual(looked?.stats, [])
  assert.equal(looked?.state, '')
  assert.equal(looked?.pair, null)
})

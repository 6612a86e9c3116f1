// Whom a WHEP viewer watches as publishers come and go.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Room } from '../../lib/room.js'
import { FakeConnection } from '../support/fake-connection.js'

/**
 * @param {Room} room
 * @param {string} name
 */
function publish(room, name) {
  const connection = new FakeConnection()
  const participant = room.join({ name, kind: 'whip', connection })
  return { participant, connection, audio: connection.receive('audio'), video: connection.receive('video') }
}

/**
 * @param {Room} room
 * @param {(participant: import('../../lib/participant.js').Participant) => boolean} [isPublisher]
 */
function watch(room, isPublisher) {
  const connection = new FakeConnection()
  const participant = room.join({ name: 'viewer', kind: 'whep', connection, isPublisher })
  const slots = /** @type {const} */ (['audio', 'video']).map((kind) => {
    const sink = connection.addTrack(null, { kind, streamId: 's', trackId: kind })
    participant.watcher?.addSlot(kind, sink)
    return sink
  })
  return { participant, connection, sources: () => slots.map((slot) => slot.source) }
}

test('waits for a publisher, gets the first one, and the next one when that leaves', async () => {
  const room = new Room('stage')
  const viewer = watch(room)
  assert.deepEqual(viewer.sources(), [null, null])
  const first = publish(room, 'first')
  const second = publish(room, 'second')
  assert.deepEqual(viewer.sources(), [first.audio, first.video])
  assert.equal(first.video.keyframeRequests, 1)
  viewer.connection.emit('ready', {})
  assert.equal(first.video.keyframeRequests, 2)
  await first.participant.leave()
  assert.deepEqual(viewer.sources(), [second.audio, second.video])
  await second.participant.leave()
  assert.deepEqual(viewer.sources(), [null, null])
})

test('comes late and gets what is there', () => {
  const room = new Room('stage')
  const first = publish(room, 'first')
  publish(room, 'second')
  const viewer = watch(room)
  assert.deepEqual(viewer.sources(), [first.audio, first.video])
})

test('gets only the publisher that it has named, and waits for it', async () => {
  const room = new Room('stage')
  const first = publish(room, 'first')
  const viewer = watch(room, (participant) => participant.name === 'second')
  assert.deepEqual(viewer.sources(), [null, null])
  const second = publish(room, 'second')
  assert.deepEqual(viewer.sources(), [second.audio, second.video])
  await second.participant.leave()
  assert.deepEqual(viewer.sources(), [null, null])
  const again = publish(room, 'second')
  assert.deepEqual(viewer.sources(), [again.audio, again.video])
  await first.participant.leave()
  assert.deepEqual(viewer.sources(), [again.audio, again.video])
})

test('neither publishes nor is watched by others', () => {
  const room = new Room('stage')
  const viewer = watch(room)
  const other = watch(room)
  viewer.connection.receive('audio')
  assert.deepEqual(other.sources(), [null, null])
  assert.deepEqual(room.tracks, [])
})

test('a publisher who ends one track stays, and a new track of it is taken', () => {
  const room = new Room('stage')
  const viewer = watch(room)
  const first = publish(room, 'first')
  publish(room, 'second')
  first.video.end()
  assert.deepEqual(viewer.sources(), [first.audio, null])
  const video = first.connection.receive('video')
  assert.deepEqual(viewer.sources(), [first.audio, video])
})

// Rooms on fake connections: who gets whose tracks, and what happens when somebody comes, goes or vanishes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRoomName, Room } from '../../lib/room.js'
import { FakeConnection } from '../support/fake-connection.js'

/**
 * @param {Room} room
 * @param {import('../../lib/participant.js').ParticipantOptions} [options]
 */
function enter(room, options = {}) {
  const connection = new FakeConnection()
  const participant = room.join({ name: 'Ada', ...options, connection })
  return { connection, participant }
}

test('everyone gets the tracks of all others, and not their own', () => {
  const room = new Room('tea')
  const [a, b, c] = [enter(room), enter(room), enter(room)]
  const fromA = a.connection.receive('audio')
  const fromB = b.connection.receive('video')
  assert.deepEqual(a.connection.sources, [fromB])
  assert.deepEqual(b.connection.sources, [fromA])
  assert.deepEqual(c.connection.sources, [fromA, fromB])
})

test("who comes late gets what is there, under the publisher's id, and a key frame once it is connected", () => {
  const room = new Room('tea')
  const a = enter(room)
  const audio = a.connection.receive('audio')
  const video = a.connection.receive('video')
  const late = enter(room)
  assert.deepEqual(late.connection.sources, [audio, video])
  assert.deepEqual(
    late.connection.localTracks.map((track) => track.streamId),
    [a.participant.id, a.participant.id],
  )
  late.connection.emit('sdp-processed', {})
  assert.equal(video.keyframeRequests, 1)
  late.connection.emit('ready', {})
  assert.equal(video.keyframeRequests, 2)
  assert.equal(audio.keyframeRequests, 0)
})

test('a video that comes during the call gets its key frame after the negotiation, once', () => {
  const room = new Room('tea')
  const [a, b] = [enter(room), enter(room)]
  b.connection.emit('ready', {})
  const video = a.connection.receive('video')
  assert.equal(video.keyframeRequests, 0)
  b.connection.emit('sdp-processed', {})
  b.connection.emit('sdp-processed', {})
  assert.equal(video.keyframeRequests, 1)
})

test('further streams of a participant have names of their own', () => {
  const room = new Room('tea')
  const [a, b] = [enter(room), enter(room)]
  a.connection.receive('audio', 'camera')
  a.connection.receive('video', 'camera')
  a.connection.receive('video', 'screen')
  const { id } = a.participant
  assert.deepEqual(
    b.connection.localTracks.map((track) => track.streamId),
    [id, id, `${id}.2`],
  )
  const ids = b.connection.localTracks.map((track) => track.trackId)
  assert.equal(new Set(ids).size, 3)
  // RFC 8830: tokens of at most 64 characters.
  for (const text of [...ids, `${id}.2`]) assert.match(text, /^[A-Za-z0-9_.-]{1,64}$/)
})

test('a track that ends goes from the viewers', () => {
  const room = new Room('tea')
  const [a, b] = [enter(room), enter(room)]
  const audio = a.connection.receive('audio')
  const video = a.connection.receive('video')
  /** @type {string[]} */
  const unpublished = []
  room.on('track-unpublished', (track) => unpublished.push(track.kind))
  video.end()
  assert.deepEqual(b.connection.sources, [audio])
  assert.deepEqual(unpublished, ['video'])
  assert.deepEqual(
    a.participant.tracks.map((track) => track.source),
    [audio],
  )
})

for (const [event, reason] of [
  ['failed', 'failed'],
  ['finished', 'finished'],
]) {
  test(`a publisher whose connection has ${event} leaves with all its tracks`, () => {
    const room = new Room('tea')
    const [a, b] = [enter(room), enter(room)]
    a.connection.receive('audio')
    /** @type {any[]} */
    const left = []
    room.on('participant-left', (participant, why) => left.push([participant, why]))
    a.connection.emit(event, { reason: { code: 'ERR_ICE', detail: '' } })
    assert.deepEqual(left, [[a.participant, reason]])
    assert.deepEqual(b.connection.sources, [])
    assert.equal(a.connection.closeCount, 1)
    assert.deepEqual(room.participants, [b.participant])
  })
}

test('who leaves is told once, its connection is closed, and the last one empties the room', async () => {
  const room = new Room('tea')
  const [a, b] = [enter(room), enter(room)]
  /** @type {string[]} */
  const events = []
  room.on('participant-left', (participant, reason) => events.push(`${participant.name} ${reason}`))
  room.on('empty', () => events.push('empty'))
  await a.participant.leave('left')
  await a.participant.leave('left')
  assert.deepEqual(events, ['Ada left'])
  assert.throws(() => a.participant.publish(/** @type {any} */ ({ kind: 'audio' })), { code: 'ERR_LEFT' })
  await b.participant.leave()
  assert.deepEqual(events, ['Ada left', 'Ada removed', 'empty'])
})

test("tracks that come after leaving are nobody's", async () => {
  const room = new Room('tea')
  const [a, b] = [enter(room), enter(room)]
  await a.participant.leave()
  a.connection.receive('audio')
  assert.deepEqual(b.connection.sources, [])
})

test('a viewer whose connection refuses a track does not keep the others from it', () => {
  const room = new Room('tea')
  const [a, broken, c] = [enter(room), enter(room), enter(room)]
  broken.connection.addTrack = () => {
    throw new Error('broken')
  }
  const audio = a.connection.receive('audio')
  assert.deepEqual(c.connection.sources, [audio])
})

test('without autoSubscribe only what is subscribed is sent', () => {
  const room = new Room('tea', { autoSubscribe: false })
  const [a, b] = [enter(room), enter(room)]
  const audio = a.connection.receive('audio')
  assert.deepEqual(b.connection.sources, [])
  const [track] = room.tracks
  const sink = b.participant.subscribe(track)
  assert.equal(b.participant.subscribe(track), sink)
  assert.deepEqual(b.connection.sources, [audio])
  b.participant.unsubscribe(track)
  assert.deepEqual(b.connection.sources, [])
  audio.end()
  assert.throws(() => b.participant.subscribe(track), { code: 'ERR_TRACK_ENDED' })
  assert.throws(() => room.join({}).subscribe(track), { code: 'ERR_NO_CONNECTION' })
})

test('a listener that removes a participant while it is being served does no harm', () => {
  const room = new Room('tea')
  const a = enter(room)
  a.connection.receive('audio')
  room.on('participant-joined', (participant) => void participant.leave())
  const b = enter(room)
  assert.deepEqual(b.connection.sources, [])
  assert.deepEqual(room.participants, [a.participant])
})

test('a full or closed room takes nobody', async () => {
  const room = new Room('tea', { maxParticipants: 1 })
  const a = enter(room)
  assert.throws(() => enter(room), { code: 'ERR_ROOM_FULL' })
  await room.close()
  assert.equal(a.connection.closeCount, 1)
  assert.throws(() => enter(room), { code: 'ERR_ROOM_CLOSED' })
})

test('a connection alone is enough to join', () => {
  const room = new Room('tea')
  const connection = new FakeConnection()
  const participant = room.join(connection)
  assert.equal(participant.connection, connection)
  assert.equal(room.get(participant.id), participant)
})

test('room names', () => {
  for (const name of ['a', 'tea-time_7', 'A'.repeat(64)]) assert.ok(isRoomName(name), name)
  for (const name of ['', 'A'.repeat(65), 'tea time', 'té', '../x', 'a\n', undefined, 7]) {
    assert.ok(!isRoomName(name), String(name))
    assert.throws(() => new Room(/** @type {any} */ (name)), { code: 'ERR_ROOM_NAME' })
  }
})

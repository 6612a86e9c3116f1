// A participant's mute state, and what others may know of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Room } from '../../lib/room.js'
import { FakeConnection } from '../support/fake-connection.js'

function setUp() {
  const room = new Room('tea')
  const connection = new FakeConnection()
  const participant = room.join({ name: 'Ada', connection })
  /** @type {any[]} */
  const events = []
  room.on('participant-muted', (who, kind, muted, by) => events.push([who.name, kind, muted, by]))
  return { room, connection, participant, events }
}

test('muting pauses the tracks of that kind, and those that come later', () => {
  const { connection, participant, events } = setUp()
  const audio = connection.receive('audio')
  const video = connection.receive('video')
  participant.mute('audio', { by: 'self' })
  const later = connection.receive('audio')
  assert.deepEqual([audio.paused, video.paused, later.paused], [true, false, true])
  assert.deepEqual(participant.muted, { audio: true, video: false })
  participant.unmute('audio', { by: 'self' })
  assert.deepEqual([audio.paused, later.paused], [false, false])
  assert.deepEqual(events, [
    ['Ada', 'audio', true, 'self'],
    ['Ada', 'audio', false, 'self'],
  ])
})

test('video that is unmuted starts with a key frame', () => {
  const { connection, participant } = setUp()
  const video = connection.receive('video')
  participant.mute('video')
  assert.equal(video.keyframeRequests, 0)
  participant.unmute('video')
  assert.equal(video.keyframeRequests, 1)
})

test('who was muted by the room can not unmute itself, and stays muted by itself afterwards', () => {
  const { connection, participant, events } = setUp()
  const audio = connection.receive('audio')
  participant.mute('audio')
  participant.mute('audio', { by: 'self' })
  assert.throws(() => participant.unmute('audio', { by: 'self' }), { code: 'ERR_MUTED_BY_ROOM' })
  participant.unmute('audio')
  assert.equal(audio.paused, true)
  participant.unmute('audio', { by: 'self' })
  assert.equal(audio.paused, false)
  assert.deepEqual(events, [
    ['Ada', 'audio', true, 'room'],
    ['Ada', 'audio', false, 'self'],
  ])
})

test('only audio and video can be muted', () => {
  const { participant } = setUp()
  for (const kind of ['__proto__', 'screen', undefined]) {
    assert.throws(() => participant.mute(/** @type {any} */ (kind)), { code: 'ERR_INVALID_ARGUMENT' })
  }
})

test('as JSON it is what others may know, and its id can not be guessed', () => {
  const { room, participant } = setUp()
  const json = JSON.parse(JSON.stringify(participant))
  assert.deepEqual(json, {
    id: participant.id,
    name: 'Ada',
    kind: 'page',
    muted: { audio: false, video: false },
  })
  assert.match(participant.id, /^[A-Za-z0-9_-]{22}$/)
  assert.notEqual(room.join({}).id, participant.id)
})

test('leaving goes through even when the connection can not be closed', async () => {
  const { room, connection, participant } = setUp()
  connection.close = () => Promise.reject(new Error('stuck'))
  await participant.leave()
  assert.equal(room.size, 0)
})

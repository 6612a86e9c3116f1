// The WebSocket protocol of docs/protocol.md with a real client, on fake connections; friendly and hostile.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UrchinError } from '../../../lib/errors.js'
import { PageClient, readSdp, startSignalServer } from '../../support/signal-server.js'

const offer = readSdp('firefox-offer-sendrecv')

test('join tells who is there, and the others who came', async (t) => {
  const iceServers = [{ urls: 'stun:192.0.2.1:3478' }]
  const { url, connections } = await startSignalServer(t, { iceServers })
  const ada = new PageClient(url)
  const first = await ada.join('tea', 'Ada')
  assert.match(first.participantId, /^[A-Za-z0-9_-]{22}$/)
  assert.deepEqual(first, {
    type: 'joined',
    participantId: first.participantId,
    room: 'tea',
    name: 'Ada',
    participants: [],
    iceServers,
  })
  const bob = new PageClient(url)
  const second = await bob.join('tea', '  Bob\n')
  const muted = { audio: false, video: false }
  assert.deepEqual(second.participants, [{ id: first.participantId, name: 'Ada', kind: 'page', muted }])
  const { participant } = await ada.next('participant-joined')
  assert.deepEqual(participant, { id: second.participantId, name: 'Bob', kind: 'page', muted })
  assert.ok(
    connections.every((connection) => connection.isInitialized && connection.options.polite === false),
  )
  const elsewhere = await new PageClient(url).join('other', 'Eve')
  assert.deepEqual(elsewhere.participants, [])
  assert.deepEqual(await ada.drain(), [])
})

test("TURN credentials are the page's own, expire, and are to be had again", async (t) => {
  const { url } = await startSignalServer(t, {
    iceServers: [{ urls: 'turn:192.0.2.1', username: 'me', credential: 'lasting' }],
    turn: { urls: 'turn:192.0.2.2', secret: 'north' },
  })
  const page = new PageClient(url)
  await page.opened
  page.send({ type: 'ice-servers' })
  assert.equal((await page.next('error')).code, 'ERR_NOT_JOINED')
  const { participantId, iceServers } = await page.join('tea', 'Ada')
  assert.equal(iceServers.length, 1)
  assert.deepEqual(iceServers[0].urls, ['turn:192.0.2.2'])
  const [expiry, name] = iceServers[0].username.split(':')
  assert.equal(name, participantId)
  const lasts = Number(expiry) - Date.now() / 1000
  assert.ok(lasts > 86_000 && lasts < 87_000, String(lasts))
  page.send({ type: 'ice-servers' })
  const again = await page.next('ice-servers')
  assert.equal(again.iceServers[0].username.split(':')[1], participantId)
})

test('an offer is answered, candidates go both ways', async (t) => {
  const { url, connections } = await startSignalServer(t)
  const page = new PageClient(url)
  await page.join('tea', 'Ada')
  await page.send({ type: 'offer', sdp: offer })
  const { sdp } = await page.next('answer')
  assert.equal(sdp, connections[0].localSdp)
  assert.deepEqual(connections[0].remoteSdps, [offer])
  const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', sdpMid: '0' }
  await page.send({ type: 'candidate', candidate })
  await page.send({ type: 'candidate', candidate: { candidate: 'candidate:bad' } })
  await page.send({ type: 'candidate', candidate: null })
  assert.deepEqual(await page.drain(), [])
  assert.deepEqual(connections[0].remoteCandidates, [candidate, { candidate: 'candidate:bad' }, null])
  connections[0].emit('candidate', { message: candidate })
  assert.deepEqual((await page.next('candidate')).candidate, candidate)
})

test('leaving, and just going away, is told to the others', async (t) => {
  const { url, server, connections } = await startSignalServer(t)
  const [ada, bob, eve] = [new PageClient(url), new PageClient(url), new PageClient(url)]
  await ada.join('tea', 'Ada')
  const { participantId: bobId } = await bob.join('tea', 'Bob')
  const { participantId: eveId } = await eve.join('tea', 'Eve')
  await bob.send({ type: 'leave' })
  assert.deepEqual(await bob.closed, [1000, 'Left'])
  assert.equal((await ada.next('participant-left')).participantId, bobId)
  eve.socket.terminate()
  assert.equal((await ada.next('participant-left')).participantId, eveId)
  ada.socket.close()
  await ada.closed
  while (server.rooms.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual(
    connections.map((connection) => connection.closeCount > 0),
    [true, true, true],
  )
})

test('mute pauses and tells everyone; what the room muted stays muted', async (t) => {
  const { url, server, connections } = await startSignalServer(t)
  const [ada, bob] = [new PageClient(url), new PageClient(url)]
  const { participantId } = await ada.join('tea', 'Ada')
  const audio = connections[0].receive('audio')
  await bob.join('tea', 'Bob')
  await ada.send({ type: 'mute', kind: 'audio', muted: true })
  const expected = { type: 'participant-muted', participantId, kind: 'audio', muted: true, by: 'self' }
  assert.deepEqual(await ada.next('participant-muted'), expected)
  assert.deepEqual(await bob.next('participant-muted'), expected)
  assert.equal(audio.paused, true)
  const { participants } = await new PageClient(url).join('tea', 'Late')
  assert.deepEqual(participants[0].muted, { audio: true, video: false })

  server.rooms.get('tea')?.get(participantId)?.mute('video')
  assert.equal((await bob.next('participant-muted')).by, 'room')
  await ada.send({ type: 'mute', kind: 'video', muted: false })
  const { code, about } = await ada.next('error')
  assert.deepEqual([code, about], ['ERR_MUTED_BY_ROOM', 'mute'])
})

test('a failed media connection, removal and the end of the server have their close codes', async (t) => {
  const { url, server, connections } = await startSignalServer(t)
  const pages = [0, 1, 2].map(() => new PageClient(url))
  const ids = []
  for (const page of pages) ids.push((await page.join('tea', 'Ada')).participantId)
  connections[0].emit('failed', { reason: { code: 'ERR_ICE', detail: '' } })
  assert.equal((await pages[0].closed)[0], 4004)
  await server.rooms.get('tea')?.get(ids[1])?.leave()
  assert.equal((await pages[1].closed)[0], 4003)
  await server.close()
  assert.equal((await pages[2].closed)[0], 1001)
})

for (const [what, message, code, about] of /** @type {[string, any, string, string?][]} */ ([
  ['no JSON', 'hello', 'ERR_MESSAGE'],
  ['cut off', '{"type":"join"', 'ERR_MESSAGE'],
  ['binary', Buffer.from('{"type":"ping"}'), 'ERR_MESSAGE'],
  ['a number', '7', 'ERR_MESSAGE'],
  ['null', 'null', 'ERR_MESSAGE'],
  ['an array', '["join"]', 'ERR_MESSAGE'],
  ['no type', '{}', 'ERR_MESSAGE'],
  ['a type of another kind', '{"type":{"a":1}}', 'ERR_MESSAGE'],
  ['deep nesting', '['.repeat(30_000), 'ERR_MESSAGE'],
  ['an unknown type', { type: 'dance' }, 'ERR_MESSAGE_TYPE', 'dance'],
  ['__proto__', '{"type":"__proto__","__proto__":{"type":"join"}}', 'ERR_MESSAGE_TYPE', '__proto__'],
  ['a very long type', { type: 'x'.repeat(1000) }, 'ERR_MESSAGE_TYPE', 'x'.repeat(64)],
  ['an offer before join', { type: 'offer', sdp: offer }, 'ERR_NOT_JOINED', 'offer'],
  ['a candidate before join', { type: 'candidate', candidate: null }, 'ERR_NOT_JOINED', 'candidate'],
  ['mute before join', { type: 'mute', kind: 'audio', muted: true }, 'ERR_NOT_JOINED', 'mute'],
  ['a join without room', { type: 'join', name: 'Ada' }, 'ERR_MESSAGE', 'join'],
  ['a join without name', { type: 'join', room: 'tea' }, 'ERR_MESSAGE', 'join'],
  ['a join with a blank name', { type: 'join', room: 'tea', name: ' ' }, 'ERR_MESSAGE', 'join'],
  ['a join of a bad room', { type: 'join', room: '../x', name: 'Ada' }, 'ERR_ROOM_NAME', 'join'],
])) {
  test(`${what}: an error, and the socket stays`, async (t) => {
    const { url, server } = await startSignalServer(t)
    const page = new PageClient(url)
    await page.send(message)
    const error = await page.next('error')
    assert.deepEqual([error.code, error.about], [code, about])
    assert.ok(error.message)
    assert.equal(server.participantCount, 0)
    await page.join('tea', 'Ada')
  })
}

for (const [what, message, code] of /** @type {[string, any, string][]} */ ([
  ['a second join', { type: 'join', room: 'other', name: 'Ada' }, 'ERR_JOINED'],
  ['an offer without sdp', { type: 'offer' }, 'ERR_MESSAGE'],
  ['an offer with an object', { type: 'offer', sdp: { toString: 'x' } }, 'ERR_MESSAGE'],
  ['mute of what there is not', { type: 'mute', kind: 'constructor', muted: true }, 'ERR_MESSAGE'],
  ['mute with a text', { type: 'mute', kind: 'audio', muted: 'no' }, 'ERR_MESSAGE'],
])) {
  test(`in a room, ${what}: an error, and nothing else happens`, async (t) => {
    const { url, server, connections } = await startSignalServer(t)
    const page = new PageClient(url)
    await page.join('tea', 'Ada')
    await page.send(message)
    const error = await page.next('error')
    assert.deepEqual([error.code, error.about], [code, message.type])
    assert.equal(server.participantCount, 1)
    assert.deepEqual(connections[0].remoteSdps, [])
    assert.deepEqual(await page.drain(), [])
  })
}

test('an offer that the connection refuses is an error', async (t) => {
  const { url, connections } = await startSignalServer(t)
  const page = new PageClient(url)
  await page.join('tea', 'Ada')
  connections[0].refusal = new UrchinError('ERR_SDP_SYNTAX', 'Not a usable SDP')
  await page.send({ type: 'offer', sdp: 'v=1' })
  assert.deepEqual(await page.next('error'), {
    type: 'error',
    code: 'ERR_SDP_SYNTAX',
    message: 'Not a usable SDP',
    about: 'offer',
  })
  await page.send({ type: 'offer', sdp: offer })
  await page.next('answer')
})

test('messages that are too large end the socket', async (t) => {
  const { url } = await startSignalServer(t)
  const big = 'x'.repeat(70_000)
  const early = new PageClient(url)
  await early.send({ type: 'offer', sdp: big })
  assert.equal((await early.closed)[0], 1009)

  const page = new PageClient(url)
  await page.join('tea', 'Ada')
  await page.send({ type: 'offer', sdp: big })
  await page.next('answer')
  await page.send({ type: 'ping', id: big })
  assert.equal((await page.closed)[0], 1009)

  const huge = new PageClient(url)
  await huge.join('tea', 'Ada')
  await huge.send({ type: 'offer', sdp: 'x'.repeat(1_000_000) })
  assert.equal((await huge.closed)[0], 1009)
})

test('a flood ends the socket, and the others go on', async (t) => {
  const { url } = await startSignalServer(t)
  const [flood, calm] = [new PageClient(url), new PageClient(url)]
  await calm.join('tea', 'Calm')
  await flood.opened
  for (let i = 0; i < 1000; i++) await flood.send({ type: 'ping' })
  assert.equal((await flood.closed)[0], 1008)
  assert.deepEqual(await calm.drain(), [])
})

test('a socket that never joins is closed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { url } = await startSignalServer(t)
  const page = new PageClient(url)
  await page.opened
  await page.drain()
  t.mock.timers.tick(10_000)
  const [code] = await page.closed
  t.mock.timers.reset()
  assert.equal(code, 1008)
})

test('full rooms and servers say so', async (t) => {
  const { url } = await startSignalServer(t, { roomOptions: { maxParticipants: 1 }, maxParticipants: 2 })
  await new PageClient(url).join('tea', 'Ada')
  const second = new PageClient(url)
  await second.send({ type: 'join', room: 'tea', name: 'Bob' })
  assert.equal((await second.next('error')).code, 'ERR_ROOM_FULL')
  assert.equal((await second.closed)[0], 1013)
  await new PageClient(url).join('coffee', 'Bob')
  const third = new PageClient(url)
  await third.send({ type: 'join', room: 'milk', name: 'Eve' })
  assert.equal((await third.next('error')).code, 'ERR_SERVER_FULL')
  assert.equal((await third.closed)[0], 1013)
})

test('authorization comes before anything is made; what is sent meanwhile is not lost', async (t) => {
  /** @type {(isAllowed: boolean) => void} */
  let decide = () => {}
  /** @type {any[]} */
  const asked = []
  const { url, connections } = await startSignalServer(t, {
    authorize: ({ kind, room, name, token }) => {
      asked.push({ kind, room, name, token })
      return new Promise((resolve) => {
        decide = resolve
      })
    },
  })
  const page = new PageClient(url)
  await page.send({ type: 'join', room: 'tea', name: 'Ada', token: 'secret' })
  await page.send({ type: 'offer', sdp: offer })
  while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual(asked, [{ kind: 'page', room: 'tea', name: 'Ada', token: 'secret' }])
  assert.equal(connections.length, 0)
  decide(true)
  await page.next('joined')
  await page.next('answer')

  const refused = new PageClient(url)
  await refused.send({ type: 'join', room: 'tea', name: 'Eve' })
  while (asked.length === 1) await new Promise((resolve) => setTimeout(resolve, 5))
  decide(false)
  assert.equal((await refused.next('error')).code, 'ERR_UNAUTHORIZED')
  assert.equal((await refused.closed)[0], 4401)
  assert.equal(connections.length, 1)
})

test('publish: false makes the server offer', async (t) => {
  const { url, connections } = await startSignalServer(t)
  const page = new PageClient(url)
  await page.join('tea', 'Ada', { publish: false })
  const { sdp } = await page.next('offer')
  assert.equal(sdp, connections[0].localSdp)
})

test('ids of pings come back if they are short', async (t) => {
  const { url } = await startSignalServer(t)
  const page = new PageClient(url)
  for (const [given, returned] of [
    [7, 7],
    ['a', 'a'],
    [{ deep: 1 }, undefined],
    ['x'.repeat(65), undefined],
    [undefined, undefined],
  ]) {
    await page.send({ type: 'ping', id: given })
    assert.equal((await page.next('pong')).id, returned)
  }
})

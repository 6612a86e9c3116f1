// WHIP and WHEP over real HTTP, on fake connections (RFC 9725; the numbers H1 … stand for its rules).

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { UrchinError } from '../../../lib/errors.js'
import { createTurnCredentials } from '../../../lib/turn-credentials.js'
import { answerTo, FakeConnection } from '../../support/fake-connection.js'
import { readSdp, startSignalServer } from '../../support/signal-server.js'

const offer = readSdp('chromium-offer-sendrecv')
const viewerOffer = readSdp('chromium-offer-recvonly')
const fragmentType = 'application/trickle-ice-sdpfrag'
const candidateLine = 'a=candidate:1 1 udp 2122194687 192.0.2.7 5000 typ host'

/**
 * @param {string} url
 * @param {string} body
 * @param {Record<string, string>} [headers]
 */
function post(url, body, headers = {}) {
  return fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/sdp', ...headers } })
}

/**
 * @param {string} url
 * @param {string} body
 * @param {string | null} ifMatch
 * @param {string} [type]
 */
function patch(url, body, ifMatch, type = fragmentType) {
  const headers = { 'Content-Type': type, ...(ifMatch === null ? {} : { 'If-Match': ifMatch }) }
  return fetch(url, { method: 'PATCH', body, headers })
}

/** @param {import('node:test').TestContext} t */
async function publish(t) {
  const running = await startSignalServer(t)
  const response = await post(`${running.url}/whip/stage`, offer)
  assert.equal(response.status, 201)
  const session = new URL(response.headers.get('Location') ?? '', running.url).href
  return { ...running, session, etag: response.headers.get('ETag') ?? '' }
}

/**
 * @param {Response} response
 * @param {number} status
 * @param {string} code
 */
async function assertProblem(response, status, code) {
  const text = await response.text()
  assert.equal(response.status, status, text)
  assert.equal(response.headers.get('Content-Type'), 'application/problem+json')
  const problem = JSON.parse(text)
  assert.equal(problem.code, code)
  assert.equal(problem.status, status)
  assert.ok(problem.detail)
  // Pages of other origins have to be able to read it.
  assert.equal(response.headers.get('Access-Control-Allow-Origin'), '*')
}

test('POST makes a session (H1, H11)', async (t) => {
  const { url, server, connections } = await startSignalServer(t)
  const response = await post(`${url}/whip/stage?name=Studio`, offer)
  assert.equal(response.status, 201)
  assert.equal(response.headers.get('Content-Type'), 'application/sdp')
  assert.match(response.headers.get('Location') ?? '', /^\/whip\/stage\/[A-Za-z0-9_-]{22}$/)
  assert.match(response.headers.get('ETag') ?? '', /^"[^"]+"$/)
  assert.equal(response.headers.get('Accept-Patch'), fragmentType)
  assert.equal(response.headers.get('Link'), null)
  const exposed = (response.headers.get('Access-Control-Expose-Headers') ?? '').split(', ')
  for (const name of ['Location', 'ETag', 'Link']) assert.ok(exposed.includes(name), name)
  assert.match(await response.text(), /a=candidate:/)
  const [participant] = server.rooms.get('stage')?.participants ?? []
  assert.equal(participant.name, 'Studio')
  assert.equal(participant.kind, 'whip')
  assert.equal(participant.id, response.headers.get('Urchin-Participant'))
  assert.equal(connections[0].options.trickle, false)
  assert.deepEqual(connections[0].remoteSdps, [offer])
})

test('ICE servers are told in Link headers', async (t) => {
  const { url, server } = await startSignalServer(t, {
    iceServers: [
      { urls: 'stun:192.0.2.1:3478' },
      { urls: ['turn:192.0.2.1?transport=udp'], username: 'me', credential: 'lasting' },
    ],
    turn: { urls: ['turn:192.0.2.2', 'turns:192.0.2.2'], secret: 'north' },
  })
  for (const path of ['whip/stage', 'whep/stage']) {
    const response = await post(`${url}/${path}`, path.startsWith('whip') ? offer : viewerOffer)
    const links = (response.headers.get('Link') ?? '').split(', ')
    const login = createTurnCredentials({
      urls: 'turn:x',
      secret: 'north',
      name: response.headers.get('Urchin-Participant') ?? '',
    })
    // The clock may have gone on a second in between.
    const [, expiry] = /username="(\d+):/.exec(links[1]) ?? []
    assert.ok(Math.abs(Number(expiry) - Number.parseInt(login.username, 10)) <= 2)
    const [, name] = login.username.split(':')
    const password = createHmac('sha1', 'north').update(`${expiry}:${name}`).digest('base64')
    const parameters = `; rel="ice-server"; username="${expiry}:${name}"; credential="${password}"; credential-type="password"`
    assert.deepEqual(links, [
      '<stun:192.0.2.1:3478>; rel="ice-server"',
      `<turn:192.0.2.2>${parameters}`,
      `<turns:192.0.2.2>${parameters}`,
    ])
  }
  // Preflights are asked by anybody.
  const preflight = await fetch(`${url}/whip/stage`, { method: 'OPTIONS' })
  assert.equal(preflight.headers.get('Link'), '<stun:192.0.2.1:3478>; rel="ice-server"')
  assert.equal(server.participantCount, 2)
})

test('only the client restarts ICE', async (t) => {
  const { connections } = await publish(t)
  assert.equal(connections[0].options.iceAutoRestart, false)
})

test('tracks that come before the session is made are published', async (t) => {
  class EarlyConnection extends FakeConnection {
    /** @param {any} description */
    async setRemoteSdp(description) {
      this.receive('audio')
      this.receive('video')
      return super.setRemoteSdp(description)
    }
  }
  const { url, server } = await startSignalServer(t, { connectionFactory: () => new EarlyConnection() })
  assert.equal((await post(`${url}/whip/stage`, offer)).status, 201)
  assert.deepEqual(
    server.rooms.get('stage')?.tracks.map((track) => track.kind),
    ['audio', 'video'],
  )
})

test('OPTIONS tells what is possible (H5)', async (t) => {
  const { url, session } = await publish(t)
  const endpoint = await fetch(`${url}/whip/stage`, { method: 'OPTIONS' })
  assert.equal(endpoint.status, 204)
  assert.equal(endpoint.headers.get('Accept-Post'), 'application/sdp')
  assert.match(endpoint.headers.get('Access-Control-Allow-Methods') ?? '', /POST/)
  assert.match(endpoint.headers.get('Access-Control-Allow-Headers') ?? '', /Content-Type/)
  const existing = await fetch(session, { method: 'OPTIONS' })
  assert.equal(existing.status, 204)
  assert.equal(existing.headers.get('Accept-Patch'), fragmentType)
  assert.match(existing.headers.get('Access-Control-Allow-Methods') ?? '', /PATCH/)
  assert.match(existing.headers.get('Access-Control-Allow-Headers') ?? '', /If-Match/)
})

test('GET and HEAD have nothing to tell; other methods are refused (H6)', async (t) => {
  const { url, session } = await publish(t)
  for (const target of [`${url}/whip/stage`, `${url}/whep/stage`, session]) {
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(target, { method })
      assert.equal(response.status, 204, `${method} ${target}`)
    }
    const refused = await fetch(target, { method: 'PUT' })
    assert.match(refused.headers.get('Allow') ?? '', /OPTIONS/)
    await assertProblem(refused, 405, 'ERR_METHOD')
  }
  await assertProblem(await fetch(session, { method: 'POST' }), 405, 'ERR_METHOD')
})

test('another content type is refused', async (t) => {
  const { url, session, etag, connections } = await publish(t)
  for (const type of ['application/json', 'text/plain', 'application/sdpx', '']) {
    await assertProblem(
      await post(`${url}/whip/stage`, offer, { 'Content-Type': type }),
      415,
      'ERR_CONTENT_TYPE',
    )
  }
  await assertProblem(await patch(session, candidateLine, etag, 'application/sdp'), 415, 'ERR_CONTENT_TYPE')
  assert.equal(connections.length, 1)
  const withParameter = await post(`${url}/whip/stage`, offer, {
    'Content-Type': 'Application/SDP; charset=utf-8',
  })
  assert.equal(withParameter.status, 201)
})

for (const [what, body, status, code] of /** @type {[string, string, number, string][]} */ ([
  ['empty', '', 400, 'ERR_SDP_SYNTAX'],
  ['no SDP', 'hello', 400, 'ERR_SDP_SYNTAX'],
  ['cut off', offer.slice(0, 300), 0, ''],
  ['without m-lines', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n', 422, 'ERR_SDP_NO_MEDIA'],
  ['without fingerprint', offer.replace(/^a=fingerprint.*\r\n/gm, ''), 422, 'ERR_SDP_NO_FINGERPRINT'],
  ['without ufrag', offer.replace(/^a=ice-ufrag.*\r\n/gm, ''), 422, 'ERR_SDP_NO_ICE'],
  ['without BUNDLE', offer.replace(/^a=group.*\r\n/gm, ''), 422, 'ERR_SDP_NO_BUNDLE'],
  ['plain RTP', offer.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 422, 'ERR_SDP_PROTOCOL'],
  ['recvonly (H6)', viewerOffer, 422, 'ERR_DIRECTION'],
  ['inactive (H6)', offer.replaceAll('a=sendrecv', 'a=inactive'), 422, 'ERR_DIRECTION'],
  ['with a data channel (H10)', readSdp('chromium-offer-simulcast-data'), 422, 'ERR_UNSUPPORTED'],
  ['with two streams (H10)', offer.replace(/a=msid:\S+/, 'a=msid:other'), 422, 'ERR_UNSUPPORTED'],
  [
    'half acceptable (H10)',
    offer.replace('m=video', 'a=x-codec-nobody-has\r\nm=video'),
    422,
    'ERR_UNSUPPORTED',
  ],
])) {
  test(`an offer that is refused as a whole: ${what}`, async (t) => {
    const { url, server, connections } = await startSignalServer(t)
    const response = await post(`${url}/whip/stage`, body)
    if (status) await assertProblem(response, status, code)
    else assert.ok(response.status === 400 || response.status === 422, String(response.status))
    assert.equal(server.participantCount, 0)
    for (const connection of connections) assert.ok(connection.closeCount > 0)
  })
}

test('what the connection refuses is refused, and its connection closed', async (t) => {
  /** @type {FakeConnection[]} */
  const made = []
  const errors = [new UrchinError('ERR_SDP_CODECS', 'None in common'), new Error('a fault of ours')]
  const { url } = await startSignalServer(t, {
    connectionFactory: () => {
      const connection = new FakeConnection()
      connection.refusal = errors[made.length]
      made.push(connection)
      return connection
    },
  })
  await assertProblem(await post(`${url}/whip/stage`, offer), 422, 'ERR_SDP_CODECS')
  const internal = await post(`${url}/whip/stage`, offer)
  const text = await internal.clone().text()
  await assertProblem(internal, 500, 'ERR_INTERNAL')
  assert.doesNotMatch(text, /fault of ours/)
  assert.deepEqual(
    made.map((connection) => connection.closeCount),
    [1, 1],
  )
})

test('a STUN server that never answers does not keep the client waiting for ever', async (t) => {
  const made = [new FakeConnection(), new FakeConnection()]
  for (const connection of made) connection.isStuck = true
  made[0].localSdp = answerTo(offer)
  let count = 0
  const { url } = await startSignalServer(t, { answerTimeoutMs: 50, connectionFactory: () => made[count++] })
  const partial = await post(`${url}/whip/stage`, offer)
  assert.equal(partial.status, 201)
  assert.match(await partial.text(), /a=candidate:/)
  const none = await post(`${url}/whip/stage`, offer)
  assert.ok(none.headers.get('Retry-After'))
  await assertProblem(none, 503, 'ERR_TIMEOUT')
})

test('PATCH trickles (H2): 204 without ETag, unusable candidates are skipped (H12)', async (t) => {
  const { session, etag, connections } = await publish(t)
  const body = `a=ice-ufrag:${/a=ice-ufrag:(\S+)/.exec(offer)?.[1]}\r\na=ice-pwd:${/a=ice-pwd:(\S+)/.exec(offer)?.[1]}\r\n`
  const response = await patch(
    session,
    `${body}m=audio 9 RTP/AVP 0\r\na=mid:0\r\n${candidateLine}\r\na=candidate:bad\r\na=end-of-candidates\r\n`,
    etag,
  )
  assert.equal(response.status, 204)
  assert.equal(response.headers.get('ETag'), null)
  const [first, second, end] = connections[0].remoteCandidates
  assert.equal(first.candidate, candidateLine.slice(2))
  assert.equal(first.sdpMid, '0')
  assert.equal(second.candidate, 'candidate:bad')
  assert.equal(end, null)
})

test('PATCH needs the right If-Match (H2)', async (t) => {
  const { session, etag, connections } = await publish(t)
  await assertProblem(await patch(session, candidateLine, null), 428, 'ERR_PRECONDITION_REQUIRED')
  for (const wrong of ['"other"', etag.slice(1, -1), `W/${etag}`, '']) {
    await assertProblem(await patch(session, candidateLine, wrong), 412, 'ERR_PRECONDITION')
  }
  assert.deepEqual(connections[0].remoteCandidates, [])
  assert.equal((await patch(session, candidateLine, `"other", ${etag}`)).status, 204)
})

test('a malformed fragment is refused, and the session goes on (H2)', async (t) => {
  const { session, etag } = await publish(t)
  for (const body of [
    '',
    'hello',
    'a=ice-pwd:only\r\n',
    'a=ice-ufrag:new1\r\n',
    'a=ice-ufrag:x\r\na=ice-pwd:short',
  ]) {
    await assertProblem(await patch(session, body, etag), 400, 'ERR_FRAGMENT')
  }
  assert.equal((await patch(session, candidateLine, etag)).status, 204)
})

for (const star of ['*', '"*"']) {
  test(`an ICE restart with If-Match: ${star} gives a new ETag and our credentials (H2)`, async (t) => {
    const { session, etag, connections } = await publish(t)
    const credentials = 'a=ice-ufrag:fresh\r\na=ice-pwd:freshfreshfreshfreshfresh\r\n'
    const response = await patch(
      session,
      `${credentials}m=audio 9 RTP/AVP 0\r\na=mid:0\r\n${candidateLine}\r\n`,
      star,
    )
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('Content-Type'), fragmentType)
    const renewed = response.headers.get('ETag') ?? ''
    assert.match(renewed, /^"[^"]+"$/)
    assert.notEqual(renewed, etag)
    const fragment = await response.text()
    assert.match(fragment, /^a=ice-ufrag:ours\d+\r$/m)
    assert.match(fragment, /^a=ice-pwd:/m)
    assert.match(fragment, /^a=candidate:/m)
    const [, restarted] = connections[0].remoteSdps
    assert.match(restarted, /a=ice-ufrag:fresh\r\n/)
    assert.doesNotMatch(restarted, /a=candidate/)
    assert.equal(connections[0].remoteCandidates.length, 1)
    assert.equal((await patch(session, candidateLine, etag)).status, 412)
    assert.equal((await patch(session, candidateLine, renewed)).status, 204)
  })
}

test('a restart that fails leaves the session as it was (H3)', async (t) => {
  const { session, etag, connections } = await publish(t)
  connections[0].refusal = new UrchinError('ERR_SDP_ICE', 'no')
  const restart = 'a=ice-ufrag:fresh\r\na=ice-pwd:freshfreshfreshfreshfresh\r\n'
  await assertProblem(await patch(session, restart, '*'), 422, 'ERR_SDP_ICE')
  assert.equal((await patch(session, candidateLine, etag)).status, 204)
  assert.equal((await patch(session, restart, '*')).status, 200)
})

test('DELETE ends the session, whatever If-Match says (H4)', async (t) => {
  const { url, session, connections, server } = await publish(t)
  const response = await fetch(session, { method: 'DELETE', headers: { 'If-Match': '"stale"' } })
  assert.equal(response.status, 200)
  assert.equal(connections[0].closeCount, 1)
  assert.equal(server.rooms.size, 0)
  for (const method of ['DELETE', 'GET', 'PATCH']) {
    await assertProblem(await fetch(session, { method }), 404, 'ERR_NOT_FOUND')
  }
  await assertProblem(await fetch(`${url}/whip/stage/nobody`, { method: 'DELETE' }), 404, 'ERR_NOT_FOUND')
})

test('a session answers only under its own URL', async (t) => {
  const { session, connections } = await publish(t)
  for (const wrong of [session.replace('/whip/', '/whep/'), session.replace('/stage/', '/other/')]) {
    assert.equal((await fetch(wrong, { method: 'DELETE' })).status, 404)
  }
  assert.equal(connections[0].closeCount, 0)
})

for (const event of ['failed', 'finished']) {
  test(`a session whose connection has ${event} is gone (H13)`, async (t) => {
    const { session, connections, server } = await publish(t)
    connections[0].emit(event, { reason: { code: 'ERR_ICE_CONSENT', detail: '' } })
    assert.equal((await fetch(session)).status, 404)
    assert.equal(server.participantCount, 0)
  })
}

test('a full server or room says when to come back (H7)', async (t) => {
  const full = await startSignalServer(t, { maxParticipants: 1 })
  assert.equal((await post(`${full.url}/whip/one`, offer)).status, 201)
  const refused = await post(`${full.url}/whep/two`, viewerOffer)
  assert.ok(Number(refused.headers.get('Retry-After')) > 0)
  await assertProblem(refused, 503, 'ERR_SERVER_FULL')
  assert.equal(full.connections.length, 1)

  const small = await startSignalServer(t, { roomOptions: { maxParticipants: 1 } })
  const both = await Promise.all([1, 2].map(() => post(`${small.url}/whip/one`, offer)))
  assert.deepEqual(both.map((response) => response.status).sort(), [201, 503])
})

test('authorization by bearer token, before anything is made (H8)', async (t) => {
  const { url, connections } = await startSignalServer(t, {
    authorize: ({ token, kind, room }) => token === 'good' && kind === 'whip' && room === 'stage',
  })
  const refused = await post(`${url}/whip/stage`, offer)
  assert.equal(refused.headers.get('WWW-Authenticate'), 'Bearer')
  await assertProblem(refused, 401, 'ERR_UNAUTHORIZED')
  const headers = { Authorization: 'Bearer good' }
  await assertProblem(await post(`${url}/whep/stage`, viewerOffer, headers), 401, 'ERR_UNAUTHORIZED')
  assert.equal(connections.length, 0)
  const response = await post(`${url}/whip/stage`, offer, headers)
  assert.equal(response.status, 201)
  const session = new URL(response.headers.get('Location') ?? '', url).href
  assert.equal((await fetch(session, { method: 'DELETE' })).status, 401)
  assert.equal((await fetch(session, { method: 'OPTIONS' })).status, 204)
  assert.equal((await fetch(session, { method: 'DELETE', headers })).status, 200)
})

// A page of another origin that got the room's name wrong saw a CORS failure instead of the error: the name was
// checked before the headers were set, and even for the preflight.
test('a bad room name and a path too long are errors that other origins can read', async (t) => {
  const { url } = await startSignalServer(t)
  await assertProblem(await post(`${url}/whip/no%20such`, offer), 400, 'ERR_ROOM_NAME')
  await assertProblem(await patch(`${url}/whep/stage/a/b`, 'a=x\r\n', '*'), 404, 'ERR_NOT_FOUND')
  const preflight = await fetch(`${url}/whip/no%20such`, { method: 'OPTIONS' })
  assert.equal(preflight.status, 204)
})

// Calls through the C core: the library's own connections as WHIP publisher, WHEP viewer and page, over loopback.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebRtcConnection } from '../../../lib/connection.js'
import { createServer } from '../../../lib/server.js'
import { PageClient } from '../../support/signal-server.js'

const loopback = { networkInterfaces: ['127.0.0.1'] }
const fragmentType = 'application/trickle-ice-sdpfrag'

/** @param {import('node:test').TestContext} t */
async function start(t) {
  const server = createServer({ port: 0, host: '127.0.0.1', connection: loopback })
  await server.listen()
  t.after(() => server.close())
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.httpServer.address())
  return { server, url: `http://127.0.0.1:${port}` }
}

/**
 * @param {import('node:test').TestContext} t
 * @param {object} [options]
 */
function openClient(t, options = {}) {
  const client = new WebRtcConnection({ ...loopback, trickle: false, ...options })
  t.after(() => client.close())
  return client.init()
}

/** @param {WebRtcConnection} connection */
function whenReady(connection) {
  return new Promise((resolve, reject) => {
    connection.once('ready', resolve)
    connection.once('failed', ({ reason }) => reject(new Error(`${reason.code}: ${reason.detail}`)))
  })
}

/**
 * @param {WebRtcConnection} client
 * @param {string} endpoint
 * @param {import('../../../lib/connection.js').OfferOptions} [wishes]
 */
async function post(client, endpoint, wishes) {
  const ready = whenReady(client)
  const body = await client.createOffer(wishes)
  const response = await fetch(endpoint, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/sdp' },
  })
  const answer = await response.text()
  assert.equal(response.status, 201, answer)
  await client.setRemoteSdp({ type: 'answer', sdp: answer })
  const session = new URL(response.headers.get('Location') ?? '', endpoint).href
  return { ready, answer, session, etag: response.headers.get('ETag') ?? '' }
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {string} [query]
 */
async function publish(t, url, query = '') {
  const client = openClient(t)
  for (const kind of /** @type {const} */ (['audio', 'video']))
    client.addTrack(null, { kind, streamId: 'camera' })
  return { client, ...(await post(client, `${url}/whip/stage${query}`, { audio: false, video: false })) }
}

test('a viewer comes first, then a publisher; both connect, and both end', async (t) => {
  const { server, url } = await start(t)
  const viewer = openClient(t)
  /** @type {any[]} */
  const tracks = []
  viewer.on('track', (track) => tracks.push(track))
  const watching = await post(viewer, `${url}/whep/stage`, { audio: true, video: true })
  await watching.ready
  assert.deepEqual(
    tracks.map(({ kind }) => kind),
    ['audio', 'video'],
  )
  assert.equal(new Set(tracks.map(({ streamId }) => streamId)).size, 1)
  assert.doesNotMatch(watching.answer, /a=(sendrecv|recvonly|inactive)/)

  const publishing = await publish(t, url)
  assert.doesNotMatch(publishing.answer, /a=(sendrecv|sendonly|inactive)/)
  await publishing.ready
  const room = server.rooms.get('stage')
  const [whep, whip] = room?.participants ?? []
  assert.equal(whip.tracks.length, 2)
  assert.equal(whep.watcher?.publisher, whip)

  const finished = new Promise((resolve) => publishing.client.once('finished', resolve))
  assert.equal((await fetch(publishing.session, { method: 'DELETE' })).status, 200)
  await finished
  assert.equal(whep.watcher?.publisher, null)
  // The viewer closes by DTLS alone: its session is gone as well.
  await viewer.close()
  while (server.rooms.size > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal((await fetch(watching.session)).status, 404)
})

test('trickle: candidates that come by PATCH connect the call', async (t) => {
  const { url } = await start(t)
  const client = openClient(t)
  for (const kind of /** @type {const} */ (['audio', 'video']))
    client.addTrack(null, { kind, streamId: 'camera' })
  const ready = whenReady(client)
  const offer = await client.createOffer({ audio: false, video: false })
  const bare = offer.replace(/^a=(candidate|end-of-candidates).*\r\n/gm, '')
  const headers = { 'Content-Type': 'application/sdp' }
  const response = await fetch(`${url}/whip/stage`, { method: 'POST', body: bare, headers })
  assert.equal(response.status, 201)
  const candidates = offer.match(/^a=candidate.*\r\n/gm) ?? []
  assert.ok(candidates.length > 0)
  const patched = await fetch(new URL(response.headers.get('Location') ?? '', url), {
    method: 'PATCH',
    headers: { 'Content-Type': fragmentType, 'If-Match': response.headers.get('ETag') ?? '' },
    body: `m=audio 9 RTP/AVP 0\r\na=mid:0\r\n${[...new Set(candidates)].join('')}a=end-of-candidates\r\n`,
  })
  assert.equal(patched.status, 204)
  // Without any of ours in the answer, only what was trickled can have connected it.
  await client.setRemoteSdp({
    type: 'answer',
    sdp: (await response.text()).replace(/^a=candidate.*\r\n/gm, ''),
  })
  await ready
})

test('ICE restarts by PATCH, and the call goes on', async (t) => {
  const { server, url } = await start(t)
  const { client, ready, session, answer } = await publish(t, url)
  await ready
  const offer = await client.restartIce()
  const fragment = offer
    .split('\r\n')
    .filter((line) => /^(a=(ice-ufrag|ice-pwd|candidate|mid|end-of-candidates)|m=)/.test(line))
    .join('\r\n')
  const response = await fetch(session, {
    method: 'PATCH',
    headers: { 'Content-Type': fragmentType, 'If-Match': '*' },
    body: fragment,
  })
  const ours = await response.text()
  assert.equal(response.status, 200, ours)
  const line = (/** @type {string} */ name, /** @type {string} */ text) =>
    new RegExp(`^a=${name}:.*$`, 'm').exec(text)?.[0] ?? ''
  assert.notEqual(line('ice-ufrag', ours), line('ice-ufrag', answer))
  const restarted = answer
    .replace(/^a=candidate.*\r\n/gm, '')
    .replace(/^a=ice-ufrag:.*$/gm, line('ice-ufrag', ours).trim())
    .replace(/^a=ice-pwd:.*$/gm, line('ice-pwd', ours).trim())
  const paired = new Promise((resolve) => client.once('selected-pair', resolve))
  await client.setRemoteSdp({ type: 'answer', sdp: restarted })
  for (const candidate of ours.match(/^a=candidate.*$/gm) ?? []) {
    await client.addRemoteCandidate({ candidate: candidate.slice(2).trim(), sdpMid: '0', sdpMLineIndex: 0 })
  }
  await paired
  assert.equal(server.participantCount, 1)
  assert.equal((await fetch(session)).status, 204)
})

test('a page sees a WHIP publisher come and go', async (t) => {
  const { url } = await start(t)
  const page = new PageClient(url)
  await page.join('stage', 'Ada', { publish: false })
  const client = openClient(t)
  const ready = whenReady(client)
  /** @type {any[]} */
  const tracks = []
  client.on('track', (track) => tracks.push(track))
  const answer = async () => {
    const { sdp } = await page.next('offer')
    await page.send({ type: 'answer', sdp: await client.setRemoteSdp({ type: 'offer', sdp }) })
  }
  await answer()
  const { session } = await publish(t, url, '?name=Studio')
  const { participant } = await page.next('participant-joined')
  assert.deepEqual([participant.name, participant.kind], ['Studio', 'whip'])
  const fromStudio = () => tracks.filter((track) => track.streamId === participant.id)
  while (fromStudio().length < 2) await answer()
  await ready
  const ended = Promise.all(
    fromStudio().map((track) => new Promise((resolve) => track.once('ended', resolve))),
  )
  await fetch(session, { method: 'DELETE' })
  await page.next('participant-left')
  await answer()
  await ended
})

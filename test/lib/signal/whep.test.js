// WHEP viewers over HTTP, on fake connections: what they must offer, and whom they see.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSdp } from '../../../lib/sdp/parse.js'
import { whep } from '../../../lib/signal/whep.js'
import { PageClient, readSdp, startSignalServer } from '../../support/signal-server.js'

const offer = readSdp('chromium-offer-sendrecv')
const viewerOffer = readSdp('chromium-offer-recvonly')

/**
 * @param {string} url
 * @param {string} body
 */
async function post(url, body) {
  const response = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/sdp' } })
  assert.equal(response.status, 201, await response.clone().text())
  return response
}

test('waits in an empty room with tracks in one stream, and sees who comes first, then the next one', async (t) => {
  const { url, connections } = await startSignalServer(t)
  await post(`${url}/whep/stage`, viewerOffer)
  const [viewer] = connections
  assert.deepEqual(viewer.sources, [null, null])
  assert.deepEqual(
    viewer.localTracks.map((track) => track.kind),
    ['audio', 'video'],
  )
  assert.equal(new Set(viewer.localTracks.map((track) => track.streamId)).size, 1)
  const publisher = await post(`${url}/whip/stage`, offer)
  await post(`${url}/whip/stage`, offer)
  const firstVideo = connections[1].receive('video')
  const secondAudio = connections[2].receive('audio')
  assert.deepEqual(viewer.sources, [null, firstVideo])
  const session = new URL(publisher.headers.get('Location') ?? '', url)
  await fetch(session, { method: 'DELETE' })
  assert.deepEqual(viewer.sources, [secondAudio, null])
})

test('?publisher= names one by id, name or session', async (t) => {
  const { url, connections } = await startSignalServer(t)
  await post(`${url}/whip/stage?name=one`, offer)
  connections[0].receive('audio')
  const two = await post(`${url}/whip/stage?name=two`, offer)
  const audio = connections[1].receive('audio')
  const session = two.headers.get('Location')?.split('/').at(-1)
  for (const wanted of ['two', two.headers.get('Urchin-Participant'), session]) {
    await post(`${url}/whep/stage?publisher=${wanted}`, viewerOffer)
    assert.equal(connections.at(-1)?.sources[0], audio, String(wanted))
  }
  await post(`${url}/whep/stage?publisher=three`, viewerOffer)
  const waiting = connections.at(-1)
  assert.deepEqual(waiting?.sources, [null, null])
  await post(`${url}/whip/stage?name=three`, offer)
  const late = connections.at(-1)?.receive('audio')
  assert.equal(waiting?.sources[0], late)
})

test('viewers see people on the page, and people do not see viewers', async (t) => {
  const { url, connections } = await startSignalServer(t)
  const page = new PageClient(url)
  await page.join('stage', 'Ada')
  const audio = connections[0].receive('audio')
  await post(`${url}/whep/stage`, viewerOffer)
  assert.deepEqual(connections[1].sources, [audio, null])
  assert.deepEqual(await page.drain(), [])
  const other = new PageClient(url)
  const { participants } = await other.join('stage', 'Bob')
  assert.deepEqual(
    participants.map((/** @type {any} */ one) => one.name),
    ['Ada'],
  )
})

test('sendonly and inactive are refused, sendrecv is answered as recvonly', async (t) => {
  const { url, connections } = await startSignalServer(t)
  for (const direction of ['sendonly', 'inactive']) {
    const body = viewerOffer.replaceAll('a=recvonly', `a=${direction}`)
    const headers = { 'Content-Type': 'application/sdp' }
    const response = await fetch(`${url}/whep/stage`, { method: 'POST', body, headers })
    assert.equal(response.status, 422)
    assert.equal((await response.json()).code, 'ERR_DIRECTION')
  }
  await post(`${url}/whep/stage`, offer)
  const { sections } = parseSdp(connections[0].remoteSdps[0])
  assert.deepEqual(
    sections.map((section) => section.direction),
    ['recvonly', 'recvonly'],
  )
})

test('sendrecv that is not written down, or only for the session, becomes recvonly too', () => {
  for (const sdp of [offer.replace(/^a=sendrecv\r\n/gm, ''), readSdp('firefox-offer-sendrecv')]) {
    const adapted = parseSdp(whep.adaptOffer?.(sdp) ?? '')
    for (const section of adapted.sections) assert.equal(section.direction, 'recvonly')
  }
})

test('only what is offered gets a track', async (t) => {
  const { url, connections } = await startSignalServer(t)
  const audioOnly = viewerOffer.slice(0, viewerOffer.indexOf('m=video')).replace('BUNDLE 0 1', 'BUNDLE 0')
  await post(`${url}/whep/stage`, audioOnly)
  assert.deepEqual(
    connections[0].localTracks.map((track) => track.kind),
    ['audio'],
  )
})

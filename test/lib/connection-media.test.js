// Tracks of connections on a worker without a core: receivers and senders follow the negotiation.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { newSsrc } from '../../lib/connection-media.js'
import { WebRtcConnection } from '../../lib/index.js'
import { FakeWorker } from '../support/fake-worker.js'
import { recordedSdp, smallOffer } from '../support/sdp-text.js'

/** @param {FakeWorker} [worker] */
function open(worker = new FakeWorker()) {
  const connection = new WebRtcConnection({ worker }).init()
  /** @type {import('../../lib/track.js').RemoteTrack[]} */
  const tracks = []
  connection.on('track', (track) => tracks.push(track))
  return { worker, connection, tracks }
}

const publishing = smallOffer({
  audio: [
    'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    'a=msid:s a1',
    'a=recvonly'.replace('recv', 'send'),
  ],
  video: [
    'a=rtcp-fb:96 nack pli',
    'a=rtcp-fb:96 transport-cc',
    'a=ssrc:5 cname:x',
    'a=msid:s v1',
    'a=sendonly',
  ],
})

test('a publisher brings tracks, after its SDP is told and before the answer', async () => {
  const { connection, worker } = open()
  /** @type {string[]} */
  const order = []
  for (const name of ['sdp-processed', 'track', 'sdp']) connection.on(name, () => order.push(name))
  await connection.setRemoteSdp(publishing)
  assert.deepEqual(order, ['sdp-processed', 'track', 'track', 'sdp'])
  const [audio, video] = connection.remoteTracks
  assert.deepEqual([audio.kind, audio.mid, audio.streamId, audio.trackId], ['audio', 'a', 's', 'a1'])
  assert.equal(video.connection, connection)
  assert.deepEqual(
    video.codecs.map(({ name, payloadType }) => [name, payloadType]),
    [['VP8', 96]],
  )
  const [, config] = worker.callsOf('addReceiver')[1]
  assert.deepEqual(config, {
    format: {
      kind: 'video',
      mid: 'v',
      codecs: [
        {
          payloadType: 96,
          codec: 'vp8',
          clockRateHz: 90000,
          nack: false,
          pli: true,
          fir: false,
          transportCc: true,
          remb: false,
        },
      ],
      extIds: {},
    },
    ssrcs: [5],
    rid: '',
    maxBitrateBps: 0,
  })
  assert.deepEqual(worker.callsOf('addReceiver')[0][1].format.extIds, { audioLevel: 1 })
})

test('a track is active from its first packet on', async () => {
  const { connection, worker, tracks } = open()
  await connection.setRemoteSdp(publishing)
  assert.equal(tracks[0].active, false)
  const active = new Promise((resolve) => tracks[0].once('active', resolve))
  worker.emit(
    1,
    { type: 'receiver-active', receiverId: tracks[0].receiverId },
    { type: 'receiver-active', receiverId: 999 },
  )
  await active
  assert.equal(tracks[0].active, true)
})

test('a track ends when the peer stops sending, and with the connection', async () => {
  const { connection, worker, tracks } = open()
  await connection.setRemoteSdp(publishing)
  /** @type {string[]} */
  const ended = []
  for (const track of tracks) track.on('ended', () => ended.push(track.kind))
  const { receiverId } = tracks[1]
  await connection.setRemoteSdp(publishing.replace(/(m=video[\s\S]*)a=sendonly/, '$1a=inactive'))
  assert.deepEqual(ended, ['video'])
  assert.deepEqual(worker.callsOf('removeReceiver'), [[1, receiverId]])
  assert.equal(tracks[1].receiverId, 0)
  await connection.setRemoteSdp(publishing)
  assert.equal(tracks.length, 3)
  await connection.close()
  assert.deepEqual(ended, ['video', 'audio'])
  assert.ok(tracks[2].ended)
})

test('a negotiation that changes numbers updates receivers, one that does not leaves them alone', async () => {
  const { connection, worker } = open()
  await connection.setRemoteSdp(publishing)
  await connection.setRemoteSdp(publishing)
  assert.equal(worker.callsOf('updateReceiver').length, 0)
  await connection.setRemoteSdp(publishing.replace('a=ssrc:5', 'a=ssrc:6'))
  assert.deepEqual(
    worker.callsOf('updateReceiver').map(([, , { ssrcs }]) => ssrcs),
    [[6]],
  )
})

test("a viewer gets a publisher's track under its own numbers", async () => {
  const worker = new FakeWorker()
  const [publisher, viewer] = [open(worker), open(worker)]
  await publisher.connection.setRemoteSdp(publishing)
  const [, video] = publisher.tracks
  const track = viewer.connection.addTrack(video, { streamId: 'stream', trackId: 'track' })
  assert.deepEqual([track.kind, track.mid, track.active, track.source], ['video', null, false, video])
  const answer = await viewer.connection.setRemoteSdp(recordedSdp('firefox-offer-recvonly'))
  assert.equal(track.mid, '1')
  assert.ok(track.active)
  assert.match(answer, /a=msid:stream track/)
  const [[connectionId, config]] = worker.callsOf('addSender')
  assert.equal(connectionId, 2)
  assert.equal(config.ssrc, track.ssrc)
  assert.match(answer, new RegExp(`a=ssrc:${track.ssrc} cname:${config.cname.replaceAll('+', '\\+')}`))
  assert.equal(config.format.extIds.transportCc, undefined)
  const [[, receiverId, map]] = worker.callsOf('setSenderSource')
  assert.equal(receiverId, video.receiverId)
  assert.deepEqual(map, [{ from: 96, to: 120 }])
})

test('a source that ends leaves its viewers idle, another may take its place without negotiation', async () => {
  const worker = new FakeWorker()
  const [publisher, viewer] = [open(worker), open(worker)]
  await publisher.connection.setRemoteSdp(publishing)
  const track = viewer.connection.addTrack(publisher.tracks[1])
  await viewer.connection.setRemoteSdp(recordedSdp('chromium-offer-recvonly'))
  await publisher.connection.close()
  assert.equal(track.source, null)
  assert.equal(track.active, false)
  assert.deepEqual(worker.callsOf('setSenderSource').at(-1)?.slice(1), [0, []])
  const other = open(worker)
  await other.connection.setRemoteSdp(publishing)
  track.replaceSource(other.tracks[1])
  assert.equal(worker.callsOf('setSenderSource').at(-1)?.[1], other.tracks[1].receiverId)
  assert.throws(() => track.replaceSource(other.tracks[0]), { code: 'ERR_INVALID_ARGUMENT' })
})

test('adding a track later asks for one negotiation, whatever the number', async () => {
  const { connection } = open()
  await connection.setRemoteSdp(publishing)
  let needed = 0
  connection.on('negotiation-needed', () => (needed += 1))
  for (let i = 0; i < 5; i += 1) connection.addTrack(null, { kind: 'video' })
  await turn()
  assert.equal(needed, 1)
  const offer = await connection.createOffer()
  assert.equal(offer.split('m=video').length, 7)
})

test('before the first negotiation nothing is asked for', async () => {
  const { connection } = open()
  connection.on('negotiation-needed', () => assert.fail('too early'))
  connection.addTrack(null, { kind: 'video' })
  await turn()
})

test('a track that is removed takes its sender along, and asks for a negotiation', async () => {
  const { connection, worker } = open()
  const track = connection.addTrack(null, { kind: 'video' })
  await connection.setRemoteSdp(recordedSdp('chromium-offer-recvonly'))
  const needed = new Promise((resolve) => connection.once('negotiation-needed', resolve))
  connection.removeTrack(track)
  connection.removeTrack(track)
  await needed
  assert.equal(worker.callsOf('removeSender').length, 1)
  assert.deepEqual(connection.localTracks, [])
  assert.throws(() => track.replaceSource(null), { code: 'ERR_INVALID_STATE' })
  assert.match(await connection.createOffer(), /m=video[\s\S]*a=inactive/)
})

test('SSRCs of a connection differ', () => {
  const track = /** @type {any} */ ({ ssrc: newSsrc([]) })
  assert.ok(track.ssrc > 0 && track.ssrc <= 0xffffffff)
  assert.notEqual(newSsrc([track]), track.ssrc)
})

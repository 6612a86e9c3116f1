// Offer/answer sessions (RFC 9429, RFC 3264): two of ours against each other, and the recorded descriptions of browsers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guessType, parseSdp, SdpSession } from '../../../lib/sdp/session.js'
import { writeSdp } from '../../../lib/sdp/write.js'
import { changedOffer, fingerprint, recordedSdp, smallOffer } from '../../support/sdp-text.js'

/** One side: a session with a transport of its own. */
class Side {
  /** @param {string} name two hexadecimal digits */
  constructor(name) {
    this.session = new SdpSession(String(Number.parseInt(name, 16)))
    this.transport = {
      ufrag: `ufrag${name}`,
      pwd: name.repeat(12),
      fingerprint: { algorithm: 'sha-256', value: fingerprint(name) },
      cname: 'cname',
      candidates: [],
      hasEnded: false,
    }
  }

  /** @param {object} [options] */
  offer(options = {}) {
    return writeSdp(this.session.createOffer(options), this.transport)
  }

  /** @param {string} text @param {object} [options] */
  answer(text, options) {
    return writeSdp(this.session.applyOffer(parseSdp(text), options).answer, this.transport)
  }

  /** @param {string} text */
  accept(text) {
    return this.session.applyAnswer(parseSdp(text))
  }

  get directions() {
    return this.session.media.map(({ direction, isRejected }) => (isRejected ? 'rejected' : direction))
  }
}

/** @param {Side} offerer @param {Side} answerer @param {object} [options] */
function negotiate(offerer, answerer, options) {
  const offer = offerer.offer(options)
  const answer = answerer.answer(offer)
  offerer.accept(answer)
  return { offer, answer }
}

let ssrc = 1000
/** @param {'audio' | 'video'} kind */
const newTrack = (kind) => ({ kind, streamId: 'stream', trackId: `track${ssrc}`, ssrc: ssrc++ })

test('two sides agree on what one sends and the other receives', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  a.session.addTrack(newTrack('video'))
  const { offer, answer } = negotiate(a, b, { audio: true })
  assert.deepEqual(a.directions, ['sendonly', 'inactive'])
  assert.deepEqual(b.directions, ['recvonly', 'inactive'])
  assert.deepEqual(a.session.media[0].sendCodecs, b.session.media[0].receiveCodecs)
  assert.match(offer, /a=setup:actpass/)
  assert.match(answer, /a=setup:passive/)
  assert.ok(!a.session.needsNegotiation() && !b.session.needsNegotiation())
})

test('both add tracks, at the first negotiation and later', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  a.session.addTrack(newTrack('audio'))
  b.session.addTrack(newTrack('audio'))
  negotiate(a, b)
  assert.deepEqual(a.directions, ['sendonly'])
  assert.ok(b.session.needsNegotiation(), "the offer did not want b's track")
  negotiate(b, a)
  assert.deepEqual(b.directions, ['recvonly', 'sendonly'])
  assert.deepEqual(a.directions, ['sendonly', 'recvonly'])
})

test('an m-line may send and receive', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  a.session.addTrack(newTrack('audio'))
  b.session.addTrack(newTrack('audio'))
  negotiate(a, b, { audio: true })
  assert.deepEqual([a.directions, b.directions], [['sendrecv'], ['sendrecv']])
})

test('a track that waits takes the m-line of an offer that receives', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  b.session.addTrack(newTrack('audio'))
  negotiate(a, b, { audio: true, video: true })
  assert.deepEqual(b.directions, ['sendonly', 'inactive'])
  assert.ok(!b.session.needsNegotiation())
})

test("a track's m-line becomes free when it is removed, and is used again", () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  const first = newTrack('video')
  a.session.addTrack(first)
  negotiate(a, b)
  a.session.removeTrack(first)
  assert.ok(a.session.needsNegotiation())
  negotiate(a, b)
  assert.deepEqual(b.directions, ['inactive'])
  const second = newTrack('video')
  a.session.addTrack(second)
  const { offer } = negotiate(a, b)
  assert.equal(offer.split('m=video').length, 2)
  assert.match(offer, new RegExp(`a=msid:stream ${second.trackId}`))
  assert.equal(b.session.media[0].remote.trackId, second.trackId)
})

test('adding and removing a hundred tracks makes one m-line', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  for (let i = 0; i < 100; i += 1) {
    const track = newTrack('video')
    a.session.addTrack(track)
    negotiate(a, b)
    assert.equal(b.session.media[0].remote.trackId, track.trackId)
    a.session.removeTrack(track)
    negotiate(a, b)
  }
  assert.equal(a.session.media.length, 1)
})

test('the o= line keeps its id and counts its versions', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  const origins = []
  for (let i = 0; i < 3; i += 1) origins.push(negotiate(a, b, { audio: true }).offer.match(/^o=.*$/m)?.[0])
  assert.deepEqual(
    origins,
    [1, 2, 3].map((version) => `o=- 170 ${version} IN IP4 127.0.0.1`),
  )
})

test('payload types and extension ids stay the same over negotiations and directions', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  const chromium = recordedSdp('firefox-offer-sendrecv')
  a.answer(chromium)
  a.session.addTrack(newTrack('video'))
  a.session.addTrack(newTrack('video'))
  const offer = a.offer()
  const sections = parseSdp(offer).sections.filter(({ kind }) => kind === 'video')
  assert.ok(sections.length >= 2)
  for (const { codecs, extensions } of sections) {
    assert.equal(codecs.find(({ codec }) => codec === 'vp8')?.payloadType, 120)
    assert.equal(extensions.find(({ uri }) => uri.endsWith('sdes:mid'))?.id, 3)
  }
  assert.equal(b.session.media.length, 0)
})

test('what the peer rejects stays rejected and is used again with another mid', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  a.session.addTrack(newTrack('audio'))
  a.session.addTrack(newTrack('video'))
  const answer = b.answer(a.offer())
  a.accept(answer.replace(/m=video 9/, 'm=video 0').replace('BUNDLE 0 1', 'BUNDLE 0'))
  assert.deepEqual(a.directions, ['sendonly', 'rejected'])
  assert.ok(!a.session.needsNegotiation(), 'nothing is forced on a peer that refused')
  a.session.addTrack(newTrack('audio'))
  const offer = parseSdp(a.offer())
  assert.deepEqual(
    offer.sections.map(({ kind, mid, isRejected }) => [kind, mid, isRejected]),
    [
      ['audio', '0', false],
      ['audio', '2', false],
    ],
  )
})

test('an m-line that the peer stops and takes for another follows', () => {
  for (const browser of ['chromium', 'firefox']) {
    const side = new Side('AA')
    side.answer(recordedSdp(`${browser}-offer-sendrecv`).replaceAll(/^a=fingerprint.*$/gm, sameFingerprint))
    assert.deepEqual(side.directions, ['recvonly', 'recvonly'], browser)
    const change = (/** @type {string} */ name) =>
      recordedSdp(`${browser}-${name}`).replaceAll(/^a=fingerprint.*$/gm, sameFingerprint)
    side.answer(change('reoffer-stopped-video'))
    assert.deepEqual(side.directions, ['recvonly', 'rejected', 'rejected'], browser)
    const answer = parseSdp(side.answer(change('reoffer-recycled-video')))
    assert.deepEqual(side.directions, ['recvonly', 'inactive', 'rejected'], browser)
    assert.notEqual(answer.sections[1].mid, '1')
  }
})

const sameFingerprint = `a=fingerprint:sha-256 ${fingerprint('EE')}`

test('new credentials in an offer are an ICE restart', () => {
  const side = new Side('AA')
  assert.ok(!side.session.applyOffer(parseSdp(smallOffer())).isRestart)
  assert.equal(side.session.applyOffer(parseSdp(smallOffer())).transport, null)
  const restart = side.session.applyOffer(parseSdp(changedOffer('ufrag:KDyD', 'ufrag:next')))
  assert.ok(restart.isRestart)
  assert.equal(restart.transport?.ufrag, 'next')
})

test("answers keep the offer's numbers and order, without what we don't take", () => {
  const side = new Side('AA')
  const answer = side.answer(recordedSdp('chromium-offer-simulcast-data'))
  assert.match(answer, /^m=video 9 UDP\/TLS\/RTP\/SAVPF 96 102 104 108 114 116 39 45 98 100\r$/m)
  assert.match(answer, /^m=audio 9 UDP\/TLS\/RTP\/SAVPF 111 0 8\r$/m)
  assert.match(answer, /^m=application 0 UDP\/DTLS\/SCTP webrtc-datachannel\r$/m)
  assert.match(answer, /^a=group:BUNDLE 0 1\r$/m)
  assert.doesNotMatch(answer, /rtx|red|ulpfec|simulcast|a=rid/)
  assert.equal(side.session.media[0].isRejected, false)
})

test('old data sections are rejected, not fatal', () => {
  const old =
    'm=application 9 DTLS/SCTP 5000\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\na=sctpmap:5000 webrtc-datachannel 1024\r\n'
  const answer = new Side('AA').answer(smallOffer() + old)
  assert.match(answer, /^m=application 0 DTLS\/SCTP 5000\r$/m)
})

test("Firefox's answer to a viewer, and Chromium's, are applied", () => {
  for (const browser of ['chromium', 'firefox']) {
    const side = new Side('AA')
    side.session.addTrack(newTrack('audio'))
    side.session.addTrack(newTrack('video'))
    side.offer()
    const { role } = side.accept(recordedSdp(`${browser}-answer-to-urchin`))
    assert.equal(role, 'server', browser)
    assert.deepEqual(side.directions, ['sendonly', 'sendonly'], browser)
    assert.ok(side.session.media[1].sendCodecs.some(({ codec }) => codec === 'vp8'))
  }
})

const roles = [
  { setup: 'actpass', role: 'server', answer: 'passive' },
  { setup: 'active', role: 'server', answer: 'passive' },
  { setup: 'passive', role: 'client', answer: 'active' },
]
for (const { setup, role, answer } of roles) {
  test(`an offer that is ${setup} is answered ${answer}, and the role stays (RFC 8842 5.3)`, () => {
    const side = new Side('AA')
    const text = smallOffer().replaceAll('actpass', setup)
    assert.match(side.answer(text), new RegExp(`a=setup:${answer}`))
    assert.equal(side.session.applyOffer(parseSdp(smallOffer())).role, role)
  })
}

test('an answer that says actpass, and a role that changes, are refused', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  const answer = b.answer(a.offer())
  assert.throws(() => a.accept(answer.replaceAll('setup:passive', 'setup:actpass')), {
    code: 'ERR_SDP_SETUP',
  })
  a.accept(answer)
  a.offer()
  assert.throws(() => a.accept(answer.replaceAll('setup:passive', 'setup:active')), { code: 'ERR_SDP_SETUP' })
})

test('another fingerprint needs another connection', () => {
  const side = new Side('AA')
  side.answer(smallOffer())
  assert.throws(() => side.answer(changedOffer(/AB:AB/, 'CD:CD')), { code: 'ERR_NOT_SUPPORTED' })
})

test('a description that does not fit is refused and changes nothing', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  negotiate(a, b)
  const before = b.session.media
  const offer = a.offer()
  const [head, audio, video] = offer.split(/(?=m=)/)
  const bad = [
    ['ERR_SDP_MISMATCH', (head + audio).replace('BUNDLE 0 1', 'BUNDLE 0')],
    ['ERR_SDP_MISMATCH', head + video + audio],
    ['ERR_SDP_MISMATCH', offer.replace('a=mid:1', 'a=mid:7').replace('BUNDLE 0 1', 'BUNDLE 0 7')],
  ]
  for (const [code, text] of bad) {
    assert.throws(() => b.answer(text), { code })
    assert.equal(b.session.media, before)
  }
  a.accept(b.answer(offer))
})

test('an answer that does not fit the offer is refused, and the right one still works', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  const answer = b.answer(a.offer())
  const [head, audio] = answer.split(/(?=m=)/)
  assert.throws(() => a.accept((head + audio).replace('BUNDLE 0 1', 'BUNDLE 0')), {
    code: 'ERR_SDP_MISMATCH',
  })
  assert.throws(() => a.accept(answer.replaceAll('opus/', 'unknown/').replaceAll(/PCM/g, 'XYZ')), {
    code: 'ERR_SDP_NO_CODEC',
  })
  assert.equal(a.session.signalingState, 'have-local-offer')
  a.accept(answer)
  assert.equal(a.session.signalingState, 'stable')
})

test('an offer without any codec in common is refused', () => {
  const text = smallOffer().replaceAll('opus', 'speex').replaceAll('VP8', 'H261')
  assert.throws(() => new Side('AA').answer(text), { code: 'ERR_SDP_NO_CODEC' })
})

test('one m-line without a codec in common is rejected, the other accepted', () => {
  const answer = new Side('AA').answer(smallOffer().replaceAll('VP8', 'H261'))
  assert.match(answer, /m=video 0/)
  assert.match(answer, /a=group:BUNDLE a\r/)
})

test('glare: the impolite side holds to its offer', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  const [offerA, offerB] = [a.offer(), b.offer()]
  assert.throws(() => a.answer(offerB), { code: 'ERR_GLARE' })
  a.accept(b.answer(offerA, { isPolite: true }))
  assert.equal(a.session.signalingState, 'stable')
  assert.equal(b.session.signalingState, 'stable')
})

test('glare: the polite side sends what it wanted with its next offer', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  a.session.addTrack(newTrack('audio'))
  b.session.addTrack(newTrack('video'))
  const offer = a.offer()
  b.offer()
  a.accept(b.answer(offer, { isPolite: true }))
  assert.ok(b.session.needsNegotiation())
  negotiate(b, a)
  assert.deepEqual(a.directions, ['sendonly', 'recvonly'])
})

test('glare: a bad offer does not cost the polite side its own', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  const offer = b.offer()
  const bad = smallOffer().replaceAll('opus', 'speex').replaceAll('VP8', 'H261')
  assert.throws(() => b.answer(bad, { isPolite: true }), { code: 'ERR_SDP_NO_CODEC' })
  b.accept(a.answer(offer))
})

test('a track added while an offer is open comes with the next', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  const offer = a.offer()
  a.session.addTrack(newTrack('audio'))
  a.accept(b.answer(offer))
  assert.ok(a.session.needsNegotiation())
  negotiate(a, b)
  assert.ok(b.directions.includes('recvonly'))
})

test('a track on an m-line where the peer turns out not to receive gets one of its own', () => {
  const [a, b] = [new Side('AA'), new Side('BB')]
  b.session.addTrack(newTrack('video'))
  negotiate(a, b, { video: 1 })
  a.session.addTrack(newTrack('video'))
  const answer = b.answer(a.offer())
  a.accept(answer.replace('a=sendrecv', 'a=sendonly').replace('a=recvonly', 'a=inactive'))
  assert.ok(a.session.needsNegotiation())
  assert.equal(a.offer().split('m=video').length, 3)
})

test('wishes to receive are counted', () => {
  const a = new Side('AA')
  const sections = parseSdp(a.offer({ audio: 2, video: true })).sections
  assert.deepEqual(
    sections.map(({ kind, direction }) => `${kind} ${direction}`),
    ['audio recvonly', 'audio recvonly', 'video recvonly'],
  )
  a.session.rollback()
  assert.throws(() => a.offer({ audio: false, video: false }), { code: 'ERR_NO_MEDIA' })
})

test('text without a type is taken for an answer while an offer is open, unless it says actpass', () => {
  assert.equal(guessType(smallOffer(), 'have-local-offer'), 'offer')
  assert.equal(guessType(changedOffer('actpass', 'active'), 'have-local-offer'), 'answer')
  assert.equal(guessType(changedOffer('actpass', 'active'), 'stable'), 'offer')
})

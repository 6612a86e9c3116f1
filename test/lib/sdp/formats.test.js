// What m-lines say of payload types and header extensions, and that it is read once for all who say the same.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFormats } from '../../../lib/sdp/formats.js'
import { parseSdp } from '../../../lib/sdp/parse.js'
import { recordedSdp, smallOffer } from '../../support/sdp-text.js'

test('feedback for all payload types counts for each', () => {
  const video = ['a=rtcp-fb:* nack', 'a=rtcp-fb:96 nack pli', 'a=rtcp-fb:96 trr-int 100']
  assert.deepEqual([...parseSdp(smallOffer({ video })).sections[1].codecs[0].feedback], ['nack', 'nack pli'])
})

test('attributes of payload types that the m-line does not list are passed over', () => {
  const video = ['a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96', 'a=rtcp-fb:97 nack']
  assert.equal(parseSdp(smallOffer({ video })).sections[1].codecs.length, 1)
})

test('extension ids 0, 15 and above 255 are passed over', () => {
  const uri = 'urn:ietf:params:rtp-hdrext:sdes:mid'
  const video = [0, 15, 256, 4096].map((id) => `a=extmap:${id} ${uri}`)
  assert.deepEqual(parseSdp(smallOffer({ video })).sections[1].extensions, [])
})

test('an extension of the session is one of every m-line (RFC 8285 5)', () => {
  const uri = 'urn:ietf:params:rtp-hdrext:sdes:mid'
  const { sections } = parseSdp(smallOffer({ session: [`a=extmap:7 ${uri}`] }))
  for (const { extensions } of sections) assert.ok(extensions.some((one) => one.id === 7 && one.uri === uri))
})

test('parameters named like parts of objects are only names', () => {
  const video = ['a=fmtp:96 __proto__=1;constructor=2;profile-id=3']
  const { parameters } = parseSdp(smallOffer({ video })).sections[1].codecs[0]
  assert.equal(parameters.get('__proto__'), '1')
  assert.equal(/** @type {any} */ ({}).polluted, undefined)
  assert.equal(Object.getPrototypeOf(parameters), Map.prototype)
})

test('codecs of peers that say the same are the same objects, which nobody can change', () => {
  const [first, second] = [recordedSdp('chromium-offer-recvonly'), recordedSdp('chromium-offer-recvonly')]
  const one = parseSdp(first).sections[1].codecs
  const other = parseSdp(second.replace(/^a=ice-ufrag:\S+/gm, 'a=ice-ufrag:another')).sections[1].codecs
  assert.ok(one.length > 5)
  for (const [i, codec] of one.entries()) assert.equal(other[i], codec)
  assert.throws(() => {
    one[0].payloadType = 1
  }, TypeError)
})

test('what a stranger says of a payload type is not taken for what the next one means', () => {
  // A remembered reading was found by words that an odd rtpmap could imitate: then PCMU without rtpmap was lost to all.
  const offer = (/** @type {string} */ line) =>
    smallOffer().replace(/^m=audio.*\r\n/m, `m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n${line}`)
  for (const line of ['a=rtpmap:0 \r\n', 'a=rtpmap:0 /\r\n', 'a=rtpmap:0 undefined\r\n']) {
    assert.equal(parseSdp(offer(line)).sections[0].codecs[0].codec, 'other', line)
    assert.equal(parseSdp(offer('')).sections[0].codecs[0].codec, 'pcmu', line)
  }
})

test('what is remembered has a limit, and reading goes on beyond it', () => {
  const lines = (/** @type {number} */ i) => [
    'a=rtpmap:111 opus/48000/2',
    `a=fmtp:111 x-key=${i};${'y'.repeat(200)}=1`,
  ]
  const first = readFormats('audio', ['111'], lines(0))
  assert.equal(readFormats('audio', ['111'], lines(0)), first)
  for (let i = 1; i < 5000; i++)
    assert.equal(readFormats('audio', ['111'], lines(i)).codecs[0].parameters.get('x-key'), String(i))
  assert.notEqual(readFormats('audio', ['111'], lines(0)), first)
  const long = [lines(0)[0], ...Array(2000).fill('a=rtcp-fb:111 transport-cc')]
  assert.notEqual(readFormats('audio', ['111'], long), readFormats('audio', ['111'], long))
})

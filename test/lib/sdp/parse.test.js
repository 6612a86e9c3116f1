// What is read of an SDP, and what makes it unusable.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { parseSdp } from '../../../lib/sdp/parse.js'
import { changedOffer, recordedSdp, smallOffer } from '../../support/sdp-text.js'

for (const file of readdirSync(new URL('../../data/sdp/', import.meta.url))) {
  test(`reads ${file}`, () => {
    const { sections, transport, isTrickle } = parseSdp(recordedSdp(file.replace('.sdp', '')))
    assert.ok(sections.length > 0)
    assert.ok(transport && transport.fingerprints.length === 1)
    assert.ok(isTrickle)
    for (const section of sections.filter(({ isRejected, kind }) => !isRejected && kind !== 'application')) {
      assert.ok(section.isBundled && section.hasRtcpMux)
      assert.ok(section.codecs.some(({ codec }) => codec !== 'other'))
      assert.ok(section.extensions.some(({ uri }) => uri.endsWith('sdes:mid')))
    }
  })
}

const unusable = {
  ERR_SDP_NO_MEDIA: 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n',
  ERR_SDP_NO_FINGERPRINT: changedOffer(/^a=fingerprint.*\r\n/, ''),
  ERR_SDP_NO_ICE: changedOffer(/^a=ice-ufrag.*\r\n/, ''),
  ERR_SDP_NO_BUNDLE: changedOffer('a=group:BUNDLE a v\r\n', ''),
  ERR_SDP_PROTOCOL: changedOffer('UDP/TLS/RTP/SAVPF', 'RTP/AVP'),
  ERR_SDP_NO_RTCP_MUX: changedOffer('a=rtcp-mux\r\n', ''),
  ERR_SDP_SETUP: changedOffer('setup:actpass', 'setup:holdconn'),
  ERR_SDP_SYNTAX: changedOffer('a=mid:v', 'a=mid:a'),
}

for (const [code, text] of Object.entries(unusable)) {
  test(`says ${code}`, () => assert.throws(() => parseSdp(text), { code }))
}

const variants = {
  'no password': [changedOffer(/^a=ice-pwd.*\r\n/, ''), 'ERR_SDP_NO_ICE'],
  'a short password': [changedOffer('smTIKg0CrCALj6qGKfGvXZS9', 'short'), 'ERR_SDP_NO_ICE'],
  'a short ufrag': [changedOffer('ufrag:KDyD', 'ufrag:KDy'), 'ERR_SDP_NO_ICE'],
  'md5 only': [changedOffer('sha-256', 'md5'), 'ERR_SDP_NO_FINGERPRINT'],
  'sha-1 only': [changedOffer('sha-256', 'sha-1'), 'ERR_SDP_NO_FINGERPRINT'],
  'a hash too short': [changedOffer('sha-256 AB:', 'sha-256 '), 'ERR_SDP_NO_FINGERPRINT'],
  'a hash name from Object.prototype': [changedOffer('sha-256', 'constructor'), 'ERR_SDP_NO_FINGERPRINT'],
  'plain AVPF': [changedOffer('UDP/TLS/RTP/SAVPF', 'RTP/AVPF'), 'ERR_SDP_PROTOCOL'],
  'a payload type of 128': [changedOffer('SAVPF 96', 'SAVPF 128'), 'ERR_SDP_SYNTAX'],
  'a payload type that is a word': [changedOffer('SAVPF 96', 'SAVPF x'), 'ERR_SDP_SYNTAX'],
  'a mid with a space': [changedOffer('a=mid:v', `a=mid:${'v'.repeat(65)}`), 'ERR_SDP_SYNTAX'],
}

for (const [what, [text, code]] of Object.entries(variants)) {
  test(`${what}: ${code}`, () => assert.throws(() => parseSdp(text), { code }))
}

test('credentials, fingerprint and setup may stand at the session', () => {
  const moved = ['a=ice-ufrag:sess', `a=ice-pwd:${'p'.repeat(22)}`, 'a=setup:passive']
  const text = changedOffer(/^a=(ice-ufrag|ice-pwd|setup).*\r\n/, '').replace(
    't=0 0',
    ['t=0 0', ...moved].join('\r\n'),
  )
  const { transport } = parseSdp(text)
  assert.equal(transport?.ufrag, 'sess')
  assert.equal(transport?.setup, 'passive')
})

test('of several fingerprints all that are strong enough are alternatives', () => {
  const strong = `a=fingerprint:SHA-512 ${Array(64).fill('cd').join(':')}`
  const { transport } = parseSdp(
    smallOffer({ audio: [strong, 'a=fingerprint:sha-1 AB:AB', 'a=fingerprint:nonsense'] }),
  )
  assert.deepEqual(
    transport?.fingerprints.map(({ algorithm }) => algorithm),
    ['sha-256', 'sha-512'],
  )
  assert.match(transport?.fingerprints[1].value ?? '', /^CD:CD/)
})

test('the transport is that of the first m-line in the BUNDLE group (RFC 9143 7.2)', () => {
  const offer = smallOffer().replace('BUNDLE a v', 'BUNDLE v a')
  const parts = offer.split('m=video')
  const { transport } = parseSdp(`${parts[0]}m=video${parts[1].replace('KDyD', 'other')}`)
  assert.deepEqual([transport?.mid, transport?.index, transport?.ufrag], ['v', 1, 'other'])
})

test('a first m-line that is rejected hands the transport on', () => {
  const { transport, sections } = parseSdp(smallOffer().replace('m=audio 9', 'm=audio 0'))
  assert.ok(sections[0].isRejected)
  assert.equal(transport?.mid, 'v')
})

test('port 0 with bundle-only is no rejection (RFC 9143 6)', () => {
  const offer = smallOffer({ video: ['a=bundle-only'] }).replace('m=video 9', 'm=video 0')
  assert.ok(!parseSdp(offer).sections[1].isRejected)
})

test('an ufrag of digits stays text', () => {
  assert.equal(parseSdp(changedOffer('ufrag:KDyD', 'ufrag:00123')).transport?.ufrag, '00123')
  assert.equal(parseSdp(changedOffer('ufrag:KDyD', 'ufrag:1234')).transport?.ufrag, '1234')
})

test('msid in either form, with braces, without stream, or none', () => {
  const read = (/** @type {string[]} */ video) => {
    const { streamId, trackId } = parseSdp(smallOffer({ video })).sections[1]
    return [streamId, trackId]
  }
  assert.deepEqual(read(['a=msid:{s-1} {t-1}']), ['{s-1}', '{t-1}'])
  assert.deepEqual(read(['a=ssrc:1 cname:x', 'a=ssrc:1 msid:s t']), ['s', 't'])
  assert.deepEqual(read(['a=msid:- t']), ['', 't'])
  assert.deepEqual(read(['a=msid:s']), ['s', ''])
  assert.deepEqual(read([]), ['', ''])
  assert.deepEqual(read([`a=msid:${'s'.repeat(65)} "t"`]), ['', ''])
})

test('SSRCs come without those that repair others', () => {
  const video = [
    'a=ssrc-group:FID 1 2',
    'a=ssrc:1 cname:x',
    'a=ssrc:1 msid:s t',
    'a=ssrc:2 cname:x',
    'a=ssrc:0 cname:x',
  ]
  assert.deepEqual(parseSdp(smallOffer({ video })).sections[1].ssrcs, [1])
  assert.deepEqual(parseSdp(smallOffer({ video: ['a=ssrc:99999999999 cname:x'] })).sections[1].ssrcs, [])
})

test('one m-line needs neither BUNDLE nor mid', () => {
  const audio = changedOffer(/^a=(group|mid).*\r\n/, '').split('m=video')[0]
  const { sections, transport } = parseSdp(audio)
  assert.ok(sections[0].isBundled)
  assert.equal(transport?.mid, '')
})

test('ice-lite and the announcement of trickle are read', () => {
  assert.ok(parseSdp(smallOffer({ session: ['a=ice-lite'] })).transport?.isIceLite)
  assert.ok(parseSdp(changedOffer('ice-options:trickle', 'ice-options:ice2 trickle')).isTrickle)
  assert.ok(!parseSdp(changedOffer('ice-options:trickle', 'ice-options:ice2')).isTrickle)
})

test('a description is had again once, for the one who looks second', () => {
  const text = smallOffer()
  const first = parseSdp(text)
  assert.equal(parseSdp(text), first)
  assert.notEqual(parseSdp(text), first)
  assert.throws(() => parseSdp('v=0'))
  assert.equal(parseSdp(text).transport?.ufrag, first.transport?.ufrag)
})

// SDP fragments of trickle ICE (RFC 8840 9).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFragment, readUfrag, restartOffer, writeFragment } from '../../../lib/signal/fragment.js'
import { readSdp } from '../../support/signal-server.js'

test('reads credentials and candidates with the mid of their section', () => {
  // The example of RFC 9725 4.3.2, with a second section.
  const fragment = readFragment(
    [
      'a=group:BUNDLE 0 1',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      'a=ice-ufrag:EsAw',
      'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
      'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host',
      'a=mid:1',
      'a=end-of-candidates',
      '',
    ].join('\r\n'),
  )
  assert.deepEqual(fragment, {
    ufrag: 'EsAw',
    pwd: 'P2uYro0UCOQ4zxjKXaWCBui1',
    candidates: [
      {
        candidate:
          'candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1',
        sdpMid: '0',
      },
      { candidate: 'candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host', sdpMid: '1' },
    ],
    hasEnded: true,
  })
})

test('bare candidate lines with LF only are enough', () => {
  const { candidates, ufrag, hasEnded } = readFragment('a=candidate:1 1 udp 1 192.0.2.1 1 typ host\n')
  assert.deepEqual([candidates.length, candidates[0].sdpMid, ufrag, hasEnded], [1, null, '', false])
})

test('the same credentials in each section are one', () => {
  const section = 'm=audio 9 X 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n'
  assert.equal(readFragment(section + section).ufrag, 'abcd')
})

const pwd = 'a=ice-pwd:0123456789012345678901'
for (const [what, text] of [
  ['nothing', ''],
  ['blank lines', '\r\n\r\n'],
  ['an m-line only', 'm=audio 9 X 0\r\n'],
  ['prose', 'hello world'],
  ['JSON', '{"candidate":"x"}'],
  ['a NUL', 'a=candidate:1\0'],
  ['pwd alone', pwd],
  ['a short ufrag', `a=ice-ufrag:abc\r\n${pwd}`],
  ['a ufrag with spaces', `a=ice-ufrag:ab cd\r\n${pwd}`],
  ['a long ufrag', `a=ice-ufrag:${'a'.repeat(257)}\r\n${pwd}`],
  ['a short pwd', 'a=ice-ufrag:abcd\r\na=ice-pwd:short'],
  ['an empty ufrag', `a=ice-ufrag:\r\n${pwd}`],
  ['two different ufrags', `a=ice-ufrag:abcd\r\na=ice-ufrag:efgh\r\n${pwd}`],
  ['257 candidates', 'a=candidate:1\r\n'.repeat(257)],
]) {
  test(`refuses ${what}`, () => {
    assert.throws(() => readFragment(text), { code: 'ERR_FRAGMENT' })
  })
}

test('an ICE restart stands for the last offer with other credentials', () => {
  const offer = readSdp('chromium-offer-sendrecv')
  const restarted = restartOffer(offer, { ufrag: 'fresh', pwd: 'freshfreshfreshfreshfresh' })
  assert.equal(readUfrag(restarted), 'fresh')
  assert.equal(restarted.match(/^a=ice-ufrag:fresh\r$/gm)?.length, offer.match(/^a=ice-ufrag:/gm)?.length)
  assert.equal(restarted.match(/^a=ice-pwd:fresh/gm)?.length, offer.match(/^a=ice-pwd:/gm)?.length)
  assert.doesNotMatch(restarted, /a=candidate|end-of-candidates/)
  const version = (/** @type {string} */ sdp) => BigInt(/^o=\S+ \S+ (\d+)/m.exec(sdp)?.[1] ?? -1)
  assert.equal(version(restarted), version(offer) + 1n)
  const kept = (/** @type {string} */ sdp) =>
    sdp.split(/\r?\n/).filter((line) => !/^(o=|a=(ice-|cand|end))/.test(line))
  assert.deepEqual(kept(restarted), kept(offer))
})

test('writes the ICE part of an answer, from the first section in use', () => {
  const answer = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 1 2',
    'm=audio 0 UDP/TLS/RTP/SAVPF 0',
    'a=mid:0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'a=mid:1',
    'a=ice-ufrag:ours',
    'a=ice-pwd:0123456789012345678901',
    'a=fingerprint:sha-256 AA',
    'a=candidate:1 1 udp 1 192.0.2.1 1 typ host',
    'a=end-of-candidates',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'a=mid:2',
    '',
  ].join('\r\n')
  const text = writeFragment(answer)
  assert.equal(
    text,
    [
      'a=group:BUNDLE 1 2',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=mid:1',
      'a=ice-ufrag:ours',
      'a=ice-pwd:0123456789012345678901',
      'a=candidate:1 1 udp 1 192.0.2.1 1 typ host',
      'a=end-of-candidates',
      '',
    ].join('\r\n'),
  )
  const { ufrag, candidates, hasEnded } = readFragment(text)
  assert.deepEqual([ufrag, candidates[0].sdpMid, hasEnded], ['ours', '1', true])
})

// The first look at an SDP: its limits, its lines, and no text that can keep the process busy.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSdp } from '../../../lib/sdp/parse.js'
import { scan } from '../../../lib/sdp/scan.js'
import { smallOffer } from '../../support/sdp-text.js'

const malformed = {
  nothing: '',
  'blank lines': '\r\n\r\n  \r\n',
  'no v=0': 'o=- 1 1 IN IP4 0.0.0.0\r\n',
  'another version': 'v=1\r\n',
  HTML: '<!doctype html><title>404</title>',
  JSON: '{"type":"offer","sdp":"v=0"}',
  'a line without type': 'v=0\r\nhello\r\n',
  'a capital type': 'v=0\r\nA=mid:0\r\n',
  'a NUL': 'v=0\r\na=mid:\0\r\n',
  'a lone CR inside a line': 'v=0\r\na=mid:0\ra=mid:1\r\n',
  'an m-line cut off': 'v=0\r\nm=aud',
  'a port that is no number': 'v=0\r\nm=audio x UDP/TLS/RTP/SAVPF 0\r\n',
  'a port too high': 'v=0\r\nm=audio 65536 UDP/TLS/RTP/SAVPF 0\r\n',
  'an m-line without formats': 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF \r\n',
}

for (const [what, text] of Object.entries(malformed)) {
  test(`refuses ${what}`, () => assert.throws(() => scan(text), { code: 'ERR_SDP_SYNTAX' }))
}

const tooLarge = {
  'one megabyte': `v=0\r\n${'a=x:yyyyyyyyyyyy\r\n'.repeat(60_000)}`,
  'more lines than any call has': `v=0\r\n${'a=x\r\n'.repeat(10_001)}`,
  'a line without end': `v=0\r\na=${'x'.repeat(9000)}\r\n`,
  'thousands of m-lines': `v=0\r\n${'m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(1000)}`,
}

for (const [what, text] of Object.entries(tooLarge)) {
  test(`refuses ${what}`, () => assert.throws(() => scan(text), { code: 'ERR_SDP_TOO_LARGE' }))
}

test('line ends may be LF alone, and blank lines may follow', () => {
  const lines = `${smallOffer().replaceAll('\r\n', '\n')}\n\n`
  assert.equal(parseSdp(lines).sections.length, 2)
})

test('an SDP cut off anywhere is an error with a code, or a shorter SDP', () => {
  const offer = smallOffer()
  for (let length = 0; length < offer.length; length += 1) {
    try {
      parseSdp(offer.slice(0, length))
    } catch (error) {
      assert.match(String(error.code), /^ERR_SDP_/, `cut at ${length}: ${error.stack}`)
    }
  }
})

test('a character changed anywhere is an error with a code, or another SDP', () => {
  const offer = smallOffer()
  for (let i = 0; i < offer.length; i += 1) {
    for (const character of ['\n', '\0', ' ', ':', '9', '\u{1f980}']) {
      try {
        parseSdp(offer.slice(0, i) + character + offer.slice(i + 1))
      } catch (error) {
        assert.match(String(error.code), /^ERR_SDP_/, `${JSON.stringify(character)} at ${i}: ${error.stack}`)
      }
    }
  }
})

// Time is measured against a plain SDP of the same size, for machines differ; quadratic work is a hundred times more.
const hostile = {
  rtpmap: (i) => `a=rtpmap:${i % 128} x/${i}`,
  fmtp: (i) => `a=fmtp:96 ${'a=b;'.repeat(3)}${i}`,
  'rtcp-fb': (i) => `a=rtcp-fb:* nack x${i}`,
  extmap: (i) => `a=extmap:${(i % 14) + 1} urn:x:${i}`,
  ssrc: (i) => `a=ssrc:${i + 1} cname:x`,
  'ssrc-group': (i) => `a=ssrc-group:FID ${i} ${i + 1}`,
  candidate: (i) => `a=candidate:${i} 1 udp 1 192.0.2.1 ${i} typ host`,
  fingerprint: () => `a=fingerprint:sha-256 ${'AB:'.repeat(10)}`,
  msid: (i) => `a=msid:s t${i}`,
  group: (i) => `a=group:BUNDLE ${i}`,
  simulcast: () => 'a=simulcast:send 1,2,3;~4,~5 recv 6;~7,~8 x',
  rid: (i) => `a=rid:${i} send ${'x'.repeat(20)}`,
  mid: (i) => `a=mid:${i}`,
}

for (const [name, line] of Object.entries(hostile)) {
  test(`thousands of ${name} lines cost no more than others`, () => {
    const flood = Array.from({ length: 5000 }, (_, i) => line(i))
    const started = performance.now()
    parseQuietly(smallOffer({ video: flood.map(() => 'a=x-unknown:0123456789') }))
    const plain = performance.now() - started
    const begun = performance.now()
    parseQuietly(smallOffer({ video: flood }))
    const flooded = performance.now() - begun
    assert.ok(flooded < 100 * plain + 500, `${flooded} ms instead of ${plain}`)
  })
}

/** @param {string} text */
function parseQuietly(text) {
  try {
    parseSdp(text)
  } catch (error) {
    assert.match(String(error.code), /^ERR_SDP_/)
  }
}

// Our descriptions as text.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSdp, SdpSession } from '../../../lib/sdp/session.js'
import { taggedSection, writeSdp } from '../../../lib/sdp/write.js'
import { hostCandidate } from '../../support/fake-worker.js'
import { fingerprint, smallOffer } from '../../support/sdp-text.js'

const transport = {
  ufrag: 'abcdefgh',
  pwd: 'p'.repeat(24),
  fingerprint: { algorithm: 'sha-256', value: fingerprint() },
  cname: 'c+/n',
  candidates: [
    hostCandidate(1),
    hostCandidate(2, { type: 'srflx', relatedAddress: '10.0.0.1', relatedPort: 3 }),
  ],
  hasEnded: true,
}

test('an offer holds all that a peer needs', () => {
  const session = new SdpSession('7')
  session.addTrack({ kind: 'video', streamId: 's', trackId: 't', ssrc: 5 })
  const text = writeSdp(session.createOffer({ audio: true }), transport)
  for (const line of [
    'a=group:BUNDLE 0 1',
    'a=extmap-allow-mixed',
    'm=video 9 UDP/TLS/RTP/SAVPF 96 ',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    'a=ice-options:trickle',
    'a=setup:actpass',
    `a=fingerprint:sha-256 ${fingerprint()}`,
    'a=msid:s t',
    'a=ssrc:5 cname:c+/n',
    'a=candidate:1 1 udp 2130706431 192.0.2.1 1 typ host',
    'a=candidate:1 1 udp 2130706431 192.0.2.1 2 typ srflx raddr 10.0.0.1 rport 3',
    'a=end-of-candidates',
  ]) {
    assert.ok(text.includes(`\r\n${line}`), line)
  }
  assert.ok(text.endsWith('\r\n'))
  assert.doesNotMatch(text, /undefined|null|NaN/)
})

test('candidates stand in the m-line that carries the transport', () => {
  const session = new SdpSession('7')
  const description = session.applyOffer(parseSdp(smallOffer().replace('m=audio 9', 'm=audio 0'))).answer
  assert.deepEqual(taggedSection(description), { mid: 'v', index: 1 })
  const [, audio, video] = writeSdp(description, transport).split(/(?=m=)/)
  assert.doesNotMatch(audio, /candidate|ice-ufrag|fingerprint/)
  assert.match(video, /a=candidate/)
})

test('what the peer wrote comes back as it was or not at all: it can not start a line', () => {
  const session = new SdpSession('7')
  const answer = writeSdp(
    session.applyOffer(
      parseSdp(
        smallOffer({ video: ['a=fmtp:96 max-fr=60;max-fs=1\ra=ice-lite', 'a=extmap:4 urn:x a=b'].slice(1) }),
      ),
    ).answer,
    transport,
  )
  for (const line of answer.split('\r\n').slice(0, -1)) assert.match(line, /^[a-z]=[\x20-\x7e]*$/)
})

test('our text is read back as it was meant', () => {
  const session = new SdpSession('7')
  session.addTrack({ kind: 'audio', streamId: '{s}', trackId: 't.1', ssrc: 4294967295 })
  const { sections, transport: read } = parseSdp(writeSdp(session.createOffer({}), transport))
  assert.deepEqual(
    [sections[0].streamId, sections[0].trackId, sections[0].ssrcs],
    ['{s}', 't.1', [4294967295]],
  )
  assert.deepEqual([read?.ufrag, read?.pwd, read?.hasEnded], [transport.ufrag, transport.pwd, true])
  assert.equal(read?.candidates.length, 2)
})

test('a lite agent says so in the session part', () => {
  const text = writeSdp(new SdpSession('7').createOffer({ audio: true }), { ...transport, isLite: true })
  assert.match(text.slice(0, text.indexOf('m=')), /^a=ice-lite\r$/m)
  assert.doesNotMatch(text.slice(text.indexOf('m=')), /ice-lite/)
})

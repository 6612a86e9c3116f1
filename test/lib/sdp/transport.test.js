// Which m-line's transport counts when several are told, and the DTLS role it asks for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSdp } from '../../../lib/sdp/parse.js'
import { changedOffer, recordedSdp, smallOffer } from '../../support/sdp-text.js'

test('a group of which every m-line is rejected has no transport', () => {
  assert.equal(parseSdp(changedOffer(/ 9 UDP/, ' 0 UDP')).transport, null)
})

test('roles are read; none said means active (RFC 4145 4.1)', () => {
  const setup = (/** @type {string} */ line) =>
    parseSdp(changedOffer('a=setup:actpass\r\n', line)).transport?.setup
  assert.equal(setup('a=setup:active\r\n'), 'active')
  assert.equal(setup('a=setup:passive\r\n'), 'passive')
  assert.equal(setup(''), 'active')
})

test('candidates and their end are those of the tagged m-line', () => {
  const line = 'candidate:1 1 udp 1 192.0.2.1 5 typ host'
  const { transport } = parseSdp(
    smallOffer({
      audio: [`a=${line}`, 'a=end-of-candidates'],
      video: ['a=candidate:2 1 udp 1 192.0.2.2 5 typ host'],
    }),
  )
  assert.deepEqual(transport?.candidates, [line])
  assert.ok(transport?.hasEnded)
})

test("a media fingerprint takes the session's place", () => {
  const session = [`a=fingerprint:sha-256 ${Array(32).fill('11').join(':')}`]
  assert.match(parseSdp(smallOffer({ session })).transport?.fingerprints[0].value ?? '', /^AB/)
})

test('a data section may carry the transport', () => {
  const sdp = recordedSdp('chromium-offer-simulcast-data').replace('BUNDLE 0 1 2', 'BUNDLE 2 0 1')
  assert.equal(parseSdp(sdp).transport?.mid, '2')
})

// What a WHIP publisher's offer must be. The refusals over HTTP are in http-sessions.test.js.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSdp } from '../../../lib/sdp/parse.js'
import { checkSections, whip } from '../../../lib/signal/whip.js'
import { readSdp } from '../../support/signal-server.js'

const check = (/** @type {string} */ sdp) => whip.checkOffer(parseSdp(sdp))

test('offers of both browsers are taken, sendrecv or sendonly', () => {
  for (const name of ['chromium-offer-sendrecv', 'firefox-offer-sendrecv', 'chromium-offer-trickle']) {
    check(readSdp(name))
    check(readSdp(name).replaceAll('a=sendrecv', 'a=sendonly'))
  }
})

test('one direction that does not fit is enough to refuse', () => {
  const offer = readSdp('chromium-offer-sendrecv')
  const last = offer.lastIndexOf('a=sendrecv')
  const mixed = `${offer.slice(0, last)}a=recvonly${offer.slice(last + 'a=sendrecv'.length)}`
  assert.throws(() => check(mixed), { status: 422, code: 'ERR_DIRECTION' })
})

test('no stream ids at all are one stream', () => {
  check(readSdp('chromium-offer-sendrecv').replace(/a=msid:\S+/g, 'a=msid:-'))
})

test('too many media sections, or none in use, are refused', () => {
  const section = parseSdp(readSdp('chromium-offer-sendrecv')).sections[0]
  const description = (/** @type {any[]} */ sections) => /** @type {any} */ ({ sections })
  const refusal = { status: 422, code: 'ERR_UNSUPPORTED' }
  checkSections(description(Array(16).fill(section)), ['sendrecv'])
  assert.throws(() => checkSections(description(Array(17).fill(section)), ['sendrecv']), refusal)
  assert.throws(() => checkSections(description([{ ...section, isRejected: true }]), ['sendrecv']), refusal)
  assert.throws(() => checkSections(description([{ ...section, isBundled: false }]), ['sendrecv']), refusal)
})

test('the name to show comes from the query', () => {
  const name = (/** @type {string} */ query) =>
    whip.joinOptions(new URLSearchParams(query), /** @type {any} */ (null)).name
  assert.equal(name('name=Studio%201'), 'Studio 1')
  assert.equal(name('name=%0a'), 'WHIP')
  assert.equal(name(''), 'WHIP')
})

// Header extensions: which are accepted in which direction, and what the core is told.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptExtensions, defaultExtensions, extensionIds, invert } from '../../../lib/sdp/extensions.js'

const mid = 'urn:ietf:params:rtp-hdrext:sdes:mid'
const transportCc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01'
const level = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'
const sendTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time'

/** @param {number} id @param {string} uri @param {string} [direction] */
const extension = (id, uri, direction = 'sendrecv') => ({ id, uri, direction })

test('directions turn round', () => {
  assert.deepEqual(['sendrecv', 'sendonly', 'recvonly', 'inactive'].map(invert), [
    'sendrecv',
    'recvonly',
    'sendonly',
    'inactive',
  ])
})

test('transport-cc is accepted only where we receive', () => {
  const theirs = [extension(3, transportCc), extension(4, mid)]
  assert.deepEqual(acceptExtensions('video', theirs, 'sendonly'), [extension(4, mid)])
  assert.deepEqual(acceptExtensions('video', theirs, 'recvonly'), theirs)
  const both = acceptExtensions('video', theirs, 'sendrecv')
  assert.deepEqual(extensionIds(both, 'send'), { mid: 4 })
  assert.deepEqual(extensionIds(both, 'receive'), { mid: 4, transportCc: 3 })
})

test('transport-cc is never offered on an m-line that only sends', () => {
  const uris = (/** @type {any} */ direction) => defaultExtensions('video', direction).map(({ uri }) => uri)
  assert.ok(!uris('sendonly').includes(transportCc))
  assert.ok(uris('sendonly').includes(sendTime))
  assert.ok(uris('sendrecv').includes(transportCc))
})

test('an extension for one direction is answered with the other and used only so', () => {
  const accepted = acceptExtensions(
    'audio',
    [extension(1, level, 'sendonly'), extension(2, mid, 'recvonly')],
    'sendrecv',
  )
  assert.deepEqual(accepted, [extension(1, level, 'recvonly'), extension(2, mid, 'sendonly')])
  assert.deepEqual(extensionIds(accepted, 'receive'), { audioLevel: 1 })
  assert.deepEqual(extensionIds(accepted, 'send'), { mid: 2 })
})

test('unknown, foreign, inactive and doubled ones are left out', () => {
  const theirs = [
    extension(1, 'urn:example:unknown'),
    extension(2, level),
    extension(3, mid, 'inactive'),
    extension(4, sendTime),
    extension(4, transportCc),
    extension(5, sendTime),
  ]
  assert.deepEqual(acceptExtensions('video', theirs, 'recvonly'), [extension(4, sendTime)])
})

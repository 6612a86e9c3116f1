// Codecs: recognised, accepted, offered, and mapped from a publisher's payload types to a viewer's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acceptCodec,
  defaultCodecs,
  identifyCodec,
  isSameCodec,
  isSupported,
  mapPayloads,
} from '../../../lib/sdp/codecs.js'

/** @param {string} kind @param {number} payloadType @param {string | undefined} rtpmap @param {Record<string, string>} [parameters] */
function codec(kind, payloadType, rtpmap, parameters = {}) {
  const [name, clockRate, channels = 1] = rtpmap?.split('/') ?? []
  return identifyCodec(kind, {
    payloadType,
    name,
    clockRate: clockRate && Number(clockRate),
    channels: Number(channels),
    parameters: new Map(Object.entries(parameters)),
    feedback: new Set(['nack', 'nack pli', 'nack rpsi', 'ccm fir', 'ccm tmmbr', 'goog-remb', 'transport-cc']),
  })
}

const table = [
  ['audio', 'opus/48000/2', 'opus'],
  ['audio', 'OPUS/48000/2', 'opus'],
  ['audio', 'opus/48000', 'other'],
  ['audio', 'opus/16000/2', 'other'],
  ['audio', 'PCMU/8000', 'pcmu'],
  ['audio', 'pcma/8000/1', 'pcma'],
  ['audio', 'telephone-event/8000', 'other'],
  ['audio', 'red/48000/2', 'other'],
  ['audio', 'VP8/90000', 'other'],
  ['video', 'vp8/90000', 'vp8'],
  ['video', 'VP9/90000', 'vp9'],
  ['video', 'AV1/90000', 'av1'],
  ['video', 'H264/90000', 'h264'],
  ['video', 'rtx/90000', 'other'],
  ['video', 'flexfec-03/90000', 'other'],
  ['video', '__proto__/90000', 'other'],
]

for (const [kind, rtpmap, expected] of table) {
  test(`${kind} ${rtpmap} is ${expected}`, () => {
    const one = codec(kind, 100, rtpmap)
    assert.equal(one.codec, expected)
    assert.equal(isSupported(one), expected !== 'other')
  })
}

test('payload types 0 and 8 mean something without rtpmap, others do not', () => {
  assert.equal(codec('audio', 0, undefined).codec, 'pcmu')
  assert.equal(codec('audio', 8, undefined).codec, 'pcma')
  assert.equal(codec('audio', 9, undefined).codec, 'other')
})

test('H264 of unknown shape or interleaved is not taken', () => {
  assert.ok(!isSupported(codec('video', 1, 'H264/90000', { 'profile-level-id': 'xyz' })))
  assert.ok(!isSupported(codec('video', 1, 'H264/90000', { 'packetization-mode': '2' })))
})

test('an answer repeats the parameters and the feedback that are known', () => {
  const accepted = acceptCodec(
    'video',
    codec('video', 1, 'H264/90000', {
      'packetization-mode': '1',
      'profile-level-id': '42e034',
      'level-asymmetry-allowed': '1',
      'sprop-parameter-sets': 'x',
    }),
  )
  assert.deepEqual(
    [...accepted.parameters.keys()],
    ['packetization-mode', 'profile-level-id', 'level-asymmetry-allowed'],
  )
  assert.deepEqual([...accepted.feedback].sort(), [
    'ccm fir',
    'goog-remb',
    'nack',
    'nack pli',
    'transport-cc',
  ])
})

test('profiles tell VP9 and AV1 apart, level and tier do not', () => {
  const same = (/** @type {any} */ a, /** @type {any} */ b) => isSameCodec(a, b)
  assert.ok(same(codec('video', 1, 'VP9/90000'), codec('video', 2, 'VP9/90000', { 'profile-id': '0' })))
  assert.ok(!same(codec('video', 1, 'VP9/90000'), codec('video', 2, 'VP9/90000', { 'profile-id': '2' })))
  assert.ok(
    same(codec('video', 1, 'AV1/90000', { 'level-idx': '5' }), codec('video', 2, 'AV1/90000', { tier: '1' })),
  )
  assert.ok(!same(codec('video', 1, 'AV1/90000'), codec('video', 2, 'AV1/90000', { profile: '1' })))
})

test("a publisher's payload types become the viewer's for the same codec", () => {
  const publisher = [
    codec('video', 96, 'VP8/90000'),
    codec('video', 98, 'VP9/90000', { 'profile-id': '0' }),
    codec('video', 100, 'VP9/90000', { 'profile-id': '2' }),
    codec('video', 102, 'H264/90000', { 'packetization-mode': '1', 'profile-level-id': '42e01f' }),
    codec('video', 103, 'rtx/90000', { apt: '102' }),
    codec('video', 45, 'AV1/90000'),
  ]
  const viewer = [
    codec('video', 120, 'VP8/90000'),
    codec('video', 121, 'VP9/90000'),
    codec('video', 126, 'H264/90000', { 'packetization-mode': '1', 'profile-level-id': '64001f' }),
    codec('video', 97, 'H264/90000', { 'packetization-mode': '1', 'profile-level-id': '42e01f' }),
    codec('video', 103, 'rtx/90000', { apt: '102' }),
  ]
  assert.deepEqual(mapPayloads(publisher, viewer), [
    { from: 96, to: 120 },
    { from: 98, to: 121 },
    { from: 102, to: 97 },
  ])
})

test('what we offer has numbers of its own, none of RTCP (RFC 5761 4)', () => {
  const all = [...defaultCodecs('audio'), ...defaultCodecs('video')]
  assert.equal(new Set(all.map(({ payloadType }) => payloadType)).size, all.length)
  assert.ok(all.every(({ payloadType }) => payloadType < 64 || payloadType > 95))
  assert.ok(all.every(isSupported))
})

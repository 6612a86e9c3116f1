// Payload types and extension ids: what was once used is used again, and for nothing else.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Numbers, withFeedbackFor } from '../../../lib/sdp/numbers.js'
import { parseSdp } from '../../../lib/sdp/parse.js'
import { recordedSdp } from '../../support/sdp-text.js'

const none = new Set()

test("a peer's numbers are used again for the same codecs and extensions", () => {
  const numbers = new Numbers()
  numbers.learn(parseSdp(recordedSdp('firefox-offer-sendrecv')).sections)
  const video = numbers.offerCodecs('video')
  const first = (/** @type {string} */ id) => video.find(({ codec }) => codec === id)?.payloadType
  assert.deepEqual([first('vp8'), first('vp9'), first('av1')], [120, 121, 99])
  assert.equal(numbers.offerCodecs('audio').find(({ codec }) => codec === 'opus')?.payloadType, 109)
  const mid = numbers.offerExtensions('video', 'sendonly', [], none).find(({ uri }) => uri.endsWith(':mid'))
  assert.equal(mid?.id, 3)
})

test('no number means two things, whatever the peer uses', () => {
  for (const name of ['chromium-offer-sendrecv', 'chromium-offer-simulcast-data', 'firefox-offer-recvonly']) {
    const { sections } = parseSdp(recordedSdp(name))
    const numbers = new Numbers()
    numbers.learn(sections)
    const taken = new Map(
      sections.flatMap(({ codecs }) => codecs.map((codec) => [codec.payloadType, codec.name])),
    )
    for (const codec of [...numbers.offerCodecs('audio'), ...numbers.offerCodecs('video')]) {
      const before = taken.get(codec.payloadType)
      assert.ok(before === undefined || before === codec.name, `${name}: ${codec.payloadType} ${codec.name}`)
    }
    const uris = new Map(sections.flatMap(({ extensions }) => extensions.map(({ id, uri }) => [id, uri])))
    for (const { id, uri } of numbers.offerExtensions('video', 'sendrecv', [], none)) {
      assert.ok(!uris.has(id) || uris.get(id) === uri, `${name}: ${id} ${uri}`)
    }
  }
})

test('extensions for which no one-byte id is left are not offered', () => {
  const numbers = new Numbers()
  const extensions = Array.from({ length: 14 }, (_, i) => ({
    id: i + 1,
    uri: `urn:x:${i}`,
    direction: 'sendrecv',
  }))
  numbers.learn([{ codecs: [], extensions }])
  assert.deepEqual(numbers.offerExtensions('audio', 'sendonly', [], none), [])
})

test('a codec for which no payload type is left is not offered', () => {
  const numbers = new Numbers()
  const codecs = Array.from({ length: 128 }, (_, payloadType) => ({
    payloadType,
    name: `x${payloadType}`,
    codec: 'other',
    clockRate: 1,
    channels: 1,
    parameters: new Map(),
    feedback: new Set(),
  }))
  numbers.learn([{ codecs, extensions: [] }])
  assert.deepEqual(numbers.offerCodecs('video'), [])
})

test('an m-line keeps its own ids, and avoids those that its peer uses there', () => {
  const numbers = new Numbers()
  const [first] = numbers.offerExtensions('audio', 'sendrecv', [], none)
  const kept = [{ ...first, id: 9 }]
  assert.equal(numbers.offerExtensions('audio', 'sendrecv', kept, none)[0].id, 9)
  const others = numbers.offerExtensions('audio', 'sendrecv', [], new Set([first.id]))
  assert.ok(others.every(({ uri }) => uri !== first.uri))
})

test('transport-cc is no feedback of an m-line that only sends', () => {
  const codecs = new Numbers().offerCodecs('video')
  assert.ok(withFeedbackFor(codecs, 'recvonly').every(({ feedback }) => feedback.has('transport-cc')))
  assert.ok(withFeedbackFor(codecs, 'sendonly').every(({ feedback }) => !feedback.has('transport-cc')))
})

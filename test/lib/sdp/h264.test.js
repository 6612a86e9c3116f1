// H264 profiles by profile-level-id (RFC 6184 8.1, table 5), and who may be sent whose stream.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSameH264, rateH264, readH264 } from '../../../lib/sdp/h264.js'

/** @param {string | undefined} id @param {string} [mode] */
function read(id, mode) {
  const parameters = new Map()
  if (id !== undefined) parameters.set('profile-level-id', id)
  if (mode !== undefined) parameters.set('packetization-mode', mode)
  return readH264(parameters)
}

const profiles = [
  ['42e01f', 'constrained-baseline', 31],
  ['42E01F', 'constrained-baseline', 31],
  ['42c015', 'constrained-baseline', 21],
  ['4d8020', 'constrained-baseline', 32],
  ['58c01f', 'constrained-baseline', 31],
  ['42001f', 'baseline', 31],
  ['42a01e', 'baseline', 30],
  ['58801f', 'baseline', 31],
  ['4d001f', 'main', 31],
  ['4d4028', 'main', 40],
  ['640c34', 'constrained-high', 52],
  ['64001f', 'high', 31],
  ['42f00b', 'constrained-baseline', 9],
  ['42e00b', 'constrained-baseline', 11],
  ['f4001f', 'f400', 31],
]

for (const [id, profile, level] of profiles) {
  test(`${id} is ${profile}, level ${level}`, () => {
    const format = read(String(id), '1')
    assert.equal(format?.profile, profile)
    assert.equal(format?.level, level)
  })
}

test('what is left out is Baseline, level 1, single NAL units', () => {
  assert.deepEqual(read(undefined), { profile: 'baseline', level: 10, packetizationMode: 0 })
})

test('nonsense is no H264', () => {
  for (const id of ['', '42e0', '42e01f0', 'zzzzzz']) assert.equal(read(id), null, id)
  for (const mode of ['', '3', '-1', '01']) assert.equal(read('42e01f', mode), null, mode)
})

test('levels do not tell configurations apart, profile and packetization do', () => {
  const base = read('42e01f', '1')
  assert.ok(isSameH264(base, read('42e034', '1')))
  assert.ok(isSameH264(base, read('4d8028', '1')))
  assert.ok(!isSameH264(base, read('42e01f', '0')))
  assert.ok(!isSameH264(base, read('42001f', '1')))
})

const routes = [
  { source: ['42e01f', '1'], sink: ['42e01f', '1'], allowed: true },
  { source: ['42e01f', '0'], sink: ['42e01f', '1'], allowed: true },
  { source: ['42e01f', '1'], sink: ['42e01f', '0'], allowed: false },
  { source: ['42e01f', '1'], sink: ['64001f', '1'], allowed: true },
  { source: ['42e01f', '1'], sink: ['4d001f', '1'], allowed: true },
  { source: ['64001f', '1'], sink: ['42e01f', '1'], allowed: false },
  { source: ['42001f', '1'], sink: ['4d001f', '1'], allowed: false },
  { source: ['f4001f', '1'], sink: ['64001f', '1'], allowed: false },
]

for (const { source, sink, allowed } of routes) {
  test(`${source} ${allowed ? 'may' : 'may not'} be sent to ${sink}`, () => {
    assert.equal(rateH264(read(...source), read(...sink)) > 0, allowed)
  })
}

test('the same profile, then the same packetization, then a level that suffices are better', () => {
  const source = read('42e01f', '0')
  const sinks = [
    ['64001f', '1'],
    ['64001f', '0'],
    ['42e01f', '1'],
    ['42e00a', '0'],
    ['42e01f', '0'],
  ]
  const rates = sinks.map((sink) => rateH264(source, read(...sink)))
  assert.deepEqual(
    rates,
    [...rates].sort((a, b) => a - b),
  )
  assert.equal(new Set(rates).size, rates.length)
})

// Random bytes out of a block.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomBytes } from '../../lib/random.js'

test('no two are the same, across many blocks, and none changes later', () => {
  const given = Array.from({ length: 5000 }, (_, i) => randomBytes(8 + (i % 13)))
  const texts = given.map((bytes) => bytes.toString('hex'))
  assert.equal(new Set(texts).size, given.length)
  assert.deepEqual(
    given.map((bytes) => bytes.length),
    Array.from(given, (_, i) => 8 + (i % 13)),
  )
  randomBytes(4096)
  assert.deepEqual(
    given.map((bytes) => bytes.toString('hex')),
    texts,
  )
})

test('every bit is set about as often as not', () => {
  const counts = Array(32).fill(0)
  for (let i = 0; i < 4000; i++) {
    const word = randomBytes(4).readUInt32BE()
    for (let bit = 0; bit < 32; bit++) counts[bit] += (word >>> bit) & 1
  }
  // Ten standard deviations.
  for (const count of counts) assert.ok(Math.abs(count - 2000) < 320, String(count))
})

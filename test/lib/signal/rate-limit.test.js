// The token bucket, in a time of its own.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateLimit } from '../../../lib/signal/rate-limit.js'

test('so many at once, then so many per second, never more than the burst', () => {
  let nowMs = 1000
  const limit = new RateLimit({ perSecond: 2, burst: 3, now: () => nowMs })
  const takeAll = () => {
    let count = 0
    while (limit.take()) count += 1
    return count
  }
  assert.equal(takeAll(), 3)
  nowMs += 499
  assert.equal(takeAll(), 0)
  nowMs += 1
  assert.equal(takeAll(), 1)
  nowMs += 60_000
  assert.equal(takeAll(), 3)
})

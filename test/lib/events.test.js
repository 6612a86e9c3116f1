// The queue of events and how listeners are called.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import * as events from '../../lib/events.js'

test('the nine codes are those of the contract', () => {
  const codes = Object.entries(events.eventNames).map(([code, { constant, name }]) => [
    Number(code),
    constant,
    name,
  ])
  assert.deepEqual(codes, [
    [101, 'CONN_INITIAL', 'initial'],
    [102, 'CONN_STARTED', 'started'],
    [103, 'CONN_GATHERED', 'gathered'],
    [104, 'CONN_READY', 'ready'],
    [105, 'CONN_FINISHED', 'finished'],
    [201, 'CONN_CANDIDATE', 'candidate'],
    [202, 'CONN_SDP', 'sdp'],
    [203, 'CONN_SDP_PROCESSED', 'sdp-processed'],
    [500, 'CONN_FAILED', 'failed'],
  ])
  for (const [code, constant] of codes) assert.equal(/** @type {any} */ (events)[String(constant)], code)
})

test('what is queued meanwhile comes after what was queued before', async () => {
  const queue = new events.EventQueue()
  /** @type {number[]} */
  const order = []
  queue.push(() => {
    order.push(1)
    queue.push(() => order.push(3))
  })
  queue.push(() => order.push(2))
  assert.deepEqual(order, [])
  await turn()
  queue.push(() => order.push(4))
  await turn()
  assert.deepEqual(order, [1, 2, 3, 4])
})

test('listeners are called with the emitter as this, once() only once', () => {
  const emitter = new EventEmitter()
  let count = 0
  emitter.once('x', function (value) {
    assert.equal(this, emitter)
    assert.equal(value, 7)
    count += 1
  })
  events.deliver(emitter, 'x', 7)
  events.deliver(emitter, 'x', 7)
  assert.equal(count, 1)
})

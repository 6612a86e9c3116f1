// The core's events and its answers, put in order.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionOrder } from '../../lib/connection-order.js'

function make() {
  /** @type {string[]} */
  const handled = []
  const order = new ConnectionOrder(({ type }) => handled.push(type))
  const receive = (/** @type {string[]} */ ...types) => {
    for (const type of types) order.receive({ type })
  }
  return { order, handled, receive }
}

test('with nothing to wait for events pass', () => {
  const { handled, receive } = make()
  receive('ready', 'failed')
  assert.deepEqual(handled, ['ready', 'failed'])
})

test('decisive events wait for every answer, and all that follow wait behind them', () => {
  const { order, handled, receive } = make()
  order.begin()
  order.begin()
  receive('candidate', 'ready', 'candidate', 'peer-closed')
  assert.deepEqual(handled, ['candidate'])
  order.end()
  assert.deepEqual(handled, ['candidate'])
  order.end()
  assert.deepEqual(handled, ['candidate', 'ready', 'candidate', 'peer-closed'])
})

test('an end lets everything pass', () => {
  const { order, handled, receive } = make()
  order.begin()
  receive('failed')
  order.flush()
  assert.deepEqual(handled, ['failed'])
})

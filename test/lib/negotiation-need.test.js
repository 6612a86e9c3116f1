// When an owner is told that an offer is needed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NegotiationNeed } from '../../lib/negotiation-need.js'

function make() {
  const state = { isNeeded: false, told: 0, queue: /** @type {(() => void)[]} */ ([]) }
  const need = new NegotiationNeed({
    news: /** @type {any} */ ({ afterwards: (/** @type {() => void} */ run) => state.queue.push(run) }),
    isNeeded: (isForced) => isForced || state.isNeeded,
    tell: () => (state.told += 1),
  })
  const drain = () => {
    for (const run of state.queue.splice(0)) run()
  }
  return { state, need, drain }
}

test('several changes in a row are told once, until a negotiation took place', () => {
  const { state, need, drain } = make()
  state.isNeeded = true
  for (let i = 0; i < 3; i += 1) need.check()
  drain()
  need.check()
  drain()
  assert.equal(state.told, 1)
  need.reset({ isOurs: true })
  need.check()
  drain()
  assert.equal(state.told, 2)
})

test('a need that went away before its turn is not told, and may come again', () => {
  const { state, need, drain } = make()
  state.isNeeded = true
  need.check()
  state.isNeeded = false
  drain()
  assert.equal(state.told, 0)
  state.isNeeded = true
  need.check()
  drain()
  assert.equal(state.told, 1)
})

test("an offer that was given up is needed until one of ours is made, not by the peer's", () => {
  const { state, need, drain } = make()
  need.force()
  need.reset({ isOurs: false })
  need.check()
  drain()
  assert.equal(state.told, 1)
  need.reset({ isOurs: true })
  need.check()
  drain()
  assert.equal(state.told, 1)
})

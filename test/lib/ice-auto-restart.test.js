// When a connection offers an ICE restart by itself.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IceAutoRestart } from '../../lib/ice-auto-restart.js'

/**
 * A connection as the policy sees it, on a clock of the test's own.
 * @param {import('node:test').TestContext} t
 */
function make(t) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const view = {
    canOffer: true,
    isFirst: true,
    addresses: {
      used: ['10.0.0.1'],
      present: ['10.0.0.1'],
      selected: /** @type {string | null} */ ('10.0.0.1'),
    },
    /** @type {string[]} */
    causes: [],
  }
  const restarts = new IceAutoRestart({
    canOffer: () => view.canOffer,
    isFirstOfferer: () => view.isFirst,
    look: () => view.addresses,
    offer: (cause) => {
      view.causes.push(cause)
      view.canOffer = false
      view.addresses = { ...view.addresses, used: view.addresses.present }
      restarts.restarted()
    },
  })
  return {
    view,
    restarts,
    // In steps: within one, timers that others start count from its end.
    pass: (/** @type {number} */ ms) => {
      for (let left = ms; left > 0; left -= 100) t.mock.timers.tick(Math.min(left, 100))
    },
    answer: () => {
      view.canOffer = true
      restarts.completed()
      restarts.check()
    },
  }
}

test('silence is answered after a second, by who offered first; by the other a second later', (t) => {
  for (const [isFirst, ms] of /** @type {const} */ ([
    [true, 1000],
    [false, 2000],
  ])) {
    t.mock.timers.reset()
    const { view, restarts, pass } = make(t)
    view.isFirst = isFirst
    restarts.changeState('connected')
    restarts.changeState('disconnected')
    pass(ms - 1)
    assert.deepEqual(view.causes, [])
    pass(1)
    assert.deepEqual(view.causes, ['silence'])
  }
})

test('what comes back by itself is left alone, and so is what never was connected', (t) => {
  const { view, restarts, pass } = make(t)
  restarts.changeState('checking')
  restarts.changeState('disconnected')
  pass(60_000)
  restarts.changeState('connected')
  restarts.changeState('disconnected')
  pass(900)
  restarts.changeState('connected')
  pass(60_000)
  assert.deepEqual(view.causes, [])
})

test('one at a time, and with longer and longer pauses while it does not help', (t) => {
  const { view, restarts, pass, answer } = make(t)
  restarts.changeState('connected')
  restarts.changeState('disconnected')
  pass(1000)
  assert.equal(view.causes.length, 1)
  pass(600_000)
  assert.equal(view.causes.length, 1, 'the answer is still to come')
  /** @type {number[]} */
  const pauses = []
  for (let round = 0; round < 5; round += 1) {
    answer()
    let ms = 0
    for (; view.canOffer && ms < 100_000; ms += 500) pass(500)
    pauses.push(ms)
  }
  assert.deepEqual(pauses, [4000, 8000, 16_000, 30_000, 30_000])
  answer()
  restarts.changeState('connected')
  pass(600_000)
  assert.equal(view.causes.length, 6)
})

test('it waits for a negotiation under way, and is dropped when that restarts ICE', (t) => {
  const { view, restarts, pass, answer } = make(t)
  restarts.changeState('connected')
  restarts.changeState('disconnected')
  view.canOffer = false
  pass(5000)
  assert.deepEqual(view.causes, [])
  view.canOffer = true
  restarts.check()
  assert.equal(view.causes.length, 1)
  answer()
  restarts.changeState('connected')
  pass(10_000)

  restarts.changeState('disconnected')
  view.canOffer = false
  pass(1500)
  // The peer's own restart came in.
  restarts.restarted()
  answer()
  pass(1000)
  assert.equal(view.causes.length, 1)
})

test('the address of the pair is gone: at once; another one came or went: in a while', (t) => {
  const { view, restarts, pass, answer } = make(t)
  restarts.changeState('connected')
  view.addresses = { ...view.addresses, present: ['10.0.0.2'] }
  restarts.changeNetwork()
  pass(200)
  assert.deepEqual(view.causes, ['network'])
  answer()
  pass(10_000)

  view.addresses = { used: ['10.0.0.2'], present: ['10.0.0.2', '10.0.0.3'], selected: '10.0.0.2' }
  restarts.changeNetwork()
  pass(1000)
  assert.equal(view.causes.length, 1)
  pass(5000)
  assert.equal(view.causes.length, 2)
  answer()
  pass(60_000)
  view.addresses = { used: ['10.0.0.2', '10.0.0.3'], present: ['10.0.0.2'], selected: '10.0.0.2' }
  restarts.changeNetwork()
  pass(5000)
  assert.equal(view.causes.length, 3)
})

test('a change that is none, or one that was undone, is nothing', (t) => {
  const { view, restarts, pass } = make(t)
  restarts.changeState('connected')
  restarts.changeNetwork()
  pass(10_000)
  view.addresses = { ...view.addresses, present: ['10.0.0.1', '172.17.0.1'] }
  restarts.changeNetwork()
  pass(500)
  view.addresses = { ...view.addresses, present: ['10.0.0.1'] }
  restarts.changeNetwork()
  pass(10_000)
  assert.deepEqual(view.causes, [])
})

test('without any address it waits for one', (t) => {
  const { view, restarts, pass } = make(t)
  restarts.changeState('connected')
  view.addresses = { ...view.addresses, present: [] }
  restarts.changeNetwork()
  pass(60_000)
  assert.deepEqual(view.causes, [])
  view.addresses = { ...view.addresses, present: ['192.168.0.7'] }
  restarts.changeNetwork()
  pass(200)
  assert.deepEqual(view.causes, ['network'])
})

test('of a relayed pair any address may be the one', (t) => {
  const { view, restarts, pass } = make(t)
  restarts.changeState('connected')
  view.addresses = { used: ['10.0.0.1', '10.0.0.2'], present: ['10.0.0.1'], selected: null }
  restarts.changeNetwork()
  pass(200)
  assert.deepEqual(view.causes, ['network'])
})

test('a change while an offer is out is acted upon with its answer, after the pause', (t) => {
  const { view, restarts, pass, answer } = make(t)
  restarts.changeState('connected')
  view.addresses = { ...view.addresses, present: ['10.0.0.2'], selected: '10.0.0.1' }
  restarts.changeNetwork()
  pass(200)
  view.addresses = { ...view.addresses, present: ['10.0.0.3'] }
  restarts.changeState('disconnected')
  restarts.changeNetwork()
  pass(200)
  assert.equal(view.causes.length, 1)
  answer()
  pass(2000)
  assert.deepEqual(view.causes, ['network', 'network'])
})

test('stopped is stopped', (t) => {
  const { view, restarts, pass } = make(t)
  restarts.changeState('connected')
  restarts.changeState('disconnected')
  restarts.changeNetwork()
  restarts.stop()
  restarts.changeState('connected')
  restarts.changeState('disconnected')
  view.addresses = { ...view.addresses, present: ['10.0.0.9'] }
  restarts.changeNetwork()
  pass(60_000)
  restarts.check()
  assert.deepEqual(view.causes, [])
})

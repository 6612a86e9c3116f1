// Descriptions that wait until they can be sent.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ConnectionDescriptions } from '../../lib/connection-descriptions.js'

function make() {
  const localIce = { hasHosts: false, hasAll: false }
  /** @type {string[]} */
  const told = []
  const news = {
    tell: (/** @type {number} */ code, /** @type {string} */ sdp) => told.push(`${code} ${sdp}`),
    afterwards: (/** @type {() => void} */ run) => queueMicrotask(run),
  }
  const write = (/** @type {any} */ { type, version }) => `${type} ${version}`
  const descriptions = new ConnectionDescriptions(
    /** @type {any} */ ({ news, localIce: () => localIce, write }),
  )
  return { descriptions, localIce, told }
}

const offer = /** @type {any} */ ({ type: 'offer', version: 1 })
const answer = /** @type {any} */ ({ type: 'answer', version: 2 })

test('one that may trickle waits for host candidates, a full one for all', async () => {
  for (const isFull of [false, true]) {
    const { descriptions, localIce, told } = make()
    const { sent } = descriptions.announce(offer, { isApplied: true, isFull })
    assert.ok(!descriptions.areAllSent)
    localIce.hasHosts = true
    descriptions.release()
    assert.deepEqual(told, isFull ? [] : ['202 offer 1'])
    localIce.hasAll = true
    descriptions.release()
    assert.deepEqual(told, ['202 offer 1'])
    assert.equal(await sent, 'offer 1')
    assert.ok(descriptions.areAllSent)
  }
})

test('an answer waits for what it answers, and what comes after it waits too', () => {
  const { descriptions, localIce, told } = make()
  localIce.hasHosts = true
  const { entry } = descriptions.announce(answer, { isApplied: false, isFull: false })
  descriptions.announce(offer, { isApplied: true, isFull: false })
  assert.deepEqual(told, [])
  entry.isApplied = true
  descriptions.release()
  assert.deepEqual(told, ['202 answer 2', '202 offer 1'])
})

test('an offer that gives way is not sent, and what held before holds again', async () => {
  const { descriptions } = make()
  descriptions.add(answer)
  descriptions.add(offer)
  const { sent } = descriptions.announce(offer, { isApplied: true, isFull: false })
  assert.equal(descriptions.latest, offer)
  descriptions.forgetOffer()
  assert.equal(descriptions.latest, answer)
  await assert.rejects(sent, { code: 'ERR_GLARE' })
})

test('an end leaves nobody waiting, and nobody has to listen', async () => {
  const { descriptions } = make()
  const { sent } = descriptions.announce(offer, { isApplied: true, isFull: false })
  descriptions.announce(answer, { isApplied: true, isFull: false })
  descriptions.dropAll(new Error('over'))
  await assert.rejects(sent, { message: 'over' })
  await turn()
  assert.ok(descriptions.areAllSent)
})

// Gathering: candidates as they are told, generations, and the relay-only policy.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionGathering } from '../../lib/connection-gathering.js'
import { hostCandidate } from '../support/fake-worker.js'

/** @param {object} [options] */
function make(options) {
  /** @type {any[]} */
  const told = []
  let progress = 0
  const gathering = new ConnectionGathering(
    /** @type {any} */ ({
      news: { tell: (/** @type {number} */ code, /** @type {any} */ message) => told.push([code, message]) },
      log: { write() {} },
      announced: [],
      isRelayOnly: false,
      taggedSection: () => ({ mid: 'm', index: 2 }),
      localSdp: () => 'sdp',
      onProgress: () => (progress += 1),
      ...options,
    }),
  )
  return { gathering, told, progress: () => progress }
}

test('tells what the core finds', () => {
  const { gathering, told, progress } = make()
  gathering.handle({ type: 'started', generation: 0 })
  gathering.handle({ type: 'candidate', generation: 0, candidate: hostCandidate(5) })
  gathering.handle({ type: 'candidate', generation: 0, candidate: hostCandidate(5) })
  gathering.handle({ type: 'hosts-gathered', generation: 0 })
  assert.ok(gathering.local.hasHosts && !gathering.local.hasAll)
  gathering.handle({ type: 'gathered', generation: 0 })
  assert.ok(gathering.local.hasAll)
  assert.deepEqual(
    told.map(([code]) => code),
    [102, 201, 103],
  )
  assert.equal(told[1][1].sdpMid, 'm')
  assert.equal(told[1][1].sdpMLineIndex, 2)
  assert.equal(told[2][1], 'sdp')
  assert.equal(progress(), 2)
})

test('a restart begins anew, and what is left of the old generation is nothing', () => {
  const { gathering, told } = make()
  const first = gathering.start('')
  gathering.handle({ type: 'gathered', generation: 0 })
  const second = gathering.restart('')
  assert.notEqual(first.ufrag, second.ufrag)
  assert.notEqual(first.pwd, second.pwd)
  assert.equal(gathering.local.hasAll, false)
  told.length = 0
  gathering.handle({ type: 'candidate', generation: 0, candidate: hostCandidate(5) })
  gathering.handle({ type: 'gathered', generation: 0 })
  assert.deepEqual(told, [])
  gathering.handle({ type: 'started', generation: 1 })
  assert.equal(told.length, 1)
})

test('relay only means relay only', () => {
  const { gathering, told } = make({ isRelayOnly: true })
  for (const type of ['host', 'srflx', 'relay']) {
    gathering.handle({
      type: 'candidate',
      generation: 0,
      candidate: /** @type {any} */ (hostCandidate(5, { type })),
    })
  }
  assert.equal(told.length, 1)
  assert.match(told[0][1].candidate, /typ relay/)
})

// The order in which descriptions and candidates reach a page, and what is not told to it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UrchinError } from '../../../lib/errors.js'
import { PageNegotiation } from '../../../lib/signal/page-negotiation.js'
import { FakeConnection } from '../../support/fake-connection.js'
import { readSdp } from '../../support/signal-server.js'

const offer = readSdp('chromium-offer-trickle')
const settle = () => new Promise((resolve) => setImmediate(resolve))

function setUp() {
  const connection = new FakeConnection()
  /** @type {any[]} */
  const sent = []
  /** @type {string[]} */
  const reported = []
  const negotiation = new PageNegotiation(/** @type {any} */ (connection), {
    send: (message) => sent.push(message),
    report: (error, about) => reported.push(`${about}: ${/** @type {any} */ (error).code}`),
  })
  const types = () => sent.map((message) => message.type)
  return { connection, negotiation, sent, reported, types }
}

test('candidates wait for the description that they belong to', async () => {
  const { connection, negotiation, sent, types } = setUp()
  connection.emit('candidate', { message: { candidate: 'candidate:early' } })
  negotiation.takeDescription('offer', offer)
  connection.emit('candidate', { message: { candidate: 'candidate:between' } })
  connection.emit('gathered', {})
  assert.deepEqual(sent, [])
  await settle()
  assert.deepEqual(types(), ['answer', 'candidate', 'candidate', 'candidate'])
  assert.equal(sent[3].candidate, null)
  connection.emit('candidate', { message: { candidate: 'candidate:late' } })
  assert.equal(sent[4].candidate.candidate, 'candidate:late')
  // An ICE restart: again the answer goes first.
  negotiation.takeDescription('offer', offer)
  connection.emit('candidate', { message: { candidate: 'candidate:restarted' } })
  assert.equal(sent.length, 5)
  await settle()
  assert.deepEqual(types().slice(5), ['answer', 'candidate'])
})

test('a negotiation that the connection needs is offered', async () => {
  const { connection, negotiation, types } = setUp()
  connection.emit('negotiation-needed')
  await settle()
  assert.deepEqual(types(), ['offer'])
  negotiation.takeDescription('answer', 'v=0')
  await settle()
  assert.deepEqual(connection.remoteSdps, ['v=0'])
  assert.deepEqual(types(), ['offer'])
})

test('an ICE restart that the connection offers by itself is sent, before its candidates', async () => {
  const { connection, negotiation, sent, types } = setUp()
  negotiation.takeDescription('offer', offer)
  await settle()
  connection.emit('ice-restart', Promise.resolve('v=0 restart'))
  connection.emit('candidate', { message: { candidate: 'candidate:restarted' } })
  await settle()
  assert.deepEqual(types(), ['answer', 'offer', 'candidate'])
  assert.equal(sent[1].sdp, 'v=0 restart')
  negotiation.takeDescription('answer', 'v=0')
  await settle()
  assert.equal(connection.remoteSdps.length, 2)
  // One that gives way, or that the end of the connection overtakes, is nobody's fault.
  connection.emit('ice-restart', Promise.reject(new UrchinError('ERR_CLOSED', '')))
  await settle()
  assert.equal(sent.length, 3)
})

test('a crossing offer is dropped without a word, and so is the end of the connection', async () => {
  const { connection, negotiation, sent, reported } = setUp()
  for (const code of ['ERR_GLARE', 'ERR_CLOSED']) {
    connection.refusal = new UrchinError(code, '')
    negotiation.takeDescription('offer', offer)
    await settle()
  }
  assert.deepEqual([sent, reported], [[], []])
})

test('other refusals are reported with what they are about', async () => {
  const { connection, negotiation, reported } = setUp()
  connection.refusal = new UrchinError('ERR_SDP_SYNTAX', '')
  negotiation.takeDescription('offer', 'x')
  await settle()
  connection.refusal = new UrchinError('ERR_INVALID_STATE', '')
  negotiation.takeDescription('answer', 'x')
  await settle()
  assert.deepEqual(reported, ['offer: ERR_SDP_SYNTAX', 'answer: ERR_INVALID_STATE'])
})

test('candidates that can not be used are skipped, whether it is told at once or later', async () => {
  const { connection, negotiation, reported } = setUp()
  negotiation.takeCandidate({ candidate: 'candidate:bad' })
  connection.addRemoteCandidate = () => {
    throw new UrchinError('ERR_INVALID_ARGUMENT', '')
  }
  negotiation.takeCandidate({ candidate: 7 })
  await settle()
  assert.deepEqual(reported, [])
})

// The third to join a room got the offer with the others' tracks before the answer to its own: the offer's promise had
// fewer steps to go. Its browser refused both, and it saw nobody.
test('an offer that is ready before an earlier answer waits for it', async () => {
  const { connection, negotiation, types } = setUp()
  let resolveAnswer = (/** @type {string} */ _sdp) => {}
  connection.setRemoteSdp = () =>
    new Promise((resolve) => {
      resolveAnswer = resolve
    })
  negotiation.takeDescription('offer', offer)
  negotiation.offer()
  await settle()
  assert.deepEqual(types(), [])
  resolveAnswer('v=0 answer')
  await settle()
  assert.deepEqual(types(), ['answer', 'offer'])
})

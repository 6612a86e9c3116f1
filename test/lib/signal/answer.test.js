// Whole answers for peers that get everything in one reply.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UrchinError } from '../../../lib/errors.js'
import { answerOffer } from '../../../lib/signal/answer.js'
import { answerTo, FakeConnection } from '../../support/fake-connection.js'
import { readSdp } from '../../support/signal-server.js'

const offer = readSdp('firefox-offer-sendrecv')
const answer = (/** @type {FakeConnection} */ connection, timeoutMs = 10_000) =>
  answerOffer(/** @type {any} */ (connection), offer, timeoutMs)

test('gives the answer, and leaves no timer behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const connection = new FakeConnection()
  const sdp = await answer(connection)
  assert.equal(sdp, connection.localSdp)
  assert.equal(timers(), before)
})

test('when gathering takes too long, what there is counts', async () => {
  const connection = new FakeConnection()
  connection.isStuck = true
  connection.localSdp = answerTo(offer)
  assert.equal(await answer(connection, 1), connection.localSdp)
  connection.localSdp = ''
  await assert.rejects(answer(connection, 1), { code: 'ERR_TIMEOUT' })
})

test('what the connection refuses is passed on', async () => {
  const connection = new FakeConnection()
  connection.refusal = new UrchinError('ERR_SDP_CODECS', 'none')
  await assert.rejects(answer(connection), { code: 'ERR_SDP_CODECS' })
})

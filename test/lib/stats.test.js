// Statistics in the W3C's shape.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildStats } from '../../lib/stats.js'
import { hostCandidate } from '../support/fake-worker.js'

const fingerprint = { algorithm: 'sha-256', value: 'AB' }
const values = {
  transport: { bytesSent: 1, bytesReceived: 2, dtlsState: 'connected' },
  receivers: { 5: { packetsReceived: 3 } },
  senders: { 6: { packetsSent: 4 } },
}
const tracks = {
  receivers: new Map([[5, /** @type {any} */ ({ id: 'r', kind: 'audio', mid: '0' })]]),
  senders: new Map([[6, /** @type {any} */ ({ id: 's', kind: 'video', mid: '1', active: true })]]),
}

test('every object has its id, type and time, and ids lead somewhere', () => {
  const pair = { local: hostCandidate(1), remote: hostCandidate(2) }
  const report = buildStats(values, {
    timestamp: 9,
    pair: /** @type {any} */ (pair),
    fingerprints: { local: fingerprint, remote: [fingerprint] },
    tracks,
  })
  for (const [id, stats] of report) {
    assert.equal(stats.id, id)
    assert.equal(stats.timestamp, 9)
    for (const [name, value] of Object.entries(stats)) {
      if (name !== 'id' && name.endsWith('Id') && value) assert.ok(report.has(value), `${name}: ${value}`)
    }
  }
  const byType = Object.fromEntries([...report.values()].map((stats) => [stats.type, stats]))
  assert.equal(byType['inbound-rtp'].packetsReceived, 3)
  assert.equal(byType['inbound-rtp'].trackIdentifier, 'r')
  assert.equal(byType['outbound-rtp'].active, true)
  assert.equal(byType['candidate-pair'].bytesReceived, 2)
  assert.equal(byType['local-candidate'].candidateType, 'host')
  assert.equal(byType.certificate.fingerprintAlgorithm, 'sha-256')
})

test('before there is a pair there is none', () => {
  const report = buildStats(
    { transport: {}, receivers: {}, senders: {} },
    { timestamp: 0, pair: null, fingerprints: { local: fingerprint, remote: [] }, tracks },
  )
  assert.deepEqual(
    [...report.values()].map(({ type }) => type),
    ['transport', 'certificate'],
  )
})

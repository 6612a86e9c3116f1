// Options of ICE-lite, and its one port.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLite, claimIcePort, defaultIcePort } from '../../lib/ice-lite.js'

test('full ICE unless asked otherwise', () => {
  assert.equal(checkLite({}), 0)
  assert.equal(checkLite({ ice: 'nice' }), 0)
  assert.equal(checkLite({ ice: 'lite' }), defaultIcePort)
  assert.equal(checkLite({ ice: 'lite', icePort: 1 }), 1)
})

for (const options of [
  { ice: 'heavy' },
  { ice: 'lite', icePort: 0 },
  { ice: 'lite', icePort: 65536 },
  { ice: 'lite', icePort: '20000' },
  { ice: 'lite', iceTransportPolicy: 'relay' },
  { icePort: 20000 },
]) {
  test(`refused: ${JSON.stringify(options)}`, () => {
    assert.throws(() => checkLite(options), { code: 'ERR_INVALID_ARGUMENT' })
  })
}

test('the first port is the only one', () => {
  claimIcePort(20001)
  claimIcePort(20001)
  assert.throws(() => claimIcePort(20002), { code: 'ERR_ICE_PORT_CONFLICT', message: /20001.*20002/ })
  claimIcePort(20001)
})

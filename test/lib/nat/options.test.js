// Defaults and limits of discoverNat()'s options; that wrong ones are refused, discover.test.js checks.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOptions } from '../../../lib/nat/options.js'

test('defaults', () => {
  const { signal, ...settings } = checkOptions({ server: 'example.org' })
  assert.equal(signal.aborted, false)
  assert.deepEqual(settings, {
    server: 'example.org',
    localAddress: undefined,
    localPort: 0,
    lifetimeSeconds: 0,
    hairpin: true,
    timeoutMs: 4000,
    family: undefined,
  })
})

test('the family is that of the local address', () => {
  assert.equal(checkOptions({ server: 'x', localAddress: '::1' }).family, 6)
  assert.equal(checkOptions({ server: 'x', localAddress: '127.0.0.1' }).family, 4)
  assert.equal(checkOptions({ server: 'x', family: 6 }).family, 6)
})

test('lifetime: no, the default, or seconds', () => {
  const secondsOf = (/** @type {any} */ lifetime) => checkOptions({ server: 'x', lifetime }).lifetimeSeconds
  assert.deepEqual([false, true, { maxSeconds: 20 }, undefined].map(secondsOf), [0, 300, 20, 0])
  for (const bad of [{}, { maxSeconds: 0 }, { maxSeconds: 3601 }, { maxSeconds: '20' }, 5]) {
    assert.throws(() => secondsOf(bad), { code: 'ERR_INVALID_ARGUMENT' })
  }
})

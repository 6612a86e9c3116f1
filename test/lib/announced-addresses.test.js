// Addresses of a NAT in place of local ones.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { announce, checkAnnounced } from '../../lib/announced-addresses.js'
import { hostCandidate } from '../support/fake-worker.js'

/** @param {any} value @param {object} [fields] of the candidate */
const told = (value, fields) =>
  announce(/** @type {any} */ (hostCandidate(1, fields)), checkAnnounced(value)).map(({ address }) => address)

test('one for all of its family', () => {
  assert.deepEqual(told('198.51.100.7'), ['198.51.100.7'])
  assert.deepEqual(told('198.51.100.7', { address: '2001:db8::1' }), ['2001:db8::1'])
  assert.deepEqual(told(['198.51.100.7', '2001:DB8:0::7'], { address: '2001:db8::1' }), ['2001:db8::7'])
})

test('pairs: each local address has its own, the others what stands alone', () => {
  const value = [
    { local: '10.0.0.1', public: '198.51.100.1' },
    { local: '10.0.0.2', public: '198.51.100.2' },
    { local: '10.0.0.2', public: '198.51.100.3' },
    { local: 'FD00::1', public: '2001:db8::7' },
  ]
  assert.deepEqual(told(value, { address: '10.0.0.1' }), ['198.51.100.1'])
  assert.deepEqual(told(value, { address: '10.0.0.2' }), ['198.51.100.2', '198.51.100.3'])
  assert.deepEqual(told(value, { address: 'fd00::1' }), ['2001:db8::7'])
  assert.deepEqual(told(value, { address: '10.0.0.3' }), ['10.0.0.3'])
  assert.deepEqual(told([...value, '198.51.100.9'], { address: '10.0.0.3' }), ['198.51.100.9'])
  assert.deepEqual(told([...value, '198.51.100.9'], { address: '10.0.0.1' }), ['198.51.100.1'])
})

test('host candidates only, over TCP too', () => {
  assert.deepEqual(told('198.51.100.7', { type: 'srflx' }), ['192.0.2.1'])
  assert.deepEqual(told('198.51.100.7', { type: 'relay' }), ['192.0.2.1'])
  assert.deepEqual(told('198.51.100.7', { protocol: 'tcp', tcpType: 'passive' }), ['198.51.100.7'])
})

test('wrong ones are refused', () => {
  for (const value of [
    'example.org',
    ['192.0.2.1', 5],
    null,
    {},
    { local: '10.0.0.1' },
    { public: '198.51.100.7' },
    { local: '10.0.0.1', public: '2001:db8::1' },
    { local: 'eth0', public: '198.51.100.7' },
    'fe80::1%eth0',
    Array(33).fill('192.0.2.1'),
  ]) {
    assert.throws(() => checkAnnounced(/** @type {any} */ (value)), {
      code: 'ERR_INVALID_ARGUMENT',
      message: /announcedAddress/,
    })
  }
})

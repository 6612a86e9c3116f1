// Addresses as text.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalAddress, embeddedV4, parseNetwork } from '../../lib/ip-address.js'

test('each address has one spelling', () => {
  for (const [given, expected] of [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0::1', '2001:db8::1'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['fe80::1%eth0', 'fe80::1'],
  ]) {
    assert.equal(canonicalAddress(given), expected)
  }
})

test('IPv6 addresses that stand for IPv4 ones', () => {
  for (const [given, expected] of [
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['0:0:0:0:0:FFFF:a9fe:a9fe', '169.254.169.254'],
    ['::ffff:0:10.1.2.3', '10.1.2.3'],
    ['64:ff9b::7f00:1', '127.0.0.1'],
    ['64:ff9b:1::10.0.0.1', '10.0.0.1'],
    ['64:ff9b:1:2:3:4:10.0.0.1', '10.0.0.1'],
    ['2002:7f00:1::1', '127.0.0.1'],
    ['::10.0.0.1', '10.0.0.1'],
    ['::ffff:127.0.0.1%lo', '127.0.0.1'],
  ]) {
    assert.equal(embeddedV4(given), expected, given)
  }
  for (const none of ['::', '::1', '2001:db8::7f00:1', 'fe80::ffff:7f00:1', '127.0.0.1', '64:ff9c::7f00:1']) {
    assert.equal(embeddedV4(none), null, none)
  }
})

test('networks', () => {
  assert.deepEqual(parseNetwork('10.0.0.0/8'), { address: '10.0.0.0', prefix: 8, family: 'ipv4' })
  assert.deepEqual(parseNetwork('fd00::/8'), { address: 'fd00::', prefix: 8, family: 'ipv6' })
  assert.equal(parseNetwork('192.0.2.1')?.prefix, 32)
  assert.equal(parseNetwork('::1')?.prefix, 128)
  assert.equal(parseNetwork('0.0.0.0/0')?.prefix, 0)
  for (const none of [
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'x/8',
    'fe80::1%eth0/64',
    '1/-1',
  ]) {
    assert.equal(parseNetwork(none), null, none)
  }
})

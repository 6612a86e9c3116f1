// Networks that peers can not send us to.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BlockedNetworks,
  checkBlockedNetworks,
  isUnusableAddress,
  serverBlockedNetworks,
} from '../../lib/blocked-networks.js'

test('a network holds its addresses, in whatever spelling', () => {
  const blocked = new BlockedNetworks(['10.0.0.0/8', 'fd00::/8', '192.0.2.7'])
  for (const address of [
    '10.255.0.1',
    '192.0.2.7',
    'FD12::1',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '64:ff9b::a00:1',
    '2002:a00:1::5',
  ]) {
    assert.ok(blocked.has(address), address)
  }
  for (const address of ['11.0.0.1', '192.0.2.8', 'fe80::1', '::ffff:11.0.0.1', '2001:db8::a00:1']) {
    assert.ok(!blocked.has(address), address)
  }
})

test('what a server blocks: itself and its cable, in every form; people in the same building not', () => {
  const blocked = new BlockedNetworks(serverBlockedNetworks(['192.168.1.5', 'fd00::5']))
  for (const address of [
    '127.0.0.1',
    '127.1.2.3',
    '::1',
    '0.0.0.0',
    '::',
    '169.254.169.254',
    'fe80::1',
    'febf::1%eth0',
    '224.0.0.251',
    'ff02::fb',
    '255.255.255.255',
    '::ffff:127.0.0.1',
    '64:ff9b::169.254.169.254',
  ]) {
    assert.ok(blocked.has(address), address)
  }
  for (const address of ['10.0.0.1', '192.168.1.2', '172.16.0.1', 'fd00::1', '198.51.100.7', '2001:db8::1']) {
    assert.ok(!blocked.has(address), address)
  }
})

test('a server that was told to use loopback has its clients there', () => {
  for (const own of [['127.0.0.1'], ['192.168.1.5', '::1']]) {
    const blocked = new BlockedNetworks(serverBlockedNetworks(own))
    assert.ok(!blocked.has('127.0.0.1') && !blocked.has('::1'))
    assert.ok(blocked.has('169.254.169.254') && blocked.has('fe80::1'))
  }
})

test('nobody is at a multicast, broadcast or unspecified address', () => {
  for (const address of [
    '0.0.0.0',
    '0.1.2.3',
    '239.1.1.1',
    '255.255.255.255',
    '::',
    'ff15::1',
    '::ffff:224.0.0.1',
  ]) {
    assert.ok(isUnusableAddress(address), address)
  }
  for (const address of ['127.0.0.1', '::1', '10.0.0.1', '169.254.1.1', 'fe80::1']) {
    assert.ok(!isUnusableAddress(address), address)
  }
})

test('lists are checked', () => {
  assert.deepEqual(checkBlockedNetworks(undefined), [])
  assert.deepEqual(checkBlockedNetworks(['10.0.0.0/8']), ['10.0.0.0/8'])
  for (const value of ['10.0.0.0/8', ['10.0.0.0/40'], [5], ['localhost'], {}]) {
    assert.throws(() => checkBlockedNetworks(value), {
      code: 'ERR_INVALID_ARGUMENT',
      message: /blockedNetworks/,
    })
  }
})

test('one list after the other: each set holds its own', () => {
  const sets = [['10.0.0.0/8'], ['10.0.0.0/8'], ['192.168.0.0/16'], []].map(
    (list) => new BlockedNetworks(list),
  )
  assert.deepEqual(
    sets.map((set) => set.has('10.1.2.3')),
    [true, true, false, false],
  )
  assert.deepEqual(
    sets.map((set) => set.has('192.168.1.1')),
    [false, false, true, false],
  )
})

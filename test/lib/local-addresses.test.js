// The choice of local addresses, on a machine made up for it.

import assert from 'node:assert/strict'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { test } from 'node:test'
import { checkInterfaces, localAddresses, presentAddresses } from '../../lib/local-addresses.js'

const os = createRequire(import.meta.url)('node:os')

const machine = {
  lo: ['127.0.0.1', '::1'],
  eth0: ['192.168.1.5', '2001:db8::5', 'fe80::5'],
  eth1: ['10.0.0.5'],
  docker0: ['172.17.0.1'],
  veth12: ['fd00:1::1'],
}

/** @param {import('node:test').TestContext} t @param {Record<string, string[]>} interfaces */
function pretend(t, interfaces) {
  t.mock.method(os, 'networkInterfaces', () =>
    Object.fromEntries(
      Object.entries(interfaces).map(([name, addresses]) => [
        name,
        addresses.map((address) => ({ address, internal: name === 'lo' })),
      ]),
    ),
  )
  syncBuiltinESMExports()
  t.after(() => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  })
}

const everything = ['192.168.1.5', '2001:db8::5', '10.0.0.5', '172.17.0.1', 'fd00:1::1']

/** @param {string[] | undefined} wanted @param {string[]} [ignored] */
function local(wanted, ignored) {
  // So that it does not answer with what was read a moment ago, before the machine became another.
  presentAddresses(checkInterfaces(undefined, undefined))
  return localAddresses(checkInterfaces(wanted, ignored))
}
/** @param {string[] | undefined} wanted @param {string[]} [ignored] */
const present = (wanted, ignored) => presentAddresses(checkInterfaces(wanted, ignored))

test('by itself: all but loopback and link-local', (t) => {
  pretend(t, machine)
  assert.deepEqual(local(undefined), everything)
  assert.deepEqual(present(undefined), everything)
})

test('by name, pattern, address, network and beginning', (t) => {
  pretend(t, machine)
  for (const [wanted, expected] of /** @type {[string[], string[]][]} */ ([
    [['eth0'], ['192.168.1.5', '2001:db8::5']],
    [['eth*'], ['192.168.1.5', '2001:db8::5', '10.0.0.5']],
    [['eth?'], ['192.168.1.5', '2001:db8::5', '10.0.0.5']],
    [['192.168.1.5'], ['192.168.1.5']],
    [['2001:DB8:0::5'], ['2001:db8::5']],
    [
      ['10.0.0.0/8', 'fd00::/8'],
      ['10.0.0.5', 'fd00:1::1'],
    ],
    [['192.168.'], ['192.168.1.5']],
    [['2001:db8:'], ['2001:db8::5']],
    [['lo'], ['127.0.0.1', '::1']],
  ])) {
    assert.deepEqual(local(wanted), expected, String(wanted))
    assert.deepEqual(present(wanted), expected, String(wanted))
  }
})

test('what is ignored wins over what is wanted', (t) => {
  pretend(t, machine)
  assert.deepEqual(local(undefined, ['docker*', 'veth*']), ['192.168.1.5', '2001:db8::5', '10.0.0.5'])
  assert.deepEqual(local(['eth*'], ['10.']), ['192.168.1.5', '2001:db8::5'])
  assert.deepEqual(local(undefined, ['0.0.0.0/0']), ['2001:db8::5', 'fd00:1::1'])
  assert.deepEqual(local(['192.168.1.5', '192.0.2.9'], ['192.168.1.5']), ['192.0.2.9'])
})

test('an address that is given is taken at its word, once; it is not present until it is there', (t) => {
  pretend(t, machine)
  assert.deepEqual(local(['192.0.2.1', '192.0.2.1', '127.0.0.9']), ['192.0.2.1', '127.0.0.9'])
  assert.deepEqual(present(['192.0.2.1', '127.0.0.9']), ['127.0.0.9'])
})

test('without a network it is loopback, and nothing is present', (t) => {
  pretend(t, { lo: ['127.0.0.1'], eth0: ['fe80::5'] })
  assert.deepEqual(local(undefined), ['127.0.0.1'])
  assert.deepEqual(present(undefined), [])
  assert.throws(() => local(undefined, ['lo']), { message: /ignoredInterfaces leaves no local address/ })
})

test('wrong choices are refused by name', (t) => {
  pretend(t, machine)
  for (const [wanted, ignored, message] of /** @type {[any, any, RegExp][]} */ ([
    [[], undefined, /networkInterfaces must be/],
    ['eth0', undefined, /networkInterfaces must be/],
    [[''], undefined, /networkInterfaces must be/],
    [undefined, 'eth0', /ignoredInterfaces must be/],
    [undefined, [5], /ignoredInterfaces must be/],
    [['10.0.0.0/40'], undefined, /networkInterfaces: 10.0.0.0\/40 is no network/],
    [['wlan0'], undefined, /networkInterfaces: wlan0 has no address here/],
    [['wlan*'], undefined, /wlan\* has no address here/],
    [['eth0'], ['eth*'], /ignoredInterfaces leaves no/],
  ])) {
    assert.throws(() => local(wanted, ignored), { code: 'ERR_INVALID_ARGUMENT', message })
  }
})

test('an interface may have any name', (t) => {
  pretend(t, { 'a.b+c': ['10.0.0.1'], axb: ['10.0.0.2'] })
  assert.deepEqual(local(['a.b+c']), ['10.0.0.1'])
})

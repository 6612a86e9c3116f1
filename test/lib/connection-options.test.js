// Options of a connection.

import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { checkOptions, localAddresses } from '../../lib/connection-options.js'

/** @param {any} options */
const native = (options) => checkOptions(options).native

test('nothing said is trickle, all addresses, any port, 30 s', () => {
  const { native: config, trickle, polite, announced } = checkOptions({})
  assert.deepEqual([trickle, polite, announced], [true, false, []])
  assert.deepEqual([config.portMin, config.portMax, config.relayOnly, config.tcp], [0, 0, false, false])
  assert.equal(config.connectTimeoutMs, 30_000)
  assert.deepEqual(config.servers, [])
  assert.ok(config.addresses.length > 0)
})

const servers = [
  ['stun:192.0.2.1', { isTurn: false, protocol: 'udp', host: '192.0.2.1', port: 3478 }],
  ['STUN:stun.example.org:19302', { isTurn: false, protocol: 'udp', host: 'stun.example.org', port: 19302 }],
  ['stun:[2001:db8::1]:5', { isTurn: false, protocol: 'udp', host: '2001:db8::1', port: 5 }],
  ['turn:192.0.2.1', { isTurn: true, protocol: 'udp', host: '192.0.2.1', port: 3478 }],
  ['turn:192.0.2.1?transport=tcp', { isTurn: true, protocol: 'tcp', host: '192.0.2.1', port: 3478 }],
  ['turns:t.example', { isTurn: true, protocol: 'tls', host: 't.example', port: 5349 }],
  ['turns:t.example:443?transport=tcp', { isTurn: true, protocol: 'tls', host: 't.example', port: 443 }],
]
for (const [url, expected] of servers) {
  test(`reads ${url}`, () => {
    const credentials = { username: 'u', credential: 'c' }
    const isTurn = /** @type {any} */ (expected).isTurn
    const [server] = native({ iceServers: [{ urls: url, ...credentials }] }).servers
    assert.deepEqual(server, isTurn ? { .../** @type {any} */ (expected), ...credentials } : expected)
  })
}

test('one entry may have several URLs', () => {
  const { servers: list } = native({ iceServers: [{ urls: ['stun:192.0.2.1', 'stun:192.0.2.2'] }] })
  assert.deepEqual(
    list.map(({ host }) => host),
    ['192.0.2.1', '192.0.2.2'],
  )
})

const wrong = [
  { iceServers: 'stun:192.0.2.1' },
  { iceServers: [{}] },
  { iceServers: [{ urls: [] }] },
  { iceServers: [{ urls: 'http://x' }] },
  { iceServers: [{ urls: 'stun:' }] },
  { iceServers: [{ urls: 'stun:x:0' }] },
  { iceServers: [{ urls: 'stun:x:65536' }] },
  { iceServers: [{ urls: 'turn:x' }] },
  { iceServers: [{ urls: 'turn:x', username: 'u' }] },
  { iceServers: [{ urls: 'turn:x', username: 'u'.repeat(509), credential: 'c' }] },
  { iceServers: Array(17).fill({ urls: 'stun:x' }) },
  { portRange: { min: 5 } },
  { portRange: { min: 10, max: 5 } },
  { portRange: { min: 0, max: 5 } },
  { portRange: { min: 1, max: 65536 } },
  { portRange: 5 },
  { announcedAddress: 'example.org' },
  { announcedAddress: ['192.0.2.1', 5] },
  { networkInterfaces: [] },
  { networkInterfaces: 'eth0' },
  { networkInterfaces: ['no-such-interface'] },
  { iceTransportPolicy: 'none' },
  { trickle: 'yes' },
  { polite: 1 },
  { iceTcp: 0 },
  { connectTimeoutMs: -1 },
  { connectTimeoutMs: 1.5 },
  { connectTimeoutMs: '5' },
  { ice: 'other' },
  // A logger that is none was found out at the first line to log, by a TypeError without a code.
  { logger: 5 },
  { logger: null },
  { logger: { info() {} } },
]
for (const options of wrong) {
  test(`refuses ${JSON.stringify(options).slice(0, 80)}`, () => {
    assert.throws(() => checkOptions(/** @type {any} */ (options)), { code: 'ERR_INVALID_ARGUMENT' })
  })
}

test('what is known but not there says so', () => {
  for (const options of [
    { ice: 'lite' },
    { iceServers: [{ urls: 'stuns:x' }] },
    { iceServers: [{ urls: 'stun:x?transport=tcp' }] },
    { iceServers: [{ urls: 'turns:x?transport=udp', username: 'u', credential: 'c' }] },
  ]) {
    assert.throws(() => checkOptions(/** @type {any} */ (options)), { code: 'ERR_NOT_SUPPORTED' })
  }
})

test('interfaces by name and by address', () => {
  const loopback = Object.entries(networkInterfaces()).find(([, rows = []]) =>
    rows.some(({ address }) => address === '127.0.0.1'),
  )
  assert.ok(loopback)
  assert.ok(localAddresses([loopback[0]]).includes('127.0.0.1'))
  assert.deepEqual(localAddresses(['192.0.2.1', '192.0.2.1', '2001:db8::1']), ['192.0.2.1', '2001:db8::1'])
})

test('by itself it takes no link-local address, and loopback only when there is nothing else', () => {
  const addresses = localAddresses(undefined)
  assert.ok(addresses.every((address) => !/^fe[89ab]/i.test(address)))
  assert.ok(!addresses.includes('127.0.0.1') || addresses.length === 1)
})

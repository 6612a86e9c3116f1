// STUN and TURN servers in the W3C's form.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkIceServers } from '../../lib/ice-servers.js'

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
    const [server] = checkIceServers([{ urls: url, ...credentials }])
    assert.deepEqual(server, isTurn ? { .../** @type {any} */ (expected), ...credentials } : expected)
  })
}

test('one entry may have several URLs', () => {
  const list = checkIceServers([{ urls: ['stun:192.0.2.1', 'stun:192.0.2.2'] }])
  assert.deepEqual(
    list.map(({ host }) => host),
    ['192.0.2.1', '192.0.2.2'],
  )
})

const wrong = [
  'stun:192.0.2.1',
  [{}],
  [{ urls: [] }],
  [{ urls: 'http://x' }],
  [{ urls: 'stun:' }],
  [{ urls: 'stun:x:0' }],
  [{ urls: 'stun:x:65536' }],
  [{ urls: 'turn:x' }],
  [{ urls: 'turn:x', username: 'u' }],
  [{ urls: 'turn:x', username: 'u'.repeat(509), credential: 'c' }],
  Array(17).fill({ urls: 'stun:x' }),
]
for (const list of wrong) {
  test(`refuses ${JSON.stringify(list).slice(0, 80)}`, () => {
    assert.throws(() => checkIceServers(list), { code: 'ERR_INVALID_ARGUMENT', message: /iceServers/ })
  })
}

test('what is known but not there says so', () => {
  for (const list of [
    [{ urls: 'stuns:x' }],
    [{ urls: 'stun:x?transport=tcp' }],
    [{ urls: 'turns:x?transport=udp', username: 'u', credential: 'c' }],
  ]) {
    assert.throws(() => checkIceServers(list), { code: 'ERR_NOT_SUPPORTED', message: /iceServers/ })
  }
})

test('a refusal never repeats a credential', () => {
  const list = [{ urls: 'turn:x', username: 'me', credential: 'hunter2' }, { urls: 7 }]
  assert.throws(
    () => checkIceServers(list),
    (error) => !String(error).includes('hunter2'),
  )
})

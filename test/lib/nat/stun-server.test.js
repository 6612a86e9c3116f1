// How servers are named and found.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localAddressTowards, parseServer, resolveServer } from '../../../lib/nat/stun-server.js'

test('names, addresses and stun: URLs', () => {
  for (const [text, host, port] of /** @type {[string, string, number][]} */ ([
    ['stun.example.org', 'stun.example.org', 3478],
    ['stun.example.org:19302', 'stun.example.org', 19302],
    ['stun:stun.example.org', 'stun.example.org', 3478],
    ['STUN:stun.example.org:1', 'stun.example.org', 1],
    ['stun://stun.example.org:65535', 'stun.example.org', 65535],
    [' 192.0.2.1:3479 ', '192.0.2.1', 3479],
    ['2001:db8::1', '2001:db8::1', 3478],
    ['[2001:db8::1]', '2001:db8::1', 3478],
    ['stun:[2001:db8::1]:3479', '2001:db8::1', 3479],
    ['localhost', 'localhost', 3478],
  ])) {
    assert.deepEqual(parseServer(text), { host, port }, text)
  }
})

test('what is none of these is refused', () => {
  for (const text of [
    '',
    ' ',
    5,
    null,
    undefined,
    'turn:example.org',
    'stuns:example.org',
    'https://example.org',
    'example.org:',
    'example.org:0',
    'example.org:65536',
    'example.org:3478:3478',
    'example.org/path',
    'example.org?transport=udp',
    'two words',
    '[example.org]:3478',
    '[2001:db8::1',
    'a'.repeat(256),
  ]) {
    assert.throws(() => parseServer(text), { code: 'ERR_INVALID_ARGUMENT' }, String(text))
  }
})

test('an address is found as it is, in its own family alone', async () => {
  assert.deepEqual(await resolveServer({ host: '192.0.2.1', port: 5 }), [
    { address: '192.0.2.1', port: 5, family: 4 },
  ])
  assert.deepEqual(await resolveServer({ host: '2001:db8::1', port: 5 }, { family: 6 }), [
    { address: '2001:db8::1', port: 5, family: 6 },
  ])
  await assert.rejects(resolveServer({ host: '192.0.2.1', port: 5 }, { family: 6 }), {
    code: 'ERR_STUN_RESOLVE',
  })
})

test('a name that does not exist, and a caller who gives up', async () => {
  await assert.rejects(resolveServer({ host: 'no-such-name.invalid', port: 5 }), {
    code: 'ERR_STUN_RESOLVE',
    message: /no-such-name\.invalid can't be resolved/,
  })
  const signal = AbortSignal.abort()
  await assert.rejects(resolveServer({ host: 'localhost', port: 5 }, { signal }), { code: 'ERR_ABORTED' })
})

test('the local address is the one that the route leaves from', async () => {
  assert.equal(await localAddressTowards({ address: '127.0.0.1', port: 9, family: 4 }), '127.0.0.1')
})

// A host with IPv6 alone, asked for an IPv4 server, died of an uncaught exception: dgram's connect() hands an error to its
// callback, which took itself for called on success.
test('where no route leads, there is no local address', async () => {
  assert.equal(await localAddressTowards({ address: '255.255.255.255', port: 9, family: 4 }), null)
})

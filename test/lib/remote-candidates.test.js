// The peer's candidates: kept, sorted by generation, bounded.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RemoteCandidates } from '../../lib/remote-candidates.js'

/** @param {{ blockedNetworks?: string[], usesTcp?: boolean }} [options] */
function make(options) {
  /** @type {number[]} */
  const ports = []
  let ends = 0
  const candidates = new RemoteCandidates({
    log: /** @type {any} */ ({ write() {} }),
    forward: (candidate) => ports.push(candidate.port),
    end: () => (ends += 1),
    ...options,
  })
  const take = (/** @type {number} */ port, fields = {}) =>
    candidates.take({ line: `candidate:1 1 udp 1 192.0.2.9 ${port} typ host`, ...fields })
  return { candidates, ports, take, ends: () => ends }
}

test('early ones wait for the description, later ones of its generation pass', () => {
  const { candidates, ports, take } = make()
  take(1)
  take(2, { ufrag: 'aaaa' })
  take(3, { ufrag: 'bbbb' })
  assert.deepEqual(ports, [])
  candidates.setGeneration('aaaa')
  take(4, { ufrag: 'aaaa' })
  take(5)
  assert.deepEqual(ports, [1, 2, 4, 5])
  candidates.setGeneration('bbbb')
  assert.deepEqual(ports, [1, 2, 4, 5, 3])
  take(6, { ufrag: 'aaaa' })
  assert.deepEqual(ports, [1, 2, 4, 5, 3])
  assert.equal(candidates.ignored.stale, 1)
})

test('an end that came early is told with the description, and once', () => {
  const { candidates, ends } = make()
  candidates.take({ line: '' })
  assert.equal(ends(), 0)
  candidates.setGeneration('aaaa')
  assert.equal(ends(), 1)
  candidates.take({ line: '' })
  assert.equal(ends(), 1)
  candidates.setGeneration('bbbb')
  assert.equal(ends(), 1)
  candidates.take({ line: '' })
  assert.equal(ends(), 2)
})

test('TCP, names, component 2 and port 0 are passed over without an error', () => {
  const { candidates, ports } = make()
  candidates.setGeneration('aaaa')
  for (const line of [
    'candidate:1 1 tcp 1 192.0.2.9 9 typ host tcptype active',
    'candidate:1 2 udp 1 192.0.2.9 5 typ host',
    'candidate:1 1 udp 1 192.0.2.9 0 typ host',
    'candidate:1 1 udp 1 eab1e9c4-7257-4efc-b27a-c52ac7630bef.local 5 typ host',
    'candidate:1 1 udp 1 internal.example 5 typ host',
  ]) {
    candidates.take({ line })
  }
  assert.deepEqual(ports, [])
  assert.equal(candidates.ignored.useless, 5)
})

test('of thousands a hundred are used, before the description and after', () => {
  const { candidates, ports, take } = make()
  for (let port = 1; port <= 5000; port += 1) take(port)
  candidates.setGeneration('aaaa')
  for (let port = 1; port <= 5000; port += 1) take(port)
  assert.equal(ports.length, 100)
  assert.equal(candidates.ignored.duplicate, 100)
  assert.equal(candidates.ignored.tooMany, 9800)
})

test('with bundling only the candidates of the tagged m-line count', () => {
  const { candidates, ports, take } = make()
  candidates.setGeneration('aaaa')
  candidates.setBundle('0', ['0', '1'], ['0', '1'])
  take(1, { mid: '0' })
  take(2, { mid: '1' })
  take(3, { mid: 'video' })
  take(4)
  assert.deepEqual(ports, [1, 3, 4])
  candidates.setBundle('0', [], [])
  take(5, { mid: '1' })
  assert.deepEqual(ports, [1, 3, 4, 5])
})

// A peer that trickled before its offer came: the candidates of its second m-line were used, whose transport it gave up
// for BUNDLE a moment later. That pair was selected, and the DTLS handshake never ended.
test('with bundling, early candidates of other m-lines than the tagged one do not count either', () => {
  const { candidates, ports, take, ends } = make()
  take(1, { mid: '1', index: 1 })
  take(2, { index: 1 })
  take(3, { index: 0 })
  take(4, { mid: '0' })
  candidates.take({ line: '', mid: '1' })
  candidates.setBundle('0', ['0', '1'], ['0', '1'])
  candidates.setGeneration('aaaa')
  assert.deepEqual(ports, [3, 4])
  assert.equal(ends(), 0)
  candidates.take({ line: '', index: 1 })
  assert.equal(ends(), 0)
  candidates.take({ line: '', index: 0 })
  assert.equal(ends(), 1)
})

// RFC 8838 3: like candidates, it belongs to a generation; an old one that came late ended the new one's.
test('the end of another generation is not the end of this one', () => {
  const { candidates, ends } = make()
  candidates.setGeneration('aaaa')
  candidates.take({ line: '', ufrag: 'bbbb' })
  assert.equal(ends(), 0)
  candidates.setGeneration('bbbb')
  assert.equal(ends(), 1)
  candidates.setGeneration('cccc')
  candidates.take({ line: '', ufrag: 'aaaa' })
  assert.equal(ends(), 1)
})

test('a malformed line is an error when signalled, and skipped in an SDP', () => {
  const { candidates, ports } = make()
  candidates.setGeneration('aaaa')
  assert.throws(() => candidates.take({ line: 'candidate:x' }), { code: 'ERR_CANDIDATE_SYNTAX' })
  candidates.addAll({
    candidates: ['candidate:x', 'candidate:1 1 udp 1 192.0.2.9 5 typ host'],
    hasEnded: false,
  })
  assert.deepEqual(ports, [5])
})

test('nobody is at these addresses, and blocked networks are not asked', () => {
  const { candidates, ports } = make({ blockedNetworks: ['127.0.0.0/8', '169.254.0.0/16'] })
  candidates.setGeneration('aaaa')
  const addresses = ['0.0.0.0', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', '::ffff:0.0.0.0']
  for (const address of addresses) candidates.take({ line: `candidate:1 1 udp 1 ${address} 5 typ host` })
  assert.equal(candidates.ignored.useless, addresses.length)
  const blocked = ['127.0.0.1', '127.9.9.9', '::ffff:127.0.0.1', '169.254.169.254', '64:ff9b::a9fe:a9fe']
  for (const address of blocked) candidates.take({ line: `candidate:1 1 udp 1 ${address} 5 typ relay` })
  assert.equal(candidates.ignored.blocked, blocked.length)
  assert.deepEqual(ports, [])
  candidates.take({ line: 'candidate:1 1 udp 1 10.0.0.1 6 typ host' })
  assert.deepEqual(ports, [6])
})

test('TCP candidates pass when TCP is in use, if they say which end opens', () => {
  const { candidates, ports } = make({ usesTcp: true })
  candidates.setGeneration('aaaa')
  for (const line of [
    'candidate:1 1 tcp 1 192.0.2.9 9 typ host tcptype active',
    'candidate:1 1 TCP 1 192.0.2.9 7 typ host tcptype passive',
    'candidate:1 1 tcp 1 192.0.2.9 9 typ host tcptype so',
    'candidate:1 1 tcp 1 192.0.2.9 8 typ host',
    'candidate:1 1 tcp 1 192.0.2.9 0 typ host tcptype active',
  ]) {
    candidates.take({ line })
  }
  assert.deepEqual(ports, [9, 7, 9])
  assert.equal(candidates.ignored.useless, 2)
})

test('another spelling of an address is the same candidate', () => {
  const { candidates, ports } = make()
  candidates.setGeneration('aaaa')
  for (const address of ['2001:db8::1', '2001:DB8:0:0::1', '[2001:db8::1]']) {
    candidates.take({ line: `candidate:1 1 udp 1 ${address} 5 typ host` })
  }
  assert.deepEqual(ports, [5])
})

test('a peer that restarts all day, or sends a million candidates, fills neither memory nor the log', () => {
  let lines = 0
  const candidates = new RemoteCandidates({
    log: /** @type {any} */ ({ write: () => (lines += 1) }),
    forward() {},
    end() {},
  })
  for (let i = 0; i < 100; i += 1) candidates.setGeneration(`ufrag${i}`)
  candidates.take({ line: 'candidate:1 1 udp 1 192.0.2.9 5 typ host ufrag ufrag98' })
  assert.equal(candidates.ignored.stale, 1)
  for (let port = 1; port <= 20_000; port += 1) {
    candidates.take({ line: `candidate:1 1 udp 1 192.0.2.9 ${port} typ host` })
  }
  assert.ok(lines <= 2100, String(lines))
})

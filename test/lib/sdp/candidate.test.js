// Candidate lines: those of the reference log, of browsers, and hostile ones.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCandidate, writeCandidate } from '../../../lib/sdp/candidate.js'

const good = [
  {
    line: 'a=candidate:1198673846 1 udp 2122260223 169.254.18.32 64814 typ host generation 0 ufrag KDyD network-id 1',
    expected: { type: 'host', address: '169.254.18.32', port: 64814, priority: 2122260223, ufrag: 'KDyD' },
  },
  {
    line: 'candidate:166835014 1 tcp 1518280447 169.254.18.32 9 typ host tcptype active generation 0 ufrag KDyD network-id 1',
    expected: { protocol: 'tcp', tcpType: 'active', port: 9 },
  },
  {
    line: 'candidate:3661794643 1 udp 1685921535 114.86.193.199 43544 typ srflx raddr 10.200.111.59 rport 64816 generation 0 ufrag KDyD network-id 3',
    expected: { type: 'srflx', relatedAddress: '10.200.111.59', relatedPort: 64816 },
  },
  {
    line: 'candidate:0 2 UDP 2122187006 192.0.2.9 60894 typ host',
    expected: { component: 2, protocol: 'udp' },
  },
  {
    line: 'candidate:0 1 UDP 2122187007 eab1e9c4-7257-4efc-b27a-c52ac7630bef.local 34355 typ host',
    expected: { addressKind: 'mdns' },
  },
  { line: 'candidate:1 1 udp 1 example.org 5 typ host', expected: { addressKind: 'name' } },
  {
    line: 'candidate:1 1 udp 1 2001:db8::1 5 typ host',
    expected: { addressKind: 'ip', address: '2001:db8::1' },
  },
  { line: 'candidate:1 1 udp 1 [2001:db8::1] 5 typ host', expected: { address: '2001:db8::1' } },
  {
    line: 'candidate:+/aZ 1 udp 4294967295 192.0.2.1 65535 typ relay x y foo bar',
    expected: { type: 'relay' },
  },
  {
    line: 'candidate:1 1 udp 1 192.0.2.1 5 typ srflx raddr hidden.local rport 5',
    expected: { relatedAddress: undefined, relatedPort: undefined },
  },
]

for (const { line, expected } of good) {
  test(`reads ${line.slice(0, 60)}`, () => {
    const candidate = parseCandidate(line)
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(candidate[name], value, name)
  })
}

const bad = [
  '',
  'candidate:',
  'candidate:1 1 udp 1 192.0.2.1 5 typ',
  'candidate:1 1 udp 1 192.0.2.1 5 host typ',
  'candidate:1 1 udp 1 192.0.2.1 5 typ host ext',
  'candidate:1 1 udp 1 192.0.2.1 5 typ alien',
  'candidate:1 1 sctp 1 192.0.2.1 5 typ host',
  'candidate:1 0 udp 1 192.0.2.1 5 typ host',
  'candidate:1 257 udp 1 192.0.2.1 5 typ host',
  'candidate:1 1 udp 4294967296 192.0.2.1 5 typ host',
  'candidate:1 1 udp -1 192.0.2.1 5 typ host',
  'candidate:1 1 udp 1e3 192.0.2.1 5 typ host',
  'candidate:1 1 udp 1 192.0.2.1 65536 typ host',
  'candidate:1 1 udp 1 192.0.2.256 5 typ host',
  'candidate:1 1 udp 1 1.2.3 5 typ host',
  'candidate:1 1 udp 1 ::g 5 typ host',
  'candidate:1 1 udp 1 a/b 5 typ host',
  `candidate:${'1'.repeat(33)} 1 udp 1 192.0.2.1 5 typ host`,
  'candidate:a_b 1 udp 1 192.0.2.1 5 typ host',
  'candidate:1 1 udp 1 192.0.2.1 5 typ host ufrag a\r\nb c',
  'candidate:1 1 udp 1 192.0.2.1 5 typ host tcptype maybe',
  'candidate:1 1 udp 1 192.0.2.1 5 typ host rport 99999',
  `candidate:1 1 udp 1 192.0.2.1 5 typ host x ${'y'.repeat(2000)}`,
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
]

for (const line of bad) {
  test(`refuses ${JSON.stringify(line.slice(0, 70))}`, () => {
    assert.throws(() => parseCandidate(line), { code: 'ERR_CANDIDATE_SYNTAX' })
  })
}

test('writes what it reads', () => {
  const lines = [
    'candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host',
    'candidate:8 1 udp 1677721855 203.0.113.7 16175 typ srflx raddr 10.0.0.2 rport 40006',
    'candidate:3 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active',
    'candidate:4 1 udp 5 2001:db8::1 7 typ relay raddr 2001:db8::2 rport 8',
  ]
  for (const line of lines) assert.equal(writeCandidate(parseCandidate(line)), line)
})

test('a candidate that is not host always says a related address', () => {
  const line = writeCandidate({
    foundation: '1',
    component: 1,
    protocol: 'udp',
    priority: 1,
    address: '2001:db8::1',
    port: 2,
    type: 'relay',
  })
  assert.match(line, / raddr :: rport 9$/)
})

test('the generation can be named', () => {
  const candidate = parseCandidate('candidate:1 1 udp 1 192.0.2.1 5 typ host')
  assert.equal(parseCandidate(writeCandidate(candidate, { ufrag: 'abcd' })).ufrag, 'abcd')
})

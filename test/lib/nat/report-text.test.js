// The report as people read it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportText } from '../../../lib/nat/report-text.js'

/** @type {import('../../../lib/nat/discover.js').NatReport} */
const report = {
  localAddress: '10.0.0.2',
  localPort: 50000,
  publicAddress: '198.51.100.7',
  publicPort: 61000,
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  classic: 'port restricted',
  hairpinning: false,
  bindingLifetimeSeconds: 28.4,
  bindingLostSeconds: 31.2,
  tcpReachable: null,
  server: {
    host: 'stun.example.org',
    address: '192.0.2.1',
    port: 3478,
    software: 'Some\u001b[2JServer',
    otherAddress: { address: '192.0.2.2', port: 3479 },
    canDiscover: true,
  },
  rttMs: 12.34,
  advice: ['Short.', `${'word '.repeat(40)}end.`],
}

test('a NAT, line by line', () => {
  const lines = reportText(report).split('\n')
  assert.deepEqual(lines.slice(0, 12), [
    'stun.example.org (192.0.2.1:3478) by Some?[2JServer answers in 12 ms.',
    '',
    '  Local address   10.0.0.2:50000',
    '  Public address  198.51.100.7:61000',
    '  NAT             port restricted cone',
    '  Mapping         endpoint-independent: one public port for all destinations',
    '  Filtering       address- and port-dependent: only whom exactly we have sent to gets in',
    '  Hairpinning     no',
    '  Mapping lasts   between 28 s and 31 s of silence',
    '',
    'For calls',
    '  - Short.',
  ])
  assert.ok(lines.every((line) => line.length <= 90))
  assert.equal(lines.at(-1), '')
})

test('what is not known is left out or said so', () => {
  const text = reportText({
    ...report,
    classic: 'unknown',
    mapping: 'unknown',
    filtering: 'unknown',
    hairpinning: null,
    bindingLifetimeSeconds: null,
    bindingLostSeconds: null,
  })
  assert.match(text, /NAT {2,}of a kind not known/)
  assert.match(text, /Filtering {2,}not known/)
  assert.doesNotMatch(text, /Hairpinning|Mapping lasts|null|undefined/)
  assert.match(reportText({ ...report, bindingLostSeconds: null }), /28 s of silence or longer/)
})

test('blocked, and IPv6', () => {
  const text = reportText({
    ...report,
    classic: 'blocked',
    localAddress: '2001:db8::2',
    publicAddress: null,
    publicPort: null,
    rttMs: null,
    tcpReachable: true,
    server: { ...report.server, host: '2001:db8::1', address: '2001:db8::1', software: null },
  })
  assert.match(text, /^\[2001:db8::1\]:3478 is silent\.\n/)
  assert.match(text, /Local address {2}\[2001:db8::2\]:50000/)
  assert.match(text, /TCP {2,}the same server answers/)
  assert.doesNotMatch(text, /null|undefined|Public/)
})

// What answers mean.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adviceFor, classicName, filteringOf, mappingOf } from '../../../lib/nat/behaviour.js'

/** @returns {import('../../../lib/nat/stun-server.js').Endpoint} */
const at = (/** @type {number} */ port, address = '198.51.100.1') => ({ address, port, family: 4 })

test('mapping', () => {
  const local = at(1, '10.0.0.2')
  /** @type {[any[], string][]} */
  const table = [
    [[null, null, null], 'unknown'],
    [[local], 'none'],
    [[local, at(5), at(6)], 'none'],
    [[at(5)], 'unknown'],
    [[at(5), at(5), null], 'endpoint-independent'],
    [[at(5), at(5), at(5)], 'endpoint-independent'],
    [[at(5), at(6), at(6)], 'address-dependent'],
    [[at(5), at(6), at(7)], 'address-and-port-dependent'],
    [[at(5), at(5, '198.51.100.2'), at(5, '198.51.100.2')], 'address-dependent'],
    [[at(5), at(6), null], 'unknown'],
    [[at(5), null, at(6)], 'unknown'],
  ]
  for (const [publics, expected] of table) assert.equal(mappingOf(local, publics), expected)
})

test('filtering', () => {
  const yes = true
  const no = false
  /** @type {[boolean, boolean, boolean, string][]} */
  const table = [
    [yes, yes, yes, 'endpoint-independent'],
    [yes, no, yes, 'endpoint-independent'],
    [no, yes, yes, 'address-dependent'],
    [no, no, yes, 'address-and-port-dependent'],
    [no, no, no, 'unknown'],
    [no, yes, no, 'unknown'],
  ]
  for (const [fromOtherAddress, fromOtherPort, canAsk, expected] of table) {
    assert.equal(filteringOf({ fromOtherAddress, fromOtherPort, canAsk }), expected)
  }
})

test('classic names', () => {
  const independent = 'endpoint-independent'
  const byAddress = 'address-dependent'
  const byPort = 'address-and-port-dependent'
  /** @type {[any, any, string][]} */
  const table = [
    ['none', independent, 'open'],
    ['none', byAddress, 'symmetric firewall'],
    ['none', byPort, 'symmetric firewall'],
    ['none', 'unknown', 'unknown'],
    [independent, independent, 'full cone'],
    [independent, byAddress, 'restricted'],
    [independent, byPort, 'port restricted'],
    [independent, 'unknown', 'unknown'],
    [byAddress, byPort, 'symmetric'],
    [byPort, 'unknown', 'symmetric'],
    ['unknown', byPort, 'unknown'],
  ]
  for (const [mapping, filtering, expected] of table) assert.equal(classicName(mapping, filtering), expected)
})

test('advice for each outcome', () => {
  const found = { hairpinning: null, tcpReachable: null, canDiscover: true }
  const text = (/** @type {object} */ more) =>
    adviceFor(/** @type {any} */ ({ classic: 'unknown', mapping: 'unknown', ...found, ...more })).join(' ')
  assert.match(text({ classic: 'open' }), /direct with every peer/)
  assert.match(text({ classic: 'symmetric' }), /TURN is needed against port restricted and symmetric/)
  assert.match(text({ classic: 'port restricted', hairpinning: false }), /No hairpinning/)
  assert.doesNotMatch(text({ classic: 'port restricted', hairpinning: true }), /No hairpinning/)
  assert.match(text({ classic: 'blocked', tcpReachable: true }), /TLS on port 443.*answers over TCP/)
  assert.match(text({ classic: 'blocked', tcpReachable: false }), /try another one/)
  assert.match(text({ mapping: 'none', canDiscover: false }), /No NAT.*RFC 5780/)
  assert.match(text({ mapping: 'endpoint-independent' }), /One public port/)
  assert.match(text({}), /Plan for TURN/)
})

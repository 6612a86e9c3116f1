// Hairpinning on simulated NATs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testHairpinning } from '../../../lib/nat/hairpin.js'
import { NatSimulator } from '../../support/nat-simulator.js'

const skip = process.platform === 'linux' ? false : 'needs several loopback addresses'
const byPort = 'address-and-port-dependent'

/** @type {[string, import('../../support/nat-simulator.js').NatRules, boolean | null][]} */
const table = [
  ['a NAT that does it', { hairpin: true }, true],
  ['a NAT that does it and filters', { hairpin: true, filtering: byPort }, true],
  ['a NAT that does not', {}, false],
  [
    'a symmetric NAT: its public addresses are of no use to others',
    { hairpin: true, mapping: byPort, filtering: byPort },
    false,
  ],
  ['no NAT', { mapping: 'none' }, null],
  ['no answer', { isBlocked: true }, null],
]

for (const [name, rules, expected] of table) {
  test(name, { skip }, async (t) => {
    const simulator = await NatSimulator.start(rules)
    t.after(() => simulator.close())
    const [address, port] = simulator.server.split(':')
    const server = { address, port: Number(port), family: /** @type {const} */ (4) }
    assert.equal(await testHairpinning({ server, localAddress: '127.0.0.1', timeoutMs: 600 }), expected)
  })
}

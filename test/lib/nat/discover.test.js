// discoverNat() against a simulated server behind simulated NATs.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { discoverNat } from '../../../lib/nat/discover.js'
import { NatSimulator, software } from '../../support/nat-simulator.js'

/** @typedef {import('../../support/nat-simulator.js').NatRules} NatRules */
/** @typedef {import('../../support/nat-simulator.js').ServerRules} ServerRules */

const timeoutMs = 600
const independent = 'endpoint-independent'
const byAddress = 'address-dependent'
const byPort = 'address-and-port-dependent'

/** A simulator for one test. Only Linux has all of 127.0.0.0/8 at once. */
const skip = process.platform === 'linux' ? false : 'needs several loopback addresses'

/**
 * @param {import('node:test').TestContext} t
 * @param {NatRules} [nat]
 * @param {ServerRules} [rules]
 */
async function simulate(t, nat, rules) {
  const simulator = await NatSimulator.start(nat, rules)
  t.after(() => simulator.close())
  return simulator
}

/** @type {[string, NatRules, string, string, string][]} */
const kinds = [
  ['open', { mapping: 'none' }, 'none', independent, 'open'],
  ['symmetric firewall', { mapping: 'none', filtering: byPort }, 'none', byPort, 'symmetric firewall'],
  ['firewall by address', { mapping: 'none', filtering: byAddress }, 'none', byAddress, 'symmetric firewall'],
  ['full cone', {}, independent, independent, 'full cone'],
  ['restricted', { filtering: byAddress }, independent, byAddress, 'restricted'],
  ['port restricted', { filtering: byPort }, independent, byPort, 'port restricted'],
  ['symmetric', { mapping: byPort, filtering: byPort }, byPort, byPort, 'symmetric'],
  ['symmetric by address', { mapping: byAddress, filtering: byAddress }, byAddress, byAddress, 'symmetric'],
  ['symmetric, open', { mapping: byPort }, byPort, independent, 'symmetric'],
]

for (const [name, nat, mapping, filtering, classic] of kinds) {
  test(`a NAT of this kind is named right: ${name}`, { skip }, async (t) => {
    const simulator = await simulate(t, nat)
    const report = await discoverNat({ server: simulator.server, timeoutMs })
    assert.deepEqual(
      { mapping: report.mapping, filtering: report.filtering, classic: report.classic },
      { mapping, filtering, classic },
    )
    assert.equal(report.publicAddress, mapping === 'none' ? report.localAddress : simulator.publicAddress)
    assert.equal(report.publicPort === report.localPort, mapping === 'none')
    assert.equal(report.hairpinning, mapping === 'none' ? null : false)
    assert.equal(report.server.canDiscover, true)
    assert.equal(report.server.software, software)
    assert.equal(report.server.otherAddress?.port, simulator.ports[1])
    assert.ok(report.rttMs !== null && report.rttMs > 0)
    assert.ok(report.advice.length > 0)
  })
}

test('it is the asked local address and port that is examined', { skip }, async (t) => {
  const simulator = await simulate(t, { mapping: 'none' })
  const free = createSocket('udp4')
  free.bind(0, '127.0.0.5')
  await once(free, 'listening')
  const localPort = free.address().port
  const options = { server: `stun:${simulator.server}`, localAddress: '127.0.0.5', localPort, timeoutMs }
  await assert.rejects(discoverNat(options), { code: 'ERR_STUN_BIND', message: /in use/ })
  free.close()
  const report = await discoverNat(options)
  assert.deepEqual([report.localAddress, report.localPort], ['127.0.0.5', localPort])
  assert.deepEqual([report.publicAddress, report.publicPort], ['127.0.0.5', localPort])
})

test('hairpinning is seen, also where filters have to be opened', { skip }, async (t) => {
  for (const filtering of /** @type {const} */ ([independent, byPort])) {
    const simulator = await simulate(t, { filtering, hairpin: true })
    assert.equal((await discoverNat({ server: simulator.server, timeoutMs })).hairpinning, true)
  }
  const simulator = await simulate(t, { hairpin: true })
  assert.equal((await discoverNat({ server: simulator.server, timeoutMs, hairpin: false })).hairpinning, null)
})

test('a server without a second address tells the public address, and that there is a NAT', {
  skip,
}, async (t) => {
  const simulator = await simulate(t, { filtering: byPort }, { hasOther: false })
  const report = await discoverNat({ server: simulator.server, timeoutMs })
  assert.equal(report.publicAddress, simulator.publicAddress)
  assert.deepEqual([report.mapping, report.filtering, report.classic], ['unknown', 'unknown', 'unknown'])
  assert.equal(report.server.canDiscover, false)
  assert.match(report.advice.join(' '), /cannot do RFC 5780/)
  const plain = await simulate(t, { mapping: 'none' }, { hasOther: false })
  const open = await discoverNat({ server: plain.server, timeoutMs })
  assert.deepEqual([open.mapping, open.filtering, open.classic], ['none', 'unknown', 'unknown'])
})

test('a server that does not change addresses proves nothing about filters', { skip }, async (t) => {
  for (const change of /** @type {const} */ (['ignored', 'refused'])) {
    const simulator = await simulate(t, {}, { change })
    const report = await discoverNat({ server: simulator.server, timeoutMs })
    assert.deepEqual([report.mapping, report.filtering], [independent, 'unknown'], change)
    assert.equal(report.server.canDiscover, false)
  }
})

test('a server whose other address is dead proves nothing either', { skip }, async (t) => {
  const simulator = await simulate(t, { filtering: byPort }, { isDeaf: true })
  const report = await discoverNat({ server: simulator.server, timeoutMs })
  assert.deepEqual([report.mapping, report.filtering, report.classic], ['unknown', 'unknown', 'unknown'])
})

test('other addresses that nobody should be sent to are not used', { skip }, async (t) => {
  for (const other of [
    { address: '127.0.0.10', port: 4000 },
    { address: '239.1.2.3', port: 4000 },
    { address: '255.255.255.255', port: 4000 },
    { address: '0.0.0.0', port: 4000 },
    { address: '2001:db8::1', port: 4000 },
    { address: '127.0.0.11', port: 0 },
  ]) {
    const simulator = await simulate(t, {}, { other })
    const report = await discoverNat({ server: simulator.server, timeoutMs })
    assert.equal(report.server.canDiscover, false, other.address)
    assert.equal(report.mapping, 'unknown', other.address)
  }
})

test('garbage, forged answers and strangers change nothing', { skip }, async (t) => {
  const simulator = await simulate(t, { filtering: byAddress }, { isNoisy: true })
  const report = await discoverNat({ server: simulator.server, timeoutMs })
  assert.equal(report.classic, 'restricted')
  assert.equal(report.publicAddress, simulator.publicAddress)
  assert.equal(report.hairpinning, false)
})

test('a lost request is sent again', { skip }, async (t) => {
  const simulator = await simulate(t, { mapping: 'none', lost: 1 })
  const report = await discoverNat({ server: simulator.server, timeoutMs: 1600 })
  assert.equal(report.classic, 'open')
})

test('blocked: no UDP, and whether TCP gets through', { skip }, async (t) => {
  const simulator = await simulate(t, { isBlocked: true }, { hasTcp: true })
  const report = await discoverNat({ server: simulator.server, timeoutMs })
  assert.deepEqual([report.classic, report.mapping, report.filtering], ['blocked', 'unknown', 'unknown'])
  assert.deepEqual([report.publicAddress, report.publicPort, report.rttMs], [null, null, null])
  assert.equal(report.tcpReachable, true)
  assert.match(report.advice.join(' '), /it is UDP that something on the way drops/)
  const silent = await simulate(t, { isBlocked: true })
  const dead = await discoverNat({ server: silent.server, timeoutMs })
  assert.deepEqual([dead.classic, dead.tcpReachable], ['blocked', false])
  assert.match(dead.advice.join(' '), /may also be the server/)
})

test('nobody there is an error, not a NAT', async () => {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await assert.rejects(discoverNat({ server: `127.0.0.1:${port}`, timeoutMs }), {
    code: 'ERR_STUN_REFUSED',
    message: /No STUN server listens on 127\.0\.0\.1/,
  })
})

test('an error response is told', { skip }, async (t) => {
  const simulator = await simulate(t, {}, { error: { code: 401, reason: 'Unauthorized' } })
  await assert.rejects(discoverNat({ server: simulator.server, timeoutMs }), {
    code: 'ERR_STUN_REJECTED',
    message: /401 Unauthorized/,
  })
})

test('the lifetime of a mapping is measured on request', { skip }, async (t) => {
  const simulator = await simulate(t, { filtering: byPort, lifetimeMs: 700 })
  const server = simulator.server
  const report = await discoverNat({ server, timeoutMs, hairpin: false, lifetime: { maxSeconds: 3 } })
  const { bindingLifetimeSeconds: survived, bindingLostSeconds: lost } = report
  assert.ok(survived !== null && lost !== null)
  assert.ok(survived > 0.2 && survived <= 0.75, `survived ${survived}`)
  assert.ok(lost > survived && lost >= 0.65, `lost ${lost}`)
})

test('a mapping that outlives the measurement, and a server that can not measure', { skip }, async (t) => {
  const simulator = await simulate(t)
  const options = { timeoutMs, hairpin: false, lifetime: { maxSeconds: 0.5 } }
  const report = await discoverNat({ ...options, server: simulator.server })
  assert.deepEqual([report.bindingLifetimeSeconds, report.bindingLostSeconds], [0.5, null])
  const without = await simulate(t, {}, { responsePort: false })
  const unknown = await discoverNat({ ...options, server: without.server })
  assert.deepEqual([unknown.bindingLifetimeSeconds, unknown.bindingLostSeconds], [null, null])
})

test('it can be aborted, at any moment', { skip }, async (t) => {
  const simulator = await simulate(t, { filtering: byPort })
  const { server } = simulator
  for (const afterMs of [0, 30, 250]) {
    const startedMs = performance.now()
    const run = discoverNat({
      server,
      timeoutMs: 60_000,
      lifetime: true,
      signal: AbortSignal.timeout(afterMs),
    })
    await assert.rejects(run, { code: 'ERR_ABORTED' })
    assert.ok(performance.now() - startedMs < 10_000)
  }
  await assert.rejects(discoverNat({ server, signal: AbortSignal.abort() }), { code: 'ERR_ABORTED' })
})

test('a name that can not be resolved, and a server of another family than asked', async () => {
  await assert.rejects(discoverNat({ server: 'no-such-name.invalid' }), { code: 'ERR_STUN_RESOLVE' })
  await assert.rejects(discoverNat({ server: '127.0.0.1', family: 6 }), {
    code: /ERR_STUN_(RESOLVE|NO_ROUTE)/,
  })
})

test('wrong arguments are refused at once', () => {
  for (const options of [
    undefined,
    null,
    {},
    { server: '' },
    { server: 5 },
    { server: 'turn:example.org' },
    { server: 'example.org:0' },
    { server: 'example.org', localPort: 70_000 },
    { server: 'example.org', localPort: '5' },
    { server: 'example.org', localAddress: 'eth0' },
    { server: 'example.org', timeoutMs: 0 },
    { server: 'example.org', hairpin: 1 },
    { server: 'example.org', lifetime: { maxSeconds: -1 } },
    { server: 'example.org', lifetime: 'yes' },
    { server: 'example.org', family: 5 },
    { server: 'example.org', family: 6, localAddress: '127.0.0.1' },
    { server: 'example.org', signal: {} },
  ]) {
    assert.throws(() => discoverNat(/** @type {any} */ (options)), { code: 'ERR_INVALID_ARGUMENT' })
  }
})

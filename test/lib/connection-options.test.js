// Options of a connection.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { checkOptions } from '../../lib/connection-options.js'

test('nothing said is trickle, all addresses, any port, 30 s', () => {
  const { native: config, trickle, polite, announced } = checkOptions({})
  assert.deepEqual([trickle, polite, announced], [true, false, []])
  assert.deepEqual([config.portMin, config.portMax, config.relayOnly, config.tcp], [0, 0, false, false])
  assert.equal(config.connectTimeoutMs, 30_000)
  assert.deepEqual(
    [config.disconnectedTimeoutMs, config.consentTimeoutMs, config.tlsCa],
    [4500, 30_000, undefined],
  )
  assert.deepEqual(config.servers, [])
  assert.ok(config.addresses.length > 0)
})

const wrong = [
  { iceServers: [{ urls: 'http://x' }] },
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
  { iceAutoRestart: 'no' },
  { ignoredInterfaces: 'docker0' },
  { announcedAddress: { local: '10.0.0.1', public: 'example.org' } },
  { blockedNetworks: ['10.0.0.0/33'] },
  { disconnectedTimeoutMs: 100 },
  { disconnectedTimeoutMs: 30_000 },
  { consentTimeoutMs: 0 },
  { consentTimeoutMs: 4000 },
  { tlsCa: '' },
  { tlsCa: 'certificate' },
  { tlsCa: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
  { tlsCa: 5 },
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
    const [name] = Object.keys(options)
    const refusal = {
      code: 'ERR_INVALID_ARGUMENT',
      message: new RegExp(name === 'consentTimeoutMs' ? 'consent' : name),
    }
    assert.throws(() => checkOptions(/** @type {any} */ (options)), refusal)
  })
}

test('what is known but not there says so', () => {
  const options = { iceServers: [{ urls: 'stuns:x' }] }
  assert.throws(() => checkOptions(options), { code: 'ERR_NOT_SUPPORTED' })
})

test('what the core is told', () => {
  const tlsCa = `# ours\n${rootCertificates[0]}\n${rootCertificates[1]}\n`
  const { native: config, ...rest } = checkOptions({
    iceTcp: true,
    iceAutoRestart: false,
    iceTransportPolicy: 'relay',
    portRange: { min: 40000, max: 40100 },
    disconnectedTimeoutMs: 2000,
    consentTimeoutMs: 10_000,
    tlsCa,
    blockedNetworks: ['10.0.0.0/8'],
    announcedAddress: [{ local: '127.0.0.1', public: '198.51.100.7' }],
    networkInterfaces: ['127.0.0.1'],
    polite: false,
  })
  assert.deepEqual(config, {
    litePort: 0,
    servers: [],
    addresses: ['127.0.0.1'],
    portMin: 40000,
    portMax: 40100,
    relayOnly: true,
    tcp: true,
    tlsCa,
    connectTimeoutMs: 30_000,
    disconnectedTimeoutMs: 2000,
    consentTimeoutMs: 10_000,
  })
  assert.deepEqual(rest, {
    choice: { wanted: ['127.0.0.1'], ignored: [] },
    announced: [{ local: '127.0.0.1', public: '198.51.100.7' }],
    blockedNetworks: ['10.0.0.0/8'],
    iceAutoRestart: false,
    trickle: true,
    polite: false,
    isPolitenessOpen: false,
  })
})

test('ICE-lite: a port, no servers of our own, and the core judges silence', () => {
  const iceServers = [{ urls: 'stun:192.0.2.1' }]
  const { native: config } = checkOptions({ ice: 'lite', icePort: 4000, iceServers })
  assert.equal(config.litePort, 4000)
  assert.deepEqual(config.servers, [])
  assert.equal(config.disconnectedTimeoutMs, 0)
  assert.equal(checkOptions({ ice: 'lite', disconnectedTimeoutMs: 5000 }).native.disconnectedTimeoutMs, 5000)
})

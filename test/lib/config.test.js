// Settings from the environment and from a file.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { readConfig } from '../../lib/config.js'

const folder = mkdtempSync(join(tmpdir(), 'urchin-config-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0

/** @param {unknown} content an object, or text as it is */
function writeConfig(content) {
  files += 1
  const path = join(folder, `${files}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('nothing set: everything by default', () => {
  assert.deepEqual(readConfig({}), { logLevel: 'info', options: { connection: {} } })
  assert.deepEqual(readConfig({ PORT: '', HOST: ' ', LOG_LEVEL: '' }), readConfig({}))
})

test('the environment', () => {
  const { logLevel, options } = readConfig({
    PORT: '9000',
    HOST: '127.0.0.1',
    URCHIN_WORKERS: '3',
    URCHIN_ICE_SERVERS: '[{"urls":"stun:192.0.2.1:3478"}]',
    URCHIN_PORT_MIN: '40000',
    URCHIN_PORT_MAX: '40100',
    URCHIN_ANNOUNCED_ADDRESS: '198.51.100.7, 2001:db8::7',
    URCHIN_NETWORK_INTERFACES: 'lo',
    URCHIN_ALLOWED_ORIGINS: 'https://a.example,https://b.example',
    URCHIN_MAX_ROOMS: '5',
    LOG_LEVEL: 'DEBUG',
  })
  assert.equal(logLevel, 'debug')
  assert.deepEqual(options, {
    port: 9000,
    host: '127.0.0.1',
    workers: 3,
    iceServers: [{ urls: 'stun:192.0.2.1:3478' }],
    allowedOrigins: ['https://a.example', 'https://b.example'],
    maxRooms: 5,
    connection: {
      portRange: { min: 40000, max: 40100 },
      announcedAddress: ['198.51.100.7', '2001:db8::7'],
      networkInterfaces: ['lo'],
    },
  })
})

test('everything about ICE', () => {
  const tlsCa = rootCertificates[0]
  const { options } = readConfig({
    URCHIN_ICE_SERVERS:
      '[{"urls":"stun:192.0.2.1"},{"urls":"turn:192.0.2.1","username":"a","credential":"b"}]',
    URCHIN_CLIENT_ICE_SERVERS: '[{"urls":"stun:192.0.2.2"}]',
    URCHIN_TURN_URLS: 'turn:192.0.2.3,turns:192.0.2.3',
    URCHIN_TURN_SECRET: 'north',
    URCHIN_TURN_TTL_SECONDS: '600',
    URCHIN_TURN_FOR_SERVER: 'true',
    URCHIN_ANNOUNCED_ADDRESS: '10.0.0.1=198.51.100.1, 2001:db8::7',
    URCHIN_IGNORED_INTERFACES: 'docker*, 172.16.0.0/12',
    URCHIN_BLOCKED_NETWORKS: '10.0.0.0/8,fd00::/8',
    URCHIN_ICE_TCP: 'TRUE',
    URCHIN_ICE_AUTO_RESTART: 'false',
    URCHIN_TLS_CA_FILE: writeConfig(tlsCa),
    URCHIN_DISCONNECTED_TIMEOUT_MS: '3000',
    URCHIN_CONSENT_TIMEOUT_MS: '20000',
  })
  assert.deepEqual(options, {
    iceServers: [{ urls: 'stun:192.0.2.1' }, { urls: 'turn:192.0.2.1', username: 'a', credential: 'b' }],
    clientIceServers: [{ urls: 'stun:192.0.2.2' }],
    turn: { urls: ['turn:192.0.2.3', 'turns:192.0.2.3'], secret: 'north', ttlSeconds: 600, forServer: true },
    connection: {
      announcedAddress: [{ local: '10.0.0.1', public: '198.51.100.1' }, '2001:db8::7'],
      ignoredInterfaces: ['docker*', '172.16.0.0/12'],
      blockedNetworks: ['10.0.0.0/8', 'fd00::/8'],
      iceTcp: true,
      iceAutoRestart: false,
      tlsCa,
      disconnectedTimeoutMs: 3000,
      consentTimeoutMs: 20_000,
    },
  })
  assert.deepEqual(readConfig({ URCHIN_BLOCKED_NETWORKS: 'none' }).options.connection?.blockedNetworks, [])
})

test('the same in a file', () => {
  const path = writeConfig({
    announcedAddress: [{ local: '10.0.0.1', public: '198.51.100.1' }],
    blockedNetworks: [],
    iceTcp: true,
    turnUrls: 'turn:192.0.2.3',
    turnSecret: 'north',
  })
  assert.deepEqual(readConfig({ URCHIN_CONFIG: path }).options, {
    turn: { urls: ['turn:192.0.2.3'], secret: 'north' },
    connection: {
      announcedAddress: [{ local: '10.0.0.1', public: '198.51.100.1' }],
      blockedNetworks: [],
      iceTcp: true,
    },
  })
})

test('ICE-lite from the environment', () => {
  const { options } = readConfig({ URCHIN_ICE: 'lite', URCHIN_ICE_PORT: '4000', URCHIN_ICE_TCP: 'true' })
  assert.deepEqual(options.connection, { ice: 'lite', icePort: 4000, iceTcp: true })
})

test('the file, and the environment over it', () => {
  const path = writeConfig({ port: 9000, host: '::1', announcedAddress: '198.51.100.7', logLevel: 'warn' })
  const { logLevel, options } = readConfig({ URCHIN_CONFIG: path, PORT: '9001' })
  assert.equal(logLevel, 'warn')
  assert.deepEqual(options, {
    port: 9001,
    host: '::1',
    connection: { announcedAddress: ['198.51.100.7'] },
  })
})

for (const [env, message] of /** @type {[NodeJS.ProcessEnv, RegExp][]} */ ([
  [{ PORT: 'http' }, /^PORT must be a number/],
  [{ PORT: '65536' }, /^PORT must be/],
  [{ PORT: '-1' }, /^PORT must be/],
  [{ PORT: '80.5' }, /^PORT must be/],
  [{ URCHIN_ICE_SERVERS: 'stun:192.0.2.1' }, /^URCHIN_ICE_SERVERS must be a JSON list/],
  [{ URCHIN_ICE_SERVERS: '{"urls":"x"}' }, /^URCHIN_ICE_SERVERS must be a JSON list/],
  [{ URCHIN_ICE_SERVERS: '[{"urls":"http://x"}]' }, /not a STUN or TURN URL: http:\/\/x/],
  [{ URCHIN_PORT_MIN: '40000' }, /go together/],
  [{ URCHIN_ICE: 'heavy' }, /ice must be 'nice' or 'lite'/],
  [{ URCHIN_ICE_PORT: '4000' }, /icePort is for ice: 'lite'/],
  [{ URCHIN_ICE: 'lite', URCHIN_ICE_PORT: '0' }, /^URCHIN_ICE_PORT must be/],
  [{ URCHIN_PORT_MIN: '2', URCHIN_PORT_MAX: '1' }, /portRange/],
  [{ URCHIN_ANNOUNCED_ADDRESS: 'my.host.example' }, /announcedAddress/],
  [{ URCHIN_NETWORK_INTERFACES: 'no-such-interface' }, /no-such-interface/],
  [{ URCHIN_ALLOWED_ORIGINS: ',' }, /^URCHIN_ALLOWED_ORIGINS must be a list/],
  [{ URCHIN_ICE_TCP: 'maybe' }, /^URCHIN_ICE_TCP must be true or false/],
  [{ URCHIN_IGNORED_INTERFACES: '10.0.0.0/40' }, /ignoredInterfaces: 10.0.0.0\/40/],
  [{ URCHIN_BLOCKED_NETWORKS: 'lan' }, /blockedNetworks/],
  [{ URCHIN_ANNOUNCED_ADDRESS: '10.0.0.1=' }, /announcedAddress/],
  [{ URCHIN_CONSENT_TIMEOUT_MS: '10' }, /consentTimeoutMs/],
  [{ URCHIN_TLS_CA_FILE: '/no/such.pem' }, /\/no\/such\.pem \(URCHIN_TLS_CA_FILE\) can not be read/],
  [{ URCHIN_TLS_CA_FILE: writeConfig('no certificate') }, /tlsCa must be/],
  [{ URCHIN_TURN_URLS: 'turn:192.0.2.3' }, /URCHIN_TURN_URLS and URCHIN_TURN_SECRET .* go together/],
  [{ URCHIN_TURN_SECRET: 'north' }, /go together/],
  [{ URCHIN_TURN_FOR_SERVER: 'true' }, /need URCHIN_TURN_URLS/],
  [{ URCHIN_TURN_URLS: 'stun:192.0.2.3', URCHIN_TURN_SECRET: 'north' }, /^turn: urls/],
  [
    { URCHIN_CLIENT_ICE_SERVERS: '[{"urls":"turn:x","username":"a","credential":"b"}]' },
    /clientIceServers: pages get no credentials that last/,
  ],
  [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be debug/],
  [{ URCHIN_CONFIG: '/no/such/file.json' }, /\/no\/such\/file\.json.*can not be read/],
  [{ URCHIN_CONFIG: writeConfig('{"port":') }, /can not be read: .*JSON/],
  [{ URCHIN_CONFIG: writeConfig([]) }, /must hold a JSON object/],
  [{ URCHIN_CONFIG: writeConfig({ prot: 1 }) }, /unknown setting "prot"; known are port, /],
  [{ URCHIN_CONFIG: writeConfig({ port: '9000' }) }, /^port in .*\.json must be a number/],
])) {
  test(`refused: ${JSON.stringify(env).slice(0, 70)}`, () => {
    assert.throws(() => readConfig(env), { name: 'UrchinError', code: 'ERR_CONFIG', message })
  })
}

test('a refusal never repeats credentials', () => {
  const servers = JSON.stringify([
    { urls: 'turn:192.0.2.1', username: 'me', credential: 'hunter2', x: 1 },
    { urls: 7 },
  ])
  assert.throws(
    () => readConfig({ URCHIN_ICE_SERVERS: servers }),
    (error) => !String(error).includes('hunter2'),
  )
})

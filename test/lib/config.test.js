// Settings from the environment and from a file.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
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
  [{ URCHIN_PORT_MIN: '2', URCHIN_PORT_MAX: '1' }, /portRange/],
  [{ URCHIN_ANNOUNCED_ADDRESS: 'my.host.example' }, /announcedAddress/],
  [{ URCHIN_NETWORK_INTERFACES: 'no-such-interface' }, /no-such-interface/],
  [{ URCHIN_ALLOWED_ORIGINS: ',' }, /^URCHIN_ALLOWED_ORIGINS must be a list/],
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

// The program's words, output and statuses.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { help, main } from '../../lib/cli.js'
import { UrchinError } from '../../lib/errors.js'
import { NatSimulator } from '../support/nat-simulator.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))

const report = {
  classic: 'open',
  mapping: 'none',
  filtering: 'endpoint-independent',
  localAddress: '192.0.2.9',
  localPort: 9,
  publicAddress: '192.0.2.9',
  publicPort: 9,
  hairpinning: null,
  bindingLifetimeSeconds: null,
  bindingLostSeconds: null,
  rttMs: 1,
  advice: [],
  server: { host: 'h', address: '192.0.2.1', port: 1, software: null },
}

/**
 * @param {string[]} args
 * @param {(options: any) => Promise<any>} [discover]
 */
async function run(args, discover = async () => report) {
  const out = { stdout: '', stderr: '' }
  /** @param {'stdout' | 'stderr'} name */
  const output = (name) => ({
    write: (/** @type {string} */ text) => {
      out[name] += text
    },
  })
  const code = await main(args, { stdout: output('stdout'), stderr: output('stderr'), discover })
  return { code, ...out }
}

test('help and version', async () => {
  assert.deepEqual(await run(['--help']), { code: 0, stdout: help, stderr: '' })
  assert.deepEqual(await run(['nat', '-h']), { code: 0, stdout: help, stderr: '' })
  assert.deepEqual(await run(['--version']), { code: 0, stdout: `${manifest.version}\n`, stderr: '' })
})

test('the options reach discoverNat()', async () => {
  /** @type {any} */
  let got
  const discover = async (/** @type {any} */ options) => {
    got = options
    return report
  }
  await run(['nat', 'example.org'], discover)
  assert.deepEqual(JSON.parse(JSON.stringify(got)), { server: 'example.org', lifetime: false, hairpin: true })
  const words = '--lifetime --no-hairpin --port 5000 --address 10.0.0.2 --timeout 1.5 -4 nat example.org'
  await run(words.split(' '), discover)
  assert.deepEqual(got, {
    server: 'example.org',
    lifetime: true,
    hairpin: false,
    localPort: 5000,
    localAddress: '10.0.0.2',
    timeoutMs: 1500,
    family: 4,
  })
})

test('text for people, JSON for programs', async () => {
  const text = await run(['nat', 'example.org'])
  assert.equal(text.code, 0)
  assert.match(text.stdout, /Public address {2}192\.0\.2\.9:9/)
  const json = await run(['nat', 'example.org', '--json'])
  assert.deepEqual(JSON.parse(json.stdout), report)
})

test('statuses', async () => {
  assert.equal((await run(['nat', 'x'], async () => ({ ...report, classic: 'blocked' }))).code, 1)
  for (const args of [
    [],
    ['nat'],
    ['nat', 'a', 'b'],
    ['dance'],
    ['nat', 'a', '--loud'],
    ['nat', 'a', '--port', 'x'],
    ['nat', 'a', '--timeout', ''],
    ['nat', 'a', '-4', '-6'],
  ]) {
    const { code, stderr, stdout } = await run(args)
    assert.equal(code, 2, args.join(' '))
    assert.match(stderr, /^urchin: .+\nTry urchin --help\n$/)
    assert.equal(stdout, '')
  }
  const failed = await run(['nat', 'x'], async () => {
    throw new UrchinError('ERR_STUN_RESOLVE', 'no such name')
  })
  assert.deepEqual(failed, { code: 3, stdout: '', stderr: 'urchin: no such name\n' })
})

test('the installed program', async (t) => {
  if (process.platform !== 'linux') return t.skip('needs several loopback addresses')
  const simulator = await NatSimulator.start({ filtering: 'address-dependent' })
  t.after(() => simulator.close())
  const args = [`${root}/${manifest.bin.urchin}`, 'nat', simulator.server, '--json', '--timeout', '0.6']
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 })
  assert.equal(JSON.parse(stdout).classic, 'restricted')
  const refused = promisify(execFile)(process.execPath, [args[0], 'nat', 'turn:x'], { timeout: 60_000 })
  await assert.rejects(refused, { code: 2 })
})

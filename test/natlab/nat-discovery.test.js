// `urchin nat` behind each kind of NAT of the laboratory, asking a real STUN server (coturn).

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { kinds, Lab } from './lab.js'
import { environment, whyNoLab } from './needs.js'

/** @typedef {import('./lab.js').Kind} Kind */
/** @typedef {import('../../lib/index.js').NatReport} NatReport */

const program = fileURLToPath(new URL('../../bin/urchin.js', import.meta.url))
const server4 = '203.0.113.10'
const server6 = '2001:db8:113::10'
const otherServer6 = '2001:db8:113::11'
const twoAddressPort = 3480

const independent = 'endpoint-independent'
const byAddress = 'address-dependent'
const byPort = 'address-and-port-dependent'

/** @type {Record<Exclude<Kind, 'v6only'>, [string, string, string]>} */
const expected = {
  none: ['none', independent, 'open'],
  '1to1': [independent, independent, 'full cone'],
  fullcone: [independent, independent, 'full cone'],
  addr: [independent, byAddress, 'restricted'],
  port: [independent, byPort, 'port restricted'],
  sym: [byPort, byPort, 'symmetric'],
  tcponly: ['unknown', 'unknown', 'blocked'],
  tls443: ['unknown', 'unknown', 'blocked'],
  dual: [independent, byPort, 'port restricted'],
}

/** @param {Kind} kind */
const sideOf = (kind) => `n${kind}`

describe('what kind of NAT is this?', { skip: whyNoLab() }, () => {
  /** @type {Lab} */
  let lab
  before(async () => {
    lab = await Lab.up(Object.fromEntries(kinds.map((kind) => [sideOf(kind), kind])))
  })
  after(() => lab?.down())

  /**
   * @param {Kind} kind of the side that asks
   * @param {...string} words
   * @returns {Promise<{ status: number, report: NatReport }>}
   */
  async function ask(kind, ...words) {
    const [first, rest] = lab.command(sideOf(kind), process.execPath, program, 'nat', '--json', ...words)
    return new Promise((resolve, reject) => {
      execFile(first, rest, { env: environment(), timeout: 120_000 }, (error, stdout, stderr) => {
        if (!stdout) reject(error ?? new Error(stderr))
        else resolve({ status: Number(error?.code ?? 0), report: JSON.parse(stdout) })
      })
    })
  }

  describe('each kind', { concurrency: true }, () => {
    for (const [kind, [mapping, filtering, classic]] of Object.entries(expected)) {
      test(`${kind} is ${classic}`, async () => {
        const { status, report } = await ask(/** @type {Kind} */ (kind), server4)
        assert.deepEqual([report.mapping, report.filtering, report.classic], [mapping, filtering, classic])
        assert.equal(status, classic === 'blocked' ? 1 : 0)
        const index = kinds.indexOf(/** @type {Kind} */ (kind)) + 1
        assert.equal(report.publicAddress, classic === 'blocked' ? null : `203.0.113.${100 + index}`)
        assert.equal(report.localAddress === report.publicAddress, mapping === 'none')
        assert.equal(report.tcpReachable, classic === 'blocked' ? kind === 'tcponly' : null)
      })
    }
  })

  test('v6only: no NAT; with one address the server can tell no more', async () => {
    const { report } = await ask('v6only', server6)
    assert.deepEqual([report.mapping, report.filtering], ['none', 'unknown'])
    assert.equal(report.server.canDiscover, false)
    await assert.rejects(ask('v6only', server4), /There is no route to 203\.0\.113\.10/)
  })

  test('v6only: with two addresses it tells the firewall', async (t) => {
    const stop = await startTwoAddressServer(lab)
    t.after(stop)
    const { report } = await ask('v6only', `[${server6}]:${twoAddressPort}`)
    assert.deepEqual(
      [report.mapping, report.filtering, report.classic],
      ['none', byPort, 'symmetric firewall'],
    )
    const open = await ask('none', '-6', `[${server6}]:${twoAddressPort}`)
    assert.equal(open.report.classic, 'open')
  })

  test('with 10 % loss the kind is still right', async (t) => {
    await lab.impair(sideOf('addr'), 'loss=10')
    t.after(() => lab.impair(sideOf('addr'), 'off'))
    assert.equal((await ask('addr', server4)).report.classic, 'restricted')
  })

  test('how long a silent mapping is remembered', async () => {
    const seconds = 5
    await lab.natlab('timeout', sideOf('port'), String(seconds))
    const { report } = await ask('port', '--lifetime', '--no-hairpin', server4)
    const { bindingLifetimeSeconds: survived, bindingLostSeconds: lost } = report
    assert.ok(survived !== null && lost !== null)
    assert.ok(survived > seconds - 2 && lost < seconds + 2, `from ${survived} to ${lost}`)
  })
})

/**
 * A second STUN server with two IPv6 addresses.
 * @param {Lab} lab
 * @returns {Promise<() => void>} ends it
 */
async function startTwoAddressServer(lab) {
  const [ip, words] = lab.command('srv', 'ip', 'addr', 'add', `${otherServer6}/64`, 'dev', 'eth0', 'nodad')
  await once(spawn(ip, words, { env: environment() }), 'exit')
  const folder = mkdtempSync(join(tmpdir(), 'urchin-stun-'))
  const [first, rest] = lab.command(
    'srv',
    ...['turnserver', '-n', '--stun-only', '--no-cli', '--no-tls', '--no-dtls', '--simple-log'],
    ...['--log-file', join(folder, 'log'), '--pidfile', join(folder, 'pid'), '--userdb', join(folder, 'db')],
    ...[`--listening-ip=${server6}`, `--listening-ip=${otherServer6}`, `--listening-port=${twoAddressPort}`],
  )
  const child = spawn(first, rest, { env: environment(), stdio: 'ignore' })
  await sleep(2000)
  return () => {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

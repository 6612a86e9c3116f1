// The laboratory itself: its NATs are what they are called, its server can be reached by the ways that each kind leaves
// open, bad links are as bad as asked, and nothing stays behind.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { expectedWay, kinds, Lab } from './lab.js'
import { environment, whyNoLab } from './needs.js'

/** What RFC 5780 calls the mapping and filtering of each kind. */
const behaviour = {
  none: 'Endpoint Independent / Endpoint Independent',
  '1to1': 'Endpoint Independent / Endpoint Independent',
  fullcone: 'Endpoint Independent / Endpoint Independent',
  addr: 'Endpoint Independent / Address Dependent',
  port: 'Endpoint Independent / Address and Port Dependent',
  sym: 'Address and Port Dependent / Address and Port Dependent',
}

test('ways that must be found, with TURN and without', () => {
  const count = (/** @type {boolean} */ hasTurn, /** @type {string} */ way) =>
    kinds
      .flatMap((a, index) => kinds.slice(index).map((b) => expectedWay(a, b, hasTurn)))
      .filter((one) => one === way).length
  assert.equal(count(true, 'direct'), count(false, 'direct'))
  assert.equal(count(true, 'relay'), count(false, 'fail'))
  assert.equal(count(true, 'fail') + count(false, 'relay'), 0)
  assert.equal(count(true, 'direct') + count(true, 'relay'), 55)
})

describe('the laboratory', { skip: whyNoLab() }, () => {
  /** @type {Lab} */
  let lab
  before(async () => {
    lab = await Lab.up(Object.fromEntries(kinds.map((kind) => [`k${kind}`, kind])))
  })
  after(() => lab?.down())

  for (const [kind, expected] of Object.entries(behaviour)) {
    test(`${kind} maps and filters as it should`, async () => {
      const said = await lab.natlab('classify', `k${kind}`)
      const [, mapping, filtering] = /^mapping: (.*); filtering: (.*)$/.exec(said) ?? []
      assert.equal(`${mapping} / ${filtering}`.replaceAll(/\s+/g, ' '), expected, said)
    })
  }

  // Most of their time is waiting for answers that do not come.
  describe('TURN', { concurrency: true }, () => {
    for (const [kind, way, isOpen] of /** @type {const} */ ([
      ['sym', 'udp', true],
      ['tcponly', 'tcp', true],
      ['tls443', 'tls', true],
      ['v6only', 'udp', true],
      ['tcponly', 'udp', false],
      ['tls443', 'tcp', false],
    ])) {
      test(`${isOpen ? 'reached' : 'not reached'} over ${way} from ${kind}`, async () => {
        const check = lab.natlab('turn-check', `k${kind}`, way)
        if (isOpen) assert.match(await check, /^[0-5] of 10 messages lost$/)
        else await assert.rejects(check)
      })
    }
  })

  test('a link with 40 ms of delay each way, and 20 % of loss in one direction', async () => {
    await lab.impair('knone', 'delay=40', 'up.loss=20', 'seed=3')
    const { lost, medianMs } = await echoes(lab, 200)
    assert.ok(lost > 15 && lost < 70, `${lost} of 200 lost`)
    assert.ok(medianMs >= 79 && medianMs < 200, `${medianMs} ms`)
    await lab.impair('knone', 'off')
    assert.equal((await echoes(lab, 50)).lost, 0)
  })

  test('nothing stays behind', async () => {
    const other = await Lab.up({ a: 'port' })
    const prefix = other.command('a')[1][2].replace(/-a$/, '')
    const left = () => [
      ...execFileSync('ip', ['netns', 'list'], { env: environment(), encoding: 'utf8' }).split('\n'),
      ...(existsSync('/etc/netns') ? readdirSync('/etc/netns') : []),
    ]
    assert.ok(left().some((name) => name.startsWith(`${prefix}-`)))
    other.down()
    assert.deepEqual(
      left().filter((name) => name.startsWith(`${prefix}-`)),
      [],
    )
  })
})

/**
 * Asks the STUN server from the host without a NAT, once every 10 ms.
 * @param {Lab} lab
 * @param {number} count
 * @returns {Promise<{ lost: number, medianMs: number }>}
 */
async function echoes(lab, count) {
  const [command, args] = lab.command(
    'knone',
    process.execPath,
    '--input-type=module',
    '-e',
    `(${String(askOften)})(${count})`,
  )
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) output += chunk
  return JSON.parse(output)
}

/**
 * Runs in the host.
 * @param {number} count
 */
async function askOften(count) {
  const { createSocket } = await import('node:dgram')
  const socket = createSocket('udp4')
  /** @type {Map<number, number>} */
  const sent = new Map()
  /** @type {number[]} */
  const tookMs = []
  socket.on('message', (answer) => {
    const number = answer.readUInt32BE(16)
    tookMs.push(performance.now() - (sent.get(number) ?? Number.NaN))
  })
  for (let number = 0; number < count; number++) {
    // A STUN Binding request: type, length, magic cookie, transaction id.
    const request = Buffer.alloc(20)
    request.writeUInt16BE(1, 0)
    request.writeUInt32BE(0x2112a442, 4)
    request.writeUInt32BE(number, 16)
    sent.set(number, performance.now())
    socket.send(request, 3478, '203.0.113.10')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await new Promise((resolve) => setTimeout(resolve, 300))
  socket.close()
  tookMs.sort((a, b) => a - b)
  console.log(JSON.stringify({ lost: count - tookMs.length, medianMs: tookMs[tookMs.length >> 1] ?? 0 }))
}

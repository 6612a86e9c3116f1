// examples/p2p.js across NATs: hole punching where the kinds allow it, a relay where they do not.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Lab } from './lab.js'
import { environment, whyNoLab } from './needs.js'

const program = fileURLToPath(new URL('../../examples/p2p.js', import.meta.url))
const rendezvousAt = '203.0.113.1:9000'
const server = '203.0.113.10'
const turn = ['--turn', `turn:${server}`, '--user', 'natlab', '--password', 'natlab']

describe('a call between two processes', { skip: whyNoLab() }, () => {
  /** @type {Lab} */
  let lab
  /** @type {import('node:child_process').ChildProcess} */
  let rendezvous
  before(async () => {
    lab = await Lab.up({ a: 'port', b: 'port', c: 'sym', d: 'addr' })
    const [first, rest] = lab.command(
      'inet',
      process.execPath,
      program,
      'rendezvous',
      '--listen',
      rendezvousAt,
    )
    rendezvous = spawn(first, rest, { env: environment(), stdio: 'ignore' })
    await sleep(1000)
  })
  after(() => {
    rendezvous?.kill()
    lab?.down()
  })

  /**
   * @param {string} side
   * @param {string[]} words
   * @returns {Promise<{ status: number | null, output: string }>}
   */
  async function run(side, ...words) {
    const common = ['--at', rendezvousAt, '--stun', server, '--seconds', '2']
    const [first, rest] = lab.command(side, process.execPath, program, ...words, ...common)
    const child = spawn(first, rest, {
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 90_000,
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    const [status] = await once(child, 'close')
    return { status, output }
  }

  /** @type {[string, string, string[], RegExp][]} */
  const table = [
    ['a', 'b', [], /the way is direct: the hole is punched/],
    ['c', 'd', [], /the way is direct: the hole is punched/],
    ['a', 'c', turn, /the way goes through a TURN server/],
  ]
  for (const [caller, answerer, more, expected] of table) {
    test(`${caller} calls ${answerer}`, async () => {
      const name = `${caller}${answerer}`
      const sides = await Promise.all([
        run(caller, 'call', name, ...more),
        run(answerer, 'answer', name, ...more),
      ])
      for (const { status, output } of sides) {
        assert.equal(status, 0, output)
        assert.match(output, expected)
        assert.match(output, /\(srflx: the NAT's address for /)
        assert.match(output, /sent [1-9]\d* bytes, received [1-9]\d*/)
      }
    })
  }
})

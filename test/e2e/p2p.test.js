// examples/p2p.js: two processes and a rendezvous between them.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** @typedef {{ output: string, status: number | null }} Ended */

const program = fileURLToPath(new URL('../../examples/p2p.js', import.meta.url))
const livenessMs = 60_000

/** @type {Program} */
let rendezvous
let at = ''

class Program {
  output = ''

  /** @param {string[]} words */
  constructor(...words) {
    this.child = spawn(process.execPath, [program, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: livenessMs,
    })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.output += text
      })
    }
    /** @type {Promise<Ended>} */
    this.ended = once(this.child, 'close').then(([status]) => ({ output: this.output, status }))
  }

  /** @param {RegExp} pattern */
  async said(pattern) {
    const stop = AbortSignal.timeout(livenessMs)
    while (!pattern.test(this.output)) {
      assert.equal(this.child.exitCode, null, this.output)
      await once(this.child.stdout, 'data', { signal: stop })
    }
    return /** @type {RegExpExecArray} */ (pattern.exec(this.output))
  }
}

before(async () => {
  rendezvous = new Program('rendezvous', '--listen', '127.0.0.1:0')
  const [, address] = await rendezvous.said(/rendezvous on (\S+)/)
  at = address
})
after(() => rendezvous.child.kill())

/** @param {string} name */
const answerer = (name) => new Program('answer', name, '--at', at)
/** @param {string} name */
const caller = (name) => new Program('call', name, '--at', at, '--seconds', '2')

/**
 * Where each of the patterns begins in the text, which has all of them.
 * @param {string} text
 * @param {RegExp[]} patterns
 */
function placesOf(text, patterns) {
  return patterns.map((pattern) => {
    assert.match(text, pattern)
    return text.search(pattern)
  })
}

test('two processes meet, whoever comes first, tell each step, and end by themselves', async () => {
  for (const order of /** @type {const} */ ([
    ['answer', 'call'],
    ['call', 'answer'],
  ])) {
    const name = order.join('-')
    const start = { answer: answerer, call: caller }
    const first = start[order[0]](name)
    await rendezvous.said(new RegExp(`"${name}": \\S+ waits`))
    const second = start[order[1]](name)
    for (const { status, output } of await Promise.all([first.ended, second.ended])) {
      assert.equal(status, 0, output)
      const places = placesOf(output, [
        /rendezvous reached/,
        /the other side is there/,
        /gathering candidates/,
        /pair: host \S+ - (host|prflx) \S+/,
        /READY/,
        /the way is direct/,
        /sent [1-9]\d* bytes, received [1-9]\d*/,
        /the call is over/,
      ])
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
        output,
      )
      placesOf(output, [/local candidate: \S+ udp \(host\)/, /remote candidate: \S+ udp/, /local SDP sent/])
      const times = [...output.matchAll(/^ *([\d.]+) ms/gm)].map(([, ms]) => Number(ms))
      assert.ok(times.length >= 12)
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
    }
  }
})

test('a name belongs to who waits under it, and is free again when that goes', async () => {
  const gone = answerer('free')
  await rendezvous.said(/"free": \S+ waits/)
  gone.child.kill()
  await gone.ended
  const taker = answerer('free')
  await rendezvous.said(/"free": \S+ waits[\s\S]*"free": \S+ waits/)
  const taken = await answerer('free').ended
  assert.equal(taken.status, 1)
  assert.match(taken.output, /that name is taken/)
  const call = caller('free')
  assert.deepEqual(
    (await Promise.all([taker.ended, call.ended])).map(({ status }) => status),
    [0, 0],
  )
})

test('garbage gets nowhere, and the rendezvous serves on', async () => {
  const [, port] = /** @type {RegExpExecArray} */ (/:(\d+)$/.exec(at))
  for (const text of ['hello\n', '{"role":"listen","name":"x"}\n', '[]\n', '{"role":"call"}\n']) {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
    const [reply] = await once(socket.setEncoding('utf8'), 'data')
    assert.deepEqual(JSON.parse(reply), { error: 'say who you are' })
    socket.destroy()
  }
  const flood = connect(Number(port), '127.0.0.1', () => flood.write('x'.repeat(1024 * 1024)))
  flood.on('error', () => {})
  await new Promise((resolve) => flood.on('close', resolve))
  assert.equal(rendezvous.child.exitCode, null)
})

test('wrong words and an unreachable rendezvous are told', async () => {
  const words = await new Program('dance').ended
  assert.equal(words.status, 2)
  assert.match(words.output, /^p2p: rendezvous, call NAME, or answer NAME/)
  assert.equal((await new Program('call', 'x', '--loud').ended).status, 2)
  const nobody = await new Program('call', 'x', '--at', '127.0.0.1:1').ended
  assert.equal(nobody.status, 1)
  assert.match(nobody.output, /ECONNREFUSED/)
})

// The conference server as its users run it: lib/main.js in a process of its own, on a free port. URCHIN_ICE=lite in the
// environment makes it a lite one, which finds its browsers on one port.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/**
 * Starts the server and waits until it says where it listens.
 * @param {{ port?: number, program?: string[], env?: NodeJS.ProcessEnv }} [options] program: instead of node lib/main.js
 * @returns {Promise<ConferenceServer>}
 */
export async function startServer({ port, program = [process.execPath, 'lib/main.js'], env = {} } = {}) {
  const chosen = port ?? (await freePort())
  const lite = process.env.URCHIN_ICE === 'lite' ? { URCHIN_ICE_PORT: String(await freePort()) } : {}
  const child = spawn(program[0], program.slice(1), {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...lite, ...env, PORT: String(chosen) },
  })
  const server = new ConferenceServer(child, chosen)
  await server.ready()
  return server
}

/** A running server. */
export class ConferenceServer {
  #child
  /** What it has printed so far, both streams. */
  output = ''

  /**
   * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, import('node:stream').Readable>} child
   * @param {number} port
   */
  constructor(child, port) {
    this.#child = child
    this.port = port
    this.url = `http://localhost:${port}`
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.output += text
      })
    }
  }

  async ready() {
    const isListening = () => this.output.includes(`${this.url}/`)
    const end = Date.now() + 60_000
    while (!isListening()) {
      if (this.#hasEnded()) throw new Error(`the server ended:\n${this.output}`)
      if (Date.now() > end) throw new Error(`the server does not say that it listens:\n${this.output}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /**
   * Ends it as its user would, with Ctrl-C, or as a crash would.
   * @param {NodeJS.Signals} [signal]
   * @returns {Promise<number | null>} its exit code; null when the signal ended it
   */
  async stop(signal = 'SIGINT') {
    if (!this.#hasEnded()) {
      const exit = once(this.#child, 'exit')
      this.#child.kill(signal)
      await exit
    }
    return this.#child.exitCode
  }

  #hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}

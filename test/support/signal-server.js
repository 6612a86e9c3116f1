// The conference server on fake connections, a WebSocket client that can wait for messages, and raw HTTP.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { createServer } from '../../lib/server.js'
import { FakeConnection } from './fake-connection.js'

const dataDir = join(dirname(fileURLToPath(import.meta.url)), '..', 'data', 'sdp')

/**
 * A browser's description.
 * @param {string} name of a file in test/data/sdp, without .sdp
 */
export function readSdp(name) {
  return readFileSync(join(dataDir, `${name}.sdp`), 'utf8')
}

/**
 * Starts a server on a free port of 127.0.0.1 that ends with the test.
 * @param {import('node:test').TestContext} t
 * @param {import('../../lib/server.js').ServerOptions} [options]
 */
export async function startSignalServer(t, options = {}) {
  /** @type {FakeConnection[]} */
  const connections = []
  const server = createServer({
    port: 0,
    host: '127.0.0.1',
    connectionFactory: (connectionOptions) => {
      const connection = new FakeConnection(connectionOptions)
      connections.push(connection)
      return connection
    },
    ...options,
  })
  await server.listen()
  t.after(() => server.close())
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.httpServer.address())
  return { server, connections, port, url: `http://127.0.0.1:${port}` }
}

/** One page's WebSocket. */
export class PageClient {
  /** @type {any[]} what came and was not taken yet */
  #messages = []
  /** @type {(() => void)[]} */
  #waiting = []

  /**
   * @param {string} url the server's, http:
   * @param {import('ws').ClientOptions} [options]
   */
  constructor(url, options) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, options)
    this.opened = once(this.socket, 'open')
    this.opened.catch(() => {})
    /** [code, reason] */
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve([code, String(reason)]))
    })
    this.socket.on('message', (data) => {
      this.#messages.push(JSON.parse(String(data)))
      for (const wake of this.#waiting.splice(0)) wake()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  /** @param {any} message an object, or text or bytes as they are */
  async send(message) {
    await this.opened
    const isRaw = typeof message === 'string' || Buffer.isBuffer(message)
    this.socket.send(isRaw ? message : JSON.stringify(message))
  }

  /**
   * The next message of a type; those before it are dropped.
   * @param {string} type
   */
  async next(type) {
    for (;;) {
      while (this.#messages.length > 0) {
        const message = this.#messages.shift()
        if (message.type === type) return message
      }
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed before ${type} came`)
      await new Promise((resolve) => this.#waiting.push(() => resolve(0)))
    }
  }

  /** All messages that came before the answer to a ping. */
  async drain() {
    const id = Math.random()
    await this.send({ type: 'ping', id })
    for (;;) {
      const end = this.#messages.findIndex((message) => message.type === 'pong' && message.id === id)
      if (end >= 0) return this.#messages.splice(0, end + 1).slice(0, -1)
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('closed before pong came')
      await new Promise((resolve) => this.#waiting.push(() => resolve(0)))
    }
  }

  /**
   * Joins, and gives the server's `joined`.
   * @param {string} room
   * @param {string} name
   * @param {object} [more]
   */
  async join(room, name, more = {}) {
    await this.send({ type: 'join', room, name, ...more })
    return this.next('joined')
  }
}

/**
 * Sends bytes as they are and gives all that comes back until the server closes.
 * @param {number} port
 * @param {string} text
 * @returns {Promise<string>}
 */
export function sendRaw(port, text) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setEncoding('utf8').on('data', (data) => {
      answer += data
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', (error) => (answer ? resolve(answer) : reject(error)))
  })
}

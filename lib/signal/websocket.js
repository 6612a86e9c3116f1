// The WebSocket /ws: who may open one, heartbeat, and its end. What is said over it is in page-session.js.

import { WebSocketServer } from 'ws'
import { PageSession } from './page-session.js'
import { splitUrl } from './router.js'

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('ws').WebSocket} WebSocket */
/** @typedef {import('../server.js').Server} Server */

const heartbeatMs = 20_000
/** An offer of many m-lines is long; page-session.js allows less for everything else. */
const maxPayload = 256 * 1024

/** All WebSockets of one server. */
export class WebSocketSignaling {
  #server
  #allowedOrigins
  #sockets = new WebSocketServer({
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    clientTracking: true,
  })
  /** Those that have not answered the last ping. @type {WeakSet<WebSocket>} */
  #silent = new WeakSet()
  #heartbeat

  /**
   * @param {Server} server
   * @param {string[]} allowedOrigins
   */
  constructor(server, allowedOrigins) {
    this.#server = server
    this.#allowedOrigins = allowedOrigins
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs)
    this.#heartbeat.unref()
  }

  /**
   * Takes an HTTP upgrade request.
   * @param {IncomingMessage} request
   * @param {import('node:stream').Duplex} socket
   * @param {Buffer} head
   */
  upgrade(request, socket, head) {
    socket.on('error', () => socket.destroy())
    const status = this.#refusal(request)
    if (status) {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('pong', () => this.#silent.delete(webSocket))
      // ws has closed the socket by itself; 'close' follows.
      webSocket.on('error', (error) => this.#server.logger.debug({ err: error }, 'WebSocket error'))
      new PageSession(this.#server, webSocket, request)
    })
  }

  /**
   * Tells all pages that the server goes away.
   * @returns {Promise<void>} when they are closed; those that do not answer are cut off
   */
  async close() {
    clearInterval(this.#heartbeat)
    const clients = [...this.#sockets.clients]
    const closed = clients.map(
      (client) =>
        new Promise((resolve) =>
          client.readyState === client.CLOSED ? resolve(0) : client.once('close', resolve),
        ),
    )
    for (const client of clients) client.close(1001, 'The server is shutting down')
    const cut = setTimeout(() => {
      for (const client of clients) client.terminate()
    }, 1000)
    await Promise.all(closed)
    clearTimeout(cut)
  }

  /**
   * @param {IncomingMessage} request
   * @returns {string} the HTTP status line's end; '' when it may come in
   */
  #refusal(request) {
    const [pathname] = splitUrl(request.url ?? '')
    if (pathname !== '/ws') return '404 Not Found'
    if (this.#server.isClosing) return '503 Service Unavailable'
    return this.#isOriginAllowed(request) ? '' : '403 Forbidden'
  }

  /**
   * Browsers always send an Origin, and a foreign page could use the visitor's network position. Others may do without.
   * @param {IncomingMessage} request
   */
  #isOriginAllowed({ headers: { origin, host } }) {
    if (origin === undefined || this.#allowedOrigins.includes('*') || this.#allowedOrigins.includes(origin))
      return true
    try {
      // The host only: behind a proxy that ends TLS the scheme differs. 'http' gives host its default port off.
      const { host: originHost, protocol } = new URL(origin)
      return originHost === new URL(`${protocol}//${host}`).host
    } catch {
      return false
    }
  }

  #beat() {
    for (const webSocket of this.#sockets.clients) {
      if (this.#silent.has(webSocket)) {
        webSocket.terminate()
        continue
      }
      this.#silent.add(webSocket)
      webSocket.ping()
    }
  }
}

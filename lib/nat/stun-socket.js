// A UDP socket that asks STUN servers: transactions with the retransmissions of RFC 8489 6.2.1. What does not belong to a
// transaction, comes from elsewhere or is no STUN, is ignored.

import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { UrchinError } from '../errors.js'
import { loadNative } from '../native.js'

/** @typedef {import('./stun-server.js').Endpoint} Endpoint */
/** @typedef {import('../native.js').StunMessage} StunMessage */
/** @typedef {{ message: StunMessage, from: Endpoint, rttMs: number }} Answer rttMs: since the last transmission */
/**
 * @typedef {object} RequestOptions
 * @property {boolean} [changeIp]
 * @property {boolean} [changePort]
 * @property {number} [responsePort]
 * @property {Endpoint[]} [from] whose answers count; by default the one asked
 * @property {StunSocket} [via] sends the request, while the answer is awaited here
 * @property {boolean} [isEcho] the request itself is what should arrive here, from anywhere
 * @property {number} timeoutMs
 */
/**
 * @typedef {object} Pending
 * @property {(answer: Answer | null) => void} settle
 * @property {(error: Error) => void} fail
 * @property {RequestOptions} options
 * @property {Endpoint[]} from
 * @property {number} sentMs
 * @property {NodeJS.Timeout | undefined} timer
 */

/** RFC 8489 6.2.1: the first interval; each one is twice the one before. */
const initialRtoMs = 500

export class StunSocket {
  #socket
  /** @type {Map<string, Pending>} */
  #pending = new Map()
  #isClosed = false
  #signal
  #onAbort = () => this.#end(new UrchinError('ERR_ABORTED', 'The discovery was aborted'))

  /**
   * Use StunSocket.open().
   * @param {import('node:dgram').Socket} socket bound
   * @param {AbortSignal} [signal]
   */
  constructor(socket, signal) {
    this.#socket = socket
    this.#signal = signal
    const { address, port, family } = socket.address()
    /** @type {Endpoint} */
    this.local = { address, port, family: family === 'IPv6' ? 6 : 4 }
    socket.on('message', (bytes, remote) => this.#receive(bytes, remote))
    socket.on('error', (cause) => this.#failAll(socketError(this.local, cause)))
    if (signal?.aborted) this.#onAbort()
    else signal?.addEventListener('abort', this.#onAbort)
  }

  /**
   * @param {{ address: string, port?: number, family: 4 | 6 }} local port 0 or missing: any
   * @param {AbortSignal} [signal] closes it; what is pending rejects with ERR_ABORTED
   * @returns {Promise<StunSocket>}
   * @throws {UrchinError} ERR_STUN_BIND (rejects)
   */
  static async open({ address, port = 0, family }, signal) {
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', ipv6Only: family === 6 })
    try {
      await new Promise((resolve, reject) => {
        socket.once('error', reject)
        socket.bind({ address, port, exclusive: true }, () => resolve(undefined))
      })
    } catch (cause) {
      socket.close()
      throw socketError({ address, port }, cause)
    }
    socket.removeAllListeners('error')
    return new StunSocket(socket, signal)
  }

  /**
   * Sends a Binding request until it is answered.
   * @param {Endpoint} to
   * @param {RequestOptions} options
   * @returns {Promise<Answer | null>} a success or error response; null after timeoutMs without one
   * @throws {UrchinError} ERR_STUN_BIND, ERR_CLOSED, ERR_ABORTED (rejects)
   */
  request(to, options) {
    if (this.#isClosed) {
      const code = this.#signal?.aborted ? 'ERR_ABORTED' : 'ERR_CLOSED'
      return Promise.reject(new UrchinError(code, 'The socket is closed'))
    }
    const { changeIp, changePort, responsePort, from = [to], via = this, timeoutMs } = options
    const transaction = randomBytes(12)
    const key = transaction.toString('hex')
    const bytes = loadNative().encodeStunRequest(transaction, { changeIp, changePort, responsePort })
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(pending.timer)
        this.#pending.delete(key)
      }
      /** @type {Pending} */
      const pending = {
        settle: (answer) => {
          done()
          resolve(answer)
        },
        fail: (error) => {
          done()
          reject(error)
        },
        options,
        from,
        sentMs: 0,
        timer: undefined,
      }
      this.#pending.set(key, pending)
      transmit(pending, () => via.#send(bytes, to), { rtoMs: initialRtoMs, leftMs: timeoutMs })
    })
  }

  /** What is pending rejects with ERR_CLOSED. */
  close() {
    this.#end(new UrchinError('ERR_CLOSED', 'The socket is closed'))
  }

  /** @param {UrchinError} reason */
  #end(reason) {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#failAll(reason)
    this.#socket.close()
  }

  /**
   * @param {Buffer} bytes
   * @param {Endpoint} to
   */
  #send(bytes, to) {
    if (this.#isClosed) return
    // A packet that could not leave is like one that got lost: another one follows.
    this.#socket.send(bytes, to.port, to.address, () => {})
  }

  /**
   * @param {Buffer} bytes
   * @param {import('node:dgram').RemoteInfo} remote
   */
  #receive(bytes, remote) {
    const message = loadNative().decodeStun(bytes)
    const pending = message && this.#pending.get(message.transaction.toString('hex'))
    if (!pending || message.method !== 1) return
    /** @type {Endpoint} */
    const from = { address: remote.address, port: remote.port, family: remote.family === 'IPv6' ? 6 : 4 }
    const isAnswer = message.class === 'success' || message.class === 'error'
    const isFitting = pending.options.isEcho
      ? message.class === 'request'
      : isAnswer && pending.from.some((one) => isSame(one, from))
    if (isFitting) pending.settle({ message, from, rttMs: performance.now() - pending.sentMs })
  }

  /** @param {Error} error */
  #failAll(error) {
    for (const pending of [...this.#pending.values()]) pending.fail(error)
  }
}

/**
 * @param {Pending} pending
 * @param {() => void} send
 * @param {{ rtoMs: number, leftMs: number }} times
 */
function transmit(pending, send, { rtoMs, leftMs }) {
  pending.sentMs = performance.now()
  send()
  const waitMs = Math.min(rtoMs, leftMs)
  pending.timer = setTimeout(() => {
    if (leftMs - waitMs <= 0) pending.settle(null)
    else transmit(pending, send, { rtoMs: rtoMs * 2, leftMs: leftMs - waitMs })
  }, waitMs)
}

/**
 * @param {{ address: string, port: number } | null} a
 * @param {{ address: string, port: number } | null} b
 */
export function isSame(a, b) {
  return a !== null && b !== null && a.port === b.port && isSameAddress(a.address, b.address)
}

/**
 * Whether two texts name the same address, zone ids aside.
 * @param {string} a
 * @param {string} b
 */
export function isSameAddress(a, b) {
  return a.split('%')[0].toLowerCase() === b.split('%')[0].toLowerCase()
}

/**
 * @param {{ address: string, port: number }} local
 * @param {any} cause
 */
function socketError({ address, port }, cause) {
  /** @type {Record<string, string>} */
  const known = {
    EADDRINUSE: `Local port ${port} of ${address} is in use`,
    EADDRNOTAVAIL: `${address} is no address of this machine`,
    EACCES: `Local port ${port} may not be opened by this user`,
  }
  const message = known[cause?.code] ?? `The socket on ${address} fails: ${cause?.message ?? cause}`
  return new UrchinError('ERR_STUN_BIND', message, { cause })
}

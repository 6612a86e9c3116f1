// Why a STUN server is silent over UDP: does its machine refuse, and does it answer over TCP?

import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { loadNative } from '../native.js'

/** @typedef {import('./stun-server.js').Endpoint} Endpoint */

const headerLen = 20

/**
 * Whether the server's machine says that nothing listens on that port (ICMP port unreachable).
 * @param {Endpoint} server
 * @param {number} timeoutMs
 * @returns {Promise<boolean>} false also when nothing is said
 */
export function isRefused({ address, port, family }, timeoutMs) {
  // Only connected sockets are told about ICMP errors.
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  return new Promise((resolve) => {
    /** @param {boolean} answer */
    const finish = (answer) => {
      clearTimeout(timer)
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(finish, timeoutMs, false)
    socket.on('error', (/** @type {any} */ error) => finish(error.code === 'ECONNREFUSED'))
    socket.on('message', () => finish(false))
    socket.on('connect', () => socket.send(newRequest()))
    // Not with a callback: that would be told of an error as well, in place of the listeners.
    socket.connect(port, address)
  })
}

/**
 * Whether the server answers a Binding request over TCP.
 * @param {Endpoint} server
 * @param {number} timeoutMs
 * @returns {Promise<boolean>}
 */
export function answersOverTcp({ address, port }, timeoutMs) {
  const socket = connect({ host: address, port })
  let received = Buffer.alloc(0)
  return new Promise((resolve) => {
    /** @param {boolean} answer */
    const finish = (answer) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(finish, timeoutMs, false)
    socket.on('error', () => finish(false))
    socket.on('close', () => finish(false))
    socket.on('connect', () => socket.write(newRequest()))
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      if (received.length < headerLen) return
      const len = headerLen + received.readUInt16BE(2)
      if (received.length >= len) finish(loadNative().decodeStun(received.subarray(0, len)) !== null)
    })
  })
}

function newRequest() {
  return loadNative().encodeStunRequest(randomBytes(12), {})
}

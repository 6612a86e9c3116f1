// The rendezvous of p2p.js: whoever calls and whoever answers under the same name are joined, and the lines of JSON that one
// sends reach the other. It sees descriptions and candidates, and nothing of the call.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/** @typedef {import('node:net').Socket} Socket */

const maxLineChars = 256 * 1024
const maxWaiting = 1000

const startedMs = performance.now()

/**
 * Tells the terminal, with the time since the start.
 * @param {string} text
 */
export function log(text) {
  const ms = (performance.now() - startedMs).toFixed(1)
  // What the other side writes may not reach the terminal as control sequences.
  console.log(`${ms.padStart(9)} ms  ${text.replace(/[^\x20-\x7e\xa0-\uffff]/g, ' ').slice(0, 400)}`)
}

/**
 * @param {{ host: string, port: number }} address where to listen
 */
export async function serveRendezvous({ host, port }) {
  /** @type {Map<string, Socket>} who waits, by role and name */
  const waiting = new Map()
  const server = createServer((socket) => {
    socket.setEncoding('utf8').setNoDelay(true)
    socket.on('error', () => {})
    const lines = readLines(socket)
    lines.once('line', (line) => {
      lines.close()
      admit(line, socket, waiting)
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { address, port: own } = /** @type {import('node:net').AddressInfo} */ (server.address())
  log(`rendezvous on ${endpoint(address, own)}`)
}

/**
 * @param {string} line
 * @param {Socket} socket
 * @param {Map<string, Socket>} waiting
 */
function admit(line, socket, waiting) {
  const { role, name } = readMessage(line)
  const isKnown = role === 'call' || role === 'answer'
  const key = `${role} ${name}`
  if (!isKnown || typeof name !== 'string' || name.length > 100) return refuse(socket, 'say who you are')
  const other = `${role === 'call' ? 'answer' : 'call'} ${name}`
  const peer = waiting.get(other)
  if (peer) {
    waiting.delete(other)
    log(`"${name}": ${from(peer)} and ${from(socket)} are joined`)
    return join(peer, socket)
  }
  if (waiting.has(key) || waiting.size >= maxWaiting) return refuse(socket, 'that name is taken')
  log(`"${name}": ${from(socket)} waits (${role})`)
  waiting.set(key, socket)
  // Else nobody would notice that it goes.
  socket.resume()
  socket.once('close', () => {
    if (waiting.get(key) === socket) waiting.delete(key)
  })
}

/**
 * @param {Socket} first
 * @param {Socket} second
 */
function join(first, second) {
  for (const [one, other] of [
    [first, second],
    [second, first],
  ]) {
    send(one, { peer: from(other) })
    one.pipe(other)
    one.once('close', () => other.end())
  }
}

/**
 * @param {Socket} socket
 * @param {string} error
 */
function refuse(socket, error) {
  socket.end(`${JSON.stringify({ error })}\n`)
}

/**
 * The lines that come; whoever sends one without an end is cut off.
 * @param {Socket} socket
 */
export function readLines(socket) {
  let chars = 0
  socket.on('data', (text) => {
    chars = String(text).includes('\n') ? 0 : chars + text.length
    if (chars > maxLineChars) socket.destroy()
  })
  return createInterface({ input: socket })
}

/**
 * @param {string} line
 * @returns {any} an object; empty when it is none
 */
export function readMessage(line) {
  try {
    return Object(JSON.parse(line))
  } catch {
    return {}
  }
}

/**
 * @param {Socket} socket
 * @param {object} message
 */
export function send(socket, message) {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
}

/**
 * @param {string} address
 * @param {number} port
 */
export function endpoint(address, port) {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** @param {Socket} socket */
function from(socket) {
  return endpoint(socket.remoteAddress ?? '?', socket.remotePort ?? 0)
}

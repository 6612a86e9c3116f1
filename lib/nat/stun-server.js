// A STUN server as people name it, and where that is: text -> host and port (RFC 7064) -> addresses that a route leads to.

import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { isIP } from 'node:net'
import { invalid, UrchinError } from '../errors.js'

/** @typedef {{ address: string, port: number, family: 4 | 6 }} Endpoint */

const defaultPort = 3478

/**
 * Reads 'stun:stun.example.org:3478', the same without its scheme or port, or an address ('192.0.2.1', '[2001:db8::1]:3478').
 * @param {unknown} text
 * @returns {{ host: string, port: number }}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT
 */
export function parseServer(text) {
  if (typeof text !== 'string' || text === '')
    throw invalid('server must be a name, an address or a stun: URL')
  const rest = text.trim().replace(/^stun:(\/\/)?/i, '')
  if (/^(stuns|turns?|https?|wss?):/i.test(rest)) {
    throw invalid(`server must be a stun: URL: NATs are examined over UDP, not ${rest.split(':')[0]}`)
  }
  if (isIP(rest) === 6) return { host: rest, port: defaultPort }
  const parts = /^(?:\[([^\]]+)\]|([^:[\]/?#\s]+))(?::(\d{1,5}))?$/.exec(rest)
  const host = parts?.[1] ?? parts?.[2] ?? ''
  const port = Number(parts?.[3] ?? defaultPort)
  const isBracketed = parts?.[1] !== undefined
  if (!parts || port < 1 || port > 65535 || host.length > 255 || (isBracketed && isIP(host) !== 6)) {
    throw invalid(`server is no HOST[:PORT]: ${text.slice(0, 300)}`)
  }
  return { host, port }
}

/**
 * Looks up a server's addresses.
 * @param {{ host: string, port: number }} server
 * @param {{ family?: 4 | 6, signal?: AbortSignal, timeoutMs?: number }} [options] family: only such addresses
 * @returns {Promise<Endpoint[]>} at most one of each family, in the resolver's order
 * @throws {UrchinError} ERR_STUN_RESOLVE (rejects)
 */
export async function resolveServer({ host, port }, { family, signal, timeoutMs = 10_000 } = {}) {
  const stop = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])])
  let found
  try {
    found = await Promise.race([
      lookup(host, { all: true, family: family ?? 0, verbatim: true }),
      aborted(stop),
    ])
  } catch (cause) {
    if (signal?.aborted) throw new UrchinError('ERR_ABORTED', 'The discovery was aborted', { cause })
    const kind = family ? ` as an IPv${family} address` : ''
    throw new UrchinError('ERR_STUN_RESOLVE', `${host} can't be resolved${kind}: ${reasonOf(cause)}`, {
      cause,
    })
  }
  // An address in place of a name comes back as it is, whatever family was asked for.
  const fitting = found.filter((one) => family === undefined || one.family === family)
  if (fitting.length === 0) throw new UrchinError('ERR_STUN_RESOLVE', `${host} has no IPv${family} address`)
  return fitting
    .filter((one, index) => fitting.findIndex((other) => other.family === one.family) === index)
    .map((one) => ({ address: one.address, port, family: one.family === 6 ? 6 : 4 }))
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<never>}
 */
function aborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/**
 * The local address that packets to a remote one leave from. Sends nothing.
 * @param {Endpoint} remote
 * @returns {Promise<string | null>} null: no route leads there
 */
export async function localAddressTowards({ address, port, family }) {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    // Not with a callback: that would be told of an error as well, in place of the listeners.
    socket.connect(port, address)
    await once(socket, 'connect')
    return socket.address().address
  } catch {
    return null
  } finally {
    socket.close()
  }
}

/** @param {any} cause */
function reasonOf(cause) {
  if (cause?.name === 'TimeoutError') return 'the name server does not answer'
  return cause?.code === 'ENOTFOUND' ? 'no such name' : String(cause?.code ?? cause?.message ?? cause)
}

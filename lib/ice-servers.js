// STUN and TURN servers in the W3C's form, checked and turned into what the core takes.

import { invalid, UrchinError } from './errors.js'

/**
 * A STUN or TURN server in the W3C's form.
 * @typedef {object} IceServer
 * @property {string | string[]} urls stun:host:port, turn:host:port?transport=udp|tcp, turns:host:port
 * @property {string} [username] TURN only
 * @property {string} [credential] TURN only
 */
/** @typedef {import('./worker.js').IceServerConfig} NativeServer */

/** that a connection takes at most */
const maxServers = 16

/**
 * @param {unknown} list
 * @returns {NativeServer[]}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
 */
export function checkIceServers(list) {
  if (list === undefined) return []
  if (!Array.isArray(list)) throw invalid('iceServers must be a list')
  const servers = list.flatMap((server) => {
    const { urls, username, credential } = Object(server)
    const texts = Array.isArray(urls) ? urls : [urls]
    if (texts.length === 0) throw invalid('iceServers: urls is missing')
    return texts.map((url) => readServer(url, username, credential))
  })
  if (servers.length > maxServers) throw invalid(`iceServers: more than ${maxServers}`)
  return servers
}

const serverUrl =
  /^(stuns?|turns?):(\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253})(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i

/**
 * RFC 7064, RFC 7065.
 * @param {unknown} url
 * @param {unknown} username
 * @param {unknown} credential
 * @returns {NativeServer}
 */
function readServer(url, username, credential) {
  const match = typeof url === 'string' ? serverUrl.exec(url) : null
  if (!match) throw invalid(`iceServers: not a STUN or TURN URL: ${String(url).slice(0, 80)}`)
  const [scheme, host, port, transport] = [
    match[1].toLowerCase(),
    match[2],
    match[3],
    match[4]?.toLowerCase(),
  ]
  const isTurn = scheme.startsWith('turn')
  if (scheme === 'stuns') throw new UrchinError('ERR_NOT_SUPPORTED', 'iceServers: stuns is not supported')
  if (!isTurn && transport === 'tcp')
    throw new UrchinError('ERR_NOT_SUPPORTED', 'iceServers: STUN over TCP is not supported')
  if (scheme === 'turns' && transport === 'udp') {
    throw new UrchinError('ERR_NOT_SUPPORTED', 'iceServers: TURN over DTLS is not supported')
  }
  const number = port === undefined ? (scheme === 'turns' ? 5349 : 3478) : Number(port)
  if (number < 1 || number > 65535) throw invalid('iceServers: bad port')
  /** @type {NativeServer} */
  const server = {
    isTurn,
    protocol: scheme === 'turns' ? 'tls' : transport === 'tcp' ? 'tcp' : 'udp',
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    port: number,
  }
  if (!isTurn) return server
  if (!isCredential(username) || !isCredential(credential)) {
    throw invalid('iceServers: TURN needs username and credential')
  }
  return { ...server, username: String(username), credential: String(credential) }
}

/** RFC 8489 14.3: a username is shorter than 509 bytes. */
/** @param {unknown} value */
function isCredential(value) {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) < 509 && !value.includes('\0')
}

// Options of a connection: checked, and turned into what the core takes.

import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { UrchinError } from './errors.js'

/**
 * A STUN or TURN server in the W3C's form.
 * @typedef {object} IceServer
 * @property {string | string[]} urls stun:host:port, turn:host:port?transport=udp|tcp, turns:host:port
 * @property {string} [username] TURN only
 * @property {string} [credential] TURN only
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {string} [id] for logs; made up if absent
 * @property {IceServer[]} [iceServers]
 * @property {{ min: number, max: number }} [portRange] local UDP ports; any if absent
 * @property {string[]} [networkInterfaces] names or addresses; all but loopback and link-local if absent
 * @property {string | string[]} [announcedAddress] told to the peer in place of the local addresses of its family
 * @property {'all' | 'relay'} [iceTransportPolicy] default 'all'
 * @property {boolean} [trickle] default true: CONN_SDP does not wait for STUN and TURN
 * @property {boolean} [iceTcp] default false
 * @property {number} [connectTimeoutMs] from gathering to CONN_READY; default 30000, 0: none
 * @property {'nice' | 'lite'} [ice] default 'nice'
 * @property {boolean} [polite] default false: at glare, give way to the peer's offer
 * @property {import('./console-logger.js').Logger} [logger] pino's shape; silent if absent
 * @property {any} [worker] for tests
 */

/** @typedef {{ isTurn: boolean, protocol: 'udp' | 'tcp' | 'tls', host: string, port: number, username?: string,
 *   credential?: string }} NativeServer */

/**
 * @typedef {object} CheckedOptions
 * @property {import('./worker.js').ConnectionConfig} native
 * @property {string[]} announced
 * @property {boolean} trickle
 * @property {boolean} polite
 */

/** servers and addresses that a connection takes at most */
const maxServers = 16
const maxAddresses = 32

/**
 * @param {ConnectionOptions} options
 * @returns {CheckedOptions}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
 */
export function checkOptions(options) {
  const { ice = 'nice', iceTransportPolicy = 'all', connectTimeoutMs = 30_000 } = options
  if (ice === 'lite') throw new UrchinError('ERR_NOT_SUPPORTED', 'ICE-lite is not supported yet')
  if (ice !== 'nice') throw invalid("ice must be 'nice' or 'lite'")
  if (iceTransportPolicy !== 'all' && iceTransportPolicy !== 'relay') {
    throw invalid("iceTransportPolicy must be 'all' or 'relay'")
  }
  if (!Number.isInteger(connectTimeoutMs) || connectTimeoutMs < 0 || connectTimeoutMs > 3_600_000) {
    throw invalid('connectTimeoutMs must be a whole number from 0 to 3600000')
  }
  checkLogger(options.logger)
  const [portMin, portMax] = checkPorts(options.portRange)
  const native = {
    servers: checkServers(options.iceServers),
    addresses: localAddresses(options.networkInterfaces),
    portMin,
    portMax,
    relayOnly: iceTransportPolicy === 'relay',
    tcp: checkBoolean('iceTcp', options.iceTcp, false),
    connectTimeoutMs,
  }
  return {
    native,
    announced: checkAnnounced(options.announcedAddress),
    trickle: checkBoolean('trickle', options.trickle, true),
    polite: checkBoolean('polite', options.polite, false),
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {boolean} fallback
 */
function checkBoolean(name, value, fallback) {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') throw invalid(`${name} must be true or false`)
  return value
}

/** @param {ConnectionOptions['logger']} logger */
function checkLogger(logger) {
  if (logger === undefined) return
  const methods = /** @type {const} */ (['debug', 'info', 'warn', 'error'])
  if (!methods.every((method) => typeof Object(logger)[method] === 'function')) {
    throw invalid(`logger must have the methods ${methods.join(', ')}`)
  }
}

/**
 * @param {ConnectionOptions['portRange']} range
 * @returns {[number, number]} 0, 0: any
 */
function checkPorts(range) {
  if (range === undefined) return [0, 0]
  const { min, max } = Object(range)
  const isPort = (/** @type {unknown} */ port) =>
    Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65535
  if (!isPort(min) || !isPort(max) || min > max) throw invalid('portRange must be { min, max }: 1 to 65535')
  return [min, max]
}

/** @param {ConnectionOptions['announcedAddress']} value */
function checkAnnounced(value) {
  if (value === undefined) return []
  const list = Array.isArray(value) ? value : [value]
  if (!list.every((one) => typeof one === 'string' && isIP(one))) {
    throw invalid('announcedAddress must be an IP address or a list of them')
  }
  return list
}

/**
 * @param {string[] | undefined} wanted names or addresses
 * @returns {string[]}
 */
export function localAddresses(wanted) {
  const all = Object.entries(networkInterfaces()).flatMap(([name, rows = []]) =>
    rows.map((row) => ({ name, ...row })),
  )
  if (wanted === undefined) {
    // RFC 8445 5.1.1.1: no loopback; link-local IPv6 would pair with nothing that has an SDP.
    const usable = all.filter(({ internal, address }) => !internal && !isLinkLocal(address))
    const addresses = usable.map(({ address }) => address).slice(0, maxAddresses)
    return addresses.length > 0 ? addresses : ['127.0.0.1']
  }
  if (!Array.isArray(wanted) || wanted.length === 0 || !wanted.every((one) => typeof one === 'string')) {
    throw invalid('networkInterfaces must be a list of names or addresses')
  }
  const addresses = wanted.flatMap((one) => {
    if (isIP(one)) return [one]
    const found = all.filter(({ name, address }) => name === one && !isLinkLocal(address))
    if (found.length === 0) throw invalid(`networkInterfaces: ${one} has no address here`)
    return found.map(({ address }) => address)
  })
  return [...new Set(addresses)].slice(0, maxAddresses)
}

/** @param {string} address */
function isLinkLocal(address) {
  return /^fe[89ab][0-9a-f]:/i.test(address)
}

/**
 * @param {IceServer[] | undefined} list
 * @returns {NativeServer[]}
 */
function checkServers(list) {
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

/** @param {string} message */
export function invalid(message) {
  return new UrchinError('ERR_INVALID_ARGUMENT', message)
}

// Options of a connection: checked, and turned into what the core takes.

import { X509Certificate } from 'node:crypto'
import { checkAnnounced } from './announced-addresses.js'
import { checkBlockedNetworks } from './blocked-networks.js'
import { invalid } from './errors.js'
import { checkLite } from './ice-lite.js'
import { checkIceServers } from './ice-servers.js'
import { checkInterfaces, localAddresses } from './local-addresses.js'

/** @typedef {import('./ice-servers.js').IceServer} IceServer */
/** @typedef {import('./announced-addresses.js').AnnouncedAddress} AnnouncedAddress */

/**
 * @typedef {object} ConnectionOptions
 * @property {string} [id] for logs; made up if absent
 * @property {IceServer[]} [iceServers]
 * @property {{ min: number, max: number }} [portRange] local UDP ports; any if absent
 * @property {string[]} [networkInterfaces] names ('eth0', 'eth*'), addresses, networks ('10.0.0.0/8'), or beginnings of
 *   addresses ('192.168.'); all but loopback and link-local if absent
 * @property {string[]} [ignoredInterfaces] the same, of what is not used
 * @property {AnnouncedAddress | AnnouncedAddress[]} [announcedAddress] told to the peer in place of the local addresses of
 *   its family, or of the one that is named with it
 * @property {'all' | 'relay'} [iceTransportPolicy] default 'all'
 * @property {boolean} [trickle] default true: CONN_SDP does not wait for STUN and TURN
 * @property {boolean} [iceTcp] default false: ICE-TCP candidates too (RFC 6544)
 * @property {boolean} [iceAutoRestart] default true: offers an ICE restart by itself when ICE is disconnected or the local
 *   addresses change
 * @property {number} [connectTimeoutMs] from gathering to CONN_READY; default 30000, 0: none
 * @property {number} [disconnectedTimeoutMs] silence until ICE is 'disconnected'; default 4500; of 'lite' 6500, or 13000 while
 *   the peer sends nothing regularly
 * @property {number} [consentTimeoutMs] silence until it has failed (RFC 7675); default 30000
 * @property {string} [tlsCa] PEM certificates trusted for turns:, beside the system's
 * @property {string[]} [blockedNetworks] default none: candidates of the peer in these networks are ignored
 * @property {'nice' | 'lite'} [ice] default 'nice'; 'lite': ICE-lite (RFC 8445) on one port that all such connections share
 * @property {number} [icePort] of 'lite', UDP and with iceTcp TCP too; default 20000, one for all lite connections of a
 *   process
 * @property {boolean} [polite] default false: at glare, give way to the peer's offer
 * @property {import('./console-logger.js').Logger} [logger] pino's shape; silent if absent
 * @property {any} [worker] for tests
 */

/**
 * @typedef {object} CheckedOptions
 * @property {import('./worker.js').ConnectionConfig} native
 * @property {import('./local-addresses.js').AddressChoice} choice of local addresses
 * @property {import('./announced-addresses.js').Announced[]} announced
 * @property {string[]} blockedNetworks
 * @property {boolean} iceAutoRestart
 * @property {boolean} trickle
 * @property {boolean} polite
 * @property {boolean} isPolitenessOpen nothing was said about it
 */

const maxTimeoutMs = 3_600_000
const maxCaBytes = 256 * 1024

/**
 * @param {ConnectionOptions} options
 * @returns {CheckedOptions}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
 */
export function checkOptions(options) {
  const { iceTransportPolicy = 'all' } = options
  if (iceTransportPolicy !== 'all' && iceTransportPolicy !== 'relay') {
    throw invalid("iceTransportPolicy must be 'all' or 'relay'")
  }
  checkLogger(options.logger)
  const [portMin, portMax] = checkPorts(options.portRange)
  const choice = checkInterfaces(options.networkInterfaces, options.ignoredInterfaces)
  const litePort = checkLite(options)
  const servers = checkIceServers(options.iceServers)
  const native = {
    litePort,
    // A lite agent asks nobody where it is: it has a public address, or announces one.
    servers: litePort ? [] : servers,
    addresses: localAddresses(choice),
    portMin,
    portMax,
    relayOnly: iceTransportPolicy === 'relay',
    tcp: checkBoolean('iceTcp', options.iceTcp, false),
    tlsCa: checkCa(options.tlsCa),
    ...checkTimeouts(options, litePort !== 0),
  }
  return {
    native,
    choice,
    announced: checkAnnounced(options.announcedAddress),
    blockedNetworks: checkBlockedNetworks(options.blockedNetworks),
    iceAutoRestart: checkBoolean('iceAutoRestart', options.iceAutoRestart, true),
    trickle: checkBoolean('trickle', options.trickle, true),
    polite: checkBoolean('polite', options.polite, false),
    isPolitenessOpen: options.polite === undefined,
  }
}

/**
 * @param {ConnectionOptions} options
 * @param {boolean} isLite the core then knows best how long a peer may be silent: it can't ask, only wait
 */
function checkTimeouts({ connectTimeoutMs, disconnectedTimeoutMs, consentTimeoutMs }, isLite) {
  const timeouts = {
    connectTimeoutMs: checkTime('connectTimeoutMs', connectTimeoutMs, { least: 0, fallback: 30_000 }),
    disconnectedTimeoutMs: checkTime('disconnectedTimeoutMs', disconnectedTimeoutMs, {
      least: 500,
      fallback: isLite ? 0 : 4500,
    }),
    consentTimeoutMs: checkTime('consentTimeoutMs', consentTimeoutMs, { least: 1000, fallback: 30_000 }),
  }
  if (timeouts.disconnectedTimeoutMs >= timeouts.consentTimeoutMs) {
    throw invalid('disconnectedTimeoutMs must be less than consentTimeoutMs')
  }
  return timeouts
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {{ least: number, fallback: number }} limits
 * @returns {number}
 */
function checkTime(name, value, { least, fallback }) {
  if (value === undefined) return fallback
  if (!Number.isInteger(value) || Number(value) < least || Number(value) > maxTimeoutMs) {
    throw invalid(`${name} must be a whole number from ${least} to ${maxTimeoutMs}`)
  }
  return Number(value)
}

/**
 * @param {unknown} pem
 * @returns {string | undefined}
 */
function checkCa(pem) {
  if (pem === undefined) return undefined
  const blocks =
    typeof pem === 'string' && pem.length <= maxCaBytes
      ? pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
      : null
  try {
    for (const block of blocks ?? ['']) new X509Certificate(block)
  } catch {
    throw invalid('tlsCa must be the text of one or more certificates in PEM')
  }
  return String(pem)
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

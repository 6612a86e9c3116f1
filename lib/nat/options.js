// The options of discoverNat(), checked.

import { isIP } from 'node:net'
import { invalid } from '../errors.js'

/**
 * @typedef {object} NatOptions
 * @property {string} server 'stun.example.org', 'stun.example.org:3478', an address, or a stun: URL
 * @property {string} [localAddress] by default the one that the route to the server leaves from
 * @property {number} [localPort] by default any
 * @property {boolean | { maxSeconds: number }} [lifetime] measure how long a mapping is remembered; true: up to 300 s
 * @property {boolean} [hairpin] false: do not test hairpinning
 * @property {number} [timeoutMs] how long each test waits for its answer; 4000 by default
 * @property {4 | 6} [family] only this kind of addresses; by default that of localAddress, else the first that answers
 * @property {AbortSignal} [signal]
 */
/**
 * @typedef {object} NatSettings
 * @property {string} server
 * @property {string | undefined} localAddress
 * @property {number} localPort
 * @property {number} lifetimeSeconds 0: not asked
 * @property {boolean} hairpin
 * @property {number} timeoutMs
 * @property {4 | 6 | undefined} family
 * @property {AbortSignal} signal
 */

const defaultLifetimeSeconds = 300
const defaultTimeoutMs = 4000

/**
 * @param {NatOptions} options
 * @returns {NatSettings}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT
 */
export function checkOptions(options) {
  if (typeof options !== 'object' || options === null) throw invalid('options must be an object')
  const { server, localAddress, hairpin = true, signal } = options
  if (typeof server !== 'string') throw invalid('server must be a string')
  if (localAddress !== undefined && isIP(localAddress) === 0)
    throw invalid('localAddress must be an IP address')
  if (typeof hairpin !== 'boolean') throw invalid('hairpin must be a boolean')
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal must be an AbortSignal')
  return {
    server,
    localAddress,
    localPort: numberIn('localPort', options.localPort ?? 0, [0, 65535], true),
    lifetimeSeconds: lifetimeOf(options.lifetime ?? false),
    hairpin,
    timeoutMs: numberIn('timeoutMs', options.timeoutMs ?? defaultTimeoutMs, [1, 60_000]),
    family: familyOf(options.family, localAddress),
    signal: signal ?? new AbortController().signal,
  }
}

/** @param {unknown} lifetime */
function lifetimeOf(lifetime) {
  if (typeof lifetime === 'boolean') return lifetime ? defaultLifetimeSeconds : 0
  if (typeof lifetime !== 'object' || lifetime === null) {
    throw invalid('lifetime must be a boolean or { maxSeconds }')
  }
  return numberIn('lifetime.maxSeconds', Reflect.get(lifetime, 'maxSeconds'), [0.1, 3600])
}

/**
 * @param {unknown} family
 * @param {string | undefined} localAddress
 * @returns {4 | 6 | undefined}
 */
function familyOf(family, localAddress) {
  if (family !== undefined && family !== 4 && family !== 6) throw invalid('family must be 4 or 6')
  const local = localAddress === undefined ? undefined : /** @type {4 | 6} */ (isIP(localAddress))
  if (family !== undefined && local !== undefined && family !== local) {
    throw invalid('family is not that of localAddress')
  }
  return family ?? local
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {[number, number]} range
 * @param {boolean} [isWhole]
 */
function numberIn(name, value, [min, max], isWhole = false) {
  const isFitting = typeof value === 'number' && value >= min && value <= max
  if (!isFitting || (isWhole && !Number.isInteger(value))) {
    throw invalid(`${name} must be ${isWhole ? 'an integer' : 'a number'} from ${min} to ${max}`)
  }
  return value
}

// Which of this machine's addresses ICE uses: by interface name, pattern, address or network, now and again later.

import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { invalid } from './errors.js'
import { canonicalAddress, parseNetwork } from './ip-address.js'
import { remember } from './remember.js'

/** @typedef {{ wanted?: string[], ignored: string[] }} AddressChoice */
/** @typedef {{ name: string, address: string, internal: boolean }} LocalAddress */

/** that a connection takes at most */
const maxAddresses = 32
/** Asking the system costs as much as the rest of a new connection: of many that come at once the first asks. */
const maxAgeMs = 500

/** @type {{ timeMs: number, addresses: readonly LocalAddress[] }} */
let latest = { timeMs: Number.NEGATIVE_INFINITY, addresses: [] }

/**
 * @param {unknown} wanted
 * @param {unknown} ignored
 * @returns {AddressChoice}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export function checkInterfaces(wanted, ignored) {
  const isList = (/** @type {unknown} */ list) =>
    Array.isArray(list) && list.length <= 256 && list.every((one) => typeof one === 'string' && one !== '')
  if (wanted !== undefined && (!isList(wanted) || /** @type {string[]} */ (wanted).length === 0)) {
    throw invalid('networkInterfaces must be a list of names or addresses')
  }
  if (ignored !== undefined && !isList(ignored)) {
    throw invalid('ignoredInterfaces must be a list of names or addresses')
  }
  for (const [option, list] of Object.entries({ networkInterfaces: wanted, ignoredInterfaces: ignored })) {
    const wrong = /** @type {string[]} */ (list ?? []).find((one) => one.includes('/') && !parseNetwork(one))
    if (wrong !== undefined) throw invalid(`${option}: ${wrong} is no network`)
  }
  const choice = { ignored: /** @type {string[]} */ (ignored ?? []) }
  return wanted === undefined ? choice : { ...choice, wanted: /** @type {string[]} */ (wanted) }
}

/**
 * The chosen addresses, for a new connection.
 * @param {AddressChoice} choice
 * @returns {string[]} at least one
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT: nothing here is chosen
 */
export function localAddresses(choice) {
  const all = performance.now() - latest.timeMs < maxAgeMs ? latest.addresses : readInterfaces()
  return [...select(all, JSON.stringify(choice))]
}

const select = remember((/** @type {readonly LocalAddress[]} */ all, text) => {
  /** @type {AddressChoice} */
  const choice = JSON.parse(text)
  for (const one of choice.wanted ?? []) {
    if (!isIP(one) && choose(all, { wanted: [one], ignored: [] }).length === 0) {
      throw invalid(`networkInterfaces: ${one} has no address here`)
    }
  }
  const given = (choice.wanted ?? []).filter((one) => isIP(one)).map(canonicalAddress)
  // An address that was given is taken at its word: of 127.0.0.0/8 the system lists one.
  const found = [...choose(all, choice), ...given.filter((one) => !isIgnored(one, choice))]
  const addresses = [...new Set(found)].slice(0, maxAddresses)
  if (addresses.length > 0) return addresses
  const loopback = all.filter((one) => one.internal && !matchesAny(one, choice.ignored))
  if (choice.wanted || loopback.length === 0) throw invalid('ignoredInterfaces leaves no local address')
  return ['127.0.0.1']
})

/**
 * The chosen addresses that are there now, for a connection that exists.
 * @param {AddressChoice} choice
 * @returns {string[]} empty: there is no network at the moment
 */
export function presentAddresses(choice) {
  const all = readInterfaces()
  const loopback = (choice.wanted ?? []).filter((one) => one.startsWith('127.'))
  return [...new Set([...choose(all, choice), ...loopback])].slice(0, maxAddresses)
}

/** @returns {readonly LocalAddress[]} without link-local IPv6: it would pair with nothing that has an SDP */
function readInterfaces() {
  const addresses = Object.entries(networkInterfaces())
    .flatMap(([name, rows = []]) => rows.map(({ address, internal }) => ({ name, address, internal })))
    .filter(({ address }) => !/^fe[89ab][0-9a-f]:/i.test(address))
  latest = { timeMs: performance.now(), addresses }
  return addresses
}

/**
 * @param {readonly LocalAddress[]} all
 * @param {AddressChoice} choice
 */
function choose(all, { wanted, ignored }) {
  // RFC 8445 5.1.1.1: no loopback, unless somebody wants it.
  const chosen = wanted
    ? wanted.flatMap((one) => all.filter((local) => matches(local, one)))
    : all.filter(({ internal }) => !internal)
  return chosen.filter((local) => !matchesAny(local, ignored)).map(({ address }) => address)
}

/**
 * @param {string} address
 * @param {AddressChoice} choice
 */
function isIgnored(address, { ignored }) {
  return matchesAny({ name: '', address, internal: false }, ignored)
}

/**
 * @param {LocalAddress} local
 * @param {string[]} patterns
 */
function matchesAny(local, patterns) {
  return patterns.some((pattern) => matches(local, pattern))
}

/**
 * @param {LocalAddress} local
 * @param {string} pattern an address, a network, the beginning of an address up to '.' or ':', or an interface's name with
 *   '*' for anything
 */
function matches({ name, address }, pattern) {
  if (isIP(pattern)) return canonicalAddress(pattern) === canonicalAddress(address)
  const network = parseNetwork(pattern)
  if (network) {
    const list = new BlockList()
    list.addSubnet(network.address, network.prefix, network.family)
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    return family === network.family && list.check(address, family)
  }
  if (/^(?:[\d.]+\.|[0-9a-f:]+:)$/i.test(pattern)) return address.startsWith(pattern.toLowerCase())
  const glob = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${glob}$`).test(name)
}

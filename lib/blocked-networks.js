// Where no packet may be sent because a peer names it as its address: else a stranger could have this machine knock on
// doors that are open to it alone (RFC 8445 19.5; RFC 8828 for the other side's view).

import { BlockList, isIP, SocketAddress } from 'node:net'
import { invalid } from './errors.js'
import { embeddedV4, parseNetwork } from './ip-address.js'

/** Nobody can be reached there: "this network", multicast, broadcast. */
const unusable = makeBlockList(['0.0.0.0/8', '224.0.0.0/4', '255.255.255.255', '::', 'ff00::/8'])

const loopback = ['127.0.0.0/8', '::1']
const othersBlocked = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255',
  '::',
  'fe80::/10',
  'ff00::/8',
]

/**
 * What a server blocks by default: itself, and what is reached over the same cable only (cloud metadata among it). Private
 * networks are not in it: people in the same building are real. The forms of these as IPv6 addresses are blocked too.
 * @param {readonly string[]} addresses that the server's connections use: one that uses loopback has its clients there
 */
export function serverBlockedNetworks(addresses) {
  const own = new BlockedNetworks(loopback)
  return addresses.some((address) => own.has(address)) ? othersBlocked : [...loopback, ...othersBlocked]
}

/**
 * @param {unknown} value
 * @returns {string[]}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export function checkBlockedNetworks(value) {
  if (value === undefined) return []
  const isList = Array.isArray(value) && value.length <= 1000
  if (!isList || !value.every((one) => typeof one === 'string' && parseNetwork(one))) {
    throw invalid("blockedNetworks must be a list of networks like '10.0.0.0/8' or 'fd00::/8'")
  }
  return value
}

/** A set of networks. */
export class BlockedNetworks {
  #list

  /** @param {readonly string[]} networks checked ones */
  constructor(networks) {
    this.#list = toBlockList(networks)
  }

  /**
   * Whether an address, or the IPv4 address that it stands for, is in one of them.
   * @param {string} address
   */
  has(address) {
    return isIn(this.#list, address)
  }
}

/**
 * Whether no peer can be at an address.
 * @param {string} address
 */
export function isUnusableAddress(address) {
  return isIn(unusable, address)
}

/**
 * @param {BlockList} list
 * @param {string} address
 */
function isIn(list, address) {
  if (address !== asked.address) asked = { address, forms: formsOf(address) }
  return asked.forms.some((form) => list.check(form))
}

/** The last address: one is looked for in several lists. @type {{ address: string, forms: SocketAddress[] }} */
let asked = { address: '', forms: [] }

/**
 * An address, and the IPv4 address that it stands for.
 * @param {string} address
 */
function formsOf(address) {
  const [bare] = address.split('%', 1)
  const v4 = embeddedV4(bare)
  const form = new SocketAddress({ address: bare, family: isIP(bare) === 6 ? 'ipv6' : 'ipv4' })
  return v4 === null ? [form] : [form, new SocketAddress({ address: v4 })]
}

/** The last list, and from what: a server's connections all have the same. */
let made = { text: '', list: new BlockList() }

/** @param {readonly string[]} networks */
function toBlockList(networks) {
  const text = networks.join(' ')
  if (text !== made.text) made = { text, list: makeBlockList(networks) }
  return made.list
}

/** @param {readonly string[]} networks */
function makeBlockList(networks) {
  const list = new BlockList()
  for (const network of networks) {
    const { address, prefix, family } = /** @type {import('./ip-address.js').Network} */ (
      parseNetwork(network)
    )
    list.addSubnet(address, prefix, family)
  }
  return list
}

// IP addresses and networks as text: one spelling for each, and the IPv4 address that some IPv6 addresses stand for.

import { isIP } from 'node:net'

/** @typedef {{ address: string, prefix: number, family: 'ipv4' | 'ipv6' }} Network */

/**
 * The one spelling of an address, without a zone.
 * @param {string} address an IP address
 */
export function canonicalAddress(address) {
  const [bare] = address.split('%', 1)
  return isIP(bare) === 6 ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare
}

/** How an address that stands for another may begin: with zeros, 64:ff9b: or 2002:. */
const embedding = /^0*(?:64:0*ff9b|2002)?:/i

/**
 * The IPv4 address that a translator or the system itself would send to in place of an IPv6 one: mapped and compatible
 * (RFC 4291 2.5.5), translated (RFC 2765), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056).
 * @param {string} address
 * @returns {string | null} null: none
 */
export function embeddedV4(address) {
  if (!embedding.test(address) || isIP(address.split('%', 1)[0]) !== 6) return null
  const groups = groupsOf(canonicalAddress(address))
  const text = groups.map((group) => group.toString(16)).join(':')
  if (groups[0] === 0x2002) return toV4(groups[1], groups[2])
  const isMade =
    /^0:0:0:0:(?:0:0|0:ffff|ffff:0):/.test(text) || /^64:ff9b:(?:0:0:0:0|1:\w+:\w+:\w+):/.test(text)
  // "::" and "::1" are addresses of their own.
  const isSmall = /^(?:0:){7}[01]$/.test(text)
  return isMade && !isSmall ? toV4(groups[6], groups[7]) : null
}

/**
 * @param {string} text an address, or address/prefix
 * @returns {Network | null} null: neither
 */
export function parseNetwork(text) {
  const [address, length, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || address.includes('%') || rest.length > 0) return null
  const longest = version === 4 ? 32 : 128
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return null
  const prefix = length === undefined ? longest : Number(length)
  if (prefix > longest) return null
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** @param {string} canonical */
function groupsOf(canonical) {
  const [left, right] = canonical.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const zeros = right === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array(zeros).fill('0'), ...(right ?? [])].map((group) => Number.parseInt(group, 16))
}

/**
 * @param {number} high
 * @param {number} low
 */
function toV4(high, low) {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

// Addresses that the peer is told in place of the local ones: those of a NAT that maps one to one, port for port.

import { isIP } from 'node:net'
import { invalid } from './errors.js'
import { canonicalAddress } from './ip-address.js'

/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {{ local?: string, public: string }} Announced without local: for every local address of its family */
/** @typedef {string | { local: string, public: string }} AnnouncedAddress */

/**
 * @param {AnnouncedAddress | AnnouncedAddress[] | undefined} value
 * @returns {Announced[]}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export function checkAnnounced(value) {
  if (value === undefined) return []
  const list = Array.isArray(value) ? value : [value]
  if (list.length > 32) throw invalid('announcedAddress: more than 32')
  return list.map((one) => {
    if (isAddress(one)) return { public: canonicalAddress(one) }
    const { local, public: told } = Object(one)
    if (!isAddress(local) || !isAddress(told) || isIP(local) !== isIP(told)) {
      throw invalid(
        'announcedAddress must be an IP address, { local, public } of one family, or a list of them',
      )
    }
    return { local: canonicalAddress(local), public: canonicalAddress(told) }
  })
}

/**
 * A local candidate as the peer is told it.
 * @param {Candidate} candidate
 * @param {readonly Announced[]} announced
 * @returns {Candidate[]} one or several; as it is when nothing is announced for it
 */
export function announce(candidate, announced) {
  if (candidate.type !== 'host' || announced.length === 0) return [candidate]
  const address = canonicalAddress(candidate.address)
  const own = announced.filter(({ local }) => local === address)
  const any = announced.filter((one) => one.local === undefined && isIP(one.public) === isIP(address))
  const told = own.length > 0 ? own : any
  if (told.length === 0) return [candidate]
  return told.map((one, i) => ({
    ...candidate,
    // RFC 8445 5.1.1.3: another base, another foundation.
    foundation: i === 0 ? candidate.foundation : `${candidate.foundation}a${i}`.slice(-32),
    address: one.public,
  }))
}

/**
 * @param {unknown} value
 * @returns {value is string}
 */
function isAddress(value) {
  return typeof value === 'string' && isIP(value) !== 0 && !value.includes('%')
}

// Our side of ICE for one generation: credentials, and the candidates found so far as the peer is told them.

import { announce } from './announced-addresses.js'
import { randomBytes } from './random.js'

/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */

export class LocalIce {
  /** RFC 8445 5.3: at least 24 and 128 random bits; 6 and 18 bytes are 8 and 24 ice-chars of base64, one of them lost. */
  ufrag = randomBytes(6).toString('base64')
  pwd = randomBytes(18).toString('base64')
  /** @type {Candidate[]} */
  candidates = []
  /** Every host candidate is known. */
  hasHosts = false
  /** Every candidate is known. */
  hasAll = false

  /** @param {number} generation 0, then one more with each restart */
  constructor(generation) {
    this.generation = generation
  }

  /**
   * Before the ufrag is told: begins it with what names the worker, as checks on a port of many workers need it.
   * @param {string} prefix one ice-char, or none
   */
  nameWorker(prefix) {
    this.ufrag = prefix + this.ufrag.slice(prefix.length)
  }

  /**
   * Takes a candidate that was found.
   * @param {Candidate} candidate
   * @param {readonly import('./announced-addresses.js').Announced[]} announced
   * @returns {Candidate[]} what the peer is told, without what it knows already
   */
  add(candidate, announced) {
    const told = announce(candidate, announced).filter(
      (one) => !this.candidates.some((known) => isSame(known, one)),
    )
    this.candidates.push(...told)
    return told
  }
}

/**
 * @param {Candidate} a
 * @param {Candidate} b
 */
function isSame(a, b) {
  return (
    a.address === b.address &&
    a.port === b.port &&
    a.protocol === b.protocol &&
    a.type === b.type &&
    a.tcpType === b.tcpType
  )
}

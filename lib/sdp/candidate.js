// ICE candidate lines (RFC 8839 5.1): strict reader, writer. Which candidates are of use is the caller's decision.

import { isIP } from 'node:net'
import { UrchinError } from '../errors.js'

/**
 * A candidate as the native core takes it.
 * @typedef {object} Candidate
 * @property {string} foundation
 * @property {number} component 1 is RTP; 2 (RTCP) is of no use under rtcp-mux
 * @property {'udp' | 'tcp'} protocol
 * @property {'active' | 'passive' | 'so'} [tcpType]
 * @property {number} priority
 * @property {string} address
 * @property {number} port
 * @property {'host' | 'srflx' | 'prflx' | 'relay'} type
 * @property {string} [relatedAddress]
 * @property {number} [relatedPort]
 */

/**
 * A candidate as a line tells it.
 * @typedef {Candidate & { addressKind: 'ip' | 'mdns' | 'name', ufrag?: string }} ParsedCandidate
 */

const maxLength = 1024
const types = new Set(['host', 'srflx', 'prflx', 'relay'])
const tcpTypes = new Set(['active', 'passive', 'so'])

const iceChars = /^[A-Za-z0-9+/]+$/
const digits = /^\d{1,10}$/
const printable = /^[\x20-\x7e]*$/
// draft-ietf-mmusic-mdns-ice-candidates 3.1: a version 4 UUID and ".local".
const mdnsName = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local$/i
const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/

/**
 * Reads one candidate line; `a=` in front is allowed, extensions it does not know are skipped.
 * @param {string} line
 * @returns {ParsedCandidate}
 * @throws {UrchinError} ERR_CANDIDATE_SYNTAX
 */
export function parseCandidate(line) {
  if (line.length > maxLength) throw syntax('too long')
  const text = line.trim().replace(/^a=/, '')
  if (!/^candidate:/i.test(text)) throw syntax('no "candidate:"')
  const words = text.slice('candidate:'.length).split(/ +/)
  if (words.length < 8) throw syntax('fields are missing')
  if (!printable.test(text)) throw syntax('bad character')
  const [foundation, component, protocol, priority, address, port, typ, type] = words

  if (foundation.length > 32 || !iceChars.test(foundation)) throw syntax('bad foundation')
  if (typ !== 'typ') throw syntax('no "typ"')
  if (!types.has(type)) throw syntax('unknown type')
  const lower = protocol.toLowerCase()
  if (lower !== 'udp' && lower !== 'tcp') throw syntax('unknown transport')

  /** @type {ParsedCandidate} */
  const candidate = {
    foundation,
    component: integer(component, 1, 256, 'component'),
    protocol: lower,
    priority: integer(priority, 0, 0xffffffff, 'priority'),
    address: stripBrackets(address),
    port: integer(port, 0, 65535, 'port'),
    type: /** @type {Candidate['type']} */ (type),
    addressKind: 'ip',
  }
  candidate.addressKind = addressKind(candidate.address)
  readExtensions(candidate, words)
  return candidate
}

/**
 * @param {ParsedCandidate} candidate
 * @param {string[]} words extensions are the pairs from word 8 on
 */
function readExtensions(candidate, words) {
  if (words.length % 2 !== 0) throw syntax('an extension has no value')
  for (let i = 8; i < words.length; i += 2) {
    const value = words[i + 1]
    switch (words[i]) {
      case 'raddr':
        // Browsers hide their own address behind 0.0.0.0 or a name; only numbers are of use to ICE.
        if (isIP(stripBrackets(value))) candidate.relatedAddress = stripBrackets(value)
        break
      case 'rport':
        candidate.relatedPort = integer(value, 0, 65535, 'rport')
        break
      case 'tcptype':
        if (!tcpTypes.has(value)) throw syntax('unknown tcptype')
        candidate.tcpType = /** @type {Candidate['tcpType']} */ (value)
        break
      case 'ufrag':
        if (value.length > 256 || !iceChars.test(value)) throw syntax('bad ufrag')
        candidate.ufrag = value
        break
    }
  }
  if (candidate.relatedAddress === undefined) delete candidate.relatedPort
  else candidate.relatedPort ??= 0
}

/**
 * Writes a candidate without `a=`, as JavaScript interfaces exchange it.
 * @param {Candidate} candidate
 * @param {{ ufrag?: string }} [options] ufrag: tells the generation it belongs to
 * @returns {string}
 */
export function writeCandidate(candidate, { ufrag } = {}) {
  const words = [
    `candidate:${candidate.foundation}`,
    candidate.component ?? 1,
    candidate.protocol,
    candidate.priority,
    candidate.address,
    candidate.port,
    'typ',
    candidate.type,
  ]
  if (candidate.type !== 'host') {
    // RFC 8839 5.1: raddr and rport must be there for all but host candidates.
    const any = candidate.address.includes(':') ? '::' : '0.0.0.0'
    words.push('raddr', candidate.relatedAddress || any, 'rport', candidate.relatedPort || 9)
  }
  if (candidate.protocol === 'tcp') words.push('tcptype', candidate.tcpType ?? 'passive')
  if (ufrag !== undefined) words.push('generation', 0, 'ufrag', ufrag)
  return words.join(' ')
}

/**
 * @param {string} address
 * @returns {ParsedCandidate['addressKind']}
 */
function addressKind(address) {
  if (isIP(address)) return 'ip'
  if (mdnsName.test(address)) return 'mdns'
  if (/^[\d.]+$/.test(address) || !hostName.test(address)) throw syntax('bad address')
  return 'name'
}

/** @param {string} address */
function stripBrackets(address) {
  return address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address
}

/**
 * @param {string} word
 * @param {number} min
 * @param {number} max
 * @param {string} what
 */
function integer(word, min, max, what) {
  const value = digits.test(word) ? Number(word) : -1
  if (value < min || value > max) throw syntax(`bad ${what}`)
  return value
}

/** @param {string} why */
function syntax(why) {
  return new UrchinError('ERR_CANDIDATE_SYNTAX', `Not an ICE candidate: ${why}`)
}

// The transport that a BUNDLE group shares: whose ICE credentials, fingerprints and role count (RFC 9143 7, 8842, 8839).

import { UrchinError } from '../errors.js'

/** @typedef {import('./parse.js').Section} Section */
/** @typedef {import('./scan.js').RawSection} RawSection */
/** @typedef {{ algorithm: string, value: string }} Fingerprint */

/**
 * @typedef {object} Transport
 * @property {string} mid of the m-line whose attributes count
 * @property {number} index of that m-line
 * @property {string} ufrag
 * @property {string} pwd
 * @property {boolean} isIceLite
 * @property {'actpass' | 'active' | 'passive'} setup
 * @property {Fingerprint[]} fingerprints alternatives, sha-256 or stronger
 * @property {string[]} candidates
 * @property {boolean} hasEnded the peer has no more candidates
 */

/** Bytes of each hash that is strong enough (RFC 8122 5, RFC 8827 6.5). */
/** @type {Record<string, number>} */
const hashLengths = { 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 }
const maxFingerprints = 8
const iceUfrag = /^[A-Za-z0-9+/]{4,256}$/
const icePwd = /^[A-Za-z0-9+/]{22,256}$/

/**
 * @param {any} session as sdp-transform reads it
 * @param {RawSection[]} raw session part first
 * @param {Section[]} sections
 * @param {string[]} bundle
 * @returns {Transport | null} null when every m-line is rejected
 */
export function pickTransport(session, raw, sections, bundle) {
  const index = taggedIndex(sections, bundle)
  if (index < 0) return null
  const section = sections[index]
  const media = session.media[index]
  const ufrag = String(media.iceUfrag ?? session.iceUfrag ?? '')
  const pwd = String(media.icePwd ?? session.icePwd ?? '')
  // RFC 8839 5.4: 4 to 256 and 22 to 256 ice-chars.
  if (!iceUfrag.test(ufrag) || !icePwd.test(pwd)) {
    throw new UrchinError('ERR_SDP_NO_ICE', 'The SDP has no usable ice-ufrag and ice-pwd')
  }
  const own = readFingerprints(raw[index + 1].fingerprints)
  const fingerprints = raw[index + 1].fingerprints.length > 0 ? own : readFingerprints(raw[0].fingerprints)
  if (fingerprints.length === 0) {
    throw new UrchinError('ERR_SDP_NO_FINGERPRINT', 'The SDP has no fingerprint of sha-256 or stronger')
  }
  const isMedia = section.kind === 'audio' || section.kind === 'video'
  if (isMedia && !section.hasRtcpMux) {
    throw new UrchinError(
      'ERR_SDP_NO_RTCP_MUX',
      'The SDP has no rtcp-mux: RTCP on a port of its own is not supported',
    )
  }
  return {
    mid: section.mid,
    index,
    ufrag,
    pwd,
    isIceLite: session.icelite !== undefined || media.icelite !== undefined,
    setup: readSetup(section.setup),
    fingerprints,
    candidates: section.candidates,
    hasEnded: section.hasEnded,
  }
}

/**
 * RFC 9143 7.2: the first mid of the group; 7.3.3: the next one when that m-line is rejected.
 * @param {Section[]} sections
 * @param {string[]} bundle
 */
function taggedIndex(sections, bundle) {
  for (const mid of bundle) {
    const index = sections.findIndex((section) => section.mid === mid && !section.isRejected)
    if (index >= 0) return index
  }
  return sections.findIndex((section) => section.isBundled)
}

/**
 * Malformed lines and weak hashes are passed over: each line is an alternative (RFC 8122 5).
 * @param {string[]} lines
 * @returns {Fingerprint[]}
 */
function readFingerprints(lines) {
  const fingerprints = []
  for (const line of lines.slice(0, maxFingerprints)) {
    const [name, value = ''] = line.split(/ +/)
    const algorithm = name.toLowerCase()
    if (!Object.hasOwn(hashLengths, algorithm)) continue
    if (value.length !== hashLengths[algorithm] * 3 - 1 || !/^[0-9A-F]{2}(?::[0-9A-F]{2})*$/i.test(value))
      continue
    fingerprints.push({ algorithm, value: value.toUpperCase() })
  }
  return fingerprints
}

/**
 * @param {string} setup
 * @returns {Transport['setup']}
 */
function readSetup(setup) {
  // RFC 4145 4.1: active is meant when nothing is said.
  if (setup === '') return 'active'
  if (setup === 'actpass' || setup === 'active' || setup === 'passive') return setup
  throw new UrchinError('ERR_SDP_SETUP', `a=setup:${setup.slice(0, 16)} is not supported`)
}

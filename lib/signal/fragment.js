// SDP fragments (application/trickle-ice-sdpfrag, RFC 8840 9) of WHIP and WHEP: reading the peer's, writing ours, and
// turning an ICE restart in a fragment into the whole offer that it stands for.

import { UrchinError } from '../errors.js'

/** @typedef {{ candidate: string, sdpMid: string | null }} FragmentCandidate */

/**
 * @typedef {object} Fragment
 * @property {string} ufrag '' when it has none
 * @property {string} pwd '' when it has none
 * @property {FragmentCandidate[]} candidates
 * @property {boolean} hasEnded a=end-of-candidates
 */

const maxCandidates = 256

/**
 * Reads a fragment. Candidates are not looked into, unknown attributes are skipped.
 * @param {string} text
 * @returns {Fragment}
 * @throws {UrchinError} ERR_FRAGMENT
 */
export function readFragment(text) {
  const sections = splitSections(text)
  const attributes = sections.flat()
  if (attributes.length === 0) throw malformed('it says nothing')
  const ufrag = readCredential(attributes, 'ice-ufrag', 4)
  const pwd = readCredential(attributes, 'ice-pwd', 22)
  if (pwd && !ufrag) throw malformed('a=ice-pwd without a=ice-ufrag')
  const candidates = sections.flatMap((section) => {
    const sdpMid = section.find(({ name }) => name === 'mid')?.value.trim() ?? null
    return section
      .filter(({ name }) => name === 'candidate')
      .map(({ value }) => ({ candidate: `candidate:${value}`, sdpMid }))
  })
  if (candidates.length > maxCandidates) throw malformed(`more than ${maxCandidates} candidates`)
  return { ufrag, pwd, candidates, hasEnded: attributes.some(({ name }) => name === 'end-of-candidates') }
}

/**
 * What a peer's whole offer would be after the ICE restart in its fragment.
 * @param {string} offer its last whole offer
 * @param {{ ufrag: string, pwd: string }} credentials
 * @returns {string} without candidates
 */
export function restartOffer(offer, { ufrag, pwd }) {
  return offer
    .split(/\r?\n/)
    .filter((line) => !/^a=(?:candidate|end-of-candidates|remote-candidates)\b/.test(line))
    .map((line) => {
      if (line.startsWith('a=ice-ufrag:')) return `a=ice-ufrag:${ufrag}`
      if (line.startsWith('a=ice-pwd:')) return `a=ice-pwd:${pwd}`
      return line.startsWith('o=') ? nextVersion(line) : line
    })
    .join('\r\n')
}

/**
 * The ICE part of one of our descriptions: credentials and all candidates.
 * @param {string} sdp
 * @returns {string}
 */
export function writeFragment(sdp) {
  const lines = sdp.split(/\r?\n/)
  const firstMedia = lines.findIndex((line) => /^m=\w+ (?!0 )/.test(line))
  const session = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('m=')),
  )
  const rest = lines.slice(firstMedia + 1)
  const next = rest.findIndex((line) => line.startsWith('m='))
  const media = next === -1 ? rest : rest.slice(0, next)
  const inSession = /^a=(?:ice-lite|ice-options:|group:BUNDLE |ice-ufrag:|ice-pwd:)/
  const inMedia = /^a=(?:mid:|ice-ufrag:|ice-pwd:|ice-options:|candidate:|end-of-candidates)/
  const kept = [
    ...session.filter((line) => inSession.test(line)),
    lines[firstMedia],
    ...media.filter((line) => inMedia.test(line)),
  ]
  return `${kept.join('\r\n')}\r\n`
}

/**
 * The ICE user name of a description's first section that has one; '' without any.
 * @param {string} sdp
 */
export function readUfrag(sdp) {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? ''
}

/**
 * @param {string} text
 * @returns {{ name: string, value: string }[][]} the attributes before the first m-line, and those of each m-line
 */
function splitSections(text) {
  /** @type {{ name: string, value: string }[][]} */
  const sections = [[]]
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue
    if (!/^[a-z]=[^\0\r]*$/.test(line)) throw malformed('a line is not type=value')
    if (line.startsWith('m=')) sections.push([])
    const attribute = /^a=([a-z-]+)(?::(.*))?$/.exec(line)
    if (attribute) sections[sections.length - 1].push({ name: attribute[1], value: attribute[2] ?? '' })
  }
  return sections
}

/**
 * @param {{ name: string, value: string }[]} attributes
 * @param {string} name
 * @param {number} minLength RFC 8839 5.4: 4 characters of ufrag, 22 of pwd
 */
function readCredential(attributes, name, minLength) {
  // With BUNDLE all sections share one transport: they may repeat its credentials, not have their own.
  const values = new Set(
    attributes.filter((attribute) => attribute.name === name).map(({ value }) => value.trim()),
  )
  if (values.size > 1) throw malformed(`several different a=${name}`)
  const [value = ''] = values
  const isValid = /^[A-Za-z0-9+/]{0,256}$/.test(value) && value.length >= minLength
  if (values.size === 1 && !isValid) throw malformed(`bad a=${name}`)
  return value
}

/** @param {string} origin an o= line */
function nextVersion(origin) {
  const parts = origin.split(' ')
  if (/^\d{1,19}$/.test(parts[2] ?? '')) parts[2] = String(BigInt(parts[2]) + 1n)
  return parts.join(' ')
}

/** @param {string} detail */
function malformed(detail) {
  return new UrchinError('ERR_FRAGMENT', `Malformed SDP fragment: ${detail}`)
}

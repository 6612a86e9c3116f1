// First look at an SDP: limits, the shape of its lines, the attributes of which sdp-transform keeps too little (it keeps one
// fingerprint of several, cuts msid at a brace, and rewrites candidates), and those that are the same in many (formats.js).

import { UrchinError } from '../errors.js'

/**
 * @typedef {object} RawSection the session part, or an m-line with what follows
 * @property {RawMedia | null} media null: the session part
 * @property {string[]} fingerprints
 * @property {string[]} msids
 * @property {string[]} candidates
 * @property {string[]} formatLines what is said of payload types and header extensions
 * @property {string} iceOptions
 */

/** @typedef {{ type: string, port: number, protocol: string, formats: string[] }} RawMedia */

/**
 * @typedef {object} Scan
 * @property {RawSection[]} sections session part first
 * @property {string} text what is left for sdp-transform: known lines only, ending in CRLF
 */

/** UTF-16 units; an SDP of a call with a hundred people is far below. */
const maxLength = 256 * 1024
const maxLines = 10_000
const maxLineLength = 8192
const maxSections = 512

// Attributes that are read at all; sdp-transform tries some fifty patterns on each line it gets.
const attributes = new Set([
  'group',
  'ice-lite',
  'extmap-allow-mixed',
  'ice-ufrag',
  'ice-pwd',
  'setup',
  'mid',
  'sendrecv',
  'sendonly',
  'recvonly',
  'inactive',
  'rtcp-mux',
  'rtcp-rsize',
  'ssrc',
  'ssrc-group',
  'rid',
  'simulcast',
  'bundle-only',
  'end-of-candidates',
])

const mediaLine = /^([A-Za-z][A-Za-z0-9.-]{0,31}) (\d{1,5})(?:\/\d{1,5})? ([A-Za-z0-9/.-]{1,64}) ?(.*)$/
const token = /^[\x21-\x7e]{1,64}$/

/**
 * @param {string} sdp
 * @returns {Scan}
 * @throws {UrchinError} ERR_SDP_TOO_LARGE, ERR_SDP_SYNTAX
 */
export function scan(sdp) {
  if (sdp.length > maxLength) throw tooLarge(`more than ${maxLength} characters`)
  // No limit: counting stops by itself at the length of the text.
  const lines = sdp.split('\n')
  if (lines.length > maxLines) throw tooLarge(`more than ${maxLines} lines`)

  const kept = []
  let section = newSection(null)
  const sections = [section]
  let count = 0
  for (const raw of lines) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line.length > maxLineLength) throw tooLarge(`a line of more than ${maxLineLength} characters`)
    if (!/^[a-z]=[^\0\r]*$/.test(line)) {
      if (line.trim() === '') continue
      throw syntax(`line ${count + 1} is not type=value`)
    }
    if (count === 0 && line !== 'v=0') throw syntax('it does not begin with v=0')
    count += 1
    if (line.startsWith('m=')) {
      section = newSection(readMedia(line.slice(2)))
      sections.push(section)
      if (sections.length > maxSections) throw tooLarge(`more than ${maxSections} m-lines`)
      kept.push(line)
    } else if (line.startsWith('a=')) {
      const name = attributeName(line)
      if (!takeAttribute(section, name, line) && attributes.has(name)) kept.push(line)
    } else if (line.startsWith('o=')) {
      kept.push(line)
    }
  }
  if (count === 0) throw syntax('it is empty')
  return { sections, text: `${kept.join('\r\n')}\r\n` }
}

/**
 * @param {RawMedia | null} media
 * @returns {RawSection}
 */
function newSection(media) {
  return { media, fingerprints: [], msids: [], candidates: [], formatLines: [], iceOptions: '' }
}

/**
 * @param {string} value
 * @returns {RawMedia}
 */
function readMedia(value) {
  const match = mediaLine.exec(value)
  if (!match || Number(match[2]) > 65535) throw syntax('an m-line is malformed')
  const formats = match[4].split(' ').filter((word) => word !== '')
  if (formats.length === 0 || !formats.every((word) => token.test(word)))
    throw syntax('an m-line has no formats')
  return { type: match[1].toLowerCase(), port: Number(match[2]), protocol: match[3], formats }
}

/**
 * Keeps those attributes that are read here.
 * @param {RawSection} section
 * @param {string} name
 * @param {string} line
 * @returns {boolean} whether it was one of them
 */
function takeAttribute(section, name, line) {
  switch (name) {
    case 'fingerprint':
      section.fingerprints.push(attributeValue(line))
      return true
    case 'msid':
      section.msids.push(attributeValue(line))
      return true
    case 'candidate':
      section.candidates.push(`candidate:${attributeValue(line)}`)
      return true
    case 'rtpmap':
    case 'fmtp':
    case 'rtcp-fb':
    case 'extmap':
      section.formatLines.push(line)
      return true
    case 'ice-options':
      section.iceOptions = attributeValue(line)
      return true
    default:
      return false
  }
}

/** @param {string} line starting with `a=` */
function attributeName(line) {
  const colon = line.indexOf(':')
  return line.slice(2, colon < 0 ? undefined : colon).trim()
}

/** @param {string} line starting with `a=` */
function attributeValue(line) {
  const colon = line.indexOf(':')
  return colon < 0 ? '' : line.slice(colon + 1).trim()
}

/** @param {string} why */
export function syntax(why) {
  return new UrchinError('ERR_SDP_SYNTAX', `Not a usable SDP: ${why}`)
}

/** @param {string} why */
function tooLarge(why) {
  return new UrchinError('ERR_SDP_TOO_LARGE', `The SDP is too large: ${why}`)
}

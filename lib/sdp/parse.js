// SDP text (RFC 8866) to what this library uses of it, checked: everything in the result has its type, its range and
// harmless characters. What is unknown is left out; what can't work is an error.

import sdpTransform from 'sdp-transform'
import { UrchinError } from '../errors.js'
import { readFormats } from './formats.js'
import { scan, syntax } from './scan.js'
import { pickTransport } from './transport.js'

/** @typedef {import('./codecs.js').Codec} Codec */
/** @typedef {import('./extensions.js').Extension} Extension */
/** @typedef {import('./extensions.js').Direction} Direction */
/** @typedef {import('./scan.js').RawSection} RawSection */
/** @typedef {import('./scan.js').RawMedia} RawMedia */
/** @typedef {import('./transport.js').Transport} Transport */

/**
 * @typedef {object} Description
 * @property {string} text
 * @property {boolean} isTrickle the peer announced that candidates may follow
 * @property {boolean} allowsMixed a=extmap-allow-mixed
 * @property {string[]} bundle mids of the BUNDLE group, in order
 * @property {Section[]} sections
 * @property {Transport | null} transport of the BUNDLE group; null when every m-line is rejected
 */

/**
 * One m-line.
 * @typedef {object} Section
 * @property {string} kind 'audio', 'video', 'application' or another word
 * @property {boolean} isRejected port 0 without bundle-only
 * @property {boolean} isBundled shares the transport
 * @property {string} protocol
 * @property {string[]} formats
 * @property {string} mid '' when there is none
 * @property {Direction} direction
 * @property {boolean} hasRtcpMux
 * @property {boolean} hasRtcpRsize
 * @property {string} setup of the m-line or the session; '' when there is none
 * @property {readonly Codec[]} codecs in the order of the m-line; empty for other kinds than audio and video
 * @property {readonly Extension[]} extensions
 * @property {string} streamId '' when there is none
 * @property {string} trackId '' when there is none
 * @property {number[]} ssrcs of the media streams, without those that repair others
 * @property {boolean} isSimulcast
 * @property {string[]} candidates lines that begin with `candidate:`
 * @property {boolean} hasEnded a=end-of-candidates
 */

const secureProtocol = /^(?:(?:UDP|TCP)\/D?TLS\/)?RTP\/SAVPF?$/i
const midPattern = /^[!#-'*+\-.0-9A-Z^-~]{1,64}$/
/** RFC 8830 2: token characters; Firefox wraps its ids in braces. */
const msidPattern = /^[!#-'*+\-.0-9A-Z^-~]{1,64}$/
/** @type {import('./formats.js').Formats} */
const nothing = Object.freeze({ codecs: Object.freeze([]), extensions: Object.freeze([]) })
const repairGroups = new Set(['FID', 'FEC', 'FEC-FR'])

/**
 * The last description, to be had once more: who takes an offer over HTTP looks at it, then the connection does.
 * @type {Description | null}
 */
let parsed = null

/**
 * Reads and checks an SDP.
 * @param {string} text
 * @returns {Description}
 * @throws {UrchinError} ERR_SDP_SYNTAX, ERR_SDP_TOO_LARGE, ERR_SDP_PROTOCOL, ERR_SDP_NO_MEDIA, ERR_SDP_NO_BUNDLE,
 *   ERR_SDP_NO_ICE, ERR_SDP_NO_FINGERPRINT, ERR_SDP_SETUP, ERR_SDP_NO_RTCP_MUX
 */
export function parseSdp(text) {
  const last = parsed
  parsed = null
  if (last?.text === text) return last
  parsed = parse(text)
  return parsed
}

/**
 * @param {string} text
 * @returns {Description}
 */
function parse(text) {
  const raw = scan(text)
  if (raw.sections.length < 2) {
    throw new UrchinError('ERR_SDP_NO_MEDIA', 'The SDP has no m-line')
  }
  const session = sdpTransform.parse(raw.text)
  const bundle = readBundle(session)
  // RFC 8285 5: an extmap of the session is one of every m-line.
  const common = raw.sections[0].formatLines.filter((line) => line.startsWith('a=extmap:'))
  const sections = session.media.map((media, i) => readSection(session, media, raw.sections[i + 1], common))
  checkMids(sections)
  const used = sections.filter((section) => !section.isRejected)
  for (const section of sections) {
    section.isBundled = !section.isRejected && bundle.includes(section.mid)
  }
  if (bundle.length === 0) {
    if (used.length > 1) {
      throw new UrchinError('ERR_SDP_NO_BUNDLE', 'The SDP has several m-lines but no BUNDLE group')
    }
    if (used.length === 1) used[0].isBundled = true
  }
  const transport = pickTransport(session, raw.sections, sections, bundle)
  return {
    text,
    isTrickle: raw.sections.some((section) => section.iceOptions.split(' ').includes('trickle')),
    allowsMixed:
      session.extmapAllowMixed !== undefined || session.media.some((media) => media.extmapAllowMixed),
    bundle,
    sections,
    transport,
  }
}

/**
 * @param {any} session
 * @returns {string[]}
 */
function readBundle(session) {
  const groups = (session.groups ?? []).filter((/** @type {any} */ group) => group.type === 'BUNDLE')
  const mids = groups.length === 0 ? [] : String(groups[0].mids).split(' ')
  return [...new Set(mids.filter((mid) => mid !== ''))]
}

/** @param {Section[]} sections */
function checkMids(sections) {
  const seen = new Set()
  for (const { mid } of sections) {
    if (mid === '') continue
    if (seen.has(mid)) throw syntax('a mid comes twice')
    seen.add(mid)
  }
}

/**
 * @param {any} session
 * @param {any} media
 * @param {RawSection} raw
 * @param {string[]} common lines that are every m-line's
 * @returns {Section}
 */
function readSection(session, media, raw, common) {
  const { type, port, protocol, formats } = /** @type {RawMedia} */ (raw.media)
  const mid = media.mid === undefined ? '' : String(media.mid)
  if (mid !== '' && !midPattern.test(mid)) throw syntax('a mid is malformed')
  // RFC 9143 6: with bundle-only, port 0 is no rejection.
  const isRejected = port === 0 && media.bundleOnly === undefined
  const isMedia = type === 'audio' || type === 'video'
  if (isMedia && !isRejected && !secureProtocol.test(protocol)) {
    throw new UrchinError('ERR_SDP_PROTOCOL', `Not protected by DTLS-SRTP: ${protocol}`)
  }
  const [streamId, trackId] = readMsid(media, raw)
  const said = isMedia ? readFormats(type, formats, [...raw.formatLines, ...common]) : nothing
  return {
    kind: type,
    isRejected,
    isBundled: false,
    protocol,
    formats,
    mid,
    direction: media.direction ?? session.direction ?? 'sendrecv',
    hasRtcpMux: media.rtcpMux !== undefined || session.rtcpMux !== undefined,
    hasRtcpRsize: media.rtcpRsize !== undefined,
    setup: String(media.setup ?? session.setup ?? ''),
    codecs: said.codecs,
    extensions: said.extensions,
    streamId,
    trackId,
    ssrcs: readSsrcs(media),
    isSimulcast: media.simulcast !== undefined || media.simulcast_03 !== undefined,
    candidates: raw.candidates,
    hasEnded: media.endOfCandidates !== undefined || session.endOfCandidates !== undefined,
  }
}

/**
 * Stream and track from a=msid or, the older form, from a=ssrc:… msid:…
 * @param {any} media
 * @param {RawSection} raw
 * @returns {[string, string]}
 */
function readMsid(media, raw) {
  const old = (media.ssrcs ?? []).find((/** @type {any} */ row) => row.attribute === 'msid')
  const line = raw.msids[0] ?? (old ? String(old.value) : '')
  const [stream = '', track = ''] = line.split(' ')
  // RFC 8830 3.2: "-" is a track without a stream.
  const streamId = stream !== '-' && msidPattern.test(stream) ? stream : ''
  return [streamId, msidPattern.test(track) ? track : '']
}

/**
 * @param {any} media
 * @returns {number[]}
 */
function readSsrcs(media) {
  const repairs = new Set()
  for (const group of media.ssrcGroups ?? []) {
    if (repairGroups.has(group.semantics)) {
      for (const ssrc of String(group.ssrcs).split(' ').slice(1)) repairs.add(Number(ssrc))
    }
  }
  const ssrcs = new Set()
  for (const { id } of media.ssrcs ?? []) {
    const ssrc = Number(id)
    if (Number.isInteger(ssrc) && ssrc > 0 && ssrc <= 0xffffffff && !repairs.has(ssrc)) ssrcs.add(ssrc)
  }
  return [...ssrcs].slice(0, 64)
}

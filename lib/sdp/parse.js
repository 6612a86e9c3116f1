// SDP text (RFC 8866) to what this library uses of it, checked: everything in the result has its type, its range and
// harmless characters. What is unknown is left out; what can't work is an error.

import sdpTransform from 'sdp-transform'
import { UrchinError } from '../errors.js'
import { identifyCodec } from './codecs.js'
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
 * @property {Codec[]} codecs in the order of the m-line; empty for other kinds than audio and video
 * @property {Extension[]} extensions
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
const uriPattern = /^[\x21-\x7e]{1,256}$/
/**
 * What was read before, by all that was said of it: browsers say the same of some forty codecs, every time. Nobody changes
 * what is shared.
 * @type {Map<string, Codec>}
 */
const codecsByText = new Map()
/** Whoever fills it with others makes reading slower again, nothing else. */
const maxRemembered = 2000
const maxTextLength = 512
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
  const sections = session.media.map((media, i) => readSection(session, media, raw.sections[i + 1]))
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
 * @returns {Section}
 */
function readSection(session, media, raw) {
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
    codecs: isMedia ? readCodecs(type, media, formats) : [],
    extensions: isMedia ? readExtensions(media, session) : [],
    streamId,
    trackId,
    ssrcs: readSsrcs(media),
    isSimulcast: media.simulcast !== undefined || media.simulcast_03 !== undefined,
    candidates: raw.candidates,
    hasEnded: media.endOfCandidates !== undefined || session.endOfCandidates !== undefined,
  }
}

/**
 * @param {'audio' | 'video'} kind
 * @param {any} media
 * @param {string[]} formats
 * @returns {Codec[]}
 */
function readCodecs(kind, media, formats) {
  const names = indexByPayload(media.rtp)
  const parameters = indexByPayload(media.fmtp)
  const feedback = readFeedback(media)
  const everyones = feedback.get('*') ?? []
  const codecs = []
  // Only what the m-line lists counts: Firefox writes attributes for payload types it left out.
  for (const format of new Set(formats)) {
    if (!/^\d{1,3}$/.test(format) || Number(format) > 127) throw syntax('a payload type is malformed')
    const types = feedback.get(format) ?? []
    codecs.push(
      readCodec(kind, {
        format,
        rtpmap: names.get(format),
        config: parameters.get(format)?.config,
        types: [...everyones, ...types],
      }),
    )
  }
  return codecs
}

/**
 * @param {'audio' | 'video'} kind
 * @param {{ format: string, rtpmap: any, config: unknown, types: string[] }} said of a payload type
 * @returns {Codec}
 */
function readCodec(kind, { format, rtpmap, config, types }) {
  const { codec, rate, encoding } = rtpmap ?? {}
  // As JSON: no other text may pass for the same.
  const text = JSON.stringify([kind, format, rtpmap !== undefined, codec, rate, encoding, config, types])
  const known = codecsByText.get(text)
  if (known) return known
  const read = identifyCodec(kind, {
    payloadType: Number(format),
    name: rtpmap && String(codec),
    clockRate: rtpmap && (Number(rate) || 0),
    channels: rtpmap && Number(encoding ?? 1),
    parameters: readParameters(config),
    feedback: new Set(types),
  })
  if (codecsByText.size < maxRemembered && text.length < maxTextLength) codecsByText.set(text, read)
  return read
}

/**
 * First line of each payload type.
 * @param {any[] | undefined} rows
 * @returns {Map<string, any>}
 */
function indexByPayload(rows) {
  const index = new Map()
  for (const row of rows ?? []) {
    const payload = String(row.payload)
    if (!index.has(payload)) index.set(payload, row)
  }
  return index
}

/**
 * @param {any} media
 * @returns {Map<string, string[]>} by payload type or '*'
 */
function readFeedback(media) {
  const index = new Map()
  for (const { payload, type, subtype } of media.rtcpFb ?? []) {
    const key = String(payload)
    const list = index.get(key) ?? []
    if (list.length < 32)
      list.push(subtype === undefined || subtype === '' ? String(type) : `${type} ${subtype}`)
    index.set(key, list)
  }
  return index
}

/**
 * @param {unknown} config of a=fmtp
 * @returns {Map<string, string>}
 */
function readParameters(config) {
  const parameters = new Map()
  for (const part of String(config ?? '').split(';', 64)) {
    const equals = part.indexOf('=')
    const name = part.slice(0, equals < 0 ? undefined : equals).trim()
    const value = equals < 0 ? '' : part.slice(equals + 1).trim()
    if (/^[\w-]{1,64}$/.test(name) && /^[\x21-\x7e]{0,256}$/.test(value))
      parameters.set(name.toLowerCase(), value)
  }
  return parameters
}

/**
 * @param {any} media
 * @param {any} session extmap may stand there for all m-lines (RFC 8285 5)
 * @returns {Extension[]}
 */
function readExtensions(media, session) {
  /** @type {Extension[]} */
  const extensions = []
  for (const row of [...(media.ext ?? []), ...(session.ext ?? [])].slice(0, 256)) {
    const id = Number(row.value)
    // RFC 8285 5: 0 is padding, 15 stops a one-byte parser, 256 and more are placeholders for a later offer.
    if (!(id >= 1 && id <= 255) || id === 15) continue
    if (row['encrypt-uri'] !== undefined || !uriPattern.test(String(row.uri))) continue
    const direction = row.direction ?? 'sendrecv'
    if (!['sendrecv', 'sendonly', 'recvonly', 'inactive'].includes(direction)) continue
    extensions.push({ id, uri: String(row.uri), direction })
  }
  return extensions
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

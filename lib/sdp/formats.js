// What an m-line says of its payload types and header extensions, checked.

import sdpTransform from 'sdp-transform'
import { identifyCodec } from './codecs.js'
import { syntax } from './scan.js'

/** @typedef {import('./codecs.js').Codec} Codec */
/** @typedef {import('./codecs.js').Kind} Kind */
/** @typedef {import('./extensions.js').Extension} Extension */
/** @typedef {{ codecs: readonly Codec[], extensions: readonly Extension[] }} Formats codecs in the order of the m-line */

const uriPattern = /^[\x21-\x7e]{1,256}$/
/**
 * What was read before, by its text: browsers of one version say the same in every description. Nobody changes what is
 * shared.
 * @type {Map<string, Formats>}
 */
const known = new Map()
let knownLength = 0
/** Characters of all texts together; whoever fills it makes reading slower for a while, nothing else. */
const maxKnownLength = 1_000_000
const maxTextLength = 32_000

/**
 * @param {Kind} kind
 * @param {readonly string[]} types payload types as the m-line lists them
 * @param {readonly string[]} lines its attributes rtpmap, fmtp, rtcp-fb and extmap, without line ends
 * @returns {Formats}
 * @throws {import('../errors.js').UrchinError} ERR_SDP_SYNTAX
 */
export function readFormats(kind, types, lines) {
  const text = ['v=0', `m=${kind} 9 RTP/SAVPF ${types.join(' ')}`, ...lines, ''].join('\r\n')
  const before = known.get(text)
  if (before) return before
  const [media] = sdpTransform.parse(text).media
  const formats = Object.freeze({
    codecs: Object.freeze(readCodecs(kind, media, types)),
    extensions: Object.freeze(readExtensions(media)),
  })
  if (text.length <= maxTextLength) keep(text, formats)
  return formats
}

/**
 * @param {string} text
 * @param {Formats} formats
 */
function keep(text, formats) {
  if (knownLength + text.length > maxKnownLength) {
    known.clear()
    knownLength = 0
  }
  known.set(text, formats)
  knownLength += text.length
}

/**
 * @param {Kind} kind
 * @param {any} media
 * @param {readonly string[]} types
 * @returns {Codec[]}
 */
function readCodecs(kind, media, types) {
  const names = indexByPayload(media.rtp)
  const parameters = indexByPayload(media.fmtp)
  const feedback = readFeedback(media)
  const everyones = feedback.get('*') ?? []
  const codecs = []
  // Only what the m-line lists counts: Firefox writes attributes for payload types it left out.
  for (const type of new Set(types)) {
    if (!/^\d{1,3}$/.test(type) || Number(type) > 127) throw syntax('a payload type is malformed')
    const rtpmap = names.get(type)
    codecs.push(
      identifyCodec(kind, {
        payloadType: Number(type),
        name: rtpmap && String(rtpmap.codec),
        clockRate: rtpmap && (Number(rtpmap.rate) || 0),
        channels: rtpmap && Number(rtpmap.encoding ?? 1),
        parameters: readParameters(parameters.get(type)?.config),
        feedback: new Set([...everyones, ...(feedback.get(type) ?? [])]),
      }),
    )
  }
  return codecs
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
 * @returns {Extension[]}
 */
function readExtensions(media) {
  /** @type {Extension[]} */
  const extensions = []
  for (const row of (media.ext ?? []).slice(0, 256)) {
    const id = Number(row.value)
    // RFC 8285 5: 0 is padding, 15 stops a one-byte parser, 256 and more are placeholders for a later offer.
    if (!(id >= 1 && id <= 255) || id === 15) continue
    if (row['encrypt-uri'] !== undefined || !uriPattern.test(String(row.uri))) continue
    const direction = row.direction ?? 'sendrecv'
    if (!['sendrecv', 'sendonly', 'recvonly', 'inactive'].includes(direction)) continue
    extensions.push(Object.freeze({ id, uri: String(row.uri), direction }))
  }
  return extensions
}

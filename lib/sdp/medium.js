// One m-line between two negotiations, and how an offer or answer of the peer changes it. All of it is values: a
// negotiation makes new ones, so that one which fails leaves nothing behind.

import { UrchinError } from '../errors.js'
import { remember } from '../remember.js'
import { acceptCodec, isSameCodec, isSupported } from './codecs.js'
import { acceptExtensions, extensionIds, invert, receives, sends, toDirection } from './extensions.js'
import { withFeedbackFor } from './numbers.js'

/** @typedef {import('./codecs.js').Codec} Codec */
/** @typedef {import('./codecs.js').Kind} Kind */
/** @typedef {import('./extensions.js').Extension} Extension */
/** @typedef {import('./extensions.js').ExtensionIds} ExtensionIds */
/** @typedef {import('./extensions.js').Direction} Direction */
/** @typedef {import('./parse.js').Section} Section */
/** @typedef {import('./write.js').LocalSection} LocalSection */
/** @typedef {import('./write.js').SentTrack} SentTrack */

/**
 * @typedef {object} Medium
 * @property {string} kind
 * @property {string} mid
 * @property {string} protocol
 * @property {string[]} formats what a rejected m-line repeats
 * @property {boolean} isRejected
 * @property {boolean} isNegotiated
 * @property {SentTrack | null} track that shall be sent
 * @property {SentTrack | null} sentTrack that the last negotiation told
 * @property {boolean} wantsReceive
 * @property {boolean} canSend the peer is ready to receive, as far as it said
 * @property {Direction} direction negotiated, ours
 * @property {readonly Codec[]} sendCodecs with the peer's payload types
 * @property {readonly Codec[]} receiveCodecs with ours
 * @property {readonly Extension[]} extensions as we said them
 * @property {ExtensionIds} sendIds
 * @property {ExtensionIds} receiveIds
 * @property {Set<number>} takenIds extension ids the peer uses here
 * @property {{ streamId: string, trackId: string, ssrcs: number[] }} remote
 */

/** Payload types per m-line that the core takes. */
const maxCodecs = 32

/**
 * @param {string} kind
 * @param {string} mid
 * @param {Partial<Medium>} [fields]
 * @returns {Medium}
 */
export function newMedium(kind, mid, fields) {
  return {
    kind,
    mid,
    protocol: 'UDP/TLS/RTP/SAVPF',
    formats: ['0'],
    isRejected: false,
    isNegotiated: false,
    track: null,
    sentTrack: null,
    wantsReceive: false,
    canSend: true,
    direction: 'inactive',
    sendCodecs: [],
    receiveCodecs: [],
    extensions: [],
    sendIds: {},
    receiveIds: {},
    takenIds: new Set(),
    remote: { streamId: '', trackId: '', ssrcs: [] },
    ...fields,
  }
}

/**
 * @param {Medium} medium
 * @param {Section | null} section what the peer said, if it was the peer who rejected
 * @returns {Medium}
 */
export function rejectMedium(medium, section) {
  return newMedium(medium.kind, medium.mid, {
    isRejected: true,
    isNegotiated: true,
    protocol: section?.protocol ?? medium.protocol,
    formats: section?.formats ?? medium.formats,
  })
}

/**
 * Whether this m-line has to be negotiated again to do what its owner wants.
 * @param {Medium} medium
 */
export function needsNegotiation(medium) {
  if (medium.isRejected) return false
  if (!medium.isNegotiated) return true
  if (medium.track && !medium.canSend) return false
  return medium.track !== medium.sentTrack
}

/**
 * The direction we would like.
 * @param {Medium} medium
 */
export function wantedDirection(medium) {
  return toDirection(medium.track !== null, medium.wantsReceive)
}

/**
 * The peer's m-line of an offer: the codecs of it that we take, in the peer's order.
 * @param {Section} section
 * @returns {readonly Codec[]} empty: the m-line has to be rejected
 */
export function acceptableCodecs(section) {
  return section.kind === 'audio' || section.kind === 'video'
    ? acceptCodecs(section.codecs, section.kind)
    : []
}

/** @type {(codecs: readonly Codec[], kind?: string) => readonly Codec[]} */
const acceptCodecs = remember((codecs, kind) =>
  Object.freeze(
    codecs
      .filter(isSupported)
      .slice(0, maxCodecs)
      .map((codec) => acceptCodec(/** @type {Kind} */ (kind), codec)),
  ),
)

/**
 * Answers one m-line of an offer.
 * @param {Medium} medium its track is what will be sent if the peer receives
 * @param {Section} section
 * @param {readonly Codec[]} codecs not empty
 * @returns {Medium}
 */
export function answerMedium(medium, section, codecs) {
  const kind = /** @type {Kind} */ (section.kind)
  const canSend = receives(section.direction)
  const direction = toDirection(canSend && medium.track !== null, sends(section.direction))
  const accepted = acceptExtensions(kind, section.extensions, direction)
  // RFC 9143 15: the mid extension carries 16 bytes at most.
  const extensions = section.mid.length > 16 ? accepted.filter(({ uri }) => !uri.endsWith(':mid')) : accepted
  return {
    ...medium,
    protocol: section.protocol,
    formats: section.formats,
    isNegotiated: true,
    wantsReceive: sends(section.direction),
    canSend,
    sentTrack: canSend ? medium.track : null,
    direction,
    sendCodecs: codecs,
    receiveCodecs: withFeedbackFor(codecs, direction),
    extensions,
    sendIds: extensionIds(extensions, 'send'),
    receiveIds: extensionIds(extensions, 'receive'),
    takenIds: new Set(section.extensions.map(({ id }) => id)),
    remote: remoteOf(section),
  }
}

/**
 * Applies the peer's answer to one m-line of our offer.
 * @param {Medium} medium
 * @param {LocalSection} offered
 * @param {Section} section
 * @returns {Medium}
 * @throws {UrchinError} ERR_SDP_NO_CODEC
 */
export function applyAnswer(medium, offered, section) {
  const kind = /** @type {Kind} */ (section.kind)
  const sendCodecs = []
  /** @type {Codec[]} */
  const receiveCodecs = []
  for (const theirs of acceptableCodecs(section)) {
    const ours = offered.codecs.find((codec) => isSameCodec(codec, theirs))
    if (!ours) continue
    const feedback = new Set([...theirs.feedback].filter((type) => ours.feedback.has(type)))
    sendCodecs.push({ ...theirs, feedback })
    if (!receiveCodecs.some((codec) => codec.payloadType === ours.payloadType)) {
      receiveCodecs.push({ ...ours, feedback })
    }
  }
  if (sendCodecs.length === 0) {
    throw new UrchinError(
      'ERR_SDP_NO_CODEC',
      `The answer takes none of the codecs offered for mid ${offered.mid}`,
    )
  }
  const ours = invert(section.direction)
  const direction = toDirection(
    sends(ours) && sends(offered.direction),
    receives(ours) && receives(offered.direction),
  )
  const extensions = acceptExtensions(kind, section.extensions, direction).filter(({ uri }) =>
    offered.extensions.some((one) => one.uri === uri),
  )
  return {
    ...medium,
    isNegotiated: true,
    canSend: sends(offered.direction) ? sends(direction) : medium.canSend,
    sentTrack: offered.track,
    direction,
    sendCodecs,
    receiveCodecs,
    extensions,
    sendIds: extensionIds(extensions, 'send'),
    receiveIds: extensionIds(extensions, 'receive'),
    takenIds: new Set(section.extensions.map(({ id }) => id)),
    remote: remoteOf(section),
  }
}

/** @param {Section} section */
function remoteOf({ streamId, trackId, ssrcs, isSimulcast }) {
  // We answer without simulcast, so of several layers one will come: the first (RFC 8853 5.3.2).
  return { streamId, trackId, ssrcs: isSimulcast ? ssrcs.slice(0, 1) : ssrcs.slice(0, 8) }
}

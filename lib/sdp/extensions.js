// RTP header extensions (RFC 8285) that the core knows, and when they are of use.

import { remember } from '../remember.js'

/** @typedef {'mid' | 'rid' | 'audioLevel' | 'absSendTime' | 'transportCc' | 'videoOrientation' | 'absCaptureTime'
 *   | 'dependencyDescriptor'} ExtensionName */
/** @typedef {Partial<Record<ExtensionName, number>>} ExtensionIds */

/**
 * One a=extmap line.
 * @typedef {object} Extension
 * @property {number} id
 * @property {string} uri
 * @property {Direction} direction as seen by the one who wrote the line
 */

/** @typedef {'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'} Direction */

/** @type {readonly { name: ExtensionName, uri: string, kinds: string[], isReceiveOnly?: boolean, id: number }[]} */
const known = [
  { name: 'audioLevel', uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', kinds: ['audio'], id: 1 },
  {
    name: 'absSendTime',
    uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
    kinds: ['audio', 'video'],
    id: 2,
  },
  // Receive only: it counts every packet of a transport, and we number none of ours.
  {
    name: 'transportCc',
    uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    kinds: ['audio', 'video'],
    isReceiveOnly: true,
    id: 3,
  },
  { name: 'mid', uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', kinds: ['audio', 'video'], id: 4 },
  // Layers are told apart by it when a peer sends several; in what we send there is one.
  {
    name: 'rid',
    uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
    kinds: ['video'],
    isReceiveOnly: true,
    id: 10,
  },
  { name: 'videoOrientation', uri: 'urn:3gpp:video-orientation', kinds: ['video'], id: 13 },
  {
    name: 'absCaptureTime',
    uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
    kinds: ['audio', 'video'],
    id: 9,
  },
  {
    name: 'dependencyDescriptor',
    uri: 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
    kinds: ['video'],
    id: 12,
  },
]

/** @param {Direction} direction */
export function sends(direction) {
  return direction === 'sendrecv' || direction === 'sendonly'
}

/** @param {Direction} direction */
export function receives(direction) {
  return direction === 'sendrecv' || direction === 'recvonly'
}

/**
 * @param {boolean} send
 * @param {boolean} receive
 * @returns {Direction}
 */
export function toDirection(send, receive) {
  if (send) return receive ? 'sendrecv' : 'sendonly'
  return receive ? 'recvonly' : 'inactive'
}

/**
 * The same direction seen from the other side.
 * @param {Direction} direction
 */
export function invert(direction) {
  return toDirection(receives(direction), sends(direction))
}

/**
 * What we would like to use on an m-line, with the ids we like best.
 * @param {'audio' | 'video'} kind
 * @param {Direction} direction ours
 * @returns {Extension[]}
 */
export function defaultExtensions(kind, direction) {
  return known
    .filter((row) => row.kinds.includes(kind) && (!row.isReceiveOnly || receives(direction)))
    .map((row) => ({ id: row.id, uri: row.uri, direction: 'sendrecv' }))
}

/**
 * What an answer says to the extensions of an offer.
 * @param {'audio' | 'video'} kind
 * @param {readonly Extension[]} theirs
 * @param {Direction} direction ours
 * @returns {readonly Extension[]}
 */
export function acceptExtensions(kind, theirs, direction) {
  return receives(direction) ? acceptReceiving(theirs, kind) : acceptSending(theirs, kind)
}

/** @typedef {(theirs: readonly Extension[], kind?: string) => readonly Extension[]} Accept */
/** @type {Accept} */
const acceptReceiving = remember((theirs, kind) => accept(kind, theirs, true))
/** @type {Accept} */
const acceptSending = remember((theirs, kind) => accept(kind, theirs, false))

/**
 * @param {string} kind
 * @param {readonly Extension[]} theirs
 * @param {boolean} weReceive
 */
function accept(kind, theirs, weReceive) {
  /** @type {Extension[]} */
  const accepted = []
  for (const extension of theirs) {
    const row = known.find((one) => one.uri === extension.uri)
    if (!row?.kinds.includes(kind)) continue
    if (row.isReceiveOnly && !weReceive) continue
    // An id or an extension that comes twice: the first one counts.
    if (accepted.some((one) => one.id === extension.id || one.uri === extension.uri)) continue
    if (extension.direction === 'inactive') continue
    accepted.push(Object.freeze({ ...extension, direction: invert(extension.direction) }))
  }
  return Object.freeze(accepted)
}

/**
 * Ids by name, as the core takes them, of those extensions that work in one way.
 * @param {readonly Extension[]} extensions as our own description says them
 * @param {'send' | 'receive'} way
 * @returns {ExtensionIds}
 */
export function extensionIds(extensions, way) {
  return idsOf(extensions, way)
}

/** @type {(extensions: readonly Extension[], way?: string) => ExtensionIds} */
const idsOf = remember((extensions, way) => {
  /** @type {ExtensionIds} */
  const ids = {}
  for (const { id, uri, direction } of extensions) {
    const row = known.find((one) => one.uri === uri)
    if (!row) continue
    if (way === 'send' ? sends(direction) && !row.isReceiveOnly : receives(direction)) ids[row.name] = id
  }
  return Object.freeze(ids)
})

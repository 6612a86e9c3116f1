// What users pass to a connection's methods, checked before anything happens.

import { invalid } from './errors.js'
import { RemoteTrack } from './track.js'

/** @typedef {import('./connection.js').OfferOptions} OfferOptions */
/** @typedef {{ candidate: string, sdpMid?: string | null, sdpMLineIndex?: number | null,
 *   usernameFragment?: string | null }} CandidateInit */
/**
 * @typedef {object} CheckedCandidate
 * @property {string} line '': there are no more
 * @property {string} [mid]
 * @property {number} [index]
 * @property {string} [ufrag]
 */

/**
 * @param {unknown} options
 * @returns {OfferOptions}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export function checkOffer(options) {
  if (options === undefined) return {}
  if (typeof options !== 'object' || options === null) throw invalid('options must be an object')
  const { audio, video, iceRestart } = /** @type {OfferOptions} */ (options)
  for (const wish of [audio, video]) {
    const isCount = Number.isInteger(wish) && Number(wish) >= 0 && Number(wish) <= 100
    if (wish !== undefined && typeof wish !== 'boolean' && !isCount) {
      throw invalid('audio and video must be true, false or a number of m-lines up to 100')
    }
  }
  if (iceRestart !== undefined && typeof iceRestart !== 'boolean')
    throw invalid('iceRestart must be true or false')
  return { audio, video, iceRestart }
}

/**
 * @param {unknown} sdp
 * @returns {{ text: string, type: 'offer' | 'answer' | undefined }}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export function checkSdp(sdp) {
  if (typeof sdp === 'string') return { text: sdp, type: undefined }
  const { type, sdp: text } = Object(sdp)
  if (typeof text !== 'string') throw invalid('sdp must be text or { type, sdp }')
  if (type !== 'offer' && type !== 'answer') throw invalid("type must be 'offer' or 'answer'")
  return { text, type }
}

/**
 * @param {unknown} candidate
 * @returns {CheckedCandidate}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export function checkCandidate(candidate) {
  if (candidate === null) return { line: '' }
  if (typeof candidate === 'string') return { line: toLine(candidate) }
  const { candidate: line, sdpMid, sdpMLineIndex, usernameFragment } = Object(candidate)
  if (typeof line !== 'string') throw invalid('candidate must be text, { candidate: text }, or null')
  const mid = sdpMid ?? undefined
  const index = sdpMLineIndex ?? undefined
  const ufrag = usernameFragment ?? undefined
  if (mid !== undefined && typeof mid !== 'string') throw invalid('sdpMid must be text')
  if (index !== undefined && typeof index !== 'number') throw invalid('sdpMLineIndex must be a number')
  if (ufrag !== undefined && typeof ufrag !== 'string') throw invalid('usernameFragment must be text')
  return { line: toLine(line), mid, index, ufrag: ufrag === '' ? undefined : ufrag }
}

/**
 * @param {unknown} source
 * @param {unknown} options
 * @returns {{ kind: 'audio' | 'video', streamId?: string, trackId?: string }}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export function checkTrack(source, options) {
  if (source !== null && !(source instanceof RemoteTrack))
    throw invalid('source must be a RemoteTrack or null')
  const { kind = source?.kind, streamId, trackId } = Object(options)
  if (kind !== 'audio' && kind !== 'video') throw invalid("kind must be 'audio' or 'video'")
  if (source && source.kind !== kind) throw invalid('kind must be that of the source')
  for (const name of [streamId, trackId]) {
    // RFC 8830 2: token characters, at most 64.
    const isToken = typeof name === 'string' && /^[\w.+{}-]{1,64}$/.test(name)
    if (name !== undefined && !isToken) throw invalid('streamId and trackId must be tokens')
  }
  return { kind, streamId, trackId }
}

/** @param {string} text */
function toLine(text) {
  const line = text.trim()
  return line === 'a=end-of-candidates' || line === 'end-of-candidates' ? '' : line
}

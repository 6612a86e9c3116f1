// One side of an offer/answer session (RFC 9429, RFC 3264): keeps the m-lines, makes offers and answers, applies the
// peer's. Pure: no I/O, no clock; a description that can't be applied changes nothing.

import { UrchinError } from '../errors.js'
import {
  acceptableCodecs,
  answerMedium,
  applyAnswer,
  needsNegotiation,
  newMedium,
  rejectMedium,
  wantedDirection,
} from './medium.js'
import { Numbers, withFeedbackFor } from './numbers.js'
import { parseSdp } from './parse.js'

/** @typedef {import('./codecs.js').Kind} Kind */
/** @typedef {import('./medium.js').Medium} Medium */
/** @typedef {import('./parse.js').Description} Description */
/** @typedef {import('./parse.js').Section} Section */
/** @typedef {import('./transport.js').Transport} Transport */
/** @typedef {import('./write.js').LocalDescription} LocalDescription */
/** @typedef {import('./write.js').LocalSection} LocalSection */
/** @typedef {import('./write.js').SentTrack} SentTrack */

/** @typedef {{ audio?: boolean | number, video?: boolean | number }} OfferOptions */

/**
 * What applying a remote description means for the transport.
 * @typedef {object} Applied
 * @property {Transport | null} transport null: it stays as it is
 * @property {boolean} isRestart the peer restarted ICE
 * @property {boolean} isTrickle
 * @property {'client' | 'server'} role our DTLS role
 * @property {LocalDescription | null} answer to an offer
 */

/** @typedef {'stable' | 'have-local-offer'} SignalingState */

export class SdpSession {
  #sessionId
  #version = 0
  #numbers = new Numbers()
  /** @type {readonly Medium[]} */
  #media = []
  /** @type {{ media: Medium[], description: LocalDescription, added: SentTrack[] } | null} */
  #pending = null
  /** @type {SentTrack[]} tracks without an m-line */
  #waiting = []
  /** @type {Set<string>} */
  #mids = new Set()
  /** @type {Transport | null} */
  #transport = null
  /** @type {'client' | 'server' | null} */
  #role = null
  #allowsMixed = true

  /** @param {string} sessionId for the o= line: digits */
  constructor(sessionId) {
    this.#sessionId = sessionId
  }

  /** @returns {SignalingState} */
  get signalingState() {
    return this.#pending ? 'have-local-offer' : 'stable'
  }

  /** The m-lines as last negotiated, in order. */
  get media() {
    return this.#media
  }

  /** The peer's transport as last applied. */
  get transport() {
    return this.#transport
  }

  /**
   * Wants to send a track. It takes a free m-line of its kind, or gets one with the next offer.
   * @param {SentTrack} track
   */
  addTrack(track) {
    const index = this.#pending ? -1 : this.#media.findIndex((medium) => isFree(medium, track.kind))
    if (index < 0) this.#waiting.push(track)
    else this.#replace(index, track)
  }

  /**
   * @param {SentTrack} track
   */
  removeTrack(track) {
    this.#waiting = this.#waiting.filter((one) => one !== track)
    const index = this.#media.findIndex((medium) => medium.track === track)
    if (index >= 0) this.#replace(index, null)
    const pending = this.#pending?.media.find((medium) => medium.track === track)
    if (pending) pending.track = null
  }

  /**
   * The mid a track has, whether negotiated yet or not.
   * @param {SentTrack} track
   * @returns {string | null}
   */
  midOf(track) {
    const media = this.#pending?.media ?? this.#media
    return media.find((medium) => medium.track === track)?.mid ?? null
  }

  /** Whether an offer of ours would change something. */
  needsNegotiation() {
    return this.#waiting.length > 0 || this.#media.some(needsNegotiation)
  }

  /**
   * @param {number} index
   * @param {SentTrack | null} track
   */
  #replace(index, track) {
    const change = (/** @type {Medium} */ medium, /** @type {number} */ i) =>
      i === index ? { ...medium, track } : medium
    this.#media = this.#media.map(change)
    if (this.#pending) this.#pending.media = this.#pending.media.map(change)
  }

  /**
   * @param {OfferOptions} options true, or how many m-lines to receive on; false: receive none. With nothing to send and
   *   nothing said: one of each kind
   * @returns {LocalDescription}
   * @throws {UrchinError} ERR_INVALID_STATE, ERR_NO_MEDIA
   */
  createOffer(options) {
    if (this.#pending) throw new UrchinError('ERR_INVALID_STATE', 'An offer is waiting for its answer')
    const media = this.#media.map((medium) => ({ ...medium }))
    const added = [...this.#waiting]
    const mids = new Set(this.#mids)
    for (const track of added) placeTrack(media, track, mids)
    const isOpen = media.length === 0 && options.audio === undefined && options.video === undefined
    const { audio, video } = isOpen ? { audio: true, video: true } : options
    wantKind(media, 'audio', audio, mids)
    wantKind(media, 'video', video, mids)
    if (media.every((medium) => medium.isRejected) && this.#media.length === 0) {
      throw new UrchinError('ERR_NO_MEDIA', 'There is nothing to offer')
    }
    const sections = media.map((medium) => this.#offerSection(medium))
    const description = this.#describe('offer', 'actpass', sections, bundleOf(sections))
    this.#waiting = []
    this.#mids = mids
    this.#pending = { media, description, added }
    return description
  }

  /**
   * @param {Medium} medium
   * @returns {LocalSection}
   */
  #offerSection(medium) {
    const { kind, mid, protocol, formats, track } = medium
    if (medium.isRejected) {
      return {
        kind,
        mid,
        protocol,
        formats,
        track: null,
        isRejected: true,
        direction: 'inactive',
        codecs: [],
        extensions: [],
      }
    }
    const direction = wantedDirection(medium)
    const media = /** @type {Kind} */ (kind)
    const numbered = this.#numbers.offerCodecs(media)
    // Once negotiated the codecs stay, with the feedback that the direction now asks for.
    const codecs = medium.isNegotiated
      ? medium.receiveCodecs.map((codec) => ({
          ...codec,
          feedback: numbered.find((one) => one.codec === codec.codec)?.feedback ?? codec.feedback,
        }))
      : numbered
    return {
      kind,
      mid,
      protocol,
      formats,
      isRejected: false,
      direction,
      codecs: withFeedbackFor(codecs, direction),
      extensions: this.#numbers.offerExtensions(media, direction, medium.extensions, medium.takenIds),
      track,
    }
  }

  /** Takes back an offer that was not answered (RFC 9429 4.1.10.2). */
  rollback() {
    if (!this.#pending) return
    const { media, added } = this.#pending
    // Tracks that got their m-line by the offer wait for another.
    this.#waiting = added
      .filter((track) => media.some((medium) => medium.track === track))
      .concat(this.#waiting)
    this.#pending = null
  }

  /**
   * @param {Description} description
   * @returns {Applied}
   * @throws {UrchinError} ERR_INVALID_STATE, ERR_SDP_…
   */
  applyAnswer(description) {
    if (!this.#pending) throw new UrchinError('ERR_INVALID_STATE', 'There is no offer to answer')
    const { media, description: offer } = this.#pending
    const { sections, transport } = description
    if (sections.length !== media.length)
      throw mismatch('the answer has another number of m-lines than the offer')
    if (!transport && !this.#transport)
      throw new UrchinError('ERR_SDP_NO_MEDIA', 'The answer rejects everything')
    const applied = media.map((medium, i) => {
      const section = sections[i]
      checkSame(medium, section)
      const offered = offer.sections[i]
      if (offered.isRejected) return medium
      if (section.isRejected || !section.isBundled) return rejectMedium(medium, null)
      return applyAnswer(medium, offered, section)
    })
    const result = this.#commit(description, applied, this.#answeredRole(transport), null)
    this.#pending = null
    this.#media = applied.map((medium, i) => this.#retry(media[i], medium))
    return result
  }

  /**
   * A track on an old m-line whose peer turns out not to receive there looks for another; on a new one it stays: the
   * peer does not want it.
   * @param {Medium} before
   * @param {Medium} after
   */
  #retry(before, after) {
    if (!after.track || after.canSend || !before.isNegotiated) return after
    this.#waiting.push(after.track)
    return { ...after, track: null, sentTrack: null }
  }

  /**
   * Applies an offer and makes its answer. When an offer of ours is open, both sides spoke at once: the polite one takes
   * back its own and answers, the other holds to its own (W3C webrtc, "perfect negotiation").
   * @param {Description} description
   * @param {{ isPolite?: boolean }} [options]
   * @returns {Applied & { answer: LocalDescription }}
   * @throws {UrchinError} ERR_GLARE, ERR_NOT_SUPPORTED, ERR_SDP_…
   */
  applyOffer(description, { isPolite = false } = {}) {
    const pending = this.#pending
    if (!pending) return this.#answer(description)
    if (!isPolite)
      throw new UrchinError('ERR_GLARE', 'The peer made an offer while ours is open; ours stands')
    const waiting = this.#waiting
    this.rollback()
    try {
      return this.#answer(description)
    } catch (error) {
      this.#pending = pending
      this.#waiting = waiting
      throw error
    }
  }

  /**
   * @param {Description} description
   * @returns {Applied & { answer: LocalDescription }}
   */
  #answer(description) {
    const { sections, transport } = description
    if (sections.length < this.#media.length) throw mismatch('m-lines of the session are missing')
    const waiting = [...this.#waiting]
    const media = sections.map((section, i) => answerSection(this.#media[i], section, waiting))
    if (!this.#transport && media.every((medium) => medium.isRejected)) {
      throw new UrchinError('ERR_SDP_NO_CODEC', 'The offer has no m-line with a codec in common')
    }
    const role = this.#answeringRole(transport)
    const numbered = sections.filter((_, i) => !media[i].isRejected)
    const applied = this.#commit(description, media, role, () => {
      this.#waiting = waiting
      this.#numbers.learn(numbered)
      const setup = role === 'client' ? 'active' : 'passive'
      const accepted = media.map(toAnswer)
      const used = description.bundle.filter((mid) =>
        accepted.some((one) => one.mid === mid && !one.isRejected),
      )
      return this.#describe('answer', setup, accepted, used)
    })
    return /** @type {Applied & { answer: LocalDescription }} */ (applied)
  }

  /**
   * @param {Description} description
   * @param {Medium[]} media
   * @param {'client' | 'server'} role
   * @param {(() => LocalDescription) | null} makeAnswer
   * @returns {Applied}
   */
  #commit(description, media, role, makeAnswer) {
    const { transport } = description
    const known = this.#transport
    if (transport && known && !isSameIdentity(transport, known)) {
      throw new UrchinError(
        'ERR_NOT_SUPPORTED',
        'The fingerprint changed: a new DTLS association needs a new connection',
      )
    }
    const isNew = transport !== null && (known?.ufrag !== transport.ufrag || known.pwd !== transport.pwd)
    this.#media = media
    this.#transport = transport ?? known
    this.#role = role
    this.#allowsMixed = description.allowsMixed
    for (const { mid } of media) this.#mids.add(mid)
    if (!makeAnswer) this.#numbers.learn(description.sections)
    return {
      transport: isNew ? transport : null,
      isRestart: isNew && known !== null,
      isTrickle: description.isTrickle,
      role,
      answer: makeAnswer ? makeAnswer() : null,
    }
  }

  /**
   * Passive where the peer leaves the choice: the DTLS server's order decides about the SRTP profile, and browsers as
   * servers prefer the slow one. RFC 9725 4.3.1 asks WHIP servers for it too. What was once agreed stays.
   * @param {Transport | null} transport
   * @returns {'client' | 'server'}
   */
  #answeringRole(transport) {
    const wish = transport?.setup ?? 'actpass'
    const role = this.#role ?? (wish === 'passive' ? 'client' : 'server')
    if (wish === (role === 'client' ? 'active' : 'passive')) {
      throw new UrchinError('ERR_SDP_SETUP', `a=setup:${wish} does not fit: the DTLS roles are already given`)
    }
    return role
  }

  /**
   * @param {Transport | null} transport
   * @returns {'client' | 'server'}
   */
  #answeredRole(transport) {
    if (!transport) return this.#role ?? 'client'
    if (transport.setup === 'actpass') {
      throw new UrchinError('ERR_SDP_SETUP', 'An answer must not say a=setup:actpass')
    }
    const role = transport.setup === 'active' ? 'server' : 'client'
    if (this.#role !== null && this.#role !== role) {
      throw new UrchinError('ERR_SDP_SETUP', 'The DTLS roles are already given')
    }
    return role
  }

  /**
   * @param {'offer' | 'answer'} type
   * @param {LocalDescription['setup']} setup
   * @param {LocalSection[]} sections
   * @param {string[]} bundle
   * @returns {LocalDescription}
   */
  #describe(type, setup, sections, bundle) {
    // RFC 9429 5.2.2: the version goes up by one with every new description.
    this.#version += 1
    return {
      type,
      sessionId: this.#sessionId,
      version: this.#version,
      setup,
      bundle,
      allowsMixed: this.#allowsMixed,
      sections,
    }
  }
}

/**
 * Which of the two a description is when nobody says: an answer never says actpass (RFC 8842 5.3).
 * @param {string} text
 * @param {SignalingState} state
 * @returns {'offer' | 'answer'}
 */
export function guessType(text, state) {
  return state === 'have-local-offer' && !/^a=setup:actpass\s*$/m.test(text) ? 'answer' : 'offer'
}

export { parseSdp }

/**
 * @param {Medium | undefined} medium the m-line so far
 * @param {Section} section
 * @param {SentTrack[]} waiting tracks that look for an m-line; the one taken is removed
 * @returns {Medium}
 */
function answerSection(medium, section, waiting) {
  let current = medium
  // RFC 9429 5.2.2: the place of a rejected m-line may be taken by another with a new mid.
  if (current?.isRejected && !section.isRejected) current = undefined
  if (current) checkSame(current, section)
  else current = newMedium(section.kind, section.mid)
  const codecs = section.isRejected || !section.isBundled ? [] : acceptableCodecs(section)
  if (codecs.length === 0) return rejectMedium(current, section)
  let { track } = current
  if (!track && (section.direction === 'sendrecv' || section.direction === 'recvonly')) {
    const index = waiting.findIndex(({ kind }) => kind === section.kind)
    if (index >= 0) track = waiting.splice(index, 1)[0]
  }
  return answerMedium({ ...current, track }, section, codecs)
}

/**
 * @param {Medium} medium
 * @returns {LocalSection}
 */
function toAnswer({ kind, mid, protocol, formats, isRejected, direction, receiveCodecs, extensions, track }) {
  return { kind, mid, protocol, formats, isRejected, direction, codecs: receiveCodecs, extensions, track }
}

/**
 * @param {Medium} medium
 * @param {Section} section
 */
function checkSame(medium, section) {
  if (medium.kind !== section.kind) throw mismatch('an m-line changed its kind')
  const isOther = section.mid !== '' && medium.mid !== section.mid
  if (isOther && !section.isRejected) throw mismatch('an m-line changed its mid')
}

/**
 * @param {Medium} medium
 * @param {Kind} kind
 */
function isFree(medium, kind) {
  return medium.kind === kind && !medium.isRejected && medium.track === null && medium.canSend
}

/**
 * Gives a track a free m-line, or a new one.
 * @param {Medium[]} media
 * @param {SentTrack} track
 * @param {Set<string>} mids
 */
function placeTrack(media, track, mids) {
  const free = media.find((medium) => isFree(medium, track.kind))
  if (free) free.track = track
  else place(media, newMedium(track.kind, nextMid(mids), { track }))
}

/**
 * @param {Medium[]} media
 * @param {Kind} kind
 * @param {boolean | number | undefined} wish
 * @param {Set<string>} mids
 */
function wantKind(media, kind, wish, mids) {
  if (wish === undefined) return
  const ours = media.filter((medium) => medium.kind === kind && !medium.isRejected)
  if (wish === false) {
    for (const medium of ours) medium.wantsReceive = false
    return
  }
  let missing = Number(wish) - ours.filter((medium) => medium.wantsReceive).length
  for (const medium of ours) {
    if (missing > 0 && !medium.wantsReceive && !medium.isNegotiated) {
      medium.wantsReceive = true
      missing -= 1
    }
  }
  for (; missing > 0; missing -= 1) place(media, newMedium(kind, nextMid(mids), { wantsReceive: true }))
}

/**
 * RFC 9429 5.2.2: a new m-line takes the place of a rejected one, if there is one.
 * @param {Medium[]} media
 * @param {Medium} medium
 */
function place(media, medium) {
  const index = media.findIndex((one) => one.isRejected && (one.kind === 'audio' || one.kind === 'video'))
  if (index < 0) media.push(medium)
  else media[index] = medium
}

/**
 * A mid that neither side ever used.
 * @param {Set<string>} mids
 */
function nextMid(mids) {
  let number = mids.size
  while (mids.has(String(number))) number += 1
  mids.add(String(number))
  return String(number)
}

/** @param {LocalSection[]} sections */
function bundleOf(sections) {
  return sections.filter((section) => !section.isRejected).map((section) => section.mid)
}

/**
 * The same peer: one fingerprint in common is enough, as they are alternatives.
 * @param {Transport} a
 * @param {Transport} b
 */
function isSameIdentity(a, b) {
  return a.fingerprints.some(({ value }) => b.fingerprints.some((other) => other.value === value))
}

/** @param {string} why */
function mismatch(why) {
  return new UrchinError('ERR_SDP_MISMATCH', `The SDP does not fit the session: ${why}`)
}

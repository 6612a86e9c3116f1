// Payload types and extension ids hold for a whole BUNDLE group and session (RFC 9143 9.2, RFC 8285 5, RFC 9429 5.2.2):
// what the peer or we once used for something is used for it again, and for nothing else.

import { remember } from '../remember.js'
import { acceptCodec, defaultCodecs, isSameCodec } from './codecs.js'
import { defaultExtensions, receives } from './extensions.js'

/** @typedef {import('./codecs.js').Codec} Codec */
/** @typedef {import('./codecs.js').Kind} Kind */
/** @typedef {import('./extensions.js').Extension} Extension */
/** @typedef {import('./extensions.js').Direction} Direction */

/** Dynamic payload types: RFC 3551 6 first, then RFC 8830's lower range; 64 to 95 look like RTCP (RFC 5761 4). */
const dynamicTypes = [...range(96, 127), ...range(35, 63)]
/** RFC 8285 4.2: what a one-byte header can say. */
const oneByteIds = range(1, 14)

export class Numbers {
  /** @type {Map<number, Codec>} */
  #codecs = new Map()
  /** @type {Map<number, string>} */
  #uris = new Map()

  /**
   * Learns what the peer uses, also of things that we don't take.
   * @param {readonly { codecs: readonly Codec[], extensions: readonly Extension[] }[]} sections
   */
  learn(sections) {
    for (const { codecs, extensions } of sections) {
      for (const codec of codecs) {
        if (!this.#codecs.has(codec.payloadType)) this.#codecs.set(codec.payloadType, codec)
      }
      for (const { id, uri } of extensions) if (!this.#uris.has(id)) this.#uris.set(id, uri)
    }
  }

  /**
   * The codecs that we offer on a new m-line.
   * @param {Kind} kind
   * @returns {Codec[]}
   */
  offerCodecs(kind) {
    /** @type {Map<number, Codec>} */
    const offered = new Map()
    for (const codec of defaultCodecs(kind)) {
      const numbered = this.#numberCodec(codec)
      if (numbered && !offered.has(numbered.payloadType)) {
        const { parameters } = acceptCodec(kind, numbered)
        offered.set(numbered.payloadType, { ...numbered, parameters, feedback: codec.feedback })
      }
    }
    return [...offered.values()]
  }

  /**
   * @param {Codec} codec
   * @returns {Codec | null} null when no number is left
   */
  #numberCodec(codec) {
    for (const used of this.#codecs.values()) if (isSameCodec(used, codec)) return used
    const payloadType = [codec.payloadType, ...dynamicTypes].find((number) => !this.#codecs.has(number))
    if (payloadType === undefined) return null
    const numbered = { ...codec, payloadType }
    this.#codecs.set(payloadType, numbered)
    return numbered
  }

  /**
   * The extensions that we offer on an m-line.
   * @param {Kind} kind
   * @param {Direction} direction
   * @param {readonly Extension[]} negotiated those already in use on that m-line: they keep their ids
   * @param {ReadonlySet<number>} taken ids that the peer uses on that m-line
   * @returns {Extension[]}
   */
  offerExtensions(kind, direction, negotiated, taken) {
    /** @type {Extension[]} */
    const offered = []
    for (const extension of defaultExtensions(kind, direction)) {
      const kept = negotiated.find((one) => one.uri === extension.uri)
      const id = kept ? kept.id : this.#numberUri(extension, taken)
      if (id !== 0) offered.push({ ...extension, id })
    }
    return offered
  }

  /**
   * @param {Extension} extension
   * @param {ReadonlySet<number>} taken
   * @returns {number} 0 when no id is left
   */
  #numberUri({ id, uri }, taken) {
    for (const [used, usedUri] of this.#uris) if (usedUri === uri) return taken.has(used) ? 0 : used
    const free = [id, ...oneByteIds].find((number) => !this.#uris.has(number) && !taken.has(number))
    if (free === undefined) return 0
    this.#uris.set(free, uri)
    return free
  }
}

/**
 * transport-cc is feedback that we only give.
 * @param {readonly Codec[]} codecs
 * @param {Direction} direction
 * @returns {readonly Codec[]}
 */
export function withFeedbackFor(codecs, direction) {
  return receives(direction) ? codecs : withoutTransportCc(codecs)
}

/** @type {(codecs: readonly Codec[]) => readonly Codec[]} */
const withoutTransportCc = remember((codecs) =>
  Object.freeze(
    codecs.map((codec) => {
      const feedback = new Set([...codec.feedback].filter((type) => type !== 'transport-cc'))
      return Object.freeze({ ...codec, feedback })
    }),
  ),
)

/**
 * @param {number} first
 * @param {number} last
 */
function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

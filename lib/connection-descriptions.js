// A connection's local descriptions: the one that holds, and those that wait until they can be sent (CONN_SDP).

import { UrchinError } from './errors.js'
import { CONN_SDP } from './events.js'

/** @typedef {import('./sdp/write.js').LocalDescription} LocalDescription */

/**
 * A description on its way.
 * @typedef {object} Unsent
 * @property {LocalDescription} description
 * @property {boolean} isFull it must hold every candidate
 * @property {boolean} isApplied the remote description that it answers has been told
 * @property {(sdp: string) => void} resolve
 * @property {(error: Error) => void} reject
 */

export class ConnectionDescriptions {
  #news
  #localIce
  #write
  /** @type {{ description: LocalDescription, previous: LocalDescription | null } | null} */
  #latest = null
  /** @type {Unsent[]} */
  #unsent = []

  /**
   * @param {{ news: import('./connection-news.js').ConnectionNews, localIce: () => import('./local-ice.js').LocalIce,
   *   write: (description: LocalDescription) => string }} fields
   */
  constructor({ news, localIce, write }) {
    this.#news = news
    this.#localIce = localIce
    this.#write = write
  }

  /** The latest description; null before there is one. */
  get latest() {
    return this.#latest?.description ?? null
  }

  get areAllSent() {
    return this.#unsent.length === 0
  }

  /** @param {LocalDescription} description */
  add(description) {
    this.#latest = { description, previous: this.latest }
  }

  /**
   * Tells a description as soon as it can be sent.
   * @param {LocalDescription} description
   * @param {{ isApplied: boolean, isFull: boolean }} conditions
   * @returns {{ entry: Unsent, sent: Promise<string> }}
   */
  announce(description, conditions) {
    /** @type {Partial<Unsent>} */
    const entry = { description, ...conditions }
    const sent = new Promise((resolve, reject) => {
      Object.assign(entry, { resolve, reject })
    })
    // Failures are events too: nobody has to await it.
    sent.catch(() => {})
    this.#unsent.push(/** @type {Unsent} */ (entry))
    this.release()
    return { entry: /** @type {Unsent} */ (entry), sent }
  }

  /** Tells what can be sent now. */
  release() {
    const { hasAll, hasHosts } = this.#localIce()
    while (this.#unsent.length > 0) {
      const [{ description, isFull, isApplied, resolve }] = this.#unsent
      if (!isApplied || !(isFull ? hasAll : hasHosts)) return
      this.#unsent.shift()
      const sdp = this.#write(description)
      this.#news.tell(CONN_SDP, sdp)
      this.#news.afterwards(() => resolve(sdp))
    }
  }

  /** Our offer gave way to the peer's, whose answer is the latest now: back to the one before. */
  forgetOffer() {
    const previous = this.#latest?.previous
    this.#latest = previous ? { description: previous, previous: null } : null
    const isOffer = (/** @type {Unsent} */ one) => one.description.type === 'offer'
    this.#drop(isOffer, new UrchinError('ERR_GLARE', "The offer gave way to the peer's"))
  }

  /**
   * @param {Unsent} entry
   * @param {Error} error
   */
  drop(entry, error) {
    this.#drop((one) => one === entry, error)
  }

  /** @param {Error} error why nothing can be sent any more */
  dropAll(error) {
    this.#drop(() => true, error)
  }

  /**
   * @param {(one: Unsent) => boolean} isDropped
   * @param {Error} error
   */
  #drop(isDropped, error) {
    const dropped = this.#unsent.filter(isDropped)
    this.#unsent = this.#unsent.filter((one) => !isDropped(one))
    for (const { reject } of dropped) reject(error)
  }
}

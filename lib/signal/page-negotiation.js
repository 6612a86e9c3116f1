// Descriptions and candidates between a page and its connection, both ways. The server is the impolite peer: the
// connection refuses an offer that crosses ours, and the page gives way.

import { UrchinError } from '../errors.js'

/** @typedef {import('../connection.js').WebRtcConnection} WebRtcConnection */

/** See above. */
export class PageNegotiation {
  #connection
  #send
  #report
  /** Descriptions of ours that are being made. */
  #describing = 0
  #sending = Promise.resolve()
  #hasDescribed = false
  /** Candidates whose description has not been sent yet. @type {any[]} */
  #held = []

  /**
   * @param {WebRtcConnection} connection
   * @param {{ send: (message: object) => void, report: (error: unknown, about: string) => void }} page
   */
  constructor(connection, { send, report }) {
    this.#connection = connection
    this.#send = send
    this.#report = report
    connection.on('candidate', ({ message }) => this.#sendCandidate(message))
    connection.on('gathered', () => this.#sendCandidate(null))
    connection.on('negotiation-needed', () => this.offer())
    // The connection has made this one by itself.
    connection.on('ice-restart', (offer) => this.#describe('offer', () => offer))
  }

  /** Makes an offer and sends it. */
  offer() {
    this.#describe('offer', () => this.#connection.createOffer())
  }

  /**
   * Takes what the page describes; an offer is answered.
   * @param {'offer' | 'answer'} type
   * @param {string} sdp
   */
  takeDescription(type, sdp) {
    if (type === 'offer') {
      this.#describe('answer', () => this.#connection.setRemoteSdp({ type, sdp }))
    } else {
      this.#connection.setRemoteSdp({ type, sdp }).catch((error) => this.#fail(error, type))
    }
  }

  /**
   * Takes a candidate of the page; what can't be used is skipped silently.
   * @param {unknown} candidate
   */
  takeCandidate(candidate) {
    try {
      this.#connection.addRemoteCandidate(/** @type {any} */ (candidate)).catch(() => {})
    } catch (error) {
      if (!(error instanceof UrchinError)) throw error
    }
  }

  /**
   * Sends what is made once everything asked for earlier has been sent: an offer that follows an answer closely may be
   * ready first.
   * @param {'offer' | 'answer'} type
   * @param {() => Promise<string>} make
   */
  #describe(type, make) {
    this.#describing += 1
    const made = (async () => make())()
    made.catch(() => {})
    this.#sending = this.#sending.then(() => this.#sendMade(type, made))
  }

  /**
   * @param {'offer' | 'answer'} type
   * @param {Promise<string>} made
   */
  async #sendMade(type, made) {
    try {
      this.#send({ type, sdp: await made })
      this.#hasDescribed = true
    } catch (error) {
      this.#fail(error, type === 'answer' ? 'offer' : 'answer')
    } finally {
      this.#describing -= 1
      if (this.#describing === 0 && this.#hasDescribed) this.#flush()
    }
  }

  /** @param {any} candidate */
  #sendCandidate(candidate) {
    // A browser takes no candidate before the description that it belongs to.
    this.#held.push(candidate)
    if (this.#describing === 0 && this.#hasDescribed) this.#flush()
  }

  #flush() {
    for (const candidate of this.#held.splice(0)) this.#send({ type: 'candidate', candidate })
  }

  /**
   * @param {unknown} error
   * @param {string} about
   */
  #fail(error, about) {
    const code = error instanceof UrchinError ? error.code : ''
    // The page lost by the glare rule, or the end of the connection was quicker.
    if (code === 'ERR_GLARE' || code === 'ERR_CLOSED') return
    this.#report(error, about)
  }
}

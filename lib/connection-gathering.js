// Our side of ICE: starts gathering and restarts, collects the candidates of the current generation and tells them.

import { CONN_CANDIDATE, CONN_GATHERED, CONN_STARTED } from './events.js'
import { LocalIce } from './local-ice.js'
import { writeCandidate } from './sdp/candidate.js'

/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */

/** What starts and stops it, and where its news go.
 * @typedef {object} GatheringFields
 * @property {import('./connection-news.js').ConnectionNews} news
 * @property {import('./log.js').ConnectionLog} log
 * @property {readonly import('./announced-addresses.js').Announced[]} announced
 * @property {boolean} isRelayOnly
 * @property {() => { mid: string, index: number }} taggedSection the m-line that candidates belong to
 * @property {() => string} localSdp
 * @property {() => void} onProgress a description may be ready to be sent
 */

export class ConnectionGathering {
  #fields
  #local = new LocalIce(0)
  /** @type {LocalIce | null} */
  #previous = null
  #latest = 0
  #isStarted = false

  /** @param {GatheringFields} fields */
  constructor(fields) {
    this.#fields = fields
  }

  /** The current generation. */
  get local() {
    return this.#local
  }

  get isStarted() {
    return this.#isStarted
  }

  /**
   * @param {string} prefix of the ufrag: names the worker
   * @returns {{ ufrag: string, pwd: string }} what the core has to gather with
   */
  start(prefix) {
    this.#isStarted = true
    this.#local.nameWorker(prefix)
    const { ufrag, pwd } = this.#local
    return { ufrag, pwd }
  }

  /**
   * @param {string} prefix of the ufrag: names the worker
   * @returns {{ ufrag: string, pwd: string }} what the core has to restart with
   */
  restart(prefix) {
    this.#fields.log.write('info', 'restarting ICE', { name: 'restart-ice' })
    this.#previous = this.#local
    this.#latest += 1
    this.#local = new LocalIce(this.#latest)
    return this.start(prefix)
  }

  /** The offer that told of the restart gave way: what was before it holds. */
  rollBack() {
    this.#local = this.#previous ?? this.#local
    this.#previous = null
  }

  /**
   * One of the core's events of gathering; those of an earlier generation are past.
   * @param {{ type: string, generation: number, candidate?: Candidate }} event
   */
  handle({ type, generation, candidate }) {
    if (generation !== this.#local.generation) return
    if (type === 'started') this.#fields.news.tell(CONN_STARTED, '')
    else if (type === 'candidate' && candidate) this.#found(candidate)
    else this.#gathered(type === 'gathered')
  }

  /** @param {Candidate} candidate */
  #found(candidate) {
    const { announced, isRelayOnly, taggedSection, log, news } = this.#fields
    if (isRelayOnly && candidate.type !== 'relay') return
    const { mid, index } = taggedSection()
    const { ufrag } = this.#local
    for (const told of this.#local.add(candidate, announced)) {
      const line = writeCandidate(told, { ufrag })
      // CONN_CANDIDATE is the timeline's step.
      log.write('debug', `Discovered New Candidate, candidate: ${line}`, null)
      news.tell(CONN_CANDIDATE, {
        candidate: line,
        sdpMid: mid,
        sdpMLineIndex: index,
        usernameFragment: ufrag,
      })
    }
  }

  /** @param {boolean} isAll or only the host candidates */
  #gathered(isAll) {
    this.#local.hasHosts = true
    if (isAll) {
      this.#local.hasAll = true
      this.#fields.news.tell(CONN_GATHERED, this.#fields.localSdp())
    }
    this.#fields.onProgress()
  }
}

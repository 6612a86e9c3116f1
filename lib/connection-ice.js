// ICE as a connection has it: gathering and restarting on this machine's addresses, the peer's candidates, the state,
// the pair that packets take.

import { ConnectionGathering } from './connection-gathering.js'
import { attempt } from './connection-media.js'
import { RemoteCandidates } from './remote-candidates.js'

/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {{ local: Candidate, remote: Candidate }} Pair */

/**
 * @typedef {object} IceFields
 * @property {import('./worker.js').Worker} worker
 * @property {import('./connection-news.js').ConnectionNews} news
 * @property {import('./log.js').ConnectionLog} log
 * @property {import('./connection-options.js').CheckedOptions} options
 * @property {() => { mid: string, index: number }} taggedSection the m-line that candidates belong to
 * @property {() => string} localSdp
 * @property {() => void} onProgress a description may be ready to be sent
 * @property {(reason: { code: string, detail: string }) => void} onFailure without this it can't go on
 */

export class ConnectionIce {
  #fields
  #connectionId = 0
  #gathering
  #candidates
  #state = 'new'
  /** @type {'controlling' | 'controlled' | 'unknown'} */
  #role = 'unknown'
  /** @type {Pair | null} */
  #pair = null

  /** @param {IceFields} fields */
  constructor(fields) {
    this.#fields = fields
    const { worker, news, log, options, taggedSection, localSdp, onProgress } = fields
    this.#gathering = new ConnectionGathering({
      news,
      log,
      announced: options.announced,
      isRelayOnly: options.native.relayOnly ?? false,
      taggedSection,
      localSdp,
      onProgress,
    })
    this.#candidates = new RemoteCandidates({
      log,
      blockedNetworks: options.blockedNetworks,
      usesTcp: options.native.tcp,
      forward: (candidate) => attempt(() => worker.addCandidate(this.#connectionId, candidate), log.onError),
      end: () => attempt(() => worker.endCandidates(this.#connectionId), log.onError),
    })
  }

  /** @param {number} connectionId of the connection in the core */
  open(connectionId) {
    this.#connectionId = connectionId
  }

  /** Our side in its current generation. */
  get local() {
    return this.#gathering.local
  }

  /** The peer's candidates. */
  get candidates() {
    return this.#candidates
  }

  get isStarted() {
    return this.#gathering.isStarted
  }

  get isGathering() {
    return this.isStarted && !this.local.hasAll
  }

  /** The pair that packets take, as the connection's listeners have heard it. */
  get pair() {
    return this.#pair
  }

  /** In the W3C's words. */
  get state() {
    return this.#state
  }

  /** What statistics tell of our side. @returns {import('./stats.js').KnownIce} */
  get known() {
    const { ufrag, candidates } = this.local
    return { ufrag, role: this.#role, candidates }
  }

  /** @param {boolean} isControlling */
  gather(isControlling) {
    const credentials = this.#gathering.start()
    this.#role = isControlling ? 'controlling' : 'controlled'
    this.#start((worker, id) => worker.gather(id, { ...credentials, controlling: isControlling }))
  }

  restart() {
    const credentials = this.#gathering.restart()
    this.#start((worker, id) => worker.restartIce(id, credentials))
  }

  /**
   * One of the core's events about ICE.
   * @param {any} event
   */
  handle(event) {
    if (event.type === 'ice-state') this.#changeState(event.state)
    else if (event.type === 'selected-pair') this.#select(event)
    else this.#gathering.handle(event)
  }

  /** @param {string} state */
  #changeState(state) {
    const { log, news } = this.#fields
    log.write('info', `iceState: ${state}`, { name: 'ice-state', detail: state })
    this.#state = state
    news.tellNamed('ice-state', state)
  }

  /** @param {Pair} pair */
  #select({ local, remote }) {
    const { log, news } = this.#fields
    const text = [local, remote].map((one) => `${one.type} ${one.protocol} ${one.address}:${one.port}`)
    const detail = `local: ${text[0]}, remote: ${text[1]}`
    log.write('info', `selected pair, ${detail}`, { name: 'selected-pair', detail })
    news.afterwards(() => {
      this.#pair = { local, remote }
    })
    news.tellNamed('selected-pair', { local: { ...local }, remote: { ...remote } })
  }

  /** @param {(worker: import('./worker.js').Worker, connectionId: number) => Promise<any>} run */
  #start(run) {
    const { worker, onFailure } = this.#fields
    attempt(
      () => run(worker, this.#connectionId),
      (error) => onFailure({ code: error.code ?? 'ERR_INTERNAL', detail: error.message }),
    )
  }
}

// ICE as a connection has it: gathering and restarting on this machine's addresses, the peer's candidates, the state,
// the pair that packets take.

import { ConnectionGathering } from './connection-gathering.js'
import { attempt } from './connection-media.js'
import { presentAddresses } from './local-addresses.js'
import { RemoteCandidates } from './remote-candidates.js'

/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {{ local: Candidate, remote: Candidate }} Pair */

/**
 * @typedef {object} IceFields
 * @property {import('./worker.js').Worker} worker
 * @property {import('./connection-news.js').ConnectionNews} news
 * @property {import('./log.js').ConnectionLog} log
 * @property {import('./connection-options.js').CheckedOptions} options
 * @property {import('./ice-auto-restart.js').IceAutoRestart} restarts
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
  /** @type {readonly string[]} that the current generation is gathered on */
  #addresses
  /** @type {Pair | null} as the core says */
  #selected = null
  /** No pair was selected since the last restart. */
  #isRestarted = false
  /** @type {Pair | null} as listeners have heard it */
  #pair = null

  /** @param {IceFields} fields */
  constructor(fields) {
    this.#fields = fields
    this.#addresses = fields.options.native.addresses
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
    return { ufrag, role: this.#role, candidates, servers: this.#fields.options.native.servers }
  }

  get #prefix() {
    return this.#fields.worker.ufragPrefix(this.#connectionId)
  }

  /** @param {boolean} isControlling */
  gather(isControlling) {
    const credentials = this.#gathering.start(this.#prefix)
    this.#role = isControlling ? 'controlling' : 'controlled'
    this.#start((worker, id) => worker.gather(id, { ...credentials, controlling: isControlling }))
  }

  restart() {
    this.#updateAddresses()
    const credentials = this.#gathering.restart(this.#prefix)
    this.#isRestarted = true
    this.#fields.restarts.restarted()
    this.#start((worker, id) => worker.restartIce(id, credentials))
  }

  /** The offer that told of the restart gave way. */
  rollBack() {
    this.#gathering.rollBack()
  }

  /** What the core will not tell, as the connection itself is at its end. @param {'failed' | 'closed'} state */
  end(state) {
    this.#changeState(state)
    this.#fields.restarts.stop()
  }

  /** @returns {import('./ice-auto-restart.js').AddressView} */
  look() {
    const local = this.#selected?.local
    const selected = local?.type === 'host' ? local.address : local?.type !== 'relay' && local?.relatedAddress
    return {
      used: this.#addresses,
      present: presentAddresses(this.#fields.options.choice),
      selected: selected || null,
    }
  }

  /**
   * One of the core's events about ICE.
   * @param {any} event
   */
  handle(event) {
    if (event.type === 'ice-state') this.#changeState(event.state)
    else if (event.type === 'selected-pair') this.#select(event)
    else if (event.type === 'ice-server-error') this.#tellError(event)
    else if (event.type === 'network-changed') this.#fields.restarts.changeNetwork()
    else this.#gathering.handle(event)
  }

  /** @param {string} state */
  #changeState(state) {
    const { log, news, restarts } = this.#fields
    if (state === this.#state) return
    log.write('info', `iceState: ${state}`, { name: 'ice-state', detail: state })
    this.#state = state
    news.tellNamed('ice-state', state)
    restarts.changeState(state)
  }

  /** @param {Pair} pair */
  #select({ local, remote }) {
    const { log, news } = this.#fields
    const known = this.#selected
    const isKnown = known !== null && isSame(known.local, local) && isSame(known.remote, remote)
    if (isKnown && !this.#isRestarted) return
    this.#isRestarted = false
    this.#selected = { local, remote }
    const text = [local, remote].map((one) => `${one.type} ${one.protocol} ${one.address}:${one.port}`)
    const detail = `local: ${text[0]}, remote: ${text[1]}`
    log.write('info', `selected pair, ${detail}`, { name: 'selected-pair', detail })
    news.afterwards(() => {
      this.#pair = { local, remote }
    })
    news.tellNamed('selected-pair', { local: { ...local }, remote: { ...remote } })
  }

  /** @param {{ url: string, errorCode: number, errorText: string }} event */
  #tellError({ url, errorCode, errorText }) {
    const { log, news } = this.#fields
    const detail = `${url}: ${errorCode} ${errorText}`
    log.write('warn', `ICE server failed, ${detail}`, { name: 'ice-candidate-error', detail })
    news.tellNamed('ice-candidate-error', { url, errorCode, errorText })
  }

  /** For a restart: this machine may be elsewhere now. */
  #updateAddresses() {
    const { worker, log, options } = this.#fields
    const present = presentAddresses(options.choice)
    if (present.length === 0 || String(present) === String(this.#addresses)) return
    this.#addresses = present
    log.write('info', `local addresses: ${present.join(' ')}`)
    attempt(() => worker.setAddresses(this.#connectionId, present), log.onError)
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

/**
 * @param {Candidate} a
 * @param {Candidate} b
 */
function isSame(a, b) {
  const keys = /** @type {const} */ (['type', 'protocol', 'tcpType', 'address', 'port'])
  return keys.every((key) => a[key] === b[key])
}

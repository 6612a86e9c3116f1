// WebRtcConnection: one WebRTC connection as its owner sees it. It checks every call against the state, lets lib/sdp
// decide, hands commands to the core, and tells all that happens through one queue of events.

import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { checkCandidate, checkOffer, checkSdp, checkTrack } from './connection-arguments.js'
import { ConnectionIce } from './connection-ice.js'
import { forgetConnection, keepConnection, watchConnection } from './connection-life.js'
import { ConnectionMedia, newSsrc, trackCommands } from './connection-media.js'
import { ConnectionNegotiation } from './connection-negotiation.js'
import { ConnectionNews } from './connection-news.js'
import { checkOptions } from './connection-options.js'
import { ConnectionOrder } from './connection-order.js'
import { invalid, UrchinError } from './errors.js'
import * as events from './events.js'
import { IceAutoRestart } from './ice-auto-restart.js'
import { ConnectionLog } from './log.js'
import { randomBytes } from './random.js'
import { buildStats } from './stats.js'
import { LocalTrack } from './track.js'
import { WorkerPool } from './worker-pool.js'

/** @typedef {import('./connection-options.js').ConnectionOptions} ConnectionOptions */
/** @typedef {import('./events.js').ConnectionEvent} ConnectionEvent */
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {{ audio?: boolean | number, video?: boolean | number, iceRestart?: boolean }} OfferOptions */
/** @typedef {import('./connection-arguments.js').CandidateInit} CandidateInit */

/**
 * Events: 'event' with every ConnectionEvent, and each also under its own name; further 'track' (RemoteTrack),
 * 'selected-pair' ({ local, remote }), 'ice-state' (string), 'ice-candidate-error' ({ url, errorCode, errorText }),
 * 'ice-restart' (the promise of an offer that nobody asked for), 'negotiation-needed'.
 * @extends {EventEmitter<import('./events.js').ConnectionEvents>}
 */
export class WebRtcConnection extends EventEmitter {
  #options
  #worker
  #log
  #onError
  #connectionId = 0
  #news
  #order = new ConnectionOrder((event) => this.#handle(event))
  #ice
  #restarts
  #negotiation
  /** @type {ConnectionMedia | null} */
  #media = null
  #cname = randomBytes(12).toString('base64')
  #streamId = randomUUID()
  /** @type {Set<LocalTrack>} */
  #tracks = new Set()

  /** @type {Promise<void> | null} */
  #closing = null
  /** @type {() => void} */
  #resolveClosing = () => {}

  /**
   * @param {ConnectionOptions} [options]
   * @throws {UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
   */
  constructor(options = {}) {
    super()
    if (typeof options !== 'object' || options === null) throw invalid('options must be an object')
    if (options.id !== undefined && typeof options.id !== 'string') throw invalid('id must be a string')
    this.#options = checkOptions(options)
    /** For logs. */
    this.id = options.id ?? randomUUID()
    this.#log = new ConnectionLog(options.logger, this.id)
    this.#onError = this.#log.onError
    this.#news = new ConnectionNews(this, this.#log)
    /** @type {Worker} */
    this.#worker = options.worker ?? WorkerPool.get()
    this.#restarts = new IceAutoRestart({
      canOffer: () => this.#negotiation.canOffer,
      isFirstOfferer: () => this.#negotiation.offeredFirst,
      look: () => this.#ice.look(),
      offer: (cause) => this.#offerRestart(cause),
    })
    if (!this.#options.iceAutoRestart) this.#restarts.stop()
    const parts = {
      worker: this.#worker,
      news: this.#news,
      log: this.#log,
      options: this.#options,
      restarts: this.#restarts,
    }
    this.#ice = new ConnectionIce({
      ...parts,
      taggedSection: () => this.#negotiation.taggedSection,
      localSdp: () => this.getLocalSdp(),
      onProgress: () => this.#release(),
      onFailure: (reason) => {
        if (!this.#closing) this.#fail(reason)
      },
    })
    this.#negotiation = new ConnectionNegotiation({
      ...parts,
      order: this.#order,
      ice: this.#ice,
      sessionId: String(randomBytes(6).readUIntBE(0, 6)),
      cname: this.#cname,
      isOpen: () => this.#closing === null && !this.#news.isFailed,
      tellNeed: () => events.deliver(this, 'negotiation-needed'),
    })
    const { servers = [], portMin, portMax } = this.#options.native
    const names = servers.map(({ host, port }) => `${host}:${port}`).join(' ')
    this.#log.write(
      'info',
      `constructor, iceServers: ${names || 'none'}, minPort: ${portMin}, maxPort: ${portMax}`,
    )
  }

  /**
   * Opens the connection in the core. CONN_INITIAL follows.
   * @returns {this}
   * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_STATE, and what the core refuses
   */
  init() {
    this.#checkOpen()
    if (this.#media) throw new UrchinError('ERR_INVALID_STATE', 'init() was called already')
    const connectionId = this.#worker.openConnection(
      this.#options.native,
      WebRtcConnection.#listener(new WeakRef(this)),
    )
    this.#connectionId = connectionId
    watchConnection(this, { worker: this.#worker, connectionId, id: this.id })
    this.#media = new ConnectionMedia({
      worker: this.#worker,
      connection: this,
      connectionId,
      cname: this.#cname,
      news: this.#news,
      onError: this.#onError,
    })
    this.#ice.open(connectionId)
    this.#negotiation.open(connectionId, this.#media)
    this.#news.tell(events.CONN_INITIAL, '')
    return this
  }

  /**
   * Nothing that the core holds may keep a forgotten connection alive, so this closes over the weak reference alone.
   * @param {WeakRef<WebRtcConnection>} ref
   */
  static #listener(ref) {
    return (/** @type {any} */ event) => {
      const connection = ref.deref()
      if (connection) connection.#receive(event)
    }
  }

  /**
   * Makes an offer. CONN_SDP brings it, and so does the promise.
   * @param {OfferOptions} [options] audio, video: true or a number of m-lines to receive, false for none; with nothing to
   *   send and nothing said, one of each
   * @returns {Promise<string>}
   * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_ARGUMENT, ERR_INVALID_STATE, ERR_NO_MEDIA
   */
  createOffer(options) {
    this.#checkReady()
    const offer = this.#negotiation.createOffer(checkOffer(options))
    this.#updateActive()
    return offer
  }

  /**
   * New ICE credentials and candidates: an offer that restarts ICE.
   * @returns {Promise<string>}
   * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_STATE
   */
  restartIce() {
    this.#checkReady()
    if (!this.#negotiation.session.transport)
      throw new UrchinError('ERR_INVALID_STATE', 'There is no ICE to restart')
    return this.createOffer({ iceRestart: true })
  }

  /** @param {string} cause */
  #offerRestart(cause) {
    this.#log.write('info', `offering an ICE restart, cause: ${cause}`, {
      name: 'ice-restart',
      detail: cause,
    })
    try {
      const offer = this.#negotiation.createOffer({ iceRestart: true }, { isAutomatic: true })
      this.#news.tellNamed('ice-restart', offer)
    } catch (error) {
      this.#onError(error)
    }
  }

  /**
   * Applies the peer's offer or answer. CONN_SDP_PROCESSED follows, and for an offer CONN_SDP with the answer.
   * @param {string | { type: 'offer' | 'answer', sdp: string }} sdp as text it is taken for an answer when an offer of
   *   ours is open, unless it says setup:actpass
   * @returns {Promise<string>} the answer; '' after an answer. Rejects with ERR_SDP_…, ERR_GLARE, ERR_INVALID_STATE,
   *   ERR_NOT_SUPPORTED; then nothing has changed
   * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_ARGUMENT, ERR_INVALID_STATE
   */
  setRemoteSdp(sdp) {
    const { text, type } = checkSdp(sdp)
    this.#checkOpened()
    const answer = quiet(this.#negotiation.setRemote(text, type))
    this.#updateActive()
    return answer
  }

  /**
   * Takes one of the peer's candidates, as early or late as it comes.
   * @param {CandidateInit | string | null} candidate null or '': there are no more
   * @returns {Promise<void>} rejects with ERR_CANDIDATE_SYNTAX
   * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_ARGUMENT, ERR_INVALID_STATE
   */
  addRemoteCandidate(candidate) {
    const checked = checkCandidate(candidate)
    this.#checkOpened()
    if (this.#news.isFailed) return Promise.resolve()
    try {
      this.#ice.candidates.take(checked)
      return Promise.resolve()
    } catch (error) {
      return quiet(Promise.reject(error))
    }
  }

  /**
   * Sends the packets of a remote track (of this or another connection) to this peer. On the m-line of an offer that is
   * still to come or that is free; else 'negotiation-needed' tells that a createOffer() has to carry it.
   * @param {import('./track.js').RemoteTrack | null} source null: nothing yet
   * @param {{ kind?: 'audio' | 'video', streamId?: string, trackId?: string }} [options] kind is needed without a source;
   *   streamId, trackId: SDP names, tokens of at most 64 characters
   * @returns {LocalTrack}
   * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_ARGUMENT
   */
  addTrack(source, options = {}) {
    this.#checkOpen()
    const { kind, streamId = this.#streamId, trackId = randomUUID() } = checkTrack(source, options)
    const ssrc = newSsrc(this.#tracks)
    const commands = trackCommands(this.#worker, this.#onError)
    const track = new LocalTrack({ kind, streamId, trackId, ssrc, commands })
    if (source) track.replaceSource(source)
    this.#tracks.add(track)
    this.#negotiation.session.addTrack(track)
    this.#negotiation.checkNeed()
    return track
  }

  /**
   * Stops sending a track; its m-line becomes free. No effect on one that was removed before.
   * @param {LocalTrack} track
   * @throws {UrchinError} ERR_INVALID_ARGUMENT
   */
  removeTrack(track) {
    if (!(track instanceof LocalTrack)) throw invalid('track must be a LocalTrack')
    if (!this.#tracks.delete(track)) return
    this.#negotiation.session.removeTrack(track)
    this.#media?.removeSender(track)
    track.remove()
    this.#negotiation.checkNeed()
  }

  /** The tracks that we send. @returns {LocalTrack[]} */
  get localTracks() {
    return [...this.#tracks]
  }

  /** The tracks that the peer sends. @returns {import('./track.js').RemoteTrack[]} */
  get remoteTracks() {
    return this.#media?.remoteTracks ?? []
  }

  /** Our latest description with the candidates found so far; '' before there is one. @returns {string} */
  getLocalSdp() {
    return this.#negotiation.localSdp
  }

  /** The peer's latest description; '' before there is one. @returns {string} */
  getRemoteSdp() {
    return this.#negotiation.remoteSdp
  }

  /** The code of the last state: 101 to 105 or 500. @returns {number} */
  getCurrentState() {
    return this.#news.state
  }

  /** ICE's state: 'new', 'checking', 'connected', 'disconnected', 'failed' or 'closed'. @returns {string} */
  get iceState() {
    return this.#ice.state
  }

  /** The pair that packets take; null before there is one. @returns {{ local: Candidate, remote: Candidate } | null} */
  getSelectedPair() {
    const { pair } = this.#ice
    return pair && { local: { ...pair.local }, remote: { ...pair.remote } }
  }

  /**
   * Statistics like a W3C RTCStatsReport.
   * @returns {Promise<Map<string, import('./stats.js').Stats>>}
   * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_STATE
   */
  getStats() {
    this.#checkOpened()
    return quiet(this.#getStats())
  }

  async #getStats() {
    const values = await this.#worker.getStats(this.#connectionId)
    return buildStats(values, {
      timestamp: Date.now(),
      pair: this.#ice.pair,
      ice: this.#ice.known,
      fingerprints: {
        local: this.#worker.fingerprint,
        remote: this.#negotiation.session.transport?.fingerprints ?? [],
      },
      tracks: /** @type {ConnectionMedia} */ (this.#media).tracksById,
    })
  }

  /**
   * Its steps since construction, also when it is closed; of very many the first and the latest.
   * @returns {import('./timeline.js').Step[]}
   */
  getTimeline() {
    return this.#log.timeline.steps
  }

  /**
   * Closes the connection; CONN_FINISHED is its last event. May be called at any moment, any number of times.
   * @returns {Promise<void>} when CONN_FINISHED has been told
   */
  close() {
    if (this.#closing) return this.#closing
    this.#closing = new Promise((resolve) => {
      this.#resolveClosing = resolve
    })
    this.#log.write('info', 'closing', { name: 'close' })
    this.#restarts.stop()
    this.#updateActive()
    if (this.#media) {
      this.#worker.closeConnection(this.#connectionId).catch((/** @type {Error} */ error) => {
        this.#onError(error)
        setImmediate(() => this.#finish())
      })
    } else this.#finish()
    return this.#closing
  }

  /** Whether close() was called or the peer closed. */
  get closed() {
    return this.#closing !== null
  }

  // -- what the core tells

  /** @param {any} event */
  #receive(event) {
    if (event.type === 'closed') {
      // Answers to commands that came with it are settled as promises: they go first.
      setImmediate(() => this.#finish())
      return
    }
    this.#order.receive(event)
  }

  /** @param {any} event */
  #handle(event) {
    switch (event.type) {
      case 'started':
      case 'candidate':
      case 'hosts-gathered':
      case 'gathered':
      case 'ice-state':
      case 'selected-pair':
      case 'ice-server-error':
      case 'network-changed':
        this.#ice.handle(event)
        break
      case 'ready':
        this.#news.tell(events.CONN_READY, '')
        break
      case 'failed':
        this.#fail(event.reason)
        break
      case 'peer-closed':
        this.#log.write('info', 'the peer closed the connection')
        this.close()
        break
      case 'receiver-active':
        this.#media?.activate(event.receiverId)
        break
      case 'log':
        this.#log.write(event.level, event.text)
        break
    }
  }

  /** @param {{ code: string, detail: string }} reason */
  #fail({ code, detail }) {
    if (this.#news.isFailed || this.#news.isFinished) return
    if (code.startsWith('ERR_ICE_')) this.#ice.end('failed')
    this.#restarts.stop()
    this.#log.write('error', `failed, code: ${code}, detail: ${detail}`, null)
    this.#news.tell(events.CONN_FAILED, this.getRemoteSdp(), { code, detail })
    this.#negotiation.drop(new UrchinError(code, detail))
    this.#updateActive()
  }

  #finish() {
    if (this.#news.isFinished) return
    this.#closing ??= Promise.resolve()
    this.#order.flush()
    this.#ice.end('closed')
    for (const track of this.#media?.clear() ?? []) this.#news.tellOf(track, 'ended')
    for (const track of this.#tracks) track.remove()
    this.#negotiation.drop(new UrchinError('ERR_CLOSED', 'The connection was closed'))
    this.#news.tell(events.CONN_FINISHED, '')
    this.#news.afterwards(this.#resolveClosing)
    forgetConnection(this)
  }

  #updateActive() {
    const isBusy =
      this.#ice.isGathering ||
      this.#negotiation.session.transport !== null ||
      this.#closing !== null ||
      this.#isTimed
    keepConnection(this, isBusy && !this.#news.isFinished && (!this.#news.isFailed || this.#closing !== null))
  }

  /** No answer came yet, and somebody listens for the end of the time that it has. */
  get #isTimed() {
    return (
      this.#ice.isStarted && this.#options.native.connectTimeoutMs !== 0 && this.listenerCount('failed') > 0
    )
  }

  #release() {
    this.#updateActive()
    this.#negotiation.release()
  }

  #checkOpen() {
    if (this.#closing) throw new UrchinError('ERR_CLOSED', 'The connection is closed')
  }

  #checkOpened() {
    this.#checkOpen()
    if (!this.#media) throw new UrchinError('ERR_INVALID_STATE', 'init() comes first')
  }

  #checkReady() {
    this.#checkOpened()
    if (this.#news.isFailed) throw new UrchinError('ERR_INVALID_STATE', 'The connection failed')
  }
}

/**
 * Failures are events too: nobody has to await the promise.
 * @template T
 * @param {Promise<T>} promise
 */
function quiet(promise) {
  promise.catch(() => {})
  return promise
}

// WebRtcConnection: one WebRTC connection as its owner sees it. It checks every call against the state, lets lib/sdp
// decide, hands commands to the core, and tells all that happens through one queue of events.

import { randomBytes, randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { checkCandidate, checkOffer, checkSdp, checkTrack } from './connection-arguments.js'
import { ConnectionDescriptions } from './connection-descriptions.js'
import { ConnectionGathering } from './connection-gathering.js'
import { attempt, ConnectionMedia, newSsrc, trackCommands } from './connection-media.js'
import { ConnectionNews } from './connection-news.js'
import { checkOptions, invalid } from './connection-options.js'
import { ConnectionOrder } from './connection-order.js'
import { UrchinError } from './errors.js'
import * as events from './events.js'
import { ConnectionLog } from './log.js'
import { NegotiationNeed } from './negotiation-need.js'
import { RemoteCandidates } from './remote-candidates.js'
import { guessType, parseSdp, SdpSession } from './sdp/session.js'
import { taggedSection, writeSdp } from './sdp/write.js'
import { buildStats } from './stats.js'
import { LocalTrack } from './track.js'
import { Worker } from './worker.js'

/** @typedef {import('./connection-options.js').ConnectionOptions} ConnectionOptions */
/** @typedef {import('./events.js').ConnectionEvent} ConnectionEvent */
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {import('./sdp/session.js').Applied} Applied */
/** @typedef {import('./sdp/write.js').LocalDescription} LocalDescription */
/** @typedef {{ audio?: boolean | number, video?: boolean | number, iceRestart?: boolean }} OfferOptions */
/** @typedef {import('./connection-arguments.js').CandidateInit} CandidateInit */

/** Closes connections that nobody can reach any more. */
const unclosed = new FinalizationRegistry(
  (/** @type {{ worker: any, connectionId: number, id: string }} */ held) => {
    process.emitWarning(`WebRtcConnection ${held.id} was garbage-collected without close()`, {
      code: 'URCHIN_UNCLOSED',
    })
    held.worker.closeConnection(held.connectionId).catch(() => {})
  },
)

/**
 * Connections on which something can still happen by itself. Like a socket, such a one lives on when only its own
 * listeners know it; one that waits for its owner, or has failed, does not.
 * @type {Set<WebRtcConnection>}
 */
const active = new Set()

/**
 * Events: 'event' with every ConnectionEvent, and each also under its own name; further 'track' (RemoteTrack),
 * 'selected-pair' ({ local, remote }), 'ice-state' (string), 'negotiation-needed'.
 * @extends {EventEmitter<import('./events.js').ConnectionEvents>}
 */
export class WebRtcConnection extends EventEmitter {
  #options
  #worker
  #log
  #onError
  #connectionId = 0
  #news
  #descriptions
  #order = new ConnectionOrder((event) => this.#handle(event))
  #session = new SdpSession(String(randomBytes(6).readUIntBE(0, 6)))
  #gathering
  #candidates
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

  #remoteSdp = ''
  #peerTrickles = true
  #need
  /** @type {{ local: Candidate, remote: Candidate } | null} */
  #pair = null

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
    this.#descriptions = new ConnectionDescriptions({
      news: this.#news,
      localIce: () => this.#gathering.local,
      write: (description) => this.#write(description),
    })
    this.#gathering = new ConnectionGathering({
      news: this.#news,
      log: this.#log,
      announced: this.#options.announced,
      isRelayOnly: options.iceTransportPolicy === 'relay',
      taggedSection: () => taggedSection(/** @type {LocalDescription} */ (this.#descriptions.latest)),
      localSdp: () => this.getLocalSdp(),
      onProgress: () => this.#release(),
    })
    this.#need = new NegotiationNeed({
      news: this.#news,
      isNeeded: (isForced) => this.#needsOffer(isForced),
      tell: () => events.deliver(this, 'negotiation-needed'),
    })
    /** @type {Worker} */
    this.#worker = options.worker ?? Worker.get()
    this.#candidates = new RemoteCandidates({
      log: this.#log,
      forward: (candidate) => this.#command(() => this.#worker.addCandidate(this.#connectionId, candidate)),
      end: () => this.#command(() => this.#worker.endCandidates(this.#connectionId)),
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
    unclosed.register(this, { worker: this.#worker, connectionId, id: this.id }, this)
    this.#media = new ConnectionMedia({
      worker: this.#worker,
      connection: this,
      connectionId,
      cname: this.#cname,
      news: this.#news,
      onError: this.#onError,
    })
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
    const { iceRestart, ...wishes } = checkOffer(options)
    const description = this.#session.createOffer(wishes)
    this.#need.reset({ isOurs: true })
    this.#log.write('debug', 'creating offer')
    this.#descriptions.add(description)
    if (!this.#gathering.isStarted) this.#gather(true)
    else if (iceRestart) this.#restartLocal()
    return this.#announce(description, true).sent
  }

  /**
   * New ICE credentials and candidates: an offer that restarts ICE.
   * @returns {Promise<string>}
   * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_STATE
   */
  restartIce() {
    this.#checkReady()
    if (!this.#session.transport) throw new UrchinError('ERR_INVALID_STATE', 'There is no ICE to restart')
    return this.createOffer({ iceRestart: true })
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
    return quiet(this.#setRemote(text, type))
  }

  /**
   * @param {string} text
   * @param {'offer' | 'answer' | undefined} type
   * @returns {Promise<string>}
   */
  async #setRemote(text, type) {
    try {
      if (this.#news.isFailed) throw new UrchinError('ERR_INVALID_STATE', 'The connection failed')
      const kind = type ?? guessType(text, this.#session.signalingState)
      this.#log.write('debug', `setting remote SDP, type: ${kind}`)
      const description = parseSdp(text)
      const isGlare = kind === 'offer' && this.#session.signalingState === 'have-local-offer'
      const applied =
        kind === 'offer'
          ? this.#session.applyOffer(description, { isPolite: this.#options.polite })
          : this.#session.applyAnswer(description)
      if (isGlare) {
        this.#log.write('info', 'glare: our offer gives way')
        this.#descriptions.forgetOffer()
        this.#need.force()
      }
      return await this.#apply(text, applied)
    } catch (error) {
      this.#log.write('warn', `remote SDP not set, error: ${/** @type {any} */ (error).code}`)
      throw error
    }
  }

  /**
   * @param {string} text
   * @param {Applied} applied
   * @returns {Promise<string>}
   */
  async #apply(text, applied) {
    const { transport, answer } = applied
    const current = this.#session.transport
    this.#remoteSdp = text
    this.#peerTrickles = applied.isTrickle
    this.#need.reset({ isOurs: false })
    const mids = answer?.sections.map(({ mid }) => mid) ?? []
    this.#candidates.setBundle(current?.mid, answer?.bundle ?? [], mids)
    if (answer) {
      this.#descriptions.add(answer)
      // RFC 8445 6.1.1: the offerer controls, but a lite agent never does.
      if (!this.#gathering.isStarted) this.#gather(current?.isIceLite ?? false)
      else if (applied.isRestart) this.#restartLocal()
    }
    const answered = answer ? this.#announce(answer, false) : null
    const media = /** @type {ConnectionMedia} */ (this.#media)
    this.#order.begin()
    try {
      media.sync(this.#session.media)
      if (transport) {
        const { ufrag, pwd, isIceLite, fingerprints } = transport
        const taken = this.#worker.setRemote(this.#connectionId, {
          ufrag,
          pwd,
          iceLite: isIceLite,
          dtlsRole: applied.role,
          fingerprints,
        })
        this.#candidates.setGeneration(ufrag)
        this.#candidates.addAll(transport)
        await taken
      } else {
        if (current) this.#candidates.addAll(current)
        await null
      }
      this.#log.write('debug', 'SDP processed')
      this.#news.tell(events.CONN_SDP_PROCESSED, text)
      if (answered) answered.entry.isApplied = true
    } catch (error) {
      if (answered) this.#descriptions.drop(answered.entry, /** @type {Error} */ (error))
      throw error
    } finally {
      const { added, ended } = media.takeChanges()
      for (const track of ended) this.#news.tellOf(track, 'ended')
      for (const track of added) this.#news.tellNamed('track', track)
      this.#order.end()
      this.#release()
    }
    return answered ? answered.sent : new Promise((resolve) => this.#news.afterwards(() => resolve('')))
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
      this.#candidates.take(checked)
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
    this.#session.addTrack(track)
    this.#need.check()
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
    this.#session.removeTrack(track)
    this.#media?.removeSender(track)
    track.remove()
    this.#need.check()
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
    const { latest } = this.#descriptions
    return latest ? this.#write(latest) : ''
  }

  /** The peer's latest description; '' before there is one. @returns {string} */
  getRemoteSdp() {
    return this.#remoteSdp
  }

  /** The code of the last state: 101 to 105 or 500. @returns {number} */
  getCurrentState() {
    return this.#news.state
  }

  /** The pair that packets take; null before there is one. @returns {{ local: Candidate, remote: Candidate } | null} */
  getSelectedPair() {
    return this.#pair && { local: { ...this.#pair.local }, remote: { ...this.#pair.remote } }
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
      pair: this.#pair,
      fingerprints: { local: this.#worker.fingerprint, remote: this.#session.transport?.fingerprints ?? [] },
      tracks: /** @type {ConnectionMedia} */ (this.#media).tracksById,
    })
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
    this.#log.write('info', 'closing')
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
        this.#gathering.handle(event)
        break
      case 'ice-state':
        this.#log.write('info', `iceState: ${event.state}`)
        this.#news.tellNamed('ice-state', event.state)
        break
      case 'selected-pair':
        this.#selectedPair(event)
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

  /** @param {{ local: Candidate, remote: Candidate }} pair */
  #selectedPair({ local, remote }) {
    const text = [local, remote].map((one) => `${one.type} ${one.protocol} ${one.address}:${one.port}`)
    this.#log.write('info', `selected pair, local: ${text[0]}, remote: ${text[1]}`)
    this.#news.afterwards(() => {
      this.#pair = { local, remote }
    })
    this.#news.tellNamed('selected-pair', { local: { ...local }, remote: { ...remote } })
  }

  /** @param {{ code: string, detail: string }} reason */
  #fail({ code, detail }) {
    if (this.#news.isFailed || this.#news.isFinished) return
    this.#log.write('error', `failed, code: ${code}, detail: ${detail}`)
    this.#news.tell(events.CONN_FAILED, this.#remoteSdp, { code, detail })
    this.#descriptions.dropAll(new UrchinError(code, detail))
    this.#updateActive()
  }

  #finish() {
    if (this.#news.isFinished) return
    this.#closing ??= Promise.resolve()
    this.#order.flush()
    for (const track of this.#media?.clear() ?? []) this.#news.tellOf(track, 'ended')
    for (const track of this.#tracks) track.remove()
    this.#descriptions.dropAll(new UrchinError('ERR_CLOSED', 'The connection was closed'))
    this.#news.tell(events.CONN_FINISHED, '')
    this.#news.afterwards(this.#resolveClosing)
    unclosed.unregister(this)
    active.delete(this)
  }

  // -- negotiation

  /**
   * @param {LocalDescription} description
   * @param {boolean} isApplied
   */
  #announce(description, isApplied) {
    // RFC 8838 16, "half trickle": a peer that takes no later candidates gets them all at once.
    const isFull = !this.#options.trickle || !this.#peerTrickles
    return this.#descriptions.announce(description, { isApplied, isFull })
  }

  #updateActive() {
    const isGathering = this.#gathering.isStarted && !this.#gathering.local.hasAll
    const isBusy = isGathering || this.#session.transport !== null || this.#closing !== null
    if (isBusy && !this.#news.isFinished && (!this.#news.isFailed || this.#closing)) active.add(this)
    else active.delete(this)
  }

  #release() {
    this.#updateActive()
    this.#descriptions.release()
    this.#need.check()
  }

  /** @param {LocalDescription} description */
  #write(description) {
    const { ufrag, pwd, candidates, hasAll: hasEnded } = this.#gathering.local
    const { fingerprint } = this.#worker
    return writeSdp(description, { ufrag, pwd, fingerprint, cname: this.#cname, candidates, hasEnded })
  }

  /** @param {boolean} isForced */
  #needsOffer(isForced) {
    const isPossible =
      this.#closing === null &&
      !this.#news.isFailed &&
      this.#descriptions.areAllSent &&
      this.#session.transport !== null &&
      this.#session.signalingState === 'stable'
    return isPossible && (isForced || this.#session.needsNegotiation())
  }

  /** @param {boolean} isControlling */
  #gather(isControlling) {
    const credentials = this.#gathering.start()
    this.#updateActive()
    this.#start(() => this.#worker.gather(this.#connectionId, { ...credentials, controlling: isControlling }))
  }

  #restartLocal() {
    const credentials = this.#gathering.restart()
    this.#updateActive()
    this.#start(() => this.#worker.restartIce(this.#connectionId, credentials))
  }

  /** @param {() => Promise<any>} run without which the connection can't go on */
  #start(run) {
    attempt(run, (error) => {
      if (!this.#closing) this.#fail({ code: error.code ?? 'ERR_INTERNAL', detail: error.message })
    })
  }

  /** @param {() => Promise<any>} run */
  #command(run) {
    attempt(run, this.#onError)
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

// Tracks: what a peer sends us (RemoteTrack) and what we send a peer (LocalTrack). JavaScript sees no packets; a track
// names a receiver or sender of the core.

import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { UrchinError } from './errors.js'
import { mapPayloads } from './sdp/codecs.js'

/** @typedef {import('./sdp/codecs.js').Codec} Codec */
/** @typedef {import('./sdp/codecs.js').Kind} Kind */
/** @typedef {import('./connection.js').WebRtcConnection} WebRtcConnection */

/**
 * What tracks ask of the core.
 * @typedef {object} TrackCommands
 * @property {(receiverId: number, paused: boolean) => void} pauseReceiver
 * @property {(receiverId: number) => void} requestKeyframe
 * @property {(senderId: number, paused: boolean) => void} pauseSender
 * @property {(senderId: number, receiverId: number, map: readonly { from: number, to: number }[]) => void} setSenderSource
 */

/**
 * A codec that the peer may send.
 * @typedef {{ name: string, payloadType: number, clockRateHz: number, channels: number,
 *   parameters: Record<string, string> }} CodecInfo
 */

/**
 * One stream that a peer sends. Events: 'active' with its first packet, 'paused', 'resumed', and 'ended' once, when the
 * peer stops sending it or the connection closes.
 * @extends {EventEmitter<{ active: [], paused: [], resumed: [], ended: [] }>}
 */
export class RemoteTrack extends EventEmitter {
  #commands
  #receiverId
  /** @type {readonly Codec[]} */
  #codecs = []
  #isPaused = false
  #isActive = false
  #isEnded = false
  /** Weak, so that a publisher does not keep a forgotten viewer's connection alive. @type {Set<WeakRef<LocalTrack>>} */
  #sinks = new Set()

  /**
   * @param {{ connection: WebRtcConnection, kind: Kind, mid: string, streamId: string, trackId: string,
   *   receiverId: number, commands: TrackCommands }} fields
   */
  constructor({ connection, kind, mid, streamId, trackId, receiverId, commands }) {
    super()
    this.#commands = commands
    this.#receiverId = receiverId
    /** Unique in this process. */
    this.id = randomUUID()
    this.connection = connection
    this.kind = kind
    this.mid = mid
    /** The peer's name for the stream it belongs to; '' when there is none. */
    this.streamId = streamId
    /** The peer's name for the track; '' when there is none. */
    this.trackId = trackId
  }

  /** Whether its first packet has arrived. */
  get active() {
    return this.#isActive
  }

  get paused() {
    return this.#isPaused
  }

  get ended() {
    return this.#isEnded
  }

  /** The codecs that the peer may send. @returns {CodecInfo[]} */
  get codecs() {
    return this.#codecs.map(({ name, payloadType, clockRate, channels, parameters }) => ({
      name,
      payloadType,
      clockRateHz: clockRate,
      channels,
      parameters: Object.fromEntries(parameters),
    }))
  }

  /** Stops forwarding it to anybody. */
  pause() {
    this.#setPaused(true)
  }

  /** Forwards it again. */
  resume() {
    this.#setPaused(false)
  }

  /** @param {boolean} isPaused */
  #setPaused(isPaused) {
    if (this.#isEnded || this.#isPaused === isPaused) return
    this.#isPaused = isPaused
    this.#commands.pauseReceiver(this.#receiverId, isPaused)
    this.emit(isPaused ? 'paused' : 'resumed')
  }

  /** Asks the peer for a key frame; the core merges such wishes. No effect on audio. */
  requestKeyframe() {
    if (!this.#isEnded && this.kind === 'video') this.#commands.requestKeyframe(this.#receiverId)
  }

  /** For the connection and local tracks: the receiver's id in the core; 0 once ended. */
  get receiverId() {
    return this.#isEnded ? 0 : this.#receiverId
  }

  /** For local tracks: what the peer may send. @returns {readonly Codec[]} */
  get receiveCodecs() {
    return this.#codecs
  }

  /**
   * For the connection: a negotiation changed it.
   * @param {{ codecs: readonly Codec[], streamId: string, trackId: string }} fields
   */
  update({ codecs, streamId, trackId }) {
    this.#codecs = codecs
    this.streamId = streamId
    this.trackId = trackId
    for (const sink of this.#sinks) sink.deref()?.refresh()
  }

  /** For the connection: its first packet came. */
  activate() {
    this.#isActive = true
  }

  /** For the connection: there will be no more packets. */
  end() {
    this.#isEnded = true
    for (const sink of this.#sinks) sink.deref()?.refresh()
    this.#sinks.clear()
  }

  /** For local tracks. @param {WeakRef<LocalTrack>} sink */
  addSink(sink) {
    this.#sinks.add(sink)
  }

  /** For local tracks. @param {WeakRef<LocalTrack>} sink */
  removeSink(sink) {
    this.#sinks.delete(sink)
  }
}

/** One stream that we send to a peer: the packets of a remote track of any connection, or nothing for now. */
export class LocalTrack {
  #commands
  /** @type {RemoteTrack | null} */
  #source = null
  #ref = new WeakRef(this)
  #isPaused = false
  #isRemoved = false
  #senderId = 0
  /** @type {readonly Codec[]} */
  #sendCodecs = []
  #lastRoute = '0'
  #hasCodecs = false
  /** @type {string | null} */
  #mid = null

  /**
   * @param {{ kind: Kind, streamId: string, trackId: string, ssrc: number, commands: TrackCommands }} fields
   */
  constructor({ kind, streamId, trackId, ssrc, commands }) {
    this.#commands = commands
    /** The track's name in our SDP. */
    this.id = trackId
    this.kind = kind
    this.streamId = streamId
    /** For the SDP. */
    this.trackId = trackId
    /** What the peer sees its packets under. */
    this.ssrc = ssrc
  }

  /** The m-line it is sent on; null until it is negotiated. */
  get mid() {
    return this.#mid
  }

  get source() {
    return this.#source
  }

  get paused() {
    return this.#isPaused
  }

  /** Whether packets of its source can reach the peer: negotiated, a source, and a codec in common. */
  get active() {
    return this.#senderId !== 0 && this.#source !== null && this.#hasCodecs
  }

  /** Whether the peer can decode nothing that the source may send. */
  get codecsMissing() {
    return this.#senderId !== 0 && this.#source !== null && !this.#hasCodecs
  }

  /**
   * Sends another track's packets from now on, without a negotiation.
   * @param {RemoteTrack | null} source null: nothing
   * @throws {UrchinError} ERR_INVALID_ARGUMENT, ERR_INVALID_STATE
   */
  replaceSource(source) {
    if (source !== null && !(source instanceof RemoteTrack)) {
      throw new UrchinError('ERR_INVALID_ARGUMENT', 'The source must be a RemoteTrack or null')
    }
    if (source && source.kind !== this.kind) {
      throw new UrchinError('ERR_INVALID_ARGUMENT', `An ${source.kind} track can't feed a ${this.kind} track`)
    }
    if (this.#isRemoved) throw new UrchinError('ERR_INVALID_STATE', 'The track was removed')
    this.#source?.removeSink(this.#ref)
    this.#source = source?.ended ? null : source
    this.#source?.addSink(this.#ref)
    this.refresh()
  }

  /** Sends nothing until resume(). */
  pause() {
    this.#setPaused(true)
  }

  resume() {
    this.#setPaused(false)
  }

  /** @param {boolean} isPaused */
  #setPaused(isPaused) {
    if (this.#isPaused === isPaused) return
    this.#isPaused = isPaused
    if (this.#senderId !== 0) this.#commands.pauseSender(this.#senderId, isPaused)
  }

  /**
   * For the connection: it has a sender in the core, or has none any more.
   * @param {{ mid: string, senderId: number, codecs: readonly Codec[] } | null} sender
   */
  bind(sender) {
    const isNew = sender !== null && sender.senderId !== this.#senderId
    this.#mid = sender?.mid ?? null
    this.#senderId = sender?.senderId ?? 0
    this.#sendCodecs = sender?.codecs ?? []
    if (isNew) {
      this.#lastRoute = '0'
      if (this.#isPaused) this.#commands.pauseSender(this.#senderId, true)
    }
    this.refresh()
  }

  /** For the source: it ended, or its codecs changed. */
  refresh() {
    if (this.#source?.ended) this.#source = null
    const map = this.#source ? mapPayloads(this.#source.receiveCodecs, this.#sendCodecs) : []
    this.#hasCodecs = map.length > 0
    if (this.#senderId === 0) return
    const receiverId = this.#hasCodecs && this.#source ? this.#source.receiverId : 0
    const route =
      receiverId === 0 ? '0' : `${receiverId} ${map.map(({ from, to }) => `${from}:${to}`).join()}`
    if (route === this.#lastRoute) return
    this.#lastRoute = route
    this.#commands.setSenderSource(this.#senderId, receiverId, receiverId === 0 ? [] : map)
  }

  /** For the connection: removed for good. */
  remove() {
    this.bind(null)
    this.#source?.removeSink(this.#ref)
    this.#source = null
    this.#isRemoved = true
  }
}

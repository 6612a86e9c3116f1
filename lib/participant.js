// A member of a room: what it publishes, what it is subscribed to, and whether it is muted. Rooms make these.

import { EventEmitter } from 'node:events'
import { UrchinError } from './errors.js'
import { randomBytes } from './random.js'
import { Watcher } from './watcher.js'

/** @typedef {import('./room.js').Room} Room */
/** @typedef {'page' | 'whip' | 'whep'} ParticipantKind */
/** @typedef {'audio' | 'video'} MediaKind */
/** @typedef {{ id: string, name: string, kind: ParticipantKind, muted: Record<MediaKind, boolean> }} ParticipantInfo */

/**
 * What a room needs of a remote track; `RemoteTrack` is one.
 * @typedef {EventEmitter & { id: string, kind: MediaKind, streamId?: string, pause(): unknown, resume(): unknown,
 *   requestKeyframe(): unknown }} TrackSource
 */
/** @typedef {{ replaceSource(source: any): unknown, pause(): unknown, resume(): unknown }} TrackSink */
/**
 * What a room needs of a connection; `WebRtcConnection` is one.
 * @typedef {EventEmitter & { addTrack(source: any, options: { kind: MediaKind, streamId: string, trackId: string }): any,
 *   removeTrack(sink: any): unknown, close(): Promise<unknown> }} RoomConnection
 */

/**
 * A track that a participant publishes in its room.
 * @typedef {object} PublishedTrack
 * @property {string} id unique in the room
 * @property {MediaKind} kind
 * @property {Participant} participant who publishes it
 * @property {string} streamId what viewers see as the stream's id: the participant's id, with .2, .3 … for further streams
 * @property {TrackSource} source
 */

/**
 * @typedef {object} ParticipantOptions
 * @property {string} [name] to show to people; up to 64 characters, '' by default
 * @property {ParticipantKind} [kind] 'page' by default; 'whep' neither publishes nor is shown
 * @property {RoomConnection} [connection] without one it is a member without media
 * @property {boolean} [autoSubscribe] gets everything from everyone; the room's setting by default
 * @property {(participant: Participant) => boolean} [isPublisher] 'whep' only: whom it may watch; anyone by default
 */

/**
 * Events: 'muted' (kind, muted, by), 'left' (reason).
 * @extends {EventEmitter<{ muted: [MediaKind, boolean, 'self' | 'room'], left: [string] }>}
 */
export class Participant extends EventEmitter {
  #room
  /** @type {Map<TrackSource, PublishedTrack>} */
  #tracks = new Map()
  /** @type {Map<PublishedTrack, TrackSink>} */
  #subscriptions = new Map()
  /** Video that the viewer has not been able to decode yet: it came after the last negotiation. @type {Set<TrackSource>} */
  #awaitingKeyframe = new Set()
  /** @type {string[]} the ids of its own streams, in the order in which they came */
  #streamIds = []
  #muted = { audio: { self: false, room: false }, video: { self: false, room: false } }
  #hasLeft = false
  /** @type {Promise<void>} settles when the connection is closed */
  #closed = Promise.resolve()

  /**
   * Use room.join().
   * @param {Room} room
   * @param {ParticipantOptions} options
   */
  constructor(
    room,
    { name = '', kind = 'page', connection, autoSubscribe = room.autoSubscribe, isPublisher },
  ) {
    super()
    this.#room = room
    /** 22 characters, 128 random bits */
    this.id = randomBytes(16).toString('base64url')
    this.name = name
    this.kind = kind
    this.connection = connection ?? null
    this.autoSubscribe = autoSubscribe && kind !== 'whep' && connection !== undefined
    /** How a WHEP viewer chooses what it watches; null for others. */
    this.watcher = kind === 'whep' && connection ? new Watcher(room, isPublisher) : null
    if (connection) this.#listen(connection)
  }

  get room() {
    return this.#room
  }

  /** True once it is no longer a member. */
  get hasLeft() {
    return this.#hasLeft
  }

  /** What it publishes. @returns {PublishedTrack[]} */
  get tracks() {
    return [...this.#tracks.values()]
  }

  /** What it is subscribed to. @returns {PublishedTrack[]} */
  get subscriptions() {
    return [...this.#subscriptions.keys()]
  }

  /** Whether its audio and video are muted, by itself or by the room. @returns {Record<MediaKind, boolean>} */
  get muted() {
    return { audio: this.#isMuted('audio'), video: this.#isMuted('video') }
  }

  /** What others may know of it. @returns {ParticipantInfo} */
  toJSON() {
    return { id: this.id, name: this.name, kind: this.kind, muted: this.muted }
  }

  /**
   * Publishes a track. The tracks of the participant's connection come by themselves.
   * @param {TrackSource} source
   * @returns {PublishedTrack}
   * @throws {UrchinError} ERR_LEFT
   */
  publish(source) {
    this.#checkMember()
    const known = this.#tracks.get(source)
    if (known) return known
    const track = {
      id: `${this.id}.${randomBytes(6).toString('hex')}`,
      kind: source.kind,
      participant: this,
      streamId: this.#publicStreamId(source.streamId ?? ''),
      source,
    }
    this.#tracks.set(source, track)
    source.once('ended', () => this.#unpublish(source))
    if (this.#isMuted(source.kind)) source.pause()
    this.#room.handlePublished(track)
    return track
  }

  /**
   * Sends a track to this participant. No effect if it is sent already.
   * @param {PublishedTrack} track
   * @returns {TrackSink} for pausing it for this viewer alone
   * @throws {UrchinError} ERR_LEFT; ERR_NO_CONNECTION; ERR_TRACK_ENDED; and what connection.addTrack throws
   */
  subscribe(track) {
    this.#checkMember()
    if (!this.connection) throw new UrchinError('ERR_NO_CONNECTION', 'The participant has no connection')
    const known = this.#subscriptions.get(track)
    if (known) return known
    if (!track.participant.#tracks.has(track.source)) {
      throw new UrchinError('ERR_TRACK_ENDED', 'The track is no longer published')
    }
    const { kind, streamId, id } = track
    const sink = this.connection.addTrack(track.source, { kind, streamId, trackId: id })
    this.#subscriptions.set(track, sink)
    if (kind === 'video') this.#awaitingKeyframe.add(track.source)
    return sink
  }

  /**
   * Stops sending a track to this participant. No effect if it is not sent.
   * @param {PublishedTrack} track
   */
  unsubscribe(track) {
    const sink = this.#subscriptions.get(track)
    if (!sink) return
    this.#subscriptions.delete(track)
    this.#awaitingKeyframe.delete(track.source)
    if (!this.#hasLeft) this.connection?.removeTrack(sink)
  }

  /**
   * Stops forwarding what it publishes of a kind, for all viewers; also what it publishes later.
   * @param {MediaKind} kind
   * @param {{ by?: 'room' | 'self' }} [options] by: 'room' (default) can not be undone by the participant itself
   */
  mute(kind, { by = 'room' } = {}) {
    this.#setMuted(kind, true, by)
  }

  /**
   * Undoes mute().
   * @param {MediaKind} kind
   * @param {{ by?: 'room' | 'self' }} [options]
   * @throws {UrchinError} ERR_MUTED_BY_ROOM when by is 'self' and the room has muted it
   */
  unmute(kind, { by = 'room' } = {}) {
    this.#setMuted(kind, false, by)
  }

  /**
   * Leaves the room and closes the connection.
   * @param {string} [reason] for the events: 'left', 'removed', 'failed', 'finished', 'closed'
   * @returns {Promise<void>} when the connection is closed
   */
  leave(reason = 'removed') {
    if (this.#hasLeft) return this.#closed
    this.#hasLeft = true
    for (const source of [...this.#tracks.keys()]) this.#unpublish(source)
    this.#subscriptions.clear()
    this.#awaitingKeyframe.clear()
    this.#room.handleLeft(this, reason)
    this.emit('left', reason)
    this.#closed = this.#close()
    return this.#closed
  }

  async #close() {
    try {
      await this.connection?.close()
    } catch (error) {
      this.#room.logger.warn({ participantId: this.id, err: error }, 'connection does not close')
    }
  }

  /** @param {RoomConnection} connection */
  #listen(connection) {
    connection.on('track', (source) => {
      if (this.#hasLeft || this.kind === 'whep') return
      this.publish(source)
    })
    connection.on('sdp-processed', () => this.#requestKeyframes())
    connection.on('ready', () => {
      for (const track of this.#subscriptions.keys()) {
        if (track.kind === 'video') this.#awaitingKeyframe.add(track.source)
      }
      this.#requestKeyframes()
      this.watcher?.requestKeyframes()
    })
    connection.on('failed', (/** @type {any} */ event) => {
      this.#room.logger.warn({ participantId: this.id, reason: event?.reason?.code }, 'connection failed')
      void this.leave('failed')
    })
    connection.on('finished', () => void this.leave('finished'))
  }

  // A viewer can use a key frame only from the moment the m-line is negotiated; requests are merged further down.
  #requestKeyframes() {
    for (const source of this.#awaitingKeyframe) source.requestKeyframe()
    this.#awaitingKeyframe.clear()
  }

  /** @param {TrackSource} source */
  #unpublish(source) {
    const track = this.#tracks.get(source)
    if (!track) return
    this.#tracks.delete(source)
    this.#room.handleUnpublished(track)
  }

  /** @param {string} streamId */
  #publicStreamId(streamId) {
    if (!this.#streamIds.includes(streamId)) this.#streamIds.push(streamId)
    const index = this.#streamIds.indexOf(streamId)
    return index === 0 ? this.id : `${this.id}.${index + 1}`
  }

  /** @param {MediaKind} kind */
  #isMuted(kind) {
    return this.#muted[kind].self || this.#muted[kind].room
  }

  /**
   * @param {MediaKind} kind
   * @param {boolean} muted
   * @param {'room' | 'self'} by
   */
  #setMuted(kind, muted, by) {
    if (kind !== 'audio' && kind !== 'video') {
      throw new UrchinError('ERR_INVALID_ARGUMENT', "kind must be 'audio' or 'video'")
    }
    if (!muted && by === 'self' && this.#muted[kind].room) {
      throw new UrchinError('ERR_MUTED_BY_ROOM', 'The room has muted this participant')
    }
    const before = this.#isMuted(kind)
    this.#muted[kind][by] = muted
    const after = this.#isMuted(kind)
    if (before === after || this.#hasLeft) return
    for (const source of this.#tracks.keys()) {
      if (source.kind !== kind) continue
      if (after) {
        source.pause()
      } else {
        source.resume()
        if (kind === 'video') source.requestKeyframe()
      }
    }
    this.emit('muted', kind, after, by)
    this.#room.emit('participant-muted', this, kind, after, by)
  }

  #checkMember() {
    if (this.#hasLeft) throw new UrchinError('ERR_LEFT', 'The participant has left the room')
  }
}

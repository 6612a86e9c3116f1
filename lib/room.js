// A room: its members, and who gets whose tracks. It knows nothing of signalling, and sees connections only as objects
// with tracks; the packets pass below, in C.

import { EventEmitter } from 'node:events'
import { silentLogger } from './console-logger.js'
import { UrchinError } from './errors.js'
import { Participant } from './participant.js'

/** @typedef {import('./console-logger.js').Logger} Logger */
/** @typedef {import('./participant.js').ParticipantOptions} ParticipantOptions */
/** @typedef {import('./participant.js').PublishedTrack} PublishedTrack */
/** @typedef {import('./participant.js').RoomConnection} RoomConnection */

/**
 * @typedef {object} RoomOptions
 * @property {boolean} [autoSubscribe] everyone gets everything from everyone (default); false: only what
 *   participant.subscribe() says
 * @property {number} [maxParticipants] 100 by default
 * @property {Logger} [logger] silent by default
 */

/** @typedef {{ 'participant-joined': [Participant], 'participant-left': [Participant, string], empty: [] }} MemberEvents */
/** @typedef {{ 'participant-muted': [Participant, 'audio' | 'video', boolean, 'self' | 'room'] }} MuteEvents */
/** @typedef {{ 'track-published': [PublishedTrack], 'track-unpublished': [PublishedTrack] }} TrackEvents */
/** @typedef {MemberEvents & MuteEvents & TrackEvents} RoomEvents */

const namePattern = /^[A-Za-z0-9_-]{1,64}$/

/**
 * Whether a text may name a room: 1 to 64 letters, digits, '-' and '_'.
 * @param {unknown} name
 * @returns {name is string}
 */
export function isRoomName(name) {
  return typeof name === 'string' && namePattern.test(name)
}

/**
 * Events: 'participant-joined' (participant), 'participant-left' (participant, reason), 'participant-muted'
 * (participant, kind, muted, by), 'track-published' (track), 'track-unpublished' (track), 'empty' when the last member
 * has left.
 * @extends {EventEmitter<RoomEvents>}
 */
export class Room extends EventEmitter {
  /** @type {Map<string, Participant>} */
  #participants = new Map()
  #isClosed = false

  /**
   * @param {string} name
   * @param {RoomOptions} [options]
   * @throws {UrchinError} ERR_ROOM_NAME
   */
  constructor(name, { autoSubscribe = true, maxParticipants = 100, logger = silentLogger } = {}) {
    super()
    // One listener per member is normal use.
    this.setMaxListeners(0)
    if (!isRoomName(name)) {
      throw new UrchinError('ERR_ROOM_NAME', "A room's name has 1 to 64 letters, digits, '-' and '_'")
    }
    this.name = name
    this.autoSubscribe = autoSubscribe
    this.maxParticipants = maxParticipants
    this.logger = logger.child?.({ room: name }) ?? logger
  }

  /** The members, in the order in which they came. @returns {Participant[]} */
  get participants() {
    return [...this.#participants.values()]
  }

  /** How many members there are. */
  get size() {
    return this.#participants.size
  }

  get isFull() {
    return this.size >= this.maxParticipants
  }

  /** Everything that is published here. @returns {PublishedTrack[]} */
  get tracks() {
    return this.participants.flatMap((participant) => participant.tracks)
  }

  /**
   * A member by its id.
   * @param {string} id
   * @returns {Participant | undefined}
   */
  get(id) {
    return this.#participants.get(id)
  }

  /**
   * Makes a new member. It gets what is published already, and whatever tracks its connection brings are published.
   * When the connection fails or finishes, it leaves; when it leaves, its connection is closed.
   * @param {ParticipantOptions | RoomConnection} options a connection alone will do
   * @returns {Participant}
   * @throws {UrchinError} ERR_ROOM_FULL; ERR_ROOM_CLOSED
   */
  join(options) {
    if (this.#isClosed) throw new UrchinError('ERR_ROOM_CLOSED', 'The room is closed')
    if (this.isFull) throw new UrchinError('ERR_ROOM_FULL', 'The room is full')
    const isConnection = 'addTrack' in options
    const participant = new Participant(this, isConnection ? { connection: options } : options)
    this.#participants.set(participant.id, participant)
    const { id, kind, name } = participant
    this.logger.info({ participantId: id, kind, name }, 'participant joined')
    this.emit('participant-joined', participant)
    if (participant.autoSubscribe) {
      for (const track of this.tracks) this.#subscribe(participant, track)
    }
    return participant
  }

  /**
   * Everyone leaves; nobody can join any more.
   * @returns {Promise<void>} when all connections are closed
   */
  async close() {
    this.#isClosed = true
    await Promise.all(this.participants.map((participant) => participant.leave('closed')))
  }

  /**
   * For participants: a track was published.
   * @param {PublishedTrack} track
   */
  handlePublished(track) {
    const { id, kind, participant } = track
    this.logger.info({ participantId: participant.id, trackId: id, kind }, 'track published')
    this.emit('track-published', track)
    for (const viewer of this.participants) {
      if (viewer.autoSubscribe) this.#subscribe(viewer, track)
      this.#attempt(viewer, () => viewer.watcher?.update())
    }
  }

  /**
   * For participants: a track is no longer published.
   * @param {PublishedTrack} track
   */
  handleUnpublished(track) {
    const { id, kind, participant } = track
    for (const viewer of this.participants) {
      this.#attempt(viewer, () => {
        viewer.unsubscribe(track)
        viewer.watcher?.update()
      })
    }
    this.logger.info({ participantId: participant.id, trackId: id, kind }, 'track unpublished')
    this.emit('track-unpublished', track)
  }

  /**
   * For participants: one has left.
   * @param {Participant} participant
   * @param {string} reason
   */
  handleLeft(participant, reason) {
    if (!this.#participants.delete(participant.id)) return
    this.logger.info({ participantId: participant.id, reason }, 'participant left')
    this.emit('participant-left', participant, reason)
    if (this.size === 0) this.emit('empty')
  }

  /**
   * @param {Participant} viewer
   * @param {PublishedTrack} track
   */
  #subscribe(viewer, track) {
    // A listener may have ended either side meanwhile.
    const isCurrent = !viewer.hasLeft && track.participant.tracks.includes(track)
    if (isCurrent && track.participant !== viewer) this.#attempt(viewer, () => viewer.subscribe(track))
  }

  /**
   * One member's connection that is just closing must not keep the others from anything.
   * @param {Participant} viewer
   * @param {() => void} action
   */
  #attempt(viewer, action) {
    try {
      action()
    } catch (error) {
      this.logger.warn({ participantId: viewer.id, err: error }, 'track not changed for a viewer')
    }
  }
}

// The server's connections as its page of internals shows them: those that are open, and the last ones that have ended,
// which are the ones that somebody wants to know about.

import { eventNames } from '../events.js'

/** @typedef {import('../connection.js').WebRtcConnection} WebRtcConnection */
/** @typedef {import('../participant.js').Participant} Participant */
/** @typedef {import('../server.js').Server} Server */
/** @typedef {{ id: string, name: string, kind: string }} Who */
/** @typedef {{ type: string, protocol: string, address: string, port: number }} End */

/**
 * @typedef {object} Watched
 * @property {string} id in this list: '1', '2', …
 * @property {string} connectionId in the log
 * @property {string | null} room null before it has joined one
 * @property {Who | null} participant
 * @property {number} createdAt ms since 1970
 * @property {number | null} endedAt
 * @property {string} state the last of CONN_INITIAL, …
 * @property {string} iceState
 * @property {{ code: string, detail: string } | null} failure
 * @property {{ local: End, remote: End } | null} pair that packets take
 */
/** @typedef {{ timeline: import('../timeline.js').Step[], stats: import('../stats.js').Stats[] }} Details */

/** Ended connections that are remembered. */
const maxEnded = 30

/** What is known of one connection. */
class Entry {
  /** @type {string | null} */
  room = null
  /** @type {Who | null} */
  participant = null
  createdAt = Date.now()
  /** @type {number | null} */
  endedAt = null
  iceState = 'new'
  /** @type {{ code: string, detail: string } | null} */
  failure = null
  /** The last that were asked for. @type {import('../stats.js').Stats[]} */
  stats = []
  /** Null when it has ended. @type {WebRtcConnection | null} */
  #connection
  #connectionId
  /** @type {{ timeline: import('../timeline.js').Step[], state: string, pair: Watched['pair'] } | null} */
  #last = null

  /**
   * @param {string} id
   * @param {WebRtcConnection} connection
   */
  constructor(id, connection) {
    this.id = id
    this.#connection = connection
    this.#connectionId = connection.id ?? ''
  }

  /** @returns {Watched} */
  get summary() {
    const { id, room, participant, createdAt, endedAt, iceState, failure } = this
    const connectionId = this.#connectionId
    const { state, pair } = this.#last ?? this.#look()
    return { id, connectionId, room, participant, createdAt, endedAt, state, iceState, failure, pair }
  }

  get timeline() {
    return (this.#last ?? this.#look()).timeline
  }

  /** @returns {Promise<void>} never rejects: what can't be had stays as it was */
  async refresh() {
    try {
      const report = await this.#connection?.getStats()
      if (report) this.stats = [...report.values()]
    } catch {
      // It is not open yet, or not any more.
    }
  }

  /** Keeps what there is to know and lets go of the connection. */
  end() {
    this.endedAt = Date.now()
    this.#last = this.#look()
    this.#connection = null
  }

  #look() {
    const connection = /** @type {WebRtcConnection} */ (this.#connection)
    const pair = connection.getSelectedPair?.() ?? null
    return {
      timeline: connection.getTimeline?.() ?? [],
      state: eventNames[connection.getCurrentState?.()]?.constant ?? '',
      pair: pair && { local: endOf(pair.local), remote: endOf(pair.remote) },
    }
  }
}

/** @param {End} candidate */
function endOf({ type, protocol, address, port }) {
  return { type, protocol, address, port }
}

/** See above. */
export class WatchedConnections {
  #count = 0
  /** @type {Map<string, Entry>} */
  #entries = new Map()
  /** @type {string[]} ids, the one that ended first before the others */
  #ended = []
  /** @type {WeakMap<object, Entry>} */
  #byConnection = new WeakMap()

  /** @param {Server} server */
  constructor(server) {
    server.on('room', (room) => {
      room.on('participant-joined', (participant) => this.#join(room.name, participant))
    })
  }

  /** @param {WebRtcConnection} connection from its beginning, before anyone else listens to it */
  add(connection) {
    this.#count += 1
    const entry = new Entry(String(this.#count), connection)
    this.#entries.set(entry.id, entry)
    this.#byConnection.set(connection, entry)
    connection.on('ice-state', (state) => {
      entry.iceState = state
    })
    connection.on('failed', ({ reason }) => {
      entry.failure = reason ?? null
      // Whoever hears of this next may close it, and then nobody can look any more.
      void entry.refresh()
    })
    connection.on('finished', () => {
      entry.end()
      this.#ended.push(entry.id)
      // Not by the time of the end: many may end within one millisecond.
      if (this.#ended.length > maxEnded) this.#entries.delete(/** @type {string} */ (this.#ended.shift()))
    })
  }

  /** All of them, in the order in which they were made. @returns {Watched[]} */
  get summaries() {
    return [...this.#entries.values()].map((entry) => entry.summary)
  }

  /**
   * @param {string} id
   * @returns {Promise<(Watched & Details) | null>} null: there is none
   */
  async look(id) {
    const entry = this.#entries.get(id)
    if (!entry) return null
    await entry.refresh()
    return { ...entry.summary, timeline: entry.timeline, stats: entry.stats }
  }

  /**
   * @param {string} room
   * @param {Participant} participant
   */
  #join(room, participant) {
    const entry = participant.connection && this.#byConnection.get(participant.connection)
    if (!entry) return
    const { id, name, kind } = participant
    entry.room = room
    entry.participant = { id, name, kind }
  }
}

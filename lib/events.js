// The nine events of a connection, and the queue through which everything reaches the user's listeners: one at a time,
// in order, each listener on its own.

/**
 * @typedef {object} ConnectionEvent
 * @property {number} code 101 to 105, 201 to 203, 500
 * @property {string} name 'CONN_INITIAL', …
 * @property {any} message
 * @property {string} streamId
 * @property {{ code: string, detail: string }} [reason] of CONN_FAILED
 */

// What a connection emits. One line each: declarations keep a type's text as it stands here.
/** @typedef {{ event: [ConnectionEvent], initial: [ConnectionEvent], started: [ConnectionEvent] }} EventsAtFirst */
/** @typedef {{ gathered: [ConnectionEvent], ready: [ConnectionEvent], finished: [ConnectionEvent] }} EventsOfState */
/** @typedef {{ candidate: [ConnectionEvent], sdp: [ConnectionEvent], 'sdp-processed': [ConnectionEvent] }} EventsOfSdp */
/** @typedef {{ failed: [Required<ConnectionEvent>], 'negotiation-needed': [], 'ice-state': [string] }} EventsOfNeed */
/** @typedef {{ local: Candidate, remote: Candidate }} CandidatePair */
/** @typedef {{ track: [import('./track.js').RemoteTrack], 'selected-pair': [CandidatePair] }} EventsOfMedia */
/** @typedef {{ url: string, errorCode: number, errorText: string }} IceCandidateError 701: not reached */
/** @typedef {{ 'ice-candidate-error': [IceCandidateError], 'ice-restart': [Promise<string>] }} EventsOfIce */
/** @typedef {EventsAtFirst & EventsOfState & EventsOfSdp & EventsOfNeed & EventsOfMedia & EventsOfIce} ConnectionEvents */
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */

export const CONN_INITIAL = 101
export const CONN_STARTED = 102
export const CONN_GATHERED = 103
export const CONN_READY = 104
export const CONN_FINISHED = 105
export const CONN_CANDIDATE = 201
export const CONN_SDP = 202
export const CONN_SDP_PROCESSED = 203
export const CONN_FAILED = 500

/** Constant and event name by code. */
/** @type {Record<number, { constant: string, name: string }>} */
export const eventNames = {
  [CONN_INITIAL]: { constant: 'CONN_INITIAL', name: 'initial' },
  [CONN_STARTED]: { constant: 'CONN_STARTED', name: 'started' },
  [CONN_GATHERED]: { constant: 'CONN_GATHERED', name: 'gathered' },
  [CONN_READY]: { constant: 'CONN_READY', name: 'ready' },
  [CONN_FINISHED]: { constant: 'CONN_FINISHED', name: 'finished' },
  [CONN_CANDIDATE]: { constant: 'CONN_CANDIDATE', name: 'candidate' },
  [CONN_SDP]: { constant: 'CONN_SDP', name: 'sdp' },
  [CONN_SDP_PROCESSED]: { constant: 'CONN_SDP_PROCESSED', name: 'sdp-processed' },
  [CONN_FAILED]: { constant: 'CONN_FAILED', name: 'failed' },
}

/** Codes that are states of the connection; the others are only news. */
export const stateCodes = new Set([
  CONN_INITIAL,
  CONN_STARTED,
  CONN_GATHERED,
  CONN_READY,
  CONN_FINISHED,
  CONN_FAILED,
])

/** Runs functions in order, never inside the call that queued them. */
export class EventQueue {
  /** @type {(() => void)[]} */
  #items = []
  #isScheduled = false

  /** @param {() => void} run must not throw */
  push(run) {
    this.#items.push(run)
    if (this.#isScheduled) return
    this.#isScheduled = true
    process.nextTick(() => this.#drain())
  }

  #drain() {
    for (let i = 0; i < this.#items.length; i += 1) this.#items[i]()
    this.#items = []
    this.#isScheduled = false
  }
}

/**
 * Calls an emitter's listeners; one that throws neither keeps the event from the next one nor later events from all, and
 * its exception reaches uncaughtException.
 * @param {import('node:events').EventEmitter} emitter
 * @param {string} name
 * @param {any[]} values
 */
export function deliver(emitter, name, ...values) {
  for (const listener of emitter.rawListeners(name)) {
    try {
      listener.apply(emitter, values)
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }
}

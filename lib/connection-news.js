// What a connection tells its owner: the numbered events under their rules, and the named ones, through one queue.

import {
  CONN_FAILED,
  CONN_FINISHED,
  CONN_INITIAL,
  deliver,
  EventQueue,
  eventNames,
  stateCodes,
} from './events.js'
import { detailOf } from './timeline.js'

/** @typedef {import('node:events').EventEmitter} EventEmitter */
/** @typedef {import('./events.js').ConnectionEvent} ConnectionEvent */

export class ConnectionNews {
  #queue = new EventQueue()
  #connection
  #log
  #state = CONN_INITIAL
  #isFailed = false
  #isFinished = false

  /**
   * @param {EventEmitter} connection
   * @param {import('./log.js').ConnectionLog} log
   */
  constructor(connection, log) {
    this.#connection = connection
    this.#log = log
  }

  /** The last state that was told. */
  get state() {
    return this.#state
  }

  /** CONN_FAILED is told or on its way: nothing but CONN_FINISHED follows. */
  get isFailed() {
    return this.#isFailed
  }

  /** CONN_FINISHED is told or on its way: nothing follows. */
  get isFinished() {
    return this.#isFinished
  }

  /**
   * @param {number} code
   * @param {any} message
   * @param {{ code: string, detail: string }} [reason]
   */
  tell(code, message, reason) {
    if (this.#isFinished || (this.#isFailed && code !== CONN_FINISHED)) return
    this.#isFailed ||= code === CONN_FAILED
    this.#isFinished = code === CONN_FINISHED
    const { constant, name } = eventNames[code]
    /** @type {ConnectionEvent} */
    const event = { code, name: constant, message, streamId: '' }
    if (reason) event.reason = reason
    this.#log.write('info', `${stateCodes.has(code) ? 'newGlobalState' : 'event'}: ${code} ${constant}`, {
      name: constant,
      detail: detailOf(code, message, reason),
    })
    this.#queue.push(() => {
      if (stateCodes.has(code)) this.#state = code
      deliver(this.#connection, 'event', event)
      deliver(this.#connection, name, event)
    })
  }

  /**
   * A named event of the connection itself.
   * @param {string} name
   * @param {any} value
   */
  tellNamed(name, value) {
    if (this.#isFailed || this.#isFinished) return
    this.#queue.push(() => deliver(this.#connection, name, value))
  }

  /**
   * A named event of one of its tracks; tracks tell that they ended whatever happened.
   * @param {EventEmitter} track
   * @param {string} name
   */
  tellOf(track, name) {
    this.#queue.push(() => deliver(track, name))
  }

  /** @param {() => void} run when all that was told so far has been heard; must not throw */
  afterwards(run) {
    this.#queue.push(run)
  }
}

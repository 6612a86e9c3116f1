// A connection's log: one line per step, with the connection's id in front.

import { silentLogger } from './console-logger.js'

/** @typedef {import('./console-logger.js').Logger} Logger */
/** @typedef {'debug' | 'info' | 'warn' | 'error'} LogLevel */

export class ConnectionLog {
  #logger
  #id

  /**
   * @param {Logger | undefined} logger
   * @param {string} id
   */
  constructor(logger, id) {
    this.#logger = logger ?? silentLogger
    this.#id = id
  }

  /**
   * @param {LogLevel} level
   * @param {string} message never holds keys or passwords
   */
  write(level, message) {
    this.#logger[level](`id: ${this.#id}, message: ${singleLine(message)}`)
  }

  /**
   * For commands that nobody awaits: one that fails was overtaken by the connection's end, or is a fault of the core's.
   * @param {any} error
   */
  onError = (error) => this.write('debug', `command failed, code: ${error?.code}, detail: ${error?.message}`)
}

/**
 * Much of what is logged was written by the peer.
 * @param {string} text
 */
function singleLine(text) {
  return text.replace(/[^\x20-\x7e\xa0-\u2027\u202a-\uffff]/g, ' ').slice(0, 1024)
}

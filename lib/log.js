// A connection's log: one line per step, with the connection's id in front, and the same steps as its timeline.

import { silentLogger } from './console-logger.js'
import { Timeline } from './timeline.js'

/** @typedef {import('./console-logger.js').Logger} Logger */
/** @typedef {'debug' | 'info' | 'warn' | 'error'} LogLevel */

export class ConnectionLog {
  #logger
  #id
  timeline = new Timeline()

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
   * @param {{ name: string, detail?: string } | null} [step] as the timeline has it; null: it has this step already
   */
  write(level, message, step = { name: 'log', detail: message }) {
    if (step) this.timeline.add(step.name, singleLine(step.detail ?? ''))
    if (this.#logger !== silentLogger) this.#logger[level](`id: ${this.#id}, message: ${singleLine(message)}`)
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

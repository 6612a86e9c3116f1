// The steps of one connection with their time since its construction: what its owner was told, what it was asked for,
// what it logged. Bounded: the first steps and the latest are kept, those between them counted.

import { CONN_CANDIDATE, CONN_FAILED } from './events.js'

/**
 * One step.
 * @typedef {object} Step
 * @property {number} ms since construction
 * @property {string} name 'CONN_STARTED', … for the numbered events; 'ice-state', 'selected-pair', 'create-offer',
 *   'set-remote-sdp', 'add-remote-candidate', 'restart-ice', 'close', …; 'log' for other lines of the log; 'dropped' where
 *   steps are left out
 * @property {string} detail
 */

/** How a connection begins is what its owner will ask for; how it goes on may repeat itself for days. */
const firstKept = 150
const latestKept = 350
const maxDetail = 400

export class Timeline {
  #now
  #startedMs
  /** @type {Step[]} */
  #first = []
  /** A ring. @type {Step[]} */
  #latest = []
  #next = 0
  #dropped = 0
  /** When it was constructed, as Date.now() tells it. */
  createdAt = Date.now()

  /** @param {() => number} [now] in ms, monotonic */
  constructor(now = () => performance.now()) {
    this.#now = now
    this.#startedMs = now()
  }

  /**
   * @param {string} name
   * @param {string} [detail] neither keys nor passwords
   */
  add(name, detail = '') {
    const ms = Math.round((this.#now() - this.#startedMs) * 10) / 10
    const step = { ms, name, detail: detail.length > maxDetail ? `${detail.slice(0, maxDetail)}…` : detail }
    if (this.#first.length < firstKept) {
      this.#first.push(step)
      return
    }
    if (this.#latest.length === latestKept) this.#dropped += 1
    this.#latest[this.#next] = step
    this.#next = (this.#next + 1) % latestKept
  }

  /** Copies of the steps, in order. @returns {Step[]} */
  get steps() {
    const isFull = this.#latest.length === latestKept
    const start = isFull ? this.#next : 0
    const latest = [...this.#latest.slice(start), ...this.#latest.slice(0, start)]
    const gap =
      this.#dropped > 0
        ? [{ ms: latest[0].ms, name: 'dropped', detail: `${this.#dropped} steps are left out here` }]
        : []
    return [...this.#first, ...gap, ...latest].map((step) => ({ ...step }))
  }
}

/**
 * What a timeline says of an event: of an SDP only its outline.
 * @param {number} code
 * @param {any} message
 * @param {{ code: string, detail: string }} [reason]
 * @returns {string}
 */
export function detailOf(code, message, reason) {
  if (code === CONN_FAILED) return reason ? `${reason.code}: ${reason.detail}` : ''
  if (code === CONN_CANDIDATE) return String(message?.candidate ?? '')
  if (typeof message !== 'string' || message === '') return ''
  const ufrag = /^a=ice-ufrag:(\S{1,32})/m.exec(message)?.[1] ?? ''
  const [sections, candidates] = ['m=', 'a=candidate:'].map((start) => countLines(message, start))
  return `${sections} m-lines, ${candidates} candidates, ufrag ${ufrag}`
}

/**
 * @param {string} text
 * @param {string} start of the lines that are counted
 */
function countLines(text, start) {
  let count = 0
  for (let at = text.indexOf(`\n${start}`); at >= 0; at = text.indexOf(`\n${start}`, at + 1)) count += 1
  return count
}

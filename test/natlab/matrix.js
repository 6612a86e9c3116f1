// Every pair of kinds of networks: whether and how two connections meet across it.

import { setTimeout as sleep } from 'node:timers/promises'
import { Agents, Call, showPair, wayOf } from './calls.js'
import { expectedWay, kinds, Lab } from './lab.js'

/** @typedef {import('./lab.js').Kind} Kind */
/** @typedef {import('./lab.js').Way} Way */
/** @typedef {{ hasTurn: boolean, iceTcp: boolean, tellsEnd: boolean }} Mode tellsEnd: of candidates */
/**
 * @typedef {object} Meeting
 * @property {Kind} a of the offerer
 * @property {Kind} b of the answerer
 * @property {Way} expected
 * @property {Way} way
 * @property {Way} firstWay at READY
 * @property {string} pair types of candidates, at the offerer's end
 * @property {number} connectMs from the offer being asked for to both ends READY
 * @property {number} punchingMs from the answer being there to both ends READY
 * @property {string} why reason of failure, or ''
 * @property {string} story
 * @property {Meeting} [before] the first try, which went another way than it should
 */

/** How long a pair may still give way to a better one. */
const settlingMs = 1500
/** How long pairs that cannot meet may try. */
const patienceMs = 8000

/** @returns {[Kind, Kind][]} each pair once */
export function kindPairs() {
  return kinds.flatMap((a, index) => kinds.slice(index).map((b) => /** @type {[Kind, Kind]} */ ([a, b])))
}

/** A lab with two hosts of each kind, and an agent in each. */
export class Matrix {
  /** @type {Lab | undefined} */
  #lab
  /** @type {Agents | undefined} */
  #agents

  async up() {
    this.#lab = await Lab.up(
      Object.fromEntries(
        kinds.flatMap((kind) => [
          [`x${kind}`, kind],
          [`y${kind}`, kind],
        ]),
      ),
    )
    this.#agents = new Agents(this.#lab)
    await this.#agents.start(...this.#lab.sides)
  }

  async down() {
    await this.#agents?.end()
    this.#lab?.down()
  }

  /**
   * Lets all pairs meet, several at a time.
   * @param {Mode} mode
   * @param {number} atOnce
   * @param {(meeting: Meeting) => boolean} isRight whether they met as they should; else they try once more
   * @returns {Map<string, Promise<Meeting>>} by "A B"
   */
  run(mode, atOnce, isRight) {
    const waiting = kindPairs()
    /** @type {Map<string, { promise: Promise<Meeting>, resolve: (meeting: Promise<Meeting>) => void }>} */
    const results = new Map(
      waiting.map(([a, b]) => {
        let resolve = (/** @type {Promise<Meeting>} */ _meeting) => {}
        const promise = /** @type {Promise<Meeting>} */ (
          new Promise((settle) => {
            resolve = settle
          })
        )
        // Whoever awaits it hears of it.
        promise.catch(() => {})
        return [`${a} ${b}`, { promise, resolve }]
      }),
    )
    const work = async () => {
      for (let pair = waiting.shift(); pair; pair = waiting.shift()) {
        const meeting = this.#meetTwice(pair[0], pair[1], mode, isRight)
        results.get(pair.join(' '))?.resolve(meeting)
        await meeting.catch(() => {})
      }
    }
    for (let worker = 0; worker < atOnce; worker++) work()
    return new Map([...results].map(([key, { promise }]) => [key, promise]))
  }

  /**
   * @param {Kind} a
   * @param {Kind} b
   * @param {Mode} mode
   * @param {(meeting: Meeting) => boolean} isRight
   * @returns {Promise<Meeting>}
   */
  async #meetTwice(a, b, mode, isRight) {
    const before = await this.meet(a, b, mode)
    return isRight(before) ? before : { ...(await this.meet(a, b, mode)), before }
  }

  /**
   * @param {Kind} a
   * @param {Kind} b
   * @param {Mode} mode
   * @returns {Promise<Meeting>}
   */
  async meet(a, b, { hasTurn, iceTcp, tellsEnd }) {
    const agents = /** @type {Agents} */ (this.#agents)
    const sides = [`x${a}`, `y${b}`]
    const timeoutMs = expectedWay(a, b, hasTurn) === 'fail' ? patienceMs : 2 * patienceMs
    const [offerer, answerer] = sides.map((side) => ({
      iceServers: agents.lab.iceServers(side, hasTurn ? {} : { turn: [] }),
      iceTcp,
      tlsCa: agents.lab.certificate,
      // More where it is going to work, so that what is late is told from what is not.
      connectTimeoutMs: timeoutMs,
    }))
    const expected = expectedWay(a, b, hasTurn)
    const call = await Call.start(agents.in(sides[0]), agents.in(sides[1]), { offerer, answerer, tellsEnd })
    try {
      const connectMs = await call.ready(timeoutMs + 3000)
      const first = call.ends.map((end) => end.find('ready')?.value)
      await sleep(settlingMs)
      const pairs = await call.pairs()
      const { punchingMs } = call
      const way = wayOf(pairs)
      return {
        a,
        b,
        expected,
        way,
        firstWay: wayOf(first),
        pair: showPair(pairs[0]),
        connectMs,
        punchingMs,
        why: '',
        story: call.story(),
      }
    } catch (error) {
      const { code, message } = /** @type {any} */ (error)
      const none = { pair: 'none', connectMs: Number.NaN, punchingMs: Number.NaN }
      return {
        a,
        b,
        expected,
        way: 'fail',
        firstWay: 'fail',
        ...none,
        why: code ?? message.split('\n', 1)[0],
        story: message,
      }
    } finally {
      await call.close()
    }
  }
}

/**
 * A table for people.
 * @param {Meeting[]} meetings
 * @returns {string[]} lines
 */
export function tableOf(meetings) {
  const rows = meetings.map(({ a, b, way, firstWay, expected, pair, connectMs, punchingMs, why, before }) => [
    a,
    b,
    way,
    firstWay === way ? '' : `first ${firstWay}`,
    way === expected ? '' : `expected ${expected}`,
    pair,
    Number.isNaN(connectMs) ? why : `${Math.round(connectMs)} ms (${Math.round(punchingMs)})`,
    before ? `repeated, was ${before.way} ${before.why}` : '',
  ])
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column].length))) ?? []
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
}

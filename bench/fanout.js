/**
 * The C program `fanout` as seen from here: connections that are there and wait, and rounds of traffic when asked for.
 * What is to be compared is open at the same time and takes turns, so that a noisy machine is noisy for all of it.
 */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
export const out = path.join(root, 'build', 'bench')

/**
 * @typedef {object} Round one round of one case
 * @property {number} us CPU per packet that arrived
 * @property {number} delivered share of the packets that arrived
 * @property {number} [foreign] cores that others were using, or the hypervisor had taken
 * @property {number} [starved] share of the time in which the server was ready to run and had no core
 * @property {number} [backlogMs] how late the latest packets were
 * @property {string} [unsound] why it does not count, for another reason
 * @property {Record<string, number>} [floors] CPU per packet of the floors, measured next to it
 */
/**
 * @template {Round} [T=Round]
 * @typedef {{ measure: (round: number) => Promise<T> }} Variant
 */

export class Fanout {
  #child
  #lines
  /** @type {string[]} */
  #args
  #isFree

  /** @param {string[]} args of the program */
  constructor(args) {
    this.#args = args
    this.#isFree = args.includes('--pin') || args.includes('--workers')
    this.#child = spawn(path.join(out, 'fanout'), args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    /** What it said when everybody was connected: see bench/load/orders.c. */
    this.ready = /** @type {any} */ (undefined)
  }

  /** @param {string[]} args */
  static async open(args) {
    const fanout = new Fanout(args)
    fanout.ready = await fanout.#answer()
    return fanout
  }

  async #answer() {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`fanout ${this.#args.join(' ')} ended`)
    return JSON.parse(value)
  }

  /** @param {string} order see bench/load/orders.c */
  ask(order) {
    this.#child.stdin.write(`${order}\n`)
    return this.#answer()
  }

  /**
   * A round of traffic and the floors, in an order that changes.
   * @param {number} round
   * @returns {Promise<Round>}
   */
  async measure(round) {
    const early = round % 2 === 1 ? await this.ask(`floor ${round}`) : undefined
    const media = await this.ask(`media ${round}`)
    return {
      us: media.cpuUs / Math.max(1, media.received),
      delivered: media.received / media.sent / this.ready.viewers,
      foreign: media.foreign,
      // Two workers and a generator that polls do not fit on two cores: waiting for one is part of that case.
      starved: this.#isFree ? 0 : media.delayUs / media.wallUs,
      backlogMs: media.p99 / 1000,
      floors: early ?? (await this.ask(`floor ${round}`)),
    }
  }

  close() {
    this.#child.stdin.end()
  }
}

/**
 * Rounds in turns, each beginning with another one, after one that does not count. A turn in which the machine was busy
 * with something else is repeated, up to half as many times as there are rounds.
 * @template {Round} T
 * @param {Record<string, Variant<T>>} variants
 * @param {number} rounds
 * @returns {Promise<Record<string, T[]>>} as many for each
 */
export async function takeTurns(variants, rounds) {
  /** @type {Record<string, T>[]} */
  const quiet = []
  /** @type {Record<string, T>[]} */
  const disturbed = []
  await takeTurn(variants, 0)
  for (let round = 0; quiet.length < rounds && round < 1.5 * rounds; round++) {
    const turn = await takeTurn(variants, round)
    const isQuiet = Object.values(turn).every((one) => !whyUnsound([one]))
    ;(isQuiet ? quiet : disturbed).push(turn)
  }
  const turns = [...quiet, ...disturbed].slice(0, rounds)
  return Object.fromEntries(Object.keys(variants).map((name) => [name, turns.map((turn) => turn[name])]))
}

/**
 * @template {Round} T
 * @param {Record<string, Variant<T>>} variants
 * @param {number} round
 */
async function takeTurn(variants, round) {
  const names = Object.keys(variants)
  const at = round % names.length
  /** @type {Record<string, T>} */
  const turn = {}
  for (const name of [...names.slice(at), ...names.slice(0, at)])
    turn[name] = await variants[name].measure(round)
  return turn
}

/** @param {number[]} values */
export function median(values) {
  return quantile(values, 0.5)
}

/**
 * @param {number[]} values
 * @param {number} share 0..1
 */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * share)]
}

/**
 * The median of what one costs in terms of the other, round by round.
 * @param {Round[] | undefined} rounds
 * @param {Round[] | undefined} others
 */
export function ratioOf(rounds, others) {
  return rounds && others && median(rounds.map(({ us }, index) => us / others[index].us))
}

/**
 * @param {Round[] | undefined} rounds
 * @param {string} floor
 */
export function ratioToFloor(rounds, floor) {
  return rounds && median(rounds.map(({ us, floors = {} }) => us / floors[floor]))
}

/**
 * Why these rounds can't be judged; undefined: they can. What a starved server sends from its backlog leaves in long
 * trains: cheap, and no measure of anything.
 * @param {Round[]} rounds
 */
export function whyUnsound(rounds) {
  /** @param {(round: Round) => boolean} isSo */
  const isTypical = (isSo) => rounds.filter(isSo).length * 2 > rounds.length
  // Connections that wait for their turn take up to 0.1 themselves.
  if (isTypical(({ foreign = 0, starved = 0 }) => foreign > 0.15 || starved > 0.05)) return 'machine busy'
  if (isTypical(({ backlogMs = 0 }) => backlogMs > 20)) return 'server starved'
  if (isTypical(({ delivered }) => delivered < 0.999)) return 'packets lost'
  const others = rounds.flatMap(({ unsound }) => unsound ?? [])
  return others.length * 2 > rounds.length ? others[0] : undefined
}

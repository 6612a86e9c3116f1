// Calls across a lab: agents in its hosts, and the signalling between two of them, which passes everything on at once.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { environment } from './needs.js'
import { nowMs } from './party.js'

/** @typedef {import('./lab.js').Lab} Lab */
/** @typedef {import('./party.js').Look} Look */
/** @typedef {import('./party.js').Pair} Pair */
/** @typedef {import('../../lib/index.js').ConnectionOptions} ConnectionOptions */
/** @typedef {{ call: string, event: string, atMs: number, value?: any }} AgentEvent */
/** @typedef {ConnectionOptions & { tlsCa?: string, verbose?: boolean, disconnectedTimeoutMs?: number }} Options */

const program = fileURLToPath(new URL('agent.js', import.meta.url))
let calls = 0

/** A Node process in a host of the lab, which holds any number of connections. */
export class Agent {
  #child
  #number = 0
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map()
  /** @type {Map<string, (event: AgentEvent) => void>} */
  #listeners = new Map()
  #errors = ''

  /**
   * @param {Lab} lab
   * @param {string} side
   */
  constructor(lab, side) {
    this.lab = lab
    this.side = side
    const [command, args] = lab.command(side, process.execPath, program)
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment() })
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-4000)
    })
    this.#child.stdin.on('error', () => {})
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(JSON.parse(line)))
    this.#child.on('close', (code, signal) => this.#ended(code, signal))
  }

  /**
   * @param {string} command of agent.js
   * @param {object} [fields]
   * @returns {Promise<any>}
   */
  do(command, fields) {
    const number = this.#number++
    return new Promise((resolve, reject) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        reject(new Error(`the agent in ${this.side} is gone: ${this.#errors}`))
        return
      }
      this.#waiting.set(number, { resolve, reject })
      this.#child.stdin.write(`${JSON.stringify({ ...fields, number, command })}\n`)
    })
  }

  /**
   * @param {string} call
   * @param {((event: AgentEvent) => void) | null} listener
   */
  listen(call, listener) {
    if (listener) this.#listeners.set(call, listener)
    else this.#listeners.delete(call)
  }

  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = once(this.#child, 'close')
    this.#child.stdin.end()
    await closed
  }

  /** @param {any} message */
  #take(message) {
    if (message.answer === undefined) {
      this.#listeners.get(message.call)?.(message)
      return
    }
    const waiting = this.#waiting.get(message.answer)
    this.#waiting.delete(message.answer)
    if (!message.error) waiting?.resolve(message.value)
    else waiting?.reject(Object.assign(new Error(message.error.text), { code: message.error.code }))
  }

  /**
   * @param {number | null} code
   * @param {string | null} signal
   */
  #ended(code, signal) {
    const text = `the agent in ${this.side} ended with ${signal ?? code}: ${this.#errors}`
    for (const { reject } of this.#waiting.values()) reject(new Error(text))
    this.#waiting.clear()
    for (const [call, listener] of this.#listeners) {
      listener({ call, event: 'failed', atMs: nowMs(), value: { code: 'AGENT_ENDED', detail: text } })
    }
    this.#listeners.clear()
  }
}

/** Agents in the sides of a lab. */
export class Agents {
  /** @type {Map<string, Agent>} */
  #agents = new Map()

  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab
  }

  /**
   * Starts those of some sides and waits for them, so that nobody's times hold the start of a process.
   * @param {...string} sides
   */
  async start(...sides) {
    await Promise.all(sides.map((side) => this.in(side).do('hello')))
  }

  /** @param {string} side */
  in(side) {
    let agent = this.#agents.get(side)
    if (!agent) {
      agent = new Agent(this.lab, side)
      this.#agents.set(side, agent)
    }
    return agent
  }

  async end() {
    await Promise.all([...this.#agents.values()].map((agent) => agent.end()))
  }
}

/** One end of a call, as the test sees it. */
export class End {
  /** @type {AgentEvent[]} all that happened, but for candidates and log lines */
  events = []
  /** @type {string[]} */
  candidates = []
  /** @type {string[]} */
  log = []
  /** @type {End | null} */
  #peer = null
  /** Whether the peer is told when there are no more candidates. */
  tellsEnd = true
  /** How late the peer hears what this end says. */
  lateMs = 0
  /** @type {(() => void)[]} */
  #watchers = []

  /**
   * @param {Agent} agent
   * @param {string} call
   */
  constructor(agent, call) {
    this.agent = agent
    this.call = call
    agent.listen(call, (event) => this.#take(event))
  }

  /** @param {End} peer */
  set peer(peer) {
    this.#peer = peer
  }

  /**
   * @param {string} command
   * @param {object} [fields]
   */
  do(command, fields) {
    return this.agent.do(command, { ...fields, call: this.call })
  }

  /** @returns {Promise<Look>} */
  look() {
    return this.do('look')
  }

  /**
   * The first event of a name, at or after a time.
   * @param {string} name
   * @param {(value: any) => boolean} [accept]
   * @param {number} [sinceMs]
   */
  find(name, accept = () => true, sinceMs = 0) {
    return this.events.find(({ event, value, atMs }) => event === name && atMs >= sinceMs && accept(value))
  }

  /**
   * Waits for an event, which may have come already.
   * @param {string} name
   * @param {{ accept?: (value: any) => boolean, sinceMs?: number, timeoutMs?: number }} [options]
   * @returns {Promise<AgentEvent>} rejects when it does not come, or when the connection fails instead
   */
  async when(name, { accept, sinceMs = 0, timeoutMs = 30_000 } = {}) {
    const untilMs = nowMs() + timeoutMs
    for (;;) {
      const found = this.find(name, accept, sinceMs)
      if (found) return found
      const failed = this.find('failed')
      if (failed)
        throw Object.assign(
          new Error(`${this.agent.side} failed: ${JSON.stringify(failed.value)}`),
          failed.value,
        )
      if (nowMs() > untilMs) throw new Error(`${this.agent.side}: no ${name} within ${timeoutMs} ms`)
      await Promise.race([
        sleep(100),
        new Promise((resolve) => this.#watchers.push(() => resolve(undefined))),
      ])
    }
  }

  /**
   * Waits until the connection has failed.
   * @param {number} timeoutMs
   * @returns {Promise<AgentEvent>} its value is the reason
   */
  async failed(timeoutMs) {
    const untilMs = nowMs() + timeoutMs
    for (;;) {
      const failed = this.find('failed')
      if (failed) return failed
      if (nowMs() > untilMs)
        throw new Error(`${this.agent.side} has not failed within ${timeoutMs} ms; ${this.story()}`)
      await sleep(50)
    }
  }

  /** What happened, for messages of failed tests. */
  story() {
    const first = this.events[0]?.atMs ?? 0
    const steps = this.events.map(({ event, atMs, value }) => {
      const what =
        event === 'sdp' || event === 'sdp-processed' || event === 'gathered' ? '' : showValue(value)
      return `${Math.round(atMs - first)}:${event}${what}`
    })
    return `${this.agent.side}: ${steps.join(' ')}; candidates: ${this.candidates.join(' | ')}\n${this.log.join('\n')}`
  }

  /** @param {AgentEvent} event */
  #take(event) {
    if (event.event === 'candidate') this.candidates.push(event.value.candidate)
    else if (event.event === 'log') this.log.push(event.value)
    else this.events.push(event)
    for (const watcher of this.#watchers.splice(0)) watcher()
    if (!this.#peer) return
    if (event.event === 'gathered' && this.tellsEnd)
      this.#tell('candidate', { candidate: endOf(event.value) })
    if (event.event === 'sdp') this.#tell('sdp', { sdp: event.value })
    if (event.event === 'candidate') this.#tell('candidate', { candidate: event.value })
  }

  /**
   * @param {string} command
   * @param {object} fields
   */
  async #tell(command, fields) {
    if (this.lateMs > 0) await sleep(this.lateMs)
    this.#peer?.do(command, fields).catch((error) => {
      this.events.push({
        call: this.call,
        event: 'refused',
        atMs: nowMs(),
        value: `${command}: ${error.code} ${error.message}`,
      })
    })
  }
}

/** A call between two agents, whose signalling passes on whatever either says. */
export class Call {
  /**
   * Opens both ends and makes the offer.
   * @param {Agent} offerer
   * @param {Agent} answerer
   * @param {{ offerer?: Options, answerer?: Options, media?: { audio?: boolean, video?: boolean },
   *   tellsEnd?: boolean, answerLateMs?: number, prepare?: (call: Call) => Promise<void> }} [options] tellsEnd:
   *   default true: the signalling passes the end of candidates on; answerLateMs: how long it takes for what the
   *   answerer says; prepare: what to do before the offer is made
   */
  static async start(offerer, answerer, options = {}) {
    const {
      offerer: first = {},
      answerer: second = {},
      media,
      tellsEnd = true,
      answerLateMs = 0,
      prepare,
    } = options
    const name = `call-${calls++}`
    const call = new Call(new End(offerer, `${name}-offer`), new End(answerer, `${name}-answer`))
    for (const end of call.ends) end.tellsEnd = tellsEnd
    call.answerer.lateMs = answerLateMs
    await call.offerer.do('open', { options: first })
    await call.answerer.do('open', { options: { polite: true, ...second } })
    await prepare?.(call)
    call.startedMs = nowMs()
    call.offerer.do('offer', { options: media ?? { audio: true, video: true } }).catch(() => {})
    return call
  }

  /**
   * @param {End} offerer
   * @param {End} answerer
   */
  constructor(offerer, answerer) {
    this.offerer = offerer
    this.answerer = answerer
    this.ends = [offerer, answerer]
    this.startedMs = 0
    offerer.peer = answerer
    answerer.peer = offerer
  }

  /**
   * @param {number} [timeoutMs]
   * @returns {Promise<number>} from the offer being asked for to both ends being READY
   */
  async ready(timeoutMs = 30_000) {
    try {
      const both = await Promise.all(this.ends.map((end) => end.when('ready', { timeoutMs })))
      return Math.max(...both.map(({ atMs }) => atMs)) - this.startedMs
    } catch (error) {
      const { code, message } = /** @type {any} */ (error)
      throw Object.assign(new Error(`${message}\n${this.story()}`), { code })
    }
  }

  /** From the answer being applied to both ends being READY. */
  get punchingMs() {
    const both = Number(this.offerer.find('sdp-processed')?.atMs)
    return Math.max(...this.ends.map((end) => end.find('ready')?.atMs ?? Number.NaN)) - both
  }

  /** @returns {Promise<(Pair | null)[]>} what each end has selected now */
  async pairs() {
    return Promise.all(this.ends.map(async (end) => (await end.look()).pair))
  }

  story() {
    return this.ends.map((end) => end.story()).join('\n')
  }

  async close() {
    await Promise.all(this.ends.map((end) => end.do('close').catch(() => {})))
    for (const end of this.ends) end.agent.listen(end.call, null)
  }
}

/**
 * RFC 8840 4.4: that there are no more candidates of a generation.
 * @param {string} sdp with all candidates
 */
function endOf(sdp) {
  return { candidate: '', sdpMLineIndex: 0, usernameFragment: /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] }
}

/**
 * By what way two ends meet.
 * @param {(Pair | null)[]} pairs
 * @returns {import('./lab.js').Way}
 */
export function wayOf(pairs) {
  if (pairs.some((pair) => !pair)) return 'fail'
  const isRelayed = pairs.some((pair) => pair?.local.type === 'relay' || pair?.remote.type === 'relay')
  return isRelayed ? 'relay' : 'direct'
}

/** @param {Pair | null | undefined} pair */
export function showPair(pair) {
  const show = (/** @type {import('../../lib/index.js').Candidate} */ one) =>
    `${one.type}${one.protocol === 'udp' ? '' : `/${one.protocol}`}`
  return pair ? `${show(pair.local)}-${show(pair.remote)}` : 'none'
}

/** @param {any} value */
function showValue(value) {
  if (value === undefined || value === null || value === '') return ''
  if (value.local) return `=${showPair(value)}`
  return `=${typeof value === 'string' ? value : JSON.stringify(value)}`
}

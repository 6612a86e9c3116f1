// Sound through a call in both directions, and how long it was away: a browser sends to one end, that end passes it
// on to the other one, and that one sends it back.

import { setTimeout as sleep } from 'node:timers/promises'
import { Call, End } from './calls.js'
import { nowMs } from './party.js'

/** @typedef {import('./calls.js').Agent} Agent */
/** @typedef {import('./calls.js').Options} Options */
/** @typedef {import('./browser.js').ToneSource} ToneSource */

const sampleMs = 40

/** A call with sound in it. */
export class Conversation {
  #feed

  /**
   * @param {ToneSource} source
   * @param {{ server: Agent, client: Agent, offers: 'server' | 'client', options: Options, clientOptions?: Options }} how
   *   server: the end that the browser sends to
   */
  static async start(source, { server, client, offers, options, clientOptions = options }) {
    const isOurs = offers === 'server'
    const feed = new End(server, `feed-${process.hrtime.bigint()}`)
    await feed.do('open', { options: {} })
    await source.sendTo(feed)
    const call = await Call.start(isOurs ? server : client, isOurs ? client : server, {
      offerer: isOurs ? options : clientOptions,
      answerer: isOurs ? clientOptions : options,
      media: { audio: true },
      prepare: async ({ offerer, answerer }) => {
        const [near, far] = isOurs ? [offerer, answerer] : [answerer, offerer]
        await near.do('forward', { from: feed.call })
        await far.do('echo')
      },
    })
    const conversation = new Conversation(feed, call, offers)
    await call.ready()
    await conversation.flows()
    return conversation
  }

  /**
   * @param {End} feed
   * @param {Call} call
   * @param {'server' | 'client'} offers
   */
  constructor(feed, call, offers) {
    this.#feed = feed
    this.call = call
    /** The end that the browser sends to. */
    this.server = offers === 'server' ? call.offerer : call.answerer
    /** The one that sends back. */
    this.client = offers === 'server' ? call.answerer : call.offerer
  }

  /** Waits until packets come in at both ends. */
  async flows(timeoutMs = 15_000) {
    const untilMs = nowMs() + timeoutMs
    const before = await this.#received()
    for (;;) {
      await sleep(sampleMs)
      const now = await this.#received()
      if (now.every((count, end) => count > before[end] + 5)) return
      if (nowMs() > untilMs)
        throw new Error(`no sound in both directions: ${before}, ${now}\n${this.call.story()}`)
    }
  }

  /**
   * Does something to the network and waits until sound has come back for a second at both ends.
   * @param {() => Promise<void>} disturb
   * @param {number} patienceMs
   * @returns {Promise<{ server: number, client: number }>} how long each end heard nothing, in milliseconds
   */
  async silenceAfter(disturb, patienceMs) {
    const ends = [this.server, this.client].map((end) => ({
      end,
      count: -1,
      heardMs: nowMs(),
      worstMs: 0,
      sinceMs: nowMs(),
    }))
    let isDone = false
    const disturbed = disturb().then(() => {
      isDone = true
      for (const one of ends) one.sinceMs = Math.max(one.sinceMs, nowMs())
    })
    // Its failure is told below.
    disturbed.catch(() => {})
    const untilMs = nowMs() + patienceMs
    for (;;) {
      await Promise.all(ends.map((one) => sample(one)))
      if (isDone && ends.every(({ sinceMs }) => nowMs() - sinceMs > 1000)) break
      if (nowMs() > untilMs) break
      await sleep(sampleMs)
    }
    await disturbed
    const [server, client] = ends.map(({ worstMs, heardMs }) => Math.max(worstMs, nowMs() - heardMs))
    return { server, client }
  }

  async #received() {
    const looks = await Promise.all([this.server, this.client].map((end) => end.look()))
    return looks.map(({ packetsReceived }) => packetsReceived)
  }

  async close() {
    await this.call.close()
    await this.#feed.do('close').catch(() => {})
  }
}

/**
 * @param {{ end: End, count: number, heardMs: number, worstMs: number, sinceMs: number }} one sinceMs: sound without a
 *   pause since then
 */
async function sample(one) {
  const { atMs, packetsReceived } = await one.end.look()
  const pauseMs = atMs - one.heardMs
  if (pauseMs > 300) one.sinceMs = atMs
  if (packetsReceived <= one.count) return
  if (one.count >= 0) one.worstMs = Math.max(one.worstMs, pauseMs)
  one.count = packetsReceived
  one.heardMs = atMs
}

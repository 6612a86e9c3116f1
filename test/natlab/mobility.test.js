// Sound goes on when the network changes under a call: a NAT that forgets, a client that moves, an outage; and a
// call that stays silent ends, with a reason.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ToneSource } from './browser.js'
import { Agents, showPair } from './calls.js'
import { Lab } from './lab.js'
import { Conversation } from './media.js'
import { whyNoLab } from './needs.js'
import { nowMs } from './party.js'

/** @typedef {import('./lab.js').Kind} Kind */
/** @typedef {'server' | 'client'} Offers */

const skip = whyNoLab()
const whoever = /** @type {const} */ (['server', 'client'])
/** @type {[Kind, Kind][]} */
const moves = [
  ['port', 'none'],
  ['none', 'sym'],
  ['port', 'v6only'],
]
const sideOf = (/** @type {Offers} */ who, /** @type {number} */ index) => `m${who}${index}`

describe('a network that changes', { skip, concurrency: 4 }, () => {
  /** @type {Lab} */
  let lab
  /** @type {Agents} */
  let agents
  /** @type {ToneSource} */
  let source
  /** @type {string[]} */
  const figures = []
  before(async () => {
    // A host of its own for each test: they run side by side.
    const moving = Object.fromEntries(
      moves.flatMap(([from], index) => whoever.map((who) => [sideOf(who, index), from])),
    )
    lab = await Lab.up({
      m: 'none',
      s: 'none',
      rserver: 'port',
      rclient: 'port',
      e: 'port',
      f: 'port',
      ...moving,
    })
    agents = new Agents(lab)
    await agents.start(...lab.sides.filter((side) => side !== 'm'))
    source = await ToneSource.open(lab, 'm')
  })
  after(async () => {
    console.log(['\nsilence of server and client', ...figures].join('\n  '))
    await source?.close()
    await agents?.end()
    lab?.down()
  })

  /**
   * @param {string} side
   * @param {Offers} offers
   * @param {object} [more]
   */
  const converse = (side, offers, more) => {
    const options = { iceServers: lab.iceServers(side), tlsCa: lab.certificate, ...more }
    return Conversation.start(source, { server: agents.in('s'), client: agents.in(side), offers, options })
  }

  test('an outage of 20 s', async () => {
    const conversation = await converse('e', 'server')
    const sinceMs = nowMs()
    const silence = await conversation.silenceAfter(async () => {
      await lab.impair('e', 'loss=100')
      await sleep(20_000)
      await lab.impair('e', 'off')
    }, 40_000)
    note('outage of 20 s', silence)
    for (const end of [conversation.server, conversation.client]) {
      const disconnected = end.find('ice-state', (state) => state === 'disconnected', sinceMs)
      assert.ok(disconnected, `told as disconnected: ${end.story()}`)
      assert.ok(disconnected.atMs - sinceMs < 6000, `within 5 s: ${disconnected.atMs - sinceMs} ms`)
      assert.equal(end.find('failed'), undefined)
    }
    assert.ok(Math.max(silence.server, silence.client) < 26_000, conversation.call.story())
    await conversation.close()
  })

  test('silence of more than 30 s is the end', { timeout: 90_000 }, async () => {
    const conversation = await converse('f', 'server')
    const sinceMs = nowMs()
    await lab.impair('f', 'loss=100')
    for (const end of [conversation.server, conversation.client]) {
      const failed = await end.failed(60_000)
      const tookMs = failed.atMs - sinceMs
      figures.push(`silence until ${end.agent.side} failed: ${Math.round(tookMs)} ms, ${failed.value.code}`)
      assert.equal(failed.value.code, 'ERR_ICE_CONSENT_LOST')
      assert.ok(tookMs > 25_000 && tookMs < 40_000, `${tookMs} ms`)
    }
    await lab.impair('f', 'off')
    await conversation.close()
  })

  for (const offers of whoever) {
    test(`a NAT that forgets its mappings and changes its address, ${offers} offering`, async () => {
      const side = `r${offers}`
      const conversation = await converse(side, offers)
      const silence = await conversation.silenceAfter(() => lab.rebind(side), 20_000)
      note(`rebinding, ${offers} offered`, silence)
      assert.ok(Math.max(silence.server, silence.client) < 5000, conversation.call.story())
      await conversation.close()
    })
  }

  for (const who of whoever) {
    test(`an ICE restart that the ${who} asks for`, async () => {
      const conversation = await converse(`r${who}`, 'server')
      const sinceMs = nowMs()
      const silence = await conversation.silenceAfter(async () => {
        await conversation[who].do('restart')
      }, 20_000)
      note(`ICE restart asked for by the ${who}`, silence)
      assert.ok(Math.max(silence.server, silence.client) < 2000, conversation.call.story())
      for (const end of [conversation.server, conversation.client]) {
        assert.ok(end.find('gathered', undefined, sinceMs), `gathered again: ${end.story()}`)
      }
      await conversation.close()
    })
  }

  for (const [index, [from, to]] of moves.entries()) {
    for (const offers of whoever) {
      test(`a client that moves from ${from} to ${to}, ${offers} offering`, async () => {
        const side = sideOf(offers, index)
        const conversation = await converse(side, offers)
        const silence = await conversation.silenceAfter(() => lab.set(side, to), 25_000)
        const { pair } = await conversation.client.look()
        note(`move from ${from} to ${to}, ${offers} offered`, silence, showPair(pair))
        assert.ok(Math.max(silence.server, silence.client) < 8000, conversation.call.story())
        await conversation.close()
      })
    }
  }

  /**
   * @param {string} what
   * @param {{ server: number, client: number }} silence
   * @param {string} [more]
   */
  function note(what, { server, client }, more = '') {
    figures.push(`${what}: ${Math.round(server)} ms, ${Math.round(client)} ms ${more}`)
  }
})

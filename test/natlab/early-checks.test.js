// A peer that checks before its answer has come.
//
// The story: the answerer sat behind a firewall that lets only TLS out, so its checks came from its relay, and they
// reached the offerer before the answer did. libnice learned that address then, never checked it, and made no pair of it
// when it was signalled: both ends had a way that worked, nobody nominated it, and the call failed with "no candidate
// pair works", one in five when the answer was 90 ms late.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Agents, Call, wayOf } from './calls.js'
import { Lab } from './lab.js'
import { whyNoLab } from './needs.js'

const count = 40
const atOnce = 8

describe('checks that come before the answer', { skip: whyNoLab() }, () => {
  /** @type {Lab} */
  let lab
  /** @type {Agents} */
  let agents
  before(async () => {
    lab = await Lab.up({ x: 'addr', y: 'tls443' })
    agents = new Agents(lab)
    await agents.start(...lab.sides)
  })
  after(async () => {
    await agents?.end()
    lab?.down()
  })

  async function meet() {
    const [offerer, answerer] = lab.sides.map((side) => ({
      iceServers: lab.iceServers(side),
      tlsCa: lab.certificate,
    }))
    const call = await Call.start(agents.in('x'), agents.in('y'), { offerer, answerer, answerLateMs: 90 })
    try {
      await call.ready(20_000)
      return wayOf(await call.pairs())
    } finally {
      await call.close()
    }
  }

  test(`${count} calls of ${count} go by relay`, async () => {
    /** @type {string[]} */
    const ways = []
    let started = 0
    const work = async () => {
      while (started < count) {
        started++
        ways.push(await meet().catch((error) => error.message))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    assert.deepEqual(
      ways.filter((way) => way !== 'relay'),
      [],
    )
  })
})

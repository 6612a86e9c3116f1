// A peer that checks before its answer has come.
//
// Two stories. The answerer sat behind a firewall that lets only TLS out, so its checks came from its relay, and they
// reached the offerer before the answer did. libnice learned that address then, never checked it, and made no pair of it
// when it was signalled: both ends had a way that worked, nobody nominated it, and the call failed with "no candidate
// pair works", one in five when the answer was 90 ms late. So the offerer nominates what only its own checks found.
//
// Then that went too far: where only TCP was direct, libnice had nominated it, and it waited for something better. The
// relay, which had answered too, took its place after half a second: one end sent by relay, the other by TCP, for good.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agents, Call, wayOf } from './calls.js'
import { Lab } from './lab.js'
import { whyNoLab } from './needs.js'

const cases = /** @type {const} */ ([
  { x: 'addr', y: 'tls443', iceTcp: false, way: 'relay', count: 40 },
  { x: 'none', y: 'tcponly', iceTcp: true, way: 'direct', count: 16 },
])
const atOnce = 8

for (const { x, y, iceTcp, way, count } of cases) {
  describe(`checks that come before the answer, ${x} and ${y}`, { skip: whyNoLab() }, () => {
    /** @type {Lab} */
    let lab
    /** @type {Agents} */
    let agents
    before(async () => {
      lab = await Lab.up({ x, y })
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
        iceTcp,
      }))
      const call = await Call.start(agents.in('x'), agents.in('y'), { offerer, answerer, answerLateMs: 90 })
      try {
        await call.ready(20_000)
        // A relay may come first and give way.
        for (let i = 0; i < 50 && wayOf(await call.pairs()) !== way; i++) await sleep(100)
        const used = wayOf(await call.pairs())
        return used === way ? way : call.story()
      } finally {
        await call.close()
      }
    }

    test(`${count} calls of ${count} go by ${way}`, async () => {
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
        ways.filter((one) => one !== way),
        [],
      )
    })
  })
}

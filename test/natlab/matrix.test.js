// Two connections across every pair of ten kinds of networks: directly wherever that is possible, else by relay, else
// not at all; with TURN, without, and with ICE-TCP.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { kindPairs, Matrix, tableOf } from './matrix.js'
import { whyNoLab } from './needs.js'

/** @typedef {import('./matrix.js').Meeting} Meeting */
/** @typedef {import('./matrix.js').Mode} Mode */

const skip = whyNoLab()
const atOnce = Number(process.env.URCHIN_NATLAB_JOBS ?? 6)
/** Of all meetings; a machine that stood still for a second is no defect, what happens again and again is one. */
const repeatsAllowed = 2

/** Kinds that reach a listening TCP port of the other end, and those that have one which can be reached. */
const goOutByTcp = ['none', '1to1', 'fullcone', 'addr', 'port', 'sym', 'tcponly', 'dual']
const listenOnTcp = ['none', '1to1']

/** @type {(Mode & { name: string })[]} */
const modes = [
  { name: 'with TURN', hasTurn: true, iceTcp: false, tellsEnd: true },
  {
    name: 'without TURN, and the end of candidates not told',
    hasTurn: false,
    iceTcp: false,
    tellsEnd: false,
  },
  { name: 'with TURN and ICE-TCP', hasTurn: true, iceTcp: true, tellsEnd: true },
]

describe('every pair of kinds of networks', { skip }, () => {
  const matrix = new Matrix()
  /** @type {Meeting[]} */
  const repeated = []
  before(() => matrix.up())
  after(() => matrix.down())

  for (const { name, ...mode } of modes) {
    describe(name, () => {
      /** @type {Map<string, Promise<Meeting>>} */
      let meetings
      before(() => {
        meetings = matrix.run(mode, atOnce, (meeting) => meeting.way === wanted(mode, meeting))
      })
      after(async () =>
        console.log([`\n${name}`, ...tableOf(await Promise.all(meetings.values()))].join('\n  ')),
      )

      for (const [a, b] of kindPairs()) {
        test(`${a} and ${b}`, async () => {
          const meeting = await /** @type {Promise<Meeting>} */ (meetings.get(`${a} ${b}`))
          if (meeting.before) repeated.push(meeting.before)
          assert.equal(meeting.way, wanted(mode, meeting), meeting.story)
        })
      }
    })
  }

  test(`at most ${repeatsAllowed} meetings were repeated`, () => {
    assert.ok(repeated.length <= repeatsAllowed, repeated.map(({ story }) => story).join('\n\n'))
  })
})

/**
 * @param {Mode} mode
 * @param {Meeting} meeting
 */
function wanted(mode, meeting) {
  return mode.iceTcp ? bestByTcp(meeting) : meeting.expected
}

/**
 * ICE-TCP makes a direct way where an end that only has TCP can reach a port of the other one. There it may come too
 * late to be preferred; both count, but for tcponly towards an open port.
 * @param {Meeting} meeting
 */
function bestByTcp({ a, b, expected, way }) {
  const isOpen = [
    [a, b],
    [b, a],
  ].some(([from, to]) => goOutByTcp.includes(from) && listenOnTcp.includes(to))
  if (expected === 'direct' || !isOpen) return expected
  return [a, b].includes('tcponly') ? 'direct' : way === 'fail' ? expected : way
}

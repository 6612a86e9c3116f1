// A worker that really is too slow, with media flowing: applications are told, the viewers whose turn it is lose video
// and nothing else, and when it is fast enough again all is as before.

import assert from 'node:assert/strict'
import { fork, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebRtcConnection } from '../../lib/index.js'
import { closeAll, loopback, whenReady } from '../support/pair.js'
import { publish } from '../support/publisher.js'

/** @typedef {import('../../lib/workers.js').Overload} Overload */
/** @typedef {'audio' | 'video'} Kind */

const viewerCount = 8
/** The publisher and, while there is load, a connection of nobody. */
const othersMax = 2
const livenessMs = 60_000
const pollMs = 50
/** So many packets more show that a stream flows: a fifth of a second of audio, less of video. */
const somePackets = 10
/** The level falls by itself: on a machine that is busy elsewhere it may do so before anybody has looked. */
const roundsMax = 3

/** The process whose worker is made too slow. */
class SlowServer {
  #child = fork(new URL('./fixtures/slow-server.js', import.meta.url))
  /** @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map()
  #last = 0
  /** @type {Overload[]} */ overloads = []

  constructor() {
    this.#child.on('message', (/** @type {any} */ { id, answer, overload }) => {
      if (overload) this.overloads.push(overload)
      this.#waiting.get(id)?.resolve(answer)
    })
    this.#child.on('exit', (code, signal) => {
      const error = new Error(`the server ended: ${code ?? signal}`)
      for (const { reject } of this.#waiting.values()) reject(error)
    })
  }

  get level() {
    return this.overloads.at(-1)?.level ?? 0
  }

  /**
   * @param {'publish' | 'watch' | 'slow' | 'shed' | 'stats'} name
   * @param {string} [argument] an offer
   * @returns {Promise<any>}
   */
  async ask(name, argument) {
    const id = ++this.#last
    const timer = setTimeout(() => {
      this.#waiting.get(id)?.reject(new Error(`not in time: ${name}, ${JSON.stringify(this.overloads)}`))
    }, livenessMs)
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        this.#child.send({ id, name, argument })
      })
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  close() {
    this.#child.kill('SIGKILL')
  }
}

/** @param {SlowServer} server */
async function watch(server) {
  const viewer = new WebRtcConnection({ ...loopback, trickle: false, iceAutoRestart: false }).init()
  const ready = whenReady(viewer)
  const offer = await viewer.createOffer({ audio: true, video: true })
  await viewer.setRemoteSdp(await server.ask('watch', offer))
  await ready
  return viewer
}

/**
 * @param {WebRtcConnection[]} viewers
 * @param {Kind} kind
 * @returns {Promise<number[]>} the packets that each has got
 */
function received(viewers, kind) {
  return Promise.all(
    viewers.map(async (viewer) => {
      const stats = [...(await viewer.getStats()).values()]
      const stream = stats.find((stat) => stat.type === 'inbound-rtp' && stat.kind === kind)
      return stream?.packetsReceived ?? 0
    }),
  )
}

/**
 * @param {string} what
 * @param {() => boolean | Promise<boolean>} isSo
 */
async function until(what, isSo) {
  const endMs = performance.now() + livenessMs
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not in time: ${what}`)
    await sleep(pollMs)
  }
}

/**
 * Waits until each has got some more.
 * @param {WebRtcConnection[]} viewers
 * @param {Kind} kind
 */
async function flows(viewers, kind) {
  const before = await received(viewers, kind)
  await until(`${kind} for ${viewers.length} viewers`, async () => {
    const now = await received(viewers, kind)
    return now.every((count, i) => count >= before[i] + somePackets)
  })
}

/**
 * Looks who gets what while the level stands.
 * @param {SlowServer} server
 * @param {WebRtcConnection[]} viewers
 * @returns {Promise<boolean>} false: it changed meanwhile, or happens to leave out none of them
 */
async function looksShed(server, viewers) {
  const told = server.overloads.length
  const { level, shedding } = server.overloads[told - 1]
  const shed = await server.ask('shed')
  const [stats] = await server.ask('stats')
  const [served, left] = [false, true].map((isShed) => viewers.filter((_, i) => shed[i] === isShed))
  // What was under way arrives.
  await flows(viewers, 'audio')
  const before = await received(left, 'video')
  await flows(viewers, 'audio')
  await flows(served, 'video')
  const after = await received(left, 'video')
  await server.ask('stats')
  if (server.overloads.length > told || left.length === 0) return false
  assert.equal(stats.overloadLevel, level)
  assert.ok(left.length <= shedding && left.length >= shedding - othersMax, `${left.length} of ${shedding}`)
  assert.deepEqual(after, before)
  return true
}

/** @param {Overload[]} overloads */
function checkSteps(overloads) {
  let last = 0
  for (const { code, worker, level, connections, shedding } of overloads) {
    assert.deepEqual([code, worker], [level > last ? 'WORKER_OVERLOAD' : 'WORKER_RELIEVED', 0])
    assert.equal(Math.abs(level - last), 1)
    assert.ok(connections > viewerCount && connections <= viewerCount + othersMax)
    assert.ok(level > 0 ? shedding <= connections : shedding === 0)
    last = level
  }
}

/** @returns {string | false} */
function whyNot() {
  const missing = ['taskset', 'openssl'].find((name) => spawnSync(name, ['help']).error)
  if (missing) return `there is no ${missing} here`
  return availableParallelism() < 2 && 'one core is needed for the worker, another for all others'
}

test('a worker without CPU tells it and leaves out video, but no audio, until it has CPU again', {
  skip: whyNot(),
}, async (t) => {
  const server = new SlowServer()
  t.after(() => server.close())
  t.after(await publish((offer) => server.ask('publish', offer)))
  /** @type {WebRtcConnection[]} */
  const viewers = []
  t.after(() => closeAll(viewers))
  // One after the other: the server's list of them is to have the same order.
  while (viewers.length < viewerCount) viewers.push(await watch(server))
  await flows(viewers, 'audio')
  await flows(viewers, 'video')
  let isSeen = false
  for (let round = 0; round < roundsMax && !isSeen; round++) {
    await server.ask('slow')
    isSeen = await looksShed(server, viewers)
    await until('level 0', () => server.level === 0)
  }
  assert.ok(isSeen)
  checkSteps(server.overloads)
  const [{ overloadLevel, overloadRises, maxLag }] = await server.ask('stats')
  assert.equal(overloadLevel, 0)
  assert.equal(overloadRises, server.overloads.filter(({ code }) => code === 'WORKER_OVERLOAD').length)
  assert.ok(maxLag >= 0.05, `${maxLag} s`)
  await flows(viewers, 'video')
  await flows(viewers, 'audio')
})

// How long a NAT remembers a mapping that nothing passes through (RFC 5780 4.6): one socket makes it and is silent, another
// asks the server later to answer to the first one's public port.

import { setTimeout as sleep } from 'node:timers/promises'
import { StunSocket } from './stun-socket.js'

/** @typedef {import('./stun-server.js').Endpoint} Endpoint */
/** @typedef {{ survivedSeconds: number, lostSeconds: number | null }} Lifetime lostSeconds: null: alive at the longest wait */

/** Sockets that wait at the same time, each for another time. */
const fan = 8
/** The answer to the waiting socket; three transmissions. */
const answerTimeoutMs = 2000

/**
 * @param {{ server: Endpoint, localAddress: string, maxSeconds: number, signal: AbortSignal }} options
 * @returns {Promise<Lifetime | null>} null: the server can't do that
 */
export async function measureLifetime({ server, localAddress, maxSeconds, signal }) {
  const local = { address: localAddress, family: server.family }
  const asker = await StunSocket.open(local, signal)
  try {
    const isAlive = async (/** @type {number} */ seconds, /** @type {AbortSignal} */ stop) => {
      const either = AbortSignal.any([signal, stop])
      const waiting = await StunSocket.open(local, either)
      try {
        return await isRemembered({ waiting, asker, server, seconds, signal: either })
      } finally {
        waiting.close()
      }
    }
    // Whether the server knows RESPONSE-PORT shows while the mapping is fresh.
    if (!(await isAlive(0, signal))) return null
    return await searchLifetime(isAlive, maxSeconds)
  } finally {
    asker.close()
  }
}

/**
 * @param {{ waiting: StunSocket, asker: StunSocket, server: Endpoint, seconds: number, signal: AbortSignal }} options
 */
async function isRemembered({ waiting, asker, server, seconds, signal }) {
  const first = await waiting.request(server, { timeoutMs: answerTimeoutMs })
  const mapped = first?.message.mapped
  if (!mapped) return false
  await sleep(seconds * 1000, undefined, { signal })
  const options = { via: asker, responsePort: mapped.port, timeoutMs: answerTimeoutMs }
  return (await waiting.request(server, options))?.message.class === 'success'
}

/**
 * Narrows the lifetime down in two rounds, first by halves from the longest time down, then between the two that are left. A
 * round ends with the first loss: all longer ones are lost as well.
 * @param {(seconds: number, stop: AbortSignal) => Promise<boolean>} isAlive
 * @param {number} maxSeconds
 * @returns {Promise<Lifetime>}
 */
export async function searchLifetime(isAlive, maxSeconds) {
  const halves = Array.from({ length: fan }, (_, index) => maxSeconds / 2 ** (fan - 1 - index))
  const coarse = await firstLoss(halves, isAlive)
  if (coarse.lostSeconds === null) return coarse
  const low = coarse.survivedSeconds
  const step = (coarse.lostSeconds - low) / (fan + 1)
  const between = Array.from({ length: fan }, (_, index) => low + (index + 1) * step)
  const fine = await firstLoss(between, isAlive)
  return {
    survivedSeconds: Math.max(low, fine.survivedSeconds),
    lostSeconds: fine.lostSeconds ?? coarse.lostSeconds,
  }
}

/**
 * @param {number[]} times rising
 * @param {(seconds: number, stop: AbortSignal) => Promise<boolean>} isAlive
 * @returns {Promise<Lifetime>}
 */
async function firstLoss(times, isAlive) {
  const stop = new AbortController()
  const runs = times.map((seconds) => isAlive(seconds, stop.signal))
  for (const run of runs) run.catch(() => {})
  try {
    let survivedSeconds = 0
    for (const [index, run] of runs.entries()) {
      if (!(await run)) return { survivedSeconds, lostSeconds: times[index] }
      survivedSeconds = times[index]
    }
    return { survivedSeconds, lostSeconds: null }
  } finally {
    stop.abort()
    await Promise.allSettled(runs)
  }
}

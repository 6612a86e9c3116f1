// Two connections in this process, joined by handing each the other's SDP and candidates. URCHIN_TEST_ICE=lite in the
// environment makes the second one, which answers, a lite one; URCHIN_TEST_WORKERS says how many workers there may be.

import { threadId } from 'node:worker_threads'
import { WebRtcConnection } from '../../lib/connection.js'
import { setWorkerLimit } from '../../lib/worker-pool.js'

/** @typedef {import('../../lib/connection.js').WebRtcConnection} Connection */

export const loopback = { networkInterfaces: ['127.0.0.1'] }

/** Whether pairs have a lite end. */
export const isLite = process.env.URCHIN_TEST_ICE === 'lite'
/** One of each JS environment, below the ports that the kernel gives away. */
export const icePort = 20_000 + ((process.pid * 7 + threadId * 61) % 12_000)
const liteOptions = isLite ? { ice: /** @type {const} */ ('lite'), icePort } : {}
if (process.env.URCHIN_TEST_WORKERS) setWorkerLimit(Number(process.env.URCHIN_TEST_WORKERS))

/**
 * Opens two connections that trickle to each other; the first one is to make the offer.
 * @param {object} [options] of both
 * @returns {[Connection, Connection]}
 */
export function openPair(options = {}) {
  const first = new WebRtcConnection({ ...loopback, ...options })
  const second = new WebRtcConnection({ ...loopback, ...options, ...liteOptions })
  for (const [from, to] of [
    [first, second],
    [second, first],
  ]) {
    from?.on('candidate', ({ message }) => {
      if (to && to.getCurrentState() !== 105) to.addRemoteCandidate(message)
    })
    from?.init()
  }
  return [first, second]
}

/**
 * @param {Connection} offerer
 * @param {Connection} answerer
 */
export async function negotiate(offerer, answerer) {
  await answerer.setRemoteSdp(await offerer.createOffer({ audio: true, video: true }))
  await offerer.setRemoteSdp(answerer.getLocalSdp())
}

/**
 * Resolves when a connection is READY, rejects when it has FAILED.
 * @param {Connection} connection
 */
export function whenReady(connection) {
  return new Promise((resolve, reject) => {
    connection.once('ready', resolve)
    connection.once('failed', ({ reason }) => reject(new Error(`${reason.code}: ${reason.detail}`)))
  })
}

/** Opens and connects a pair. */
export async function connectPair(options = {}) {
  const pair = openPair(options)
  const ready = Promise.all(pair.map(whenReady))
  await negotiate(...pair)
  await ready
  return pair
}

/** @param {Connection[]} connections */
export function closeAll(connections) {
  return Promise.all(connections.map((connection) => connection.close()))
}

// Whether a NAT passes packets from one inside socket to another one's public address (RFC 4787 6, "hairpinning").

import { isSame, StunSocket } from './stun-socket.js'

/** @typedef {import('./stun-server.js').Endpoint} Endpoint */

/**
 * Two sockets learn their public addresses and send to each other's, both at once, so that filters open as in hole punching.
 * @param {{ server: Endpoint, localAddress: string, timeoutMs: number, signal?: AbortSignal }} options timeoutMs: of each of the two steps
 * @returns {Promise<boolean | null>} null: there is no NAT, or its public addresses could not be learnt
 */
export async function testHairpinning({ server, localAddress, timeoutMs, signal }) {
  const sockets = await openTwo({ address: localAddress, family: server.family }, signal)
  try {
    const answers = await Promise.all(sockets.map((socket) => socket.request(server, { timeoutMs })))
    const [first, second] = answers.map((answer) => answer?.message.mapped ?? null)
    if (!first || !second || isSame(first, sockets[0].local)) return null
    const arrivals = [
      sockets[0].request(first, { via: sockets[1], isEcho: true, timeoutMs }),
      sockets[1].request(second, { via: sockets[0], isEcho: true, timeoutMs }),
    ]
    // One way is enough: what arrives opens the other one.
    const either = Promise.any(arrivals.map((arrival) => arrival.then((one) => one ?? Promise.reject(null))))
    return await either.then(
      () => true,
      () => false,
    )
  } finally {
    for (const socket of sockets) socket.close()
  }
}

/**
 * @param {{ address: string, family: 4 | 6 }} local
 * @param {AbortSignal} [signal]
 * @returns {Promise<[StunSocket, StunSocket]>}
 */
async function openTwo(local, signal) {
  const first = await StunSocket.open(local, signal)
  try {
    return [first, await StunSocket.open(local, signal)]
  } catch (error) {
    first.close()
    throw error
  }
}

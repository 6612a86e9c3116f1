// Has a connection answer an offer for a peer that gets everything in one reply: the answer holds our candidates.

import { UrchinError } from '../errors.js'

/** @typedef {import('../connection.js').WebRtcConnection} WebRtcConnection */

/**
 * Applies an offer and gives the answer with all candidates; with those there are when gathering takes too long (a STUN
 * server that does not answer must not keep anybody waiting).
 * @param {Pick<WebRtcConnection, 'setRemoteSdp' | 'getLocalSdp'>} connection made with trickle: false
 * @param {string} offer
 * @param {number} timeoutMs
 * @returns {Promise<string>}
 * @throws {UrchinError} what setRemoteSdp rejects with; ERR_TIMEOUT without any candidate in time
 */
export async function answerOffer(connection, offer, timeoutMs) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  try {
    await Promise.race([connection.setRemoteSdp({ type: 'offer', sdp: offer }), timeout])
  } finally {
    clearTimeout(timer)
  }
  const answer = connection.getLocalSdp()
  if (!/^a=candidate:/m.test(answer)) throw new UrchinError('ERR_TIMEOUT', 'No candidate was found in time')
  return answer
}

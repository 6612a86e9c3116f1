// TURN credentials that expire, by the scheme that coturn (use-auth-secret) and others share with whoever knows the secret
// (draft-uberti-behave-turn-rest-00 2.2): nothing has to be stored, and nothing that lasts is given away.

import { createHmac } from 'node:crypto'
import { invalid } from './errors.js'
import { checkIceServers } from './ice-servers.js'

/** @typedef {import('./ice-servers.js').IceServer} IceServer */

/**
 * @typedef {object} TurnOptions
 * @property {string | string[]} urls turn: and turns: URLs
 * @property {string} secret shared with the TURN server
 * @property {number} [ttlSeconds] 60 to 2592000 (30 days); 86400 by default
 */

const defaultTtlSeconds = 86_400

/**
 * Checks the options without making credentials.
 * @param {unknown} options
 * @param {string} [where] what messages begin with
 * @returns {Required<TurnOptions> & { urls: string[] }}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED; never with the secret
 */
export function checkTurn(options, where = 'createTurnCredentials') {
  const { urls, secret, ttlSeconds = defaultTtlSeconds } = Object(options)
  if (typeof secret !== 'string' || secret === '') throw invalid(`${where}: secret must be a text`)
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 60 || ttlSeconds > 2_592_000) {
    throw invalid(`${where}: ttlSeconds must be a whole number from 60 to 2592000`)
  }
  const list = [urls].flat()
  const servers = checkIceServers([{ urls: list, username: 'u', credential: 'c' }])
  if (servers.some(({ isTurn }) => !isTurn)) throw invalid(`${where}: urls must be turn: or turns:`)
  return { urls: list, secret, ttlSeconds }
}

/**
 * Makes an entry for iceServers that ends by itself: calls that stand go on, new ones need a new one.
 * @param {TurnOptions & { name?: string }} options name: for the TURN server's log, like a participant's id
 * @returns {{ urls: string[], username: string, credential: string }}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
 */
export function createTurnCredentials(options) {
  const { urls, secret, ttlSeconds } = checkTurn(options)
  const { name = '' } = options
  if (typeof name !== 'string' || !/^[\x21-\x7e]{0,256}$/.test(name)) {
    throw invalid('createTurnCredentials: name must be printable ASCII, at most 256 characters')
  }
  const expiry = Math.floor(Date.now() / 1000) + ttlSeconds
  const username = name === '' ? String(expiry) : `${expiry}:${name}`
  const credential = createHmac('sha1', secret).update(username).digest('base64')
  return { urls, username, credential }
}

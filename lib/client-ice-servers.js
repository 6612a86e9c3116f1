// Which ICE servers the clients of a server are told: STUN to everybody, TURN with credentials of their own that expire.
// The server's own credentials are not for them.

import { invalid } from './errors.js'
import { checkIceServers } from './ice-servers.js'
import { checkTurn, createTurnCredentials } from './turn-credentials.js'

/** @typedef {import('./ice-servers.js').IceServer} IceServer */
/** @typedef {import('./turn-credentials.js').TurnOptions & { forServer?: boolean }} ServerTurn forServer: the server's own
 * connections use it too */

export class ClientIceServers {
  #own
  #public
  #turn

  /**
   * @param {{ iceServers?: IceServer[], clientIceServers?: IceServer[], turn?: ServerTurn }} options
   * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
   */
  constructor({ iceServers = [], clientIceServers, turn }) {
    this.#own = iceServers
    checkIceServers(iceServers)
    this.#turn =
      turn === undefined ? null : { ...checkTurn(turn, 'turn'), forServer: checkFlag(turn.forServer) }
    this.#public = clientIceServers ?? iceServers.flatMap(stunOnly)
    checkPublic(this.#public)
    checkIceServers(this.ownServers)
  }

  /** For the server's own connections. @returns {IceServer[]} */
  get ownServers() {
    return this.#turn?.forServer ? [...this.#own, this.#credentials('server')] : this.#own
  }

  /** What may be known to all. @returns {IceServer[]} */
  get publicServers() {
    return this.#public
  }

  /**
   * @param {string} participantId
   * @returns {IceServer[]} fresh credentials among them
   */
  serversFor(participantId) {
    return this.#turn ? [...this.#public, this.#credentials(participantId)] : this.#public
  }

  /** @param {string} name */
  #credentials(name) {
    const { urls, secret, ttlSeconds } = /** @type {Required<ServerTurn>} */ (this.#turn)
    return createTurnCredentials({ urls, secret, ttlSeconds, name })
  }
}

/**
 * @param {IceServer} server
 * @returns {IceServer[]}
 */
function stunOnly({ urls }) {
  const stun = [urls].flat().filter((url) => /^stun:/i.test(url))
  return stun.length === 0 ? [] : [{ urls: Array.isArray(urls) ? stun : stun[0] }]
}

/** @param {unknown} list */
function checkPublic(list) {
  if (!Array.isArray(list)) throw invalid('clientIceServers must be a list')
  const hasLogin = list.some(
    (one) => Object(one).username !== undefined || Object(one).credential !== undefined,
  )
  if (hasLogin) {
    throw invalid(
      'clientIceServers: pages get no credentials that last; name TURN servers in turn, with their secret',
    )
  }
  try {
    checkIceServers(list)
  } catch (error) {
    throw invalid(/** @type {Error} */ (error).message.replace('iceServers', 'clientIceServers'))
  }
}

/** @param {unknown} value */
function checkFlag(value) {
  if (value !== undefined && typeof value !== 'boolean')
    throw invalid('turn: forServer must be true or false')
  return value ?? false
}

// The conference server as one function: rooms, reached over WebSocket, WHIP and WHEP, and the page.

import { EventEmitter, once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serverBlockedNetworks } from './blocked-networks.js'
import { ClientIceServers } from './client-ice-servers.js'
import { checkOptions } from './connection-options.js'
import { silentLogger } from './console-logger.js'
import { UrchinError } from './errors.js'
import { Room } from './room.js'
import { bearerToken, HttpError } from './signal/http.js'
import { Internals } from './signal/internals.js'
import { Router } from './signal/router.js'
import { WebSocketSignaling } from './signal/websocket.js'
import { setWorkerLimit } from './worker-pool.js'
import { workers } from './workers.js'

/** @typedef {import('./connection.js').WebRtcConnection} WebRtcConnection */
/** @typedef {import('./connection-options.js').ConnectionOptions} ConnectionOptions */
/** @typedef {import('./connection-options.js').IceServer} IceServer */
/** @typedef {import('./console-logger.js').Logger} Logger */
/** @typedef {import('node:http').IncomingMessage} IncomingMessage */

/**
 * Who wants to do what.
 * @typedef {object} AccessRequest
 * @property {'page' | 'whip' | 'whep'} kind
 * @property {string} room
 * @property {string} [name] 'page' only
 * @property {string} [token] the bearer token, or the one in `join`
 * @property {IncomingMessage} request
 */

/**
 * @typedef {object} ServerOptions
 * @property {number} [port] 8080 by default; 0: any free one
 * @property {string} [host] an address of this machine; all of them by default
 * @property {number} [workers] threads that carry media, at most, in this whole JS environment; by default its cores
 * @property {IceServer[]} [iceServers] STUN and TURN servers for our own connections
 * @property {IceServer[]} [clientIceServers] STUN servers for our clients; those of iceServers by default
 * @property {import('./client-ice-servers.js').ServerTurn} [turn] TURN servers for our clients, each with credentials of its
 *   own that expire
 * @property {Omit<ConnectionOptions, 'iceServers' | 'logger' | 'polite' | 'trickle'>} [connection] further options of
 *   our connections: portRange, networkInterfaces, announcedAddress, …; blockedNetworks is what only this machine and its
 *   cable reach by default
 * @property {Omit<import('./room.js').RoomOptions, 'logger'>} [roomOptions]
 * @property {number} [maxRooms] 1000 by default
 * @property {number} [maxParticipants] in all rooms together, 1000 by default
 * @property {string | null} [staticDir] the page's files; the conference page by default, null: none
 * @property {string[]} [allowedOrigins] origins, besides the server's own, whose pages may open /ws; '*': all
 * @property {(access: AccessRequest) => boolean | Promise<boolean>} [authorize] everybody may enter if absent
 * @property {number} [answerTimeoutMs] how long WHIP and WHEP wait for STUN and TURN, 3000 by default
 * @property {import('./signal/internals.js').InternalsAccess} [internals] who sees the page /internals; 'local' by default
 * @property {Logger} [logger] silent by default
 * @property {(options: ConnectionOptions) => any} [connectionFactory] for tests
 */

const conferenceDir = join(dirname(fileURLToPath(import.meta.url)), '..', 'examples', 'conference')

/**
 * Makes a conference server; listen() starts it.
 * @param {ServerOptions} [options]
 * @returns {Server}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
 */
export function createServer(options) {
  return new Server(options)
}

/**
 * Events: 'room' (room) when one is made, 'room-closed' (room) when its last member has left.
 * @extends {EventEmitter<{ room: [Room], 'room-closed': [Room] }>}
 */
export class Server extends EventEmitter {
  #options
  #router
  #webSockets
  /** @type {Map<string, Room>} */
  #rooms = new Map()
  /** Those whose connection is being made. */
  #pending = 0
  /** @type {((options: ConnectionOptions) => any) | undefined} */
  #connectionFactory
  #isClosing = false
  #blockedNetworks
  /** @param {import('./workers.js').Overload} overload */
  #onOverload = ({ code, ...fields }) => {
    const text = code === 'WORKER_OVERLOAD' ? 'a worker has too much to do' : 'a worker has less to do again'
    this.logger.warn({ code, ...fields }, text)
  }

  /** @param {ServerOptions} [options] */
  constructor(options = {}) {
    super()
    const { connection, logger = silentLogger, answerTimeoutMs = 3000 } = options
    /** For signalling: STUN and TURN servers, ours and our clients'. */
    this.iceServers = new ClientIceServers(options)
    if (options.workers !== undefined) setWorkerLimit(options.workers)
    // Better now than at the first join.
    const { native } = checkOptions({ ...connection, iceServers: this.iceServers.ownServers })
    this.#blockedNetworks = serverBlockedNetworks(native.addresses)
    this.#options = options
    this.#connectionFactory = options.connectionFactory
    this.logger = logger
    this.answerTimeoutMs = answerTimeoutMs
    /** For signalling: the page that shows the connections. */
    this.internals = new Internals(this, options.internals ?? 'local')
    this.#router = new Router(this, options.staticDir === undefined ? conferenceDir : options.staticDir)
    /** For whoever wants to add to it; its 'request' and 'upgrade' are served already. */
    this.httpServer = createHttpServer((request, response) => void this.#router.handle(request, response))
    this.httpServer.requestTimeout = 30_000
    this.httpServer.headersTimeout = 10_000
    this.#webSockets = new WebSocketSignaling(this, options.allowedOrigins ?? [])
    this.httpServer.on('upgrade', (request, socket, head) => this.#webSockets.upgrade(request, socket, head))
  }

  /** The rooms by name. @returns {ReadonlyMap<string, Room>} */
  get rooms() {
    return this.#rooms
  }

  /** Where it can be reached from this machine, without a path; '' while it does not listen. */
  get url() {
    const address = this.httpServer.address()
    if (address === null || typeof address === 'string') return ''
    // A secure context for browsers, which is what camera and microphone need.
    const isLocal = ['::', '0.0.0.0', '127.0.0.1'].includes(address.address)
    const isV6 = address.family === 'IPv6'
    const host = isLocal ? 'localhost' : isV6 ? `[${address.address}]` : address.address
    return `http://${host}:${address.port}`
  }

  get isClosing() {
    return this.#isClosing
  }

  /** How many take part, in all rooms together. */
  get participantCount() {
    let count = this.#pending
    for (const room of this.#rooms.values()) count += room.size
    return count
  }

  /**
   * Starts to listen.
   * @returns {Promise<this>} rejects with Node's error (EADDRINUSE, …), or because the native addon can not be loaded
   */
  async listen() {
    if (!this.#connectionFactory) {
      const { WebRtcConnection } = await import('./connection.js')
      this.#connectionFactory = (options) => new WebRtcConnection(options)
    }
    const { port = 8080, host } = this.#options
    this.httpServer.listen({ port, host })
    await once(this.httpServer, 'listening')
    workers.on('overload', this.#onOverload)
    return this
  }

  /**
   * Stops listening, tells everybody to come back later, closes all connections.
   * @returns {Promise<void>} when all is closed
   */
  async close() {
    this.#isClosing = true
    workers.off('overload', this.#onOverload)
    const isListening = this.httpServer.listening
    const closed = isListening ? once(this.httpServer, 'close') : null
    if (isListening) this.httpServer.close()
    const sockets = this.#webSockets.close()
    await Promise.all([...this.#rooms.values()].map((room) => room.close()))
    await sockets
    this.httpServer.closeAllConnections()
    await closed
  }

  /**
   * The room of a name; made if it does not exist.
   * @param {string} name
   * @returns {Room}
   * @throws {UrchinError} ERR_ROOM_NAME, ERR_SERVER_FULL
   */
  room(name) {
    const known = this.#rooms.get(name)
    if (known) return known
    if (this.#rooms.size >= (this.#options.maxRooms ?? 1000)) {
      throw new UrchinError('ERR_SERVER_FULL', 'The server has no place for another room')
    }
    const room = new Room(name, { ...this.#options.roomOptions, logger: this.logger })
    this.#rooms.set(name, room)
    room.once('empty', () => {
      this.#rooms.delete(name)
      void room.close()
      this.emit('room-closed', room)
    })
    this.emit('room', room)
    return room
  }

  /**
   * For signalling: makes a connection with the server's settings.
   * @param {ConnectionOptions} options
   * @returns {WebRtcConnection}
   */
  createConnection(options) {
    const factory = this.#connectionFactory
    if (!factory) throw new UrchinError('ERR_INVALID_STATE', 'listen() comes first')
    const { connection } = this.#options
    const settings = {
      blockedNetworks: this.#blockedNetworks,
      ...connection,
      iceServers: this.iceServers.ownServers,
      logger: this.logger,
      ...options,
    }
    return this.internals.watch(factory(settings))
  }

  /**
   * For signalling: checks who it is before anything is made for it.
   * @param {IncomingMessage} request
   * @param {{ kind: 'page' | 'whip' | 'whep', room: string, name?: string, token?: string }} access
   * @throws {HttpError} 401
   */
  async authorize(request, access) {
    const { authorize } = this.#options
    if (!authorize) return
    const isAllowed = await authorize({ token: bearerToken(request), ...access, request })
    if (isAllowed !== true) {
      throw new HttpError(401, 'ERR_UNAUTHORIZED', 'Not authorized', { 'WWW-Authenticate': 'Bearer' })
    }
  }

  /**
   * For signalling: runs what brings one more participant into a room, if there is a place for it.
   * @template T
   * @param {string} roomName
   * @param {() => Promise<T>} action
   * @returns {Promise<T>}
   * @throws {UrchinError} ERR_CLOSING, ERR_SERVER_FULL, ERR_ROOM_FULL
   */
  async admit(roomName, action) {
    if (this.#isClosing) throw new UrchinError('ERR_CLOSING', 'The server is shutting down')
    if (this.participantCount >= (this.#options.maxParticipants ?? 1000)) {
      throw new UrchinError('ERR_SERVER_FULL', 'The server is full')
    }
    if (this.#rooms.get(roomName)?.isFull) throw new UrchinError('ERR_ROOM_FULL', 'The room is full')
    this.#pending += 1
    try {
      return await action()
    } finally {
      this.#pending -= 1
    }
  }
}

// One page's conversation over /ws: docs/protocol.md 1.

import { UrchinError } from '../errors.js'
import { isRoomName } from '../room.js'
import { cleanName } from './names.js'
import { PageNegotiation } from './page-negotiation.js'
import { RateLimit } from './rate-limit.js'

/** @typedef {import('node:events').EventEmitter} EventEmitter */
/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('ws').WebSocket} WebSocket */
/** @typedef {import('../participant.js').Participant} Participant */
/** @typedef {import('../server.js').Server} Server */

const joinTimeoutMs = 10_000
/** bytes of a message that is no description */
const maxMessageBytes = 64 * 1024
/** bytes that wait for a socket that reads too slowly */
const maxBufferedBytes = 4 * 1024 * 1024

/** Close codes by the reason for which a participant left. @type {Record<string, [number, string]>} */
const endings = {
  left: [1000, 'Left'],
  removed: [4003, 'Removed from the room'],
  failed: [4004, 'The media connection failed'],
  finished: [4004, 'The media connection was closed'],
  closed: [1001, 'The server is shutting down'],
}

/** Close codes by the error that a join ended with; other errors leave the socket open. @type {Record<string, number>} */
const refusals = {
  ERR_UNAUTHORIZED: 4401,
  ERR_ROOM_FULL: 1013,
  ERR_SERVER_FULL: 1013,
  ERR_CLOSING: 1001,
}

/** Lives as long as its socket. */
export class PageSession {
  #server
  #socket
  #request
  #rate = new RateLimit({ perSecond: 50, burst: 200 })
  #joinTimer
  #isJoining = false
  /** What came while it was joining. @type {[Buffer, boolean][]} */
  #early = []
  /** @type {Participant | null} */
  #participant = null
  /** @type {PageNegotiation | null} */
  #negotiation = null
  /** @type {[string, (...values: any[]) => void][]} */
  #roomListeners = []

  /**
   * @param {Server} server
   * @param {WebSocket} socket
   * @param {IncomingMessage} request that the socket came by
   */
  constructor(server, socket, request) {
    this.#server = server
    this.#socket = socket
    this.#request = request
    this.#joinTimer = setTimeout(() => socket.close(1008, 'No join in time'), joinTimeoutMs)
    socket.on('message', (data, isBinary) => this.#receive(/** @type {Buffer} */ (data), isBinary))
    socket.on('close', () => this.#end())
  }

  /**
   * @param {Buffer} data
   * @param {boolean} isBinary
   */
  #receive(data, isBinary) {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#isJoining) {
      this.#early.push([data, isBinary])
      return
    }
    if (!this.#rate.take()) {
      this.#sendError(new UrchinError('ERR_RATE', 'Too many messages'))
      this.#socket.close(1008, 'Too many messages')
      return
    }
    if (data.length > maxMessageBytes && !this.#participant) return this.#refuseSize()
    const message = isBinary ? null : parseMessage(data)
    if (!message) {
      this.#sendError(new UrchinError('ERR_MESSAGE', 'A message is a JSON object with a type, as text'))
      return
    }
    const isDescription = message.type === 'offer' || message.type === 'answer'
    if (data.length > maxMessageBytes && !isDescription) return this.#refuseSize()
    try {
      this.#handle(message)
    } catch (error) {
      this.#report(error, message.type)
    }
  }

  #refuseSize() {
    this.#sendError(new UrchinError('ERR_TOO_LARGE', 'The message is too large'))
    this.#socket.close(1009, 'Message too large')
  }

  /** @param {Record<string, unknown> & { type: string }} message */
  #handle(message) {
    switch (message.type) {
      case 'ping':
        return this.#send(isPingId(message.id) ? { type: 'pong', id: message.id } : { type: 'pong' })
      case 'join':
        return this.#handleJoin(message)
      case 'leave':
        return void (this.#participant ? this.#participant.leave('left') : this.#socket.close(1000, 'Left'))
      case 'offer':
      case 'answer':
        return this.#negotiate().takeDescription(message.type, textOf(message, 'sdp'))
      case 'candidate':
        return this.#negotiate().takeCandidate(message.candidate)
      case 'mute':
        return this.#handleMute(message)
      case 'ice-servers':
        return this.#sendIceServers()
      default:
        throw new UrchinError('ERR_MESSAGE_TYPE', 'Unknown type')
    }
  }

  /** Fresh credentials, for a page whose first ones may have expired. */
  #sendIceServers() {
    if (!this.#participant) throw notJoined()
    const iceServers = this.#server.iceServers.serversFor(this.#participant.id)
    this.#send({ type: 'ice-servers', iceServers })
  }

  #negotiate() {
    if (!this.#negotiation) throw notJoined()
    return this.#negotiation
  }

  /** @param {Record<string, unknown>} message */
  #handleMute({ kind, muted }) {
    if (!this.#participant) throw notJoined()
    if ((kind !== 'audio' && kind !== 'video') || typeof muted !== 'boolean') {
      throw new UrchinError('ERR_MESSAGE', "mute needs a kind, 'audio' or 'video', and muted, true or false")
    }
    if (muted) this.#participant.mute(kind, { by: 'self' })
    else this.#participant.unmute(kind, { by: 'self' })
  }

  /** @param {Record<string, unknown>} message */
  #handleJoin(message) {
    if (this.#participant) throw new UrchinError('ERR_JOINED', 'Joined already')
    const room = textOf(message, 'room')
    const name = cleanName(textOf(message, 'name'))
    if (!isRoomName(room)) {
      throw new UrchinError('ERR_ROOM_NAME', "A room's name has 1 to 64 letters, digits, '-' and '_'")
    }
    if (name === '') throw new UrchinError('ERR_MESSAGE', 'name is empty')
    const token = typeof message.token === 'string' ? message.token : undefined
    this.#isJoining = true
    // What follows waits in the kernel until it is known who this is, but for what has been read already.
    this.#socket.pause()
    this.#join({ room, name, token, isPublishing: message.publish !== false })
      .catch((error) => this.#refuseJoin(error))
      .finally(() => {
        this.#isJoining = false
        for (const [data, isBinary] of this.#early.splice(0)) this.#receive(data, isBinary)
        this.#socket.resume()
      })
  }

  /** @param {unknown} error */
  #refuseJoin(error) {
    this.#report(error, 'join')
    const code = error instanceof UrchinError ? refusals[error.code] : 1011
    if (code !== undefined) this.#socket.close(code, error instanceof UrchinError ? error.message : 'Failed')
  }

  /** @param {{ room: string, name: string, token: string | undefined, isPublishing: boolean }} wish */
  async #join({ room: roomName, name, token, isPublishing }) {
    const access = token === undefined ? { name } : { name, token }
    await this.#server.authorize(this.#request, { kind: 'page', room: roomName, ...access })
    await this.#server.admit(roomName, async () => {
      if (this.#socket.readyState !== this.#socket.OPEN) return
      const connection = this.#server.createConnection({ trickle: true, polite: false })
      try {
        const room = this.#server.room(roomName)
        connection.init()
        this.#enter(room.join({ name, kind: 'page', connection }), connection, isPublishing)
      } catch (error) {
        await connection.close()
        throw error
      }
    })
  }

  /**
   * @param {Participant} participant
   * @param {import('../connection.js').WebRtcConnection} connection
   * @param {boolean} isPublishing
   */
  #enter(participant, connection, isPublishing) {
    clearTimeout(this.#joinTimer)
    this.#participant = participant
    const { room, id, name } = participant
    const others = room.participants.filter((other) => other !== participant && other.kind !== 'whep')
    this.#send({
      type: 'joined',
      participantId: id,
      room: room.name,
      name,
      participants: others.map((other) => other.toJSON()),
      iceServers: this.#server.iceServers.serversFor(id),
    })
    this.#listen(participant)
    this.#negotiation = new PageNegotiation(connection, {
      send: (message) => this.#send(message),
      report: (error, about) => this.#report(error, about),
    })
    if (!isPublishing) this.#negotiation.offer()
  }

  /** @param {Participant} participant */
  #listen(participant) {
    const { room } = participant
    /** @type {[string, (...values: any[]) => void][]} */
    const listeners = [
      [
        'participant-joined',
        (one) => one.kind !== 'whep' && this.#send({ type: 'participant-joined', participant: one }),
      ],
      [
        'participant-left',
        (one) =>
          one !== participant &&
          one.kind !== 'whep' &&
          this.#send({ type: 'participant-left', participantId: one.id }),
      ],
      [
        'participant-muted',
        (one, kind, muted, by) =>
          this.#send({ type: 'participant-muted', participantId: one.id, kind, muted, by }),
      ],
    ]
    this.#roomListeners = listeners
    for (const [name, listener] of listeners) /** @type {EventEmitter} */ (room).on(name, listener)
    participant.once('left', (reason) => {
      const [code, text] = endings[reason] ?? endings.removed
      this.#socket.close(code, text)
      this.#stopListening()
    })
  }

  #stopListening() {
    const room = /** @type {EventEmitter | undefined} */ (this.#participant?.room)
    for (const [name, listener] of this.#roomListeners) room?.off(name, listener)
    this.#roomListeners = []
  }

  #end() {
    clearTimeout(this.#joinTimer)
    this.#stopListening()
    void this.#participant?.leave('left')
  }

  /**
   * @param {unknown} error
   * @param {string} about
   */
  #report(error, about) {
    if (error instanceof UrchinError) {
      this.#sendError(error, about)
      return
    }
    this.#server.logger.error({ participantId: this.#participant?.id, err: error }, `${about} failed`)
    this.#sendError(new UrchinError('ERR_INTERNAL', 'The server failed'), about)
  }

  /**
   * @param {UrchinError} error
   * @param {string} [about]
   */
  #sendError({ code, message }, about) {
    // The type is the peer's own text: short enough to be sent back.
    this.#send({ type: 'error', code, message, about: about?.slice(0, 64) })
  }

  /** @param {object} message */
  #send(message) {
    const socket = this.#socket
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > maxBufferedBytes) {
      this.#server.logger.warn({ participantId: this.#participant?.id }, 'WebSocket reads too slowly')
      socket.close(1013, 'Reads too slowly')
      // It will hardly read the close frame.
      socket.terminate()
      return
    }
    socket.send(JSON.stringify(message))
  }
}

/**
 * @param {Buffer} data
 * @returns {(Record<string, unknown> & { type: string }) | null}
 */
function parseMessage(data) {
  let message
  try {
    message = JSON.parse(data.toString())
  } catch {
    return null
  }
  const isMessage = typeof message === 'object' && message !== null && typeof message.type === 'string'
  return isMessage ? message : null
}

/**
 * @param {Record<string, unknown>} message
 * @param {string} field
 * @returns {string}
 */
function textOf(message, field) {
  const value = message[field]
  if (typeof value !== 'string') throw new UrchinError('ERR_MESSAGE', `${field} must be a text`)
  return value
}

/** @param {unknown} id */
function isPingId(id) {
  return typeof id === 'number' || (typeof id === 'string' && id.length <= 64)
}

function notJoined() {
  return new UrchinError('ERR_NOT_JOINED', 'join comes first')
}

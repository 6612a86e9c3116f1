// The HTTP side of WHIP (RFC 9725) and of WHEP (draft-ietf-wish-whep), which has the same methods: POST makes a session,
// PATCH trickles candidates and restarts ICE, DELETE ends it. What differs is in whip.js and whep.js.

import { UrchinError } from '../errors.js'
import { randomBytes } from '../random.js'
import { isRoomName } from '../room.js'
import { parseSdp } from '../sdp/parse.js'
import { answerOffer } from './answer.js'
import { readFragment, readUfrag, restartOffer, writeFragment } from './fragment.js'
import { HttpError, readBody, requireContentType } from './http.js'

/** @typedef {import('./http.js').IncomingMessage} IncomingMessage */
/** @typedef {import('./http.js').ServerResponse} ServerResponse */
/** @typedef {import('../connection.js').WebRtcConnection} WebRtcConnection */
/** @typedef {import('../participant.js').Participant} Participant */
/** @typedef {import('../sdp/parse.js').Description} Description */
/** @typedef {import('../server.js').Server} Server */

/**
 * What WHIP and WHEP differ in.
 * @typedef {object} Protocol
 * @property {'whip' | 'whep'} kind
 * @property {(offer: Description) => void} checkOffer throws an HttpError
 * @property {(offer: string) => string} [adaptOffer] before it is looked at; takes any text
 * @property {(connection: WebRtcConnection, offer: Description) => any} prepare before the offer is applied; its result
 *   goes to joinOptions and joined
 * @property {(query: URLSearchParams, sessions: HttpSessions) => import('../participant.js').ParticipantOptions} joinOptions
 * @property {(participant: Participant, prepared: any) => void} joined
 */

/**
 * @typedef {object} Session
 * @property {string} id
 * @property {'whip' | 'whep'} kind
 * @property {string} room
 * @property {Participant} participant
 * @property {WebRtcConnection} connection
 * @property {string} etag of the ICE session
 * @property {string} offer the peer's last whole offer
 * @property {Promise<unknown>} turn PATCHes are taken one after the other
 */

const fragmentType = 'application/trickle-ice-sdpfrag'
const offerType = 'application/sdp'
const endpointMethods = 'GET, HEAD, OPTIONS, POST'
const sessionMethods = 'DELETE, GET, HEAD, OPTIONS, PATCH'

const corsHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Location, ETag, Link, Accept-Patch, Accept-Post, Urchin-Participant',
}

/** The sessions of one server. */
export class HttpSessions {
  #server
  /** @type {Map<string, Session>} */
  #sessions = new Map()

  /** @param {Server} server */
  constructor(server) {
    this.#server = server
  }

  /** @param {string} id */
  find(id) {
    return this.#sessions.get(id)
  }

  /**
   * Answers a request below /whip/ or /whep/.
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {{ protocol: Protocol, room: string, sessionId: string | null, query: URLSearchParams }} target
   *   sessionId: null for the endpoint
   * @throws {HttpError | UrchinError}
   */
  async handle(request, response, target) {
    for (const [name, value] of Object.entries(corsHeaders)) response.setHeader(name, value)
    if (request.method === 'OPTIONS') {
      this.#sendOptions(response, target.sessionId !== null)
    } else if (!isRoomName(target.room)) {
      throw new HttpError(400, 'ERR_ROOM_NAME', "A room's name has 1 to 64 letters, digits, '-' and '_'")
    } else if (target.sessionId === null) {
      await this.#handleEndpoint(request, response, target)
    } else {
      await this.#handleSession(request, response, { ...target, sessionId: target.sessionId })
    }
  }

  /**
   * @param {ServerResponse} response
   * @param {boolean} isSession
   */
  #sendOptions(response, isSession) {
    const methods = isSession ? sessionMethods : endpointMethods
    response.writeHead(204, {
      Allow: methods,
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match',
      'Access-Control-Max-Age': '86400',
      ...(isSession ? { 'Accept-Patch': fragmentType } : { 'Accept-Post': offerType }),
      // Whoever asks here has not been authorized: no credentials.
      ...linkHeader(this.#server.iceServers.publicServers),
    })
    response.end()
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {{ protocol: Protocol, room: string, query: URLSearchParams }} target
   */
  async #handleEndpoint(request, response, target) {
    if (request.method === 'GET' || request.method === 'HEAD') {
      response.writeHead(204).end()
      return
    }
    if (request.method !== 'POST') {
      throw new HttpError(405, 'ERR_METHOD', `${request.method} is not possible here`, {
        Allow: endpointMethods,
      })
    }
    requireContentType(request, offerType)
    await this.#server.authorize(request, { kind: target.protocol.kind, room: target.room })
    const body = await readBody(request)
    const { session, answer } = await this.#server.admit(target.room, () => this.#create(body, target))
    // The client is gone and will never learn the session's URL.
    if (response.destroyed) {
      await session.participant.leave('left')
      return
    }
    response.writeHead(201, {
      'Content-Type': offerType,
      'Content-Length': Buffer.byteLength(answer),
      Location: `/${session.kind}/${session.room}/${session.id}`,
      ETag: session.etag,
      'Accept-Patch': fragmentType,
      'Cache-Control': 'no-store',
      'Urchin-Participant': session.participant.id,
      ...linkHeader(this.#server.iceServers.serversFor(session.participant.id)),
    })
    response.end(answer)
  }

  /**
   * @param {string} body
   * @param {{ protocol: Protocol, room: string, query: URLSearchParams }} target
   * @returns {Promise<{ session: Session, answer: string }>}
   */
  async #create(body, { protocol, room, query }) {
    const offer = protocol.adaptOffer?.(body) ?? body
    const offered = parseSdp(offer)
    protocol.checkOffer(offered)
    // RFC 9725 4.3.3: only the client restarts ICE.
    const connection = this.#server.createConnection({ trickle: false, iceAutoRestart: false })
    try {
      // It joins only when all has gone well; what comes in meanwhile is handed over then.
      /** @type {any[]} */
      const early = []
      const keep = (/** @type {any} */ track) => early.push(track)
      connection.on('track', keep)
      connection.init()
      const prepared = protocol.prepare(connection, offered)
      const answer = await answerOffer(connection, offer, this.#server.answerTimeoutMs)
      checkAnswer(offered, answer)
      connection.off('track', keep)
      const options = protocol.joinOptions(query, this)
      const participant = this.#server.room(room).join({ ...options, kind: protocol.kind, connection })
      const session = this.#remember({ kind: protocol.kind, room, participant, connection, offer })
      protocol.joined(participant, prepared)
      if (protocol.kind === 'whip') for (const track of early) if (!track.ended) participant.publish(track)
      return { session, answer }
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /**
   * @param {Omit<Session, 'id' | 'etag' | 'turn'>} fields
   * @returns {Session}
   */
  #remember(fields) {
    // 128 random bits: who knows the URL may end the session (RFC 9725 5).
    const id = randomBytes(16).toString('base64url')
    const session = { ...fields, id, etag: newEtag(), turn: Promise.resolve() }
    this.#sessions.set(id, session)
    fields.participant.once('left', () => this.#sessions.delete(id))
    return session
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {{ protocol: Protocol, room: string, sessionId: string }} target
   */
  async #handleSession(request, response, { protocol, room, sessionId }) {
    const session = this.#sessions.get(sessionId)
    if (!session || session.kind !== protocol.kind || session.room !== room) {
      throw new HttpError(404, 'ERR_NOT_FOUND', 'There is no such session')
    }
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        response.writeHead(204).end()
        return
      case 'DELETE':
        await this.#server.authorize(request, { kind: protocol.kind, room })
        await session.participant.leave('left')
        response.writeHead(200, { 'Content-Length': '0' }).end()
        return
      case 'PATCH':
        await this.#server.authorize(request, { kind: protocol.kind, room })
        await this.#patch(request, response, session)
        return
      default:
        throw new HttpError(405, 'ERR_METHOD', `${request.method} is not possible here`, {
          Allow: sessionMethods,
        })
    }
  }

  /**
   * RFC 9725 4.3: trickle and ICE restart.
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {Session} session
   */
  async #patch(request, response, session) {
    requireContentType(request, fragmentType)
    const condition = request.headers['if-match']
    if (condition === undefined) {
      throw new HttpError(428, 'ERR_PRECONDITION_REQUIRED', 'If-Match is missing')
    }
    const fragment = readFragment(await readBody(request))
    const turn = session.turn.then(async () => {
      if (session.participant.hasLeft) throw new HttpError(404, 'ERR_NOT_FOUND', 'The session has ended')
      if (!matches(condition, session.etag)) {
        throw new HttpError(412, 'ERR_PRECONDITION', 'If-Match names another ICE session')
      }
      const isRestart = fragment.ufrag !== '' && fragment.ufrag !== readUfrag(session.offer)
      if (isRestart) await this.#restart(response, session, fragment)
      else trickle(response, session, fragment)
    })
    session.turn = turn.catch(() => {})
    await turn
  }

  /**
   * @param {ServerResponse} response
   * @param {Session} session
   * @param {import('./fragment.js').Fragment} fragment
   */
  async #restart(response, session, fragment) {
    if (fragment.pwd === '')
      throw new HttpError(400, 'ERR_FRAGMENT', 'A new a=ice-ufrag without its a=ice-pwd')
    const offer = restartOffer(session.offer, fragment)
    // RFC 9725 4.3.3: when this fails, the session goes on with its old credentials and ETag.
    const answer = await answerOffer(session.connection, offer, this.#server.answerTimeoutMs)
    session.offer = offer
    session.etag = newEtag()
    addCandidates(session.connection, fragment)
    response.writeHead(200, { 'Content-Type': fragmentType, ETag: session.etag, 'Cache-Control': 'no-store' })
    response.end(writeFragment(answer))
  }
}

/**
 * @param {ServerResponse} response
 * @param {Session} session
 * @param {import('./fragment.js').Fragment} fragment
 */
function trickle(response, session, fragment) {
  addCandidates(session.connection, fragment)
  response.writeHead(204).end()
}

/**
 * @param {WebRtcConnection} connection
 * @param {import('./fragment.js').Fragment} fragment
 */
function addCandidates(connection, { candidates, hasEnded, ufrag }) {
  const usernameFragment = ufrag || undefined
  const all = candidates.map(({ candidate, sdpMid }) => ({ candidate, sdpMid, usernameFragment }))
  for (const candidate of [...all, ...(hasEnded ? [null] : [])]) {
    try {
      // RFC 9725 4.3.2: what can not be used is skipped silently.
      connection.addRemoteCandidate(candidate).catch(() => {})
    } catch (error) {
      if (!(error instanceof UrchinError)) throw error
    }
  }
}

/**
 * RFC 9725 4.2: no half success; one section that can not be had refuses the whole offer.
 * @param {Description} offered
 * @param {string} answer
 */
function checkAnswer(offered, answer) {
  const ports = [...answer.matchAll(/^m=\w+ (\d+)/gm)].map(([, port]) => Number(port))
  const isHalf = offered.sections.some((section, index) => !section.isRejected && !ports[index])
  if (isHalf)
    throw new HttpError(422, 'ERR_UNSUPPORTED', 'No codec or protocol in common for a media section')
}

/**
 * If-Match by strong comparison (RFC 9110 13.1.1). "*" with quotes is what the examples of RFC 9725 show.
 * @param {string} condition
 * @param {string} etag
 */
function matches(condition, etag) {
  const tags = condition.split(',').map((tag) => tag.trim())
  return tags.some((tag) => tag === '*' || tag === '"*"' || tag === etag)
}

function newEtag() {
  return `"${randomBytes(12).toString('hex')}"`
}

/**
 * RFC 9725 4.6.
 * @param {import('../ice-servers.js').IceServer[]} iceServers
 */
function linkHeader(iceServers) {
  const links = iceServers.flatMap(({ urls, username, credential }) =>
    [urls].flat().map((url) => {
      const login =
        username === undefined ? '' : `; username=${quote(username)}; credential=${quote(credential)}`
      return `<${url}>; rel="ice-server"${login}${login && '; credential-type="password"'}`
    }),
  )
  return links.length > 0 ? { Link: links.join(', ') } : {}
}

/** @param {string | undefined} text */
function quote(text = '') {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

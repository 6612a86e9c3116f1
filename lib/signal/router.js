// Which part answers an HTTP request, and how errors are answered.

import { UrchinError } from '../errors.js'
import { HttpError, sendProblem } from './http.js'
import { HttpSessions } from './http-sessions.js'
import { StaticFiles } from './static-files.js'
import { whep } from './whep.js'
import { whip } from './whip.js'

/** @typedef {import('./http.js').IncomingMessage} IncomingMessage */
/** @typedef {import('./http.js').ServerResponse} ServerResponse */
/** @typedef {import('../server.js').Server} Server */

const protocols = { whip, whep }

const retrySoon = { 'Retry-After': '5' }

/** HTTP statuses of errors that come from below; other ERR_SDP… are 422. @type {Record<string, number>} */
const statuses = {
  ERR_SDP_SYNTAX: 400,
  ERR_FRAGMENT: 400,
  ERR_ROOM_NAME: 400,
  ERR_SDP_TOO_LARGE: 413,
  ERR_ROOM_FULL: 503,
  ERR_ROOM_CLOSED: 503,
  ERR_SERVER_FULL: 503,
  ERR_CLOSING: 503,
  ERR_TIMEOUT: 503,
}

/** See above. */
export class Router {
  #server
  #sessions
  #files

  /**
   * @param {Server} server
   * @param {string | null} staticDir
   */
  constructor(server, staticDir) {
    this.#server = server
    this.#sessions = new HttpSessions(server)
    this.#files = staticDir === null ? null : new StaticFiles(staticDir)
  }

  /**
   * Answers a request; never rejects.
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async handle(request, response) {
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'no-referrer')
    try {
      await this.#route(request, response)
    } catch (error) {
      const answer = toHttpError(error)
      // What the client did wrong is its own affair; what we did wrong has to be found.
      const level = answer.status === 500 ? 'error' : 'debug'
      this.#server.logger[level](
        { method: request.method, status: answer.status, err: error },
        'request refused',
      )
      sendProblem(response, answer)
    }
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async #route(request, response) {
    const [pathname, query = ''] = splitUrl(request.url ?? '/')
    const [, first, room, ...rest] = pathname.split('/')
    if ((first === 'whip' || first === 'whep') && room !== undefined) {
      await this.#sessions.handle(request, response, {
        protocol: protocols[first],
        room,
        sessionId: rest.join('/') || null,
        query: new URLSearchParams(query),
      })
    } else if (pathname === '/ws') {
      throw new HttpError(426, 'ERR_UPGRADE', 'This is a WebSocket', {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
      })
    } else if (pathname === '/healthz') {
      sendHealth(response, this.#server.isClosing)
    } else if (await this.#server.internals.handle(request, response, pathname, new URLSearchParams(query))) {
      return
    } else if (this.#files) {
      await this.#files.handle(request, response, pathname)
    } else {
      throw new HttpError(404, 'ERR_NOT_FOUND', 'There is nothing here')
    }
  }
}

/**
 * The path and the query of a request; also of the absolute form that proxies send.
 * @param {string} url
 */
export function splitUrl(url) {
  const target = url.replace(/^https?:\/\/[^/?]*/i, '').split('#', 1)[0]
  const mark = target.indexOf('?')
  return mark === -1 ? [target || '/'] : [target.slice(0, mark) || '/', target.slice(mark + 1)]
}

/**
 * @param {ServerResponse} response
 * @param {boolean} isClosing
 */
function sendHealth(response, isClosing) {
  const body = JSON.stringify({ status: isClosing ? 'closing' : 'ok' })
  response.writeHead(isClosing ? 503 : 200, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
  })
  response.end(body)
}

/**
 * @param {unknown} error
 * @returns {HttpError}
 */
function toHttpError(error) {
  if (error instanceof HttpError) return error
  if (error instanceof UrchinError) {
    const { code, message } = error
    const status = statuses[code] ?? (code.startsWith('ERR_SDP_') ? 422 : 500)
    if (status !== 500) return new HttpError(status, code, message, status === 503 ? retrySoon : {})
  }
  return new HttpError(500, 'ERR_INTERNAL', 'The server failed')
}

// /internals: the page that shows the server's connections, and the data it polls. It tells addresses and names, so by
// default it is served to this machine alone.

import { createHash, timingSafeEqual } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UrchinError } from '../errors.js'
import { bearerToken, HttpError } from './http.js'
import { StaticFiles } from './static-files.js'
import { WatchedConnections } from './watched-connections.js'

/** @typedef {import('./http.js').IncomingMessage} IncomingMessage */
/** @typedef {import('./http.js').ServerResponse} ServerResponse */
/** @typedef {import('../server.js').Server} Server */
/**
 * Who sees the page: 'local', this machine's own browsers; true, everybody; false, nobody; any other text is a token of 16
 * characters or more, for whoever knows it.
 * @typedef {'local' | boolean | string} InternalsAccess
 */

const pageDir = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'examples', 'internals')
const { version } = createRequire(import.meta.url)('../../package.json')

/** A proxy on this machine makes everybody look as if they were on it. */
const proxyHeaders = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

const minTokenLength = 16

/**
 * @param {unknown} access
 * @throws {import('../errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export function checkInternalsAccess(access) {
  if (access === 'local' || typeof access === 'boolean') return
  if (typeof access === 'string' && access.length >= minTokenLength && /^[\x21-\x7e]+$/.test(access)) return
  throw new UrchinError(
    'ERR_INVALID_ARGUMENT',
    `internals must be 'local', true, false, or a token of at least ${minTokenLength} characters without spaces`,
  )
}

/** See above. */
export class Internals {
  #server
  #access
  #files = new StaticFiles(pageDir)
  #connections
  #startedAt = Date.now()

  /**
   * @param {Server} server
   * @param {InternalsAccess} access
   * @throws {import('../errors.js').UrchinError} ERR_INVALID_ARGUMENT
   */
  constructor(server, access) {
    checkInternalsAccess(access)
    this.#server = server
    this.#access = access
    this.#connections = new WatchedConnections(server)
  }

  /**
   * A connection was made: it will be shown.
   * @template T
   * @param {T} connection
   * @returns {T}
   */
  watch(connection) {
    if (this.#access !== false) this.#connections.add(/** @type {any} */ (connection))
    return connection
  }

  /**
   * Answers a request for /internals and what is below it.
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {string} pathname
   * @param {URLSearchParams} query
   * @returns {Promise<boolean>} false: this page does not exist here
   * @throws {HttpError} 401, 403, 404, 405
   */
  async handle(request, response, pathname, query) {
    if (this.#access === false || !/^\/internals(\/|$)/.test(pathname)) return false
    if (this.#access === 'local') requireLocal(request)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new HttpError(405, 'ERR_METHOD', 'Only GET and HEAD', { Allow: 'GET, HEAD' })
    }
    const rest = pathname.slice('/internals'.length)
    if (rest === '') redirect(response, query)
    else if (rest === '/data.json') await this.#sendData(request, response, query)
    // The page itself holds no secret: it is where a token can be typed.
    else if (rest === '/' || rest.includes('.')) await this.#files.handle(request, response, rest)
    else throw new HttpError(404, 'ERR_NOT_FOUND', 'There is nothing here')
    return true
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {URLSearchParams} query
   */
  async #sendData(request, response, query) {
    this.#checkToken(bearerToken(request) ?? query.get('token'))
    const id = query.get('connection')
    const data = {
      time: Date.now(),
      version,
      startedAt: this.#startedAt,
      rooms: [...this.#server.rooms.values()].map(({ name, participants }) => ({ name, participants })),
      connections: this.#connections.summaries,
      connection: id ? await this.#connections.look(id) : null,
    }
    const body = JSON.stringify(data)
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'Cross-Origin-Resource-Policy': 'same-origin',
    })
    response.end(body)
  }

  /** @param {string | null | undefined} token */
  #checkToken(token) {
    if (typeof this.#access === 'boolean' || this.#access === 'local') return
    // Hashes are of one length, which is what a comparison in constant time needs.
    if (token && timingSafeEqual(hash(token), hash(this.#access))) return
    throw new HttpError(401, 'ERR_UNAUTHORIZED', 'The token of the option internals is needed', {
      'WWW-Authenticate': 'Bearer',
    })
  }
}

/** @param {string} text */
function hash(text) {
  return createHash('sha256').update(text).digest()
}

/**
 * @param {ServerResponse} response
 * @param {URLSearchParams} query
 */
function redirect(response, query) {
  const search = query.size > 0 ? `?${query}` : ''
  response.writeHead(307, { Location: `internals/${search}`, 'Content-Length': 0 }).end()
}

/**
 * @param {IncomingMessage} request
 * @throws {HttpError} 403
 */
function requireLocal(request) {
  if (isLocal(request)) return
  throw new HttpError(
    403,
    'ERR_FORBIDDEN',
    'Only browsers on this machine may see this page, at a localhost address and not through a proxy. ' +
      'The option internals (URCHIN_INTERNALS) lets others see it.',
  )
}

/** @param {IncomingMessage} request */
function isLocal({ socket, headers, httpVersion }) {
  const [remote, local] = [socket.remoteAddress, socket.localAddress].map(bareAddress)
  if (remote === '' || (remote !== local && !isLoopback(remote))) return false
  // nginx says nothing of itself when it is not told to, but speaks HTTP/1.0, which no browser does.
  if (httpVersion === '1.0' || proxyHeaders.some((name) => headers[name] !== undefined)) return false
  // A page elsewhere may have made a name of its own lead here ("DNS rebinding"), and a proxy passes on what it was asked.
  const host = (headers.host ?? '').replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1')
  return host === local || isLoopback(host) || /^([a-z0-9-]+\.)*localhost$/i.test(host)
}

/** @param {string | undefined} address */
function bareAddress(address) {
  return (address ?? '').replace(/^::ffff:/i, '')
}

/** @param {string} address */
function isLoopback(address) {
  return /^127(\.\d{1,3}){3}$|^::1$/.test(address)
}

// What the HTTP parts share: errors as problem documents (RFC 9457), bodies with a bound, headers.

import { STATUS_CODES } from 'node:http'
import { UrchinError } from '../errors.js'

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

/** Bytes of an SDP or a fragment at most. */
export const maxBodyBytes = 256 * 1024

/** An error with the HTTP status that answers it. */
export class HttpError extends UrchinError {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   * @param {Record<string, string>} [headers]
   */
  constructor(status, code, message, headers = {}) {
    super(code, message)
    this.status = status
    this.headers = headers
  }
}

/**
 * Ends a response with an error as `application/problem+json`.
 * @param {ServerResponse} response
 * @param {HttpError} error
 */
export function sendProblem(response, error) {
  if (response.headersSent || response.destroyed) return
  const { status, code, message } = error
  const body = JSON.stringify({ code, title: STATUS_CODES[status], status, detail: message })
  response.writeHead(status, {
    ...error.headers,
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(body)
}

/**
 * The text of a request's body.
 * @param {IncomingMessage} request
 * @returns {Promise<string>}
 * @throws {HttpError} 413 ERR_TOO_LARGE, 415 ERR_CONTENT_TYPE (compressed), 400 ERR_BODY (not UTF-8, cut off)
 */
export async function readBody(request) {
  const tooLarge = new HttpError(413, 'ERR_TOO_LARGE', `The body has more than ${maxBodyBytes} bytes`, {
    // The rest of the body would have to be read before the next request.
    Connection: 'close',
  })
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    throw new HttpError(415, 'ERR_CONTENT_TYPE', 'Content-Encoding is not supported', { Connection: 'close' })
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge
  const chunks = []
  let length = 0
  try {
    // Left open, so that the refusal below can still be sent.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += chunk.length
      if (length > maxBodyBytes) break
      chunks.push(chunk)
    }
  } catch {
    throw new HttpError(400, 'ERR_BODY', 'The body ended early')
  }
  if (length > maxBodyBytes) throw tooLarge
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new HttpError(400, 'ERR_BODY', 'The body is not UTF-8')
  }
}

/**
 * Checks the media type, parameters aside.
 * @param {IncomingMessage} request
 * @param {string} type
 * @throws {HttpError} 415
 */
export function requireContentType(request, type) {
  const actual = (request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase()
  if (actual !== type) {
    throw new HttpError(415, 'ERR_CONTENT_TYPE', `Content-Type must be ${type}`, { 'Accept-Post': type })
  }
}

/**
 * The token of `Authorization: Bearer …`.
 * @param {IncomingMessage} request
 * @returns {string | undefined}
 */
export function bearerToken(request) {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}

/**
 * The address of who asks, for logs and authorization.
 * @param {IncomingMessage} request
 */
export function addressOf(request) {
  return request.socket.remoteAddress ?? ''
}

// Serves the files of one directory: the conference page.

import { open } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isRoomName } from '../room.js'
import { HttpError } from './http.js'

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

/** @type {Record<string, string>} */
const contentTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
}

const pageHeaders = {
  // No inline scripts or styles. ws: and wss: beside 'self' for browsers whose 'self' does not cover WebSockets.
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: " +
    "mediastream:; font-src 'self'; connect-src 'self' ws: wss:; manifest-src 'self'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'self'",
  'Permissions-Policy': 'camera=(self), microphone=(self), display-capture=(self)',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

/** A directory of files for GET and HEAD. */
export class StaticFiles {
  #directory

  /** @param {string} directory */
  constructor(directory) {
    this.#directory = resolve(directory)
  }

  /**
   * Answers with the file of a path; `/` and `/ROOM` are index.html.
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {string} pathname still percent-encoded
   * @throws {HttpError} 404, 405
   */
  async handle(request, response, pathname) {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new HttpError(405, 'ERR_METHOD', 'Only GET and HEAD', { Allow: 'GET, HEAD' })
    }
    const path = this.#locate(pathname)
    const file = path && (await openFile(path))
    if (!file) throw new HttpError(404, 'ERR_NOT_FOUND', 'There is nothing here')
    try {
      await send(request, response, file, path)
    } finally {
      await file.close()
    }
  }

  /**
   * @param {string} pathname
   * @returns {string | null} null: no such file can exist
   */
  #locate(pathname) {
    let decoded
    try {
      decoded = decodeURIComponent(pathname)
    } catch {
      return null
    }
    const parts = decoded.split('/').slice(1)
    if (decoded === '/' || (parts.length === 1 && isRoomName(parts[0]))) {
      return join(this.#directory, 'index.html')
    }
    // Hidden files, '..', empty parts and what another system would read as a separator or a stream.
    if (parts.some((part) => part === '' || part.startsWith('.') || /[\0\\:]/.test(part))) return null
    const path = resolve(this.#directory, ...parts)
    return path.startsWith(this.#directory + sep) ? path : null
  }
}

/**
 * @param {string} path
 * @returns {Promise<import('node:fs/promises').FileHandle | null>} null: there is no such file
 */
async function openFile(path) {
  const file = await open(path).catch(() => null)
  if (file && !(await file.stat()).isFile()) {
    await file.close()
    return null
  }
  return file
}

/**
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 * @param {import('node:fs/promises').FileHandle} file
 * @param {string} path
 */
async function send(request, response, file, path) {
  const { size, mtimeMs } = await file.stat()
  const type = contentTypes[extname(path).toLowerCase()] ?? 'application/octet-stream'
  const etag = `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`
  const headers = {
    'Content-Type': type,
    // The names carry no version: ask each time, a 304 is cheap.
    'Cache-Control': 'no-cache',
    ETag: etag,
    ...(type.startsWith('text/html') ? pageHeaders : {}),
  }
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag) || known.includes('*')) {
    response.writeHead(304, headers).end()
    return
  }
  response.writeHead(200, { ...headers, 'Content-Length': size })
  if (request.method === 'HEAD' || size === 0) {
    response.end()
    return
  }
  // The viewer may go away half-way; a file that grows meanwhile must not overrun its Content-Length.
  await pipeline(file.createReadStream({ autoClose: false, start: 0, end: size - 1 }), response).catch(() => {
    response.destroy()
  })
}

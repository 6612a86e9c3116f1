// Bodies with a bound, content types, bearer tokens, problem documents: against a bare HTTP server and hostile clients.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import {
  bearerToken,
  maxBodyBytes,
  readBody,
  requireContentType,
  sendProblem,
} from '../../../lib/signal/http.js'
import { sendRaw } from '../../support/signal-server.js'

/**
 * A server that answers with the length of the body.
 * @param {import('node:test').TestContext} t
 */
async function start(t) {
  /** @type {any[]} */
  const errors = []
  const server = createServer(async (request, response) => {
    try {
      response.end(`length ${(await readBody(request)).length}`)
    } catch (error) {
      errors.push(error)
      sendProblem(response, /** @type {import('../../../lib/signal/http.js').HttpError} */ (error))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return { port, url: `http://127.0.0.1:${port}/`, errors }
}

test('a body of the greatest length is taken, one byte more is refused', async (t) => {
  const { url } = await start(t)
  const most = await fetch(url, { method: 'POST', body: 'x'.repeat(maxBodyBytes) })
  assert.equal(await most.text(), `length ${maxBodyBytes}`)
  const more = await fetch(url, { method: 'POST', body: 'x'.repeat(maxBodyBytes + 1) })
  assert.equal(more.status, 413)
  assert.equal((await more.json()).code, 'ERR_TOO_LARGE')
})

test('a length that is announced is refused before it is sent', async (t) => {
  const { port } = await start(t)
  const answer = await sendRaw(port, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${10 ** 12}\r\n\r\n`)
  assert.match(answer, /^HTTP\/1\.1 413 /)
})

test('chunks without end are refused at the bound', async (t) => {
  const { port } = await start(t)
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  const answer = await sendRaw(
    port,
    `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(6)}`,
  )
  assert.match(answer, /^HTTP\/1\.1 413 /)
})

test('a client that goes away half-way is no fault of ours', async (t) => {
  const { port, errors } = await start(t)
  const socket = connect(port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf')
  await once(socket, 'connect')
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()
  while (errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(errors[0].code, 'ERR_BODY')
})

test('what is not UTF-8, and what is compressed, is refused', async (t) => {
  const { url } = await start(t)
  const binary = await fetch(url, { method: 'POST', body: new Uint8Array([0x76, 0xff, 0xfe]) })
  assert.equal(binary.status, 400)
  assert.equal((await binary.json()).code, 'ERR_BODY')
  const zipped = await fetch(url, { method: 'POST', body: 'x', headers: { 'Content-Encoding': 'gzip' } })
  assert.equal(zipped.status, 415)
})

test('content types are compared without case and parameters', () => {
  const request = (/** @type {string | undefined} */ type) =>
    /** @type {any} */ ({ headers: { 'content-type': type } })
  requireContentType(request('application/sdp'), 'application/sdp')
  requireContentType(request(' Application/SDP ; x=y'), 'application/sdp')
  for (const type of [undefined, '', 'application/sdp2', 'text/plain, application/sdp']) {
    assert.throws(() => requireContentType(request(type), 'application/sdp'), { status: 415 })
  }
})

test('bearer tokens', () => {
  const token = (/** @type {string | undefined} */ authorization) =>
    bearerToken(/** @type {any} */ ({ headers: { authorization } }))
  assert.equal(token('Bearer abc.def'), 'abc.def')
  assert.equal(token('bearer  abc'), 'abc')
  for (const other of [undefined, '', 'Bearer', 'Basic abc', 'Bearer a b'])
    assert.equal(token(other), undefined)
})

// Who may open /ws, and what ends it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { PageClient, sendRaw, startSignalServer } from '../../support/signal-server.js'

/**
 * @param {string} url
 * @param {import('ws').ClientOptions} options
 * @returns {Promise<number>} the HTTP status; 101 when it opened
 */
function open(url, options) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace('http', 'ws'), options)
    socket.on('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.on('unexpected-response', (_, response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    socket.on('error', reject)
  })
}

test('pages of the same host may open it, and clients that are no browsers; other pages may not', async (t) => {
  const { url, port } = await startSignalServer(t, { allowedOrigins: ['https://friend.example'] })
  for (const [origin, status] of /** @type {[string | undefined, number][]} */ ([
    [undefined, 101],
    [`http://127.0.0.1:${port}`, 101],
    [`https://127.0.0.1:${port}`, 101],
    ['https://friend.example', 101],
    ['http://friend.example', 403],
    ['https://evil.example', 403],
    [`http://127.0.0.1:${port + 1}`, 403],
    [`http://127.0.0.1:${port}.evil.example`, 403],
    ['null', 403],
    ['', 403],
  ])) {
    assert.equal(
      await open(`${url}/ws`, { headers: origin === undefined ? {} : { Origin: origin } }),
      status,
      origin,
    )
  }
})

test('default ports need not be written', async (t) => {
  const { url } = await startSignalServer(t)
  const headers = { Host: 'urchin.example', Origin: 'https://urchin.example' }
  assert.equal(await open(`${url}/ws`, { headers }), 101)
  const written = { Host: 'urchin.example:443', Origin: 'https://urchin.example' }
  assert.equal(await open(`${url}/ws`, { headers: written }), 101)
})

test("'*' allows all pages", async (t) => {
  const { url } = await startSignalServer(t, { allowedOrigins: ['*'] })
  assert.equal(await open(`${url}/ws`, { headers: { Origin: 'https://evil.example' } }), 101)
})

test('other paths are no WebSockets', async (t) => {
  const { url, port } = await startSignalServer(t)
  assert.equal(await open(`${url}/other`, {}), 404)
  const bad =
    'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n'
  assert.match(await sendRaw(port, bad), /^HTTP\/1\.1 400 /)
})

test('compression is not agreed to', async (t) => {
  const { url } = await startSignalServer(t)
  const page = new PageClient(url, { perMessageDeflate: true })
  await page.opened
  assert.equal(page.socket.extensions, '')
  page.socket.terminate()
})

test('a page that does not answer pings is dropped, one that does stays', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { url, server, connections } = await startSignalServer(t)
  const [silent, lively] = [new PageClient(url, { autoPong: false }), new PageClient(url)]
  await silent.join('tea', 'Silent')
  await lively.join('tea', 'Lively')
  const ping = new Promise((resolve) => lively.socket.once('ping', resolve))
  t.mock.timers.tick(20_000)
  await ping
  await lively.drain()
  assert.equal(server.participantCount, 2)
  t.mock.timers.tick(20_000)
  const [code] = await silent.closed
  assert.equal(code, 1006)
  await lively.next('participant-left')
  assert.equal(connections[0].closeCount, 1)
  assert.equal(connections[1].closeCount, 0)
  assert.equal(lively.socket.readyState, WebSocket.OPEN)
})

test('frames that break the protocol end that socket only', async (t) => {
  const { url } = await startSignalServer(t)
  const [broken, healthy] = [new PageClient(url), new PageClient(url)]
  await broken.opened
  await healthy.join('tea', 'Ada')
  const raw = /** @type {any} */ (broken.socket)._socket
  // An unmasked frame with reserved bits set, longer than it says.
  raw.write(Buffer.from([0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
  await broken.closed
  assert.deepEqual(await healthy.drain(), [])
})

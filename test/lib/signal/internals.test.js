// /internals: who may see it, and what it tells.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { createServer } from '../../../lib/server.js'
import { checkInternalsAccess } from '../../../lib/signal/internals.js'
import { PageClient, startSignalServer } from '../../support/signal-server.js'

const token = 'a-token-of-some-length'

/**
 * A request as nobody's fetch() would make it.
 * @param {{ port: number, path: string, host?: string, headers?: Record<string, string>, method?: string }} options
 * @returns {Promise<{ status: number | undefined, headers: import('node:http').IncomingHttpHeaders, body: string }>}
 */
function ask({ port, path, host = '127.0.0.1', headers = {}, method = 'GET' }) {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, method, headers, agent: false }, async (response) => {
      let body = ''
      for await (const chunk of response.setEncoding('utf8')) body += chunk
      resolve({ status: response.statusCode, headers: response.headers, body })
    })
    sent.on('error', reject).end()
  })
}

test('this machine sees the page, its parts and its data', async (t) => {
  const { port } = await startSignalServer(t)
  const redirect = await ask({ port, path: '/internals?token=x' })
  assert.equal(redirect.status, 307)
  assert.equal(new URL(redirect.headers.location ?? '', `http://h/internals`).pathname, '/internals/')
  const page = await ask({ port, path: '/internals/' })
  assert.equal(page.status, 200)
  assert.match(page.headers['content-security-policy'] ?? '', /default-src 'none'; script-src 'self'/)
  const parts = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path)
  assert.ok(parts.includes('main.js') && parts.includes('style.css'))
  for (const part of parts) assert.equal((await ask({ port, path: `/internals/${part}` })).status, 200, part)
  const data = await ask({ port, path: '/internals/data.json' })
  assert.equal(data.headers['cache-control'], 'no-store')
  assert.equal(data.headers['cross-origin-resource-policy'], 'same-origin')
  assert.equal(data.headers['access-control-allow-origin'], undefined)
  assert.deepEqual(JSON.parse(data.body).connections, [])
})

test('what is not there is 404, and nothing is changed here', async (t) => {
  const { port } = await startSignalServer(t)
  for (const path of ['/internals/data', '/internals/..%2fserver.js', '/internals/nothing.js']) {
    assert.equal((await ask({ port, path })).status, 404, path)
  }
  assert.equal((await ask({ port, path: '/internals/data.json', method: 'POST' })).status, 405)
})

test('a proxy on this machine does not make everybody local', async (t) => {
  const { port } = await startSignalServer(t)
  const path = '/internals/data.json'
  for (const headers of [
    { 'X-Forwarded-For': '203.0.113.9' },
    { Forwarded: 'for=203.0.113.9' },
    { 'X-Real-IP': '203.0.113.9' },
    { Via: '1.1 proxy' },
    // A name that leads here, as in DNS rebinding.
    { Host: `rebound.example:${port}` },
    { Host: 'localhost.example' },
    { Host: '203.0.113.5' },
    { Host: '127.evil.example' },
  ]) {
    const { status, body } = await ask({ port, path, headers })
    assert.equal(status, 403, JSON.stringify(headers))
    assert.match(body, /URCHIN_INTERNALS/)
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'urchin.localhost']) {
    assert.equal((await ask({ port, path, headers: { Host: host } })).status, 200, host)
  }
})

test('the same machine by its own address is let in', async (t) => {
  const own = Object.values(networkInterfaces())
    .flatMap((rows) => rows ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  if (!own) return t.skip('there is no other address')
  const { port } = await startSignalServer(t, { host: own.address })
  assert.equal((await ask({ port, host: own.address, path: '/internals/data.json' })).status, 200)
})

test('with a token, whoever knows it sees the data, wherever they are', async (t) => {
  const { port } = await startSignalServer(t, { internals: token })
  const path = '/internals/data.json'
  const elsewhere = { 'X-Forwarded-For': '203.0.113.9', Host: 'example.org' }
  assert.equal((await ask({ port, path: '/internals/', headers: elsewhere })).status, 200)
  const refused = await ask({ port, path, headers: elsewhere })
  assert.equal(refused.status, 401)
  assert.equal(refused.headers['www-authenticate'], 'Bearer')
  for (const wrong of ['', 'x', `${token}x`, token.slice(1)]) {
    assert.equal((await ask({ port, path: `${path}?token=${wrong}` })).status, 401, wrong)
  }
  assert.equal((await ask({ port, path, headers: { Authorization: `Bearer ${token}` } })).status, 200)
  assert.equal((await ask({ port, path: `${path}?token=${token}`, headers: elsewhere })).status, 200)
})

test('true opens it to all, false makes it vanish', async (t) => {
  const open = await startSignalServer(t, { internals: true })
  const headers = { 'X-Forwarded-For': '203.0.113.9', Host: 'example.org' }
  assert.equal((await ask({ port: open.port, path: '/internals/data.json', headers })).status, 200)
  const shut = await startSignalServer(t, { internals: false })
  assert.equal((await ask({ port: shut.port, path: '/internals/data.json' })).status, 404)
  assert.equal((await ask({ port: shut.port, path: '/internals/main.js' })).status, 404)
})

test('another value is refused when the server is made', () => {
  for (const bad of ['', 'yes', 'short', 'spaces in the token of this', 1, null, {}]) {
    assert.throws(() => checkInternalsAccess(bad), { code: 'ERR_INVALID_ARGUMENT' })
  }
  assert.throws(() => createServer({ internals: 'public' }), { code: 'ERR_INVALID_ARGUMENT' })
  for (const good of ['local', true, false, token]) checkInternalsAccess(good)
})

test('rooms and connections are told, hostile names as they are', async (t) => {
  const { port, url } = await startSignalServer(t)
  const client = new PageClient(url)
  const name = '</script><img src=x onerror=alert(1)>'
  await client.join('tea-time', name)
  const { rooms, connections, connection } = JSON.parse(
    (await ask({ port, path: '/internals/data.json?connection=1' })).body,
  )
  assert.equal(rooms[0].name, 'tea-time')
  assert.equal(rooms[0].participants[0].name, name)
  assert.equal(connections[0].room, 'tea-time')
  assert.equal(connections[0].participant.name, name)
  assert.equal(connection.id, '1')
  assert.deepEqual(connection.timeline, [])
  const unknown = await ask({ port, path: '/internals/data.json?connection=__proto__' })
  assert.equal(JSON.parse(unknown.body).connection, null)
  client.socket.close()
  await client.closed
})

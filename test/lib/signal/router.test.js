// Which part answers which path.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitUrl } from '../../../lib/signal/router.js'
import { sendRaw, startSignalServer } from '../../support/signal-server.js'

test('paths and queries, also of absolute URLs', () => {
  assert.deepEqual(splitUrl('/a/b?c=d?e#f'), ['/a/b', 'c=d?e'])
  assert.deepEqual(splitUrl('http://host:80/a?b'), ['/a', 'b'])
  assert.deepEqual(splitUrl('http://host'), ['/'])
  assert.deepEqual(splitUrl('?x'), ['/', 'x'])
  assert.deepEqual(splitUrl(''), ['/'])
})

test('the conference page is served when nothing else is said', async (t) => {
  const { url } = await startSignalServer(t)
  assert.match(await (await fetch(`${url}/`)).text(), /<title>Urchin/)
})

test('health', async (t) => {
  const { url } = await startSignalServer(t)
  const response = await fetch(`${url}/healthz`)
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { status: 'ok' })
})

for (const [path, status, code] of /** @type {[string, number, string][]} */ ([
  ['/whip/', 400, 'ERR_ROOM_NAME'],
  ['/whip/no%20such', 400, 'ERR_ROOM_NAME'],
  [`/whep/${'a'.repeat(65)}`, 400, 'ERR_ROOM_NAME'],
  ['/whip/room/session/more', 404, 'ERR_NOT_FOUND'],
  ['/whip/room/session', 404, 'ERR_NOT_FOUND'],
  ['/ws', 426, 'ERR_UPGRADE'],
  ['/nothing.html', 404, 'ERR_NOT_FOUND'],
])) {
  test(`${path.slice(0, 30)} is answered by ${status} ${code}`, async (t) => {
    const { url } = await startSignalServer(t)
    const response = await fetch(url + path)
    assert.equal(response.status, status)
    assert.equal((await response.json()).code, code)
  })
}

test('without a directory there are no files', async (t) => {
  const { url } = await startSignalServer(t, { staticDir: null })
  assert.equal((await fetch(`${url}/`)).status, 404)
})

test('garbage instead of HTTP does no harm', async (t) => {
  const { port, url } = await startSignalServer(t)
  for (const text of [
    '\0\x01\x02\r\n\r\n',
    'GET / HTTP/9\r\n\r\n',
    `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
  ]) {
    assert.match(await sendRaw(port, text), /^HTTP\/1\.1 4\d\d /)
  }
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
})

// The page's files over HTTP, and what is not to be had.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sendRaw, startSignalServer } from '../../support/signal-server.js'

/** @param {import('node:test').TestContext} t */
async function start(t) {
  const top = await mkdtemp(join(tmpdir(), 'urchin-static-'))
  t.after(() => rm(top, { recursive: true }))
  const staticDir = join(top, 'page')
  await mkdir(join(staticDir, 'sub'), { recursive: true })
  await mkdir(join(top, 'page-secret'))
  for (const [name, text] of [
    ['page/index.html', '<title>page</title>'],
    ['page/main.js', 'main()'],
    ['page/sub/style.css', 'a {}'],
    ['page/empty.txt', ''],
    ['page/unknown.zzz', '?'],
    ['page/.env', 'SECRET'],
    ['secret.txt', 'SECRET'],
    ['page-secret/key.txt', 'SECRET'],
  ]) {
    await writeFile(join(top, name), text)
  }
  return startSignalServer(t, { staticDir })
}

test('files with their types, index.html for the root and for rooms', async (t) => {
  const { url } = await start(t)
  for (const [path, type, text] of [
    ['/', 'text/html; charset=utf-8', '<title>page</title>'],
    ['/?room=x', 'text/html; charset=utf-8', '<title>page</title>'],
    ['/tea-time', 'text/html; charset=utf-8', '<title>page</title>'],
    ['/main.js', 'text/javascript; charset=utf-8', 'main()'],
    ['/sub/style.css', 'text/css; charset=utf-8', 'a {}'],
    ['/empty.txt', 'text/plain; charset=utf-8', ''],
    ['/unknown.zzz', 'application/octet-stream', '?'],
  ]) {
    const response = await fetch(url + path)
    assert.equal(response.status, 200, path)
    assert.equal(response.headers.get('Content-Type'), type)
    assert.equal(response.headers.get('X-Content-Type-Options'), 'nosniff')
    assert.equal(await response.text(), text)
  }
})

test('the page may run only its own scripts', async (t) => {
  const { url } = await start(t)
  const policy = (await fetch(`${url}/`)).headers.get('Content-Security-Policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /script-src 'self'(;|$)/)
  assert.doesNotMatch(policy, /unsafe/)
})

test('a file that is known already is not sent again', async (t) => {
  const { url } = await start(t)
  const first = await fetch(`${url}/main.js`)
  assert.equal(first.headers.get('Cache-Control'), 'no-cache')
  await first.text()
  const etag = first.headers.get('ETag') ?? ''
  const again = await fetch(`${url}/main.js`, { headers: { 'If-None-Match': `"x", W/${etag}` } })
  assert.equal(again.status, 304)
  assert.equal((await fetch(`${url}/main.js`, { headers: { 'If-None-Match': '"x"' } })).status, 200)
})

test('HEAD tells the length; other methods are refused', async (t) => {
  const { url } = await start(t)
  const head = await fetch(`${url}/main.js`, { method: 'HEAD' })
  assert.equal(head.headers.get('Content-Length'), '6')
  assert.equal(await head.text(), '')
  const post = await fetch(`${url}/main.js`, { method: 'POST', body: 'x' })
  assert.equal(post.status, 405)
  assert.equal(post.headers.get('Allow'), 'GET, HEAD')
})

for (const path of [
  '/../secret.txt',
  '/sub/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e%2fpage-secret/key.txt',
  '/..\\secret.txt',
  '/.env',
  '/%00',
  '/main.js%00.html',
  '/%',
  '/%ff',
  '//etc/passwd',
  '//main.js',
  '/sub/',
  '/no-such-file.js',
  `/${'a'.repeat(65)}`,
  `/${'a/'.repeat(3000)}`,
]) {
  test(`there is no ${path.slice(0, 40)}`, async (t) => {
    const { port } = await start(t)
    const answer = await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 404 /)
    assert.doesNotMatch(answer, /SECRET|root:/)
  })
}

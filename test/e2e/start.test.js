// `npm start` on a machine that is ready: serves at once, does nothing twice, ends on Ctrl-C.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../support/conference-server.js'

test('npm start serves the page without installing or compiling again, and SIGINT ends it', async () => {
  const server = await startServer({ program: [process.execPath, 'lib/setup/start.js'] })
  const page = await fetch(`${server.url}/`)
  assert.equal(page.status, 200)
  assert.match(await page.text(), /<title>/)
  assert.doesNotMatch(server.output, /installing|compiling/)
  assert.equal(await server.stop('SIGINT'), 0, server.output)
})

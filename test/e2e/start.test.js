// `npm start` on a machine that is ready: serves at once, does nothing twice, ends on Ctrl-C.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../support/conference-server.js'

test('npm start serves the page without installing or compiling again, and SIGINT ends it', async (context) => {
  const server = await startServer({ program: [process.execPath, 'lib/setup/start.js'] })
  context.after(() => server.stop('SIGKILL'))
  const page = await fetch(`http://127.0.0.1:${server.port}/`)
  assert.equal(page.status, 200)
  assert.match(await page.text(), /<title>/)
  assert.doesNotMatch(server.output, /installing|compiling/)
  assert.equal(await server.stop('SIGINT'), 0, server.output)
})

// Serves one page of test/e2e/pages/ on an origin of its own.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/**
 * @param {string} name of the file
 * @returns {Promise<{ url: string, close(): void }>}
 */
export async function servePage(name) {
  const html = readFileSync(new URL(`../e2e/pages/${name}`, import.meta.url))
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end(html)
  })
  server.listen(0)
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return { url: `http://localhost:${port}/`, close: () => server.close() }
}

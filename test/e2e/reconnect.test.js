// The server dies and comes back: the pages say so, and find each other again without anybody touching them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBrowser } from '../support/browsers.js'
import { startServer } from '../support/conference-server.js'
import { waitForMedia, waitForMotion } from '../support/page-media.js'

test('Chromium and Firefox reconnect by themselves after a server restart', async (context) => {
  let server = await startServer()
  context.after(() => server.stop())
  const pages = [await openBrowser('chromium')]
  context.after(() => Promise.all(pages.map((page) => page.close())))
  pages.push(await openBrowser('firefox'))
  for (const page of pages) await page.open(`${server.url}/?room=restart&name=${page.name}&autojoin=1`)
  for (const page of pages) await waitForMedia(page)
  const oldIds = await Promise.all(pages.map((page) => page.evaluate(participantId)))

  await server.stop('SIGKILL')
  for (const page of pages) await page.waitFor('notice that the server is gone', isReconnecting)
  server = await startServer({ port: server.port })

  for (const [index, page] of pages.entries()) {
    await page.waitFor('new session', isNewSession, oldIds[index])
    await page.waitFor('tile', () => document.querySelectorAll('.tile.remote').length === 1)
    await waitForMedia(page)
    await waitForMotion(page, '.tile.remote video')
    assert.equal(await page.evaluate(isReconnecting), false, 'the notice is gone')
    // Both came back at once. The server's offer with the other's tracks once overtook its answer, and it took 30 s more.
    const unexpected = page.errors.filter((error) => !/WebSocket|establish a connection/i.test(error))
    assert.deepEqual(unexpected, [])
  }
})

/** Runs in the page. */
function participantId() {
  return /** @type {any} */ (window).urchin.participantId
}

/**
 * Runs in the page.
 * @param {string} oldId
 */
function isNewSession(oldId) {
  return /** @type {any} */ (window).urchin.participantId !== oldId
}

/** Runs in the page. */
function isReconnecting() {
  const notice = /** @type {HTMLElement} */ (document.getElementById('notice'))
  return !notice.hidden && /reconnect/i.test(notice.textContent)
}

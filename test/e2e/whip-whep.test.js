// WHIP publishers and WHEP viewers (RFC 9725) from a page of another origin, in both browsers.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser } from '../support/browsers.js'
import { startServer } from '../support/conference-server.js'
import { waitForMedia, waitForMotion } from '../support/page-media.js'
import { servePage } from '../support/page-server.js'

/** @typedef {import('../support/browsers.js').BrowserPage} BrowserPage */

/** @type {import('../support/conference-server.js').ConferenceServer} */
let server
/** @type {Awaited<ReturnType<typeof servePage>>} */
let pageServer
/** @type {BrowserPage} */
let chromium
/** @type {BrowserPage} */
let firefox

before(async () => {
  server = await startServer()
  pageServer = await servePage('whip.html')
  chromium = await openBrowser('chromium')
  firefox = await openBrowser('firefox')
})
after(async () => {
  await Promise.all([chromium?.close(), firefox?.close()])
  pageServer?.close()
  await server?.stop()
})

for (const [publisherName, viewerName] of [
  ['chromium', 'firefox'],
  ['firefox', 'chromium'],
]) {
  test(`${viewerName} watches before ${publisherName} publishes`, async () => {
    const [publisher, viewer] = await openPages(publisherName)
    const room = `early-${viewerName}`
    await viewer.evaluate(watch, `${server.url}/whep/${room}`)
    await publisher.evaluate(publish, `${server.url}/whip/${room}`)
    await waitForMedia(viewer)
    await waitForMotion(viewer, 'video')
    assert.equal(await publisher.evaluate(end), 200)
    assert.equal(await viewer.evaluate(end), 200)
  })

  test(`${viewerName} joins while ${publisherName} is publishing`, async () => {
    const [publisher, viewer] = await openPages(publisherName)
    const room = `late-${viewerName}`
    await publisher.evaluate(publish, `${server.url}/whip/${room}`)
    await publisher.waitFor('connection', isConnected)
    await viewer.evaluate(watch, `${server.url}/whep/${room}`)
    await waitForMedia(viewer)
    await waitForMotion(viewer, 'video')
    assert.deepEqual([...publisher.errors, ...viewer.errors], [])
  })
}

test('people on the conference page see a WHIP publisher, who goes with DELETE', async () => {
  await chromium.open(pageServer.url)
  await chromium.evaluate(publish, `${server.url}/whip/studio?name=Studio`)
  await firefox.open(`${server.url}/?room=studio&name=Guest&autojoin=1`)
  await waitForMedia(firefox)
  await waitForMotion(firefox, '.tile.remote video')
  const name = await firefox.evaluate(() => document.querySelector('.tile.remote .name')?.textContent)
  assert.equal(name, 'Studio')
  assert.equal(await chromium.evaluate(end), 200)
  await firefox.waitFor('empty place', () => document.querySelectorAll('.tile.remote').length === 0)
})

test('a WHEP viewer sees somebody on the conference page', async () => {
  await firefox.open(`${server.url}/?room=stage&name=Actor&autojoin=1`)
  await chromium.open(pageServer.url)
  await chromium.evaluate(watch, `${server.url}/whep/stage`)
  await waitForMedia(chromium)
  await waitForMotion(chromium, 'video')
})

/** @param {string} publisherName */
async function openPages(publisherName) {
  const pages = publisherName === 'chromium' ? [chromium, firefox] : [firefox, chromium]
  for (const page of pages) {
    page.errors.length = 0
    await page.open(pageServer.url)
  }
  return pages
}

/**
 * Runs in the page, as do the next ones.
 * @param {string} url
 */
function publish(url) {
  return /** @type {any} */ (window).publish(url)
}

/** @param {string} url */
function watch(url) {
  return /** @type {any} */ (window).watch(url)
}

function end() {
  return /** @type {any} */ (window).end()
}

function isConnected() {
  return /** @type {any} */ (window).urchin.pc.connectionState === 'connected'
}

// Each browser calls itself, without Urchin. If this fails, the machine or the harness is at fault, and so is every
// other test in this folder.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBrowser } from '../support/browsers.js'
import { waitForMedia, waitForMotion } from '../support/page-media.js'
import { servePage } from '../support/page-server.js'

for (const name of /** @type {const} */ (['chromium', 'firefox'])) {
  test(`${name} has a camera that moves and a microphone that sounds`, async (context) => {
    const pages = await servePage('loopback.html')
    context.after(() => pages.close())
    const page = await openBrowser(name)
    context.after(() => page.close())
    await page.open(pages.url)
    await waitForMedia(page)
    await waitForMotion(page, 'video')
    assert.deepEqual(page.errors, [])
  })
}

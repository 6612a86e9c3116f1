// Somebody without camera and microphone is told so in plain words, and sees and hears the others all the same.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser } from '../support/browsers.js'
import { startServer } from '../support/conference-server.js'
import { waitForMedia, waitForMotion } from '../support/page-media.js'

/** @type {import('../support/conference-server.js').ConferenceServer} */
let server
before(async () => {
  server = await startServer()
})
after(() => server.stop())

for (const name of /** @type {const} */ (['chromium', 'firefox'])) {
  test(`${name}: joins without a camera`, async (context) => {
    const speaker = await openBrowser('chromium')
    context.after(() => speaker.close())
    await speaker.open(`${server.url}/?room=watch-${name}&name=Speaker&autojoin=1`)
    const viewer = await openBrowser(name, { camera: false })
    context.after(() => viewer.close())
    await viewer.open(`${server.url}/?room=watch-${name}&name=Viewer&autojoin=1`)

    await waitForMedia(viewer)
    await waitForMotion(viewer, '.tile.remote video')
    const notice = await viewer.evaluate(() => document.getElementById('notice')?.textContent)
    assert.match(notice ?? '', /camera or microphone/i)
    const buttons = await viewer.evaluate(() =>
      ['toggle-audio', 'toggle-video'].map(
        (id) => /** @type {HTMLButtonElement} */ (document.getElementById(id)).disabled,
      ),
    )
    assert.deepEqual(buttons, [true, true], 'nothing to switch on')
    await viewer.screenshot(`build/screenshots/no-camera-${name}.png`)
    const tiles = await speaker.evaluate(() => document.querySelectorAll('.tile.remote').length)
    assert.equal(tiles, 1, 'the others see that somebody is there')
  })
}

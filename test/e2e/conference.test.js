// Two people meet on the conference page, in every pair of browsers: each sees the other move and hears the other's tone.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openBrowser } from '../support/browsers.js'
import { startServer } from '../support/conference-server.js'
import { waitForMedia, waitForMotion } from '../support/page-media.js'

/** @typedef {import('../support/browsers.js').BrowserName} BrowserName */
/** @typedef {import('../support/browsers.js').BrowserPage} BrowserPage */

/** @type {[BrowserName, BrowserName][]} */
const pairs = [
  ['chromium', 'chromium'],
  ['firefox', 'firefox'],
  ['chromium', 'firefox'],
]
const remoteVideo = '.tile.remote video'

/** @type {import('../support/conference-server.js').ConferenceServer} */
let server
before(async () => {
  server = await startServer()
})
after(async () => {
  assert.equal(await server.stop(), 0, `the server ends cleanly:\n${server.output.slice(-2000)}`)
})

for (const pair of pairs) {
  describe(pair.join(' and '), () => {
    const room = pair.join('-')
    /** @type {BrowserPage[]} */
    let pages = []
    before(async () => {
      for (const [index, name] of pair.entries()) {
        const page = await openBrowser(name)
        pages.push(page)
        await page.open(`${server.url}/?room=${room}&name=${['Ada', 'Grace'][index]}&autojoin=1`)
      }
    })
    after(async () => {
      await Promise.all(pages.map((page) => page.close()))
      pages = []
    })

    test('each decodes the other one, picture and tone', async () => {
      for (const page of pages) {
        const { framesDecoded, audioEnergy } = await waitForMedia(page)
        assert.ok(framesDecoded >= 30)
        assert.ok(audioEnergy > 0)
      }
    })

    test('the picture on the page moves', async () => {
      for (const page of pages) await waitForMotion(page, remoteVideo)
    })

    test("each page shows two tiles, the other one's name, and no error", async () => {
      for (const [index, page] of pages.entries()) {
        const names = await page.evaluate(() =>
          [...document.querySelectorAll('.tile .name')].map((element) => element.textContent),
        )
        assert.equal(names.length, 2)
        assert.ok(names.includes(['Grace', 'Ada'][index]), names.join(', '))
        assert.equal(await page.evaluate(noticeText), '')
        await page.screenshot(`build/screenshots/${room}-${index + 1}-${page.name}.png`)
        assert.deepEqual(page.errors, [])
      }
    })

    test('a muted microphone is marked on the other page', async () => {
      const [ada, grace] = pages
      await ada.evaluate(() => document.getElementById('toggle-audio')?.click())
      await grace.waitFor('mark of the muted microphone', hasMutedMark)
      await ada.evaluate(() => document.getElementById('toggle-audio')?.click())
      await grace.waitFor('mark to go', () => {
        const mark = document.querySelector('.tile.remote .muted-mark')
        return /** @type {HTMLElement | null} */ (mark)?.hidden
      })
    })

    test('whoever leaves disappears, and whoever comes back is seen again', async () => {
      const [ada, grace] = pages
      await ada.evaluate(() => document.getElementById('leave')?.click())
      await grace.waitFor('empty place', () => document.querySelectorAll('.tile.remote').length === 0)
      await ada.waitFor('lobby', () => document.getElementById('lobby')?.hidden === false)
      await ada.open(`${server.url}/?room=${room}&name=Ada&autojoin=1`)
      await grace.waitFor('tile', () => document.querySelectorAll('.tile.remote').length === 1)
      await waitForMedia(ada)
      await waitForMedia(grace)
      await waitForMotion(grace, remoteVideo)
    })
  })
}

/** Runs in the page. */
function noticeText() {
  const notice = /** @type {HTMLElement} */ (document.getElementById('notice'))
  return notice.hidden ? '' : notice.textContent
}

/** Runs in the page. */
function hasMutedMark() {
  const mark = /** @type {HTMLElement | null} */ (document.querySelector('.tile.remote .muted-mark'))
  return mark !== null && !mark.hidden
}

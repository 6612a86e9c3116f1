// Three people who join at the same moment: answers, offers of the others' tracks and glare all at once.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser } from '../support/browsers.js'
import { startServer } from '../support/conference-server.js'

/** @type {import('../support/browsers.js').BrowserName[]} */
const names = ['chromium', 'firefox', 'chromium']

/** @type {import('../support/conference-server.js').ConferenceServer} */
let server
before(async () => {
  server = await startServer()
})
after(async () => {
  assert.equal(await server.stop(), 0, `the server ends cleanly:\n${server.output.slice(-2000)}`)
})

test('everybody sees and hears everybody else', async () => {
  const pages = await Promise.all(names.map((name) => openBrowser(name)))
  try {
    await Promise.all(
      pages.map((page, index) => page.open(`${server.url}/?room=crowd&name=P${index}&autojoin=1`)),
    )
    for (const page of pages) {
      const { video, audio } = await page.waitFor('two pictures and two tones', playing, undefined, {
        accept: (now) => now.video === 2 && now.audio === 2,
      })
      assert.deepEqual([video, audio], [2, 2])
    }
  } finally {
    await Promise.all(pages.map((page) => page.close()))
  }
})

/** Runs in the page: how many incoming streams are decoded. */
async function playing() {
  const count = { video: 0, audio: 0 }
  const report = await /** @type {any} */ (window).urchin?.pc?.getStats()
  for (const stat of report?.values() ?? []) {
    if (stat.type !== 'inbound-rtp') continue
    if (stat.kind === 'video' && stat.framesDecoded >= 10) count.video++
    if (stat.kind === 'audio' && stat.totalAudioEnergy > 0) count.audio++
  }
  return count
}

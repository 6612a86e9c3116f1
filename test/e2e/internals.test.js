// The page of internals as an operator sees it: two people meet, and a third browser watches their connections.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { openBrowser } from '../support/browsers.js'
import { startServer } from '../support/conference-server.js'
import { waitForMedia } from '../support/page-media.js'

/** @typedef {import('../support/browsers.js').BrowserPage} BrowserPage */

/** Would run, if it were not shown as text. */
const hostileName = '<img src=x onerror=alert(1)>Grace'

describe('the page of internals', () => {
  /** @type {import('../support/conference-server.js').ConferenceServer} */
  let server
  /** @type {BrowserPage[]} */
  let callers = []
  /** @type {BrowserPage} */
  let watcher
  before(async () => {
    server = await startServer()
    callers = [await openBrowser('chromium'), await openBrowser('chromium')]
    for (const [index, name] of ['Ada', hostileName].entries()) {
      await callers[index].open(`${server.url}/?room=tea-time&name=${encodeURIComponent(name)}&autojoin=1`)
      // The second one comes when the first is there: the list keeps the order in which they came.
      while ((await listed(server.url)).length <= index) await setTimeout(100)
    }
    await waitForMedia(callers[0])
    watcher = await openBrowser('chromium', { camera: false })
    await watcher.setLook({ width: 1280, height: 900, colors: 'dark' })
    await watcher.open(`${server.url}/internals`)
  })
  after(async () => {
    await Promise.all([...callers, watcher].map((page) => page?.close()))
    await server.stop()
  })

  test('npm start tells where it is', () => {
    assert.match(server.output, new RegExp(`${server.url}/internals`))
  })

  test('it lists both by room, with names as text', async () => {
    const names = await watcher.waitFor(
      'two connections',
      () => [...document.querySelectorAll('.item .who')].map((element) => element.textContent),
      null,
      { accept: (list) => list.length === 2 },
    )
    assert.deepEqual(names, ['Ada', hostileName])
    const room = await watcher.evaluate(() => document.querySelector('.group h2 span')?.textContent)
    assert.equal(room, 'tea-time')
  })

  test('it shows the selected pair, candidates, DTLS and SRTP of the first', async () => {
    const shown = await watcher.waitFor(
      'a selected pair',
      () => ({
        title: document.getElementById('title')?.textContent,
        state: document.getElementById('state')?.textContent,
        path: document.querySelectorAll('#path .end').length,
        selected: document.querySelectorAll('#pairs tr.selected').length,
        locals: document.querySelectorAll('#locals tbody tr').length,
        remotes: document.querySelectorAll('#remotes tr.selected').length,
        facts: document.getElementById('facts')?.textContent ?? '',
      }),
      null,
      { accept: ({ selected }) => selected === 1 },
    )
    assert.equal(shown.title, 'Ada')
    assert.equal(shown.state, 'READY')
    assert.equal(shown.path, 2)
    assert.ok(shown.locals >= 1)
    assert.equal(shown.remotes, 1)
    assert.match(shown.facts, /connected/)
    assert.match(shown.facts, /AES_128|AES_256/)
  })

  test('its numbers and charts live', async () => {
    const packets = () => document.querySelector('#streams tbody tr')?.children[3]?.textContent ?? ''
    const first = await watcher.waitFor('packets', packets)
    await watcher.waitFor('more packets', packets, null, { accept: (text) => text !== '' && text !== first })
    await watcher.waitFor(
      'a line in the chart',
      () =>
        /bit\/s/.test(document.querySelector('.chart.in strong')?.textContent ?? '') &&
        document.querySelector('.chart.in polyline') !== null,
    )
  })

  test('the timeline is drawn and told, from the first event to the last', async () => {
    const { marks, milestones, steps } = await watcher.evaluate(() => ({
      marks: document.querySelectorAll('#timeline .mark').length,
      milestones: [...document.querySelectorAll('#timeline .milestone')].map(
        (element) => element.textContent,
      ),
      steps: [...document.querySelectorAll('#steps tbody tr')].map((row) => row.children[1].textContent),
    }))
    assert.ok(marks > 5, String(marks))
    assert.ok(milestones.includes('STARTED') && milestones.includes('READY'), milestones.join())
    const wanted = [
      'CONN_INITIAL',
      'set-remote-sdp',
      'CONN_STARTED',
      'CONN_CANDIDATE',
      'selected-pair',
      'CONN_READY',
    ]
    assert.deepEqual(
      wanted.filter((step) => !steps.includes(step)),
      [],
    )
  })

  test('no part is wider than a phone, and it is as it should be in light and dark', async () => {
    await watcher.screenshot('build/screenshots/internals-dark.png', { fullPage: true })
    await watcher.setLook({ width: 1280, height: 900, colors: 'light' })
    await watcher.screenshot('build/screenshots/internals-light.png')
    await watcher.setLook({ width: 390, height: 844, colors: 'dark' })
    await watcher.waitFor('the timeline drawn anew', () => {
      const drawing = document.querySelector('#timeline svg')
      return drawing !== null && drawing.getBoundingClientRect().right <= window.innerWidth
    })
    const overflow = await watcher.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    assert.ok(overflow <= 0, `${overflow} px too wide`)
    await watcher.screenshot('build/screenshots/internals-phone.png', { fullPage: true })
  })

  test('who has left is remembered', async () => {
    await callers[1].evaluate(() => document.getElementById('leave')?.click())
    const ended = await watcher.waitFor(
      'an ended connection',
      () => document.querySelector('.item.ended .who')?.textContent,
    )
    assert.equal(ended, hostileName)
    assert.deepEqual(watcher.errors, [])
  })
})

/**
 * What the page is told.
 * @param {string} url of the server
 * @returns {Promise<unknown[]>}
 */
async function listed(url) {
  const response = await fetch(`${url}/internals/data.json`)
  const { connections } = /** @type {{ connections: unknown[] }} */ (await response.json())
  return connections
}

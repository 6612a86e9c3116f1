// People behind all sorts of networks on the conference page: a browser in a host of the lab joins somebody with a
// public address, and each decodes the other one. The server listens on port 443, for where nothing else gets out.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer } from '../support/conference-server.js'
import { waitForMedia } from '../support/page-media.js'
import { openChromium } from './browser.js'
import { Lab } from './lab.js'
import { whyNoLab } from './needs.js'

/** @typedef {import('./lab.js').Kind} Kind */
/** @typedef {import('../support/browsers.js').BrowserPage} BrowserPage */

const skip = whyNoLab()
/** @type {Kind[]} */
const kinds = ['none', 'port', 'sym', 'tls443', 'v6only']

describe('the conference across networks', { skip }, () => {
  /** @type {Lab} */
  let lab
  /** @type {import('../support/conference-server.js').ConferenceServer} */
  let server
  /** @type {BrowserPage} */
  let host

  before(async () => {
    lab = await Lab.up({
      s: 'none',
      p: 'none',
      ...Object.fromEntries(kinds.map((kind) => [`k${kind}`, kind])),
    })
    const [command, args] = lab.command('s', process.execPath, 'lib/main.js')
    server = await startServer({
      port: 443,
      program: [command, ...args],
      env: {
        HOST: '',
        URCHIN_ICE_SERVERS: JSON.stringify(lab.iceServers('s', { turn: [] })),
        URCHIN_TURN_URLS: lab.secretTurn.urls.join(','),
        URCHIN_TURN_SECRET: lab.secretTurn.secret,
      },
    })
    host = await open('p', urlFor('none'))
  })
  after(async () => {
    await host?.close()
    await server?.stop()
    lab?.down()
  })

  for (const kind of kinds) {
    test(kind, async (t) => {
      const url = urlFor(kind)
      await host.open(`${urlFor('none')}/?room=${kind}&name=Ada&autojoin=1`)
      const guest = await open(`k${kind}`, url)
      t.after(() => guest.close())
      const startMs = performance.now()
      await guest.open(`${url}/?room=${kind}&name=Grace&autojoin=1`)
      for (const page of [guest, host]) {
        const { framesDecoded, audioEnergy } = await waitForMedia(page)
        assert.ok(framesDecoded >= 30)
        assert.ok(audioEnergy > 0)
      }
      const pair = await guest.evaluate(selectedPair)
      t.diagnostic(`${Math.round(performance.now() - startMs)} ms to 30 frames each, ${JSON.stringify(pair)}`)
      if (kind === 'tls443') assert.deepEqual([pair?.local, pair?.relayProtocol], ['relay', 'tls'])
      else assert.notEqual(pair?.local, 'relay')
    })
  }

  /**
   * @param {string} side
   * @param {string} origin
   */
  function open(side, origin) {
    return openChromium(lab, side, [
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      // Only secure pages get a camera.
      `--unsafely-treat-insecure-origin-as-secure=${origin}`,
      '--ignore-certificate-errors',
    ])
  }

  /** @param {Kind} kind */
  function urlFor(kind) {
    const address = kind === 'v6only' ? `[${lab.publicAddress6('s')}]` : lab.publicAddress('s')
    return `http://${address}:443`
  }
})

/** Runs in the page. */
async function selectedPair() {
  const report = await /** @type {any} */ (window).urchin.pc.getStats()
  const all = [...report.values()]
  const transport = all.find(({ type }) => type === 'transport')
  const pair = report.get(transport?.selectedCandidatePairId)
  const local = report.get(pair?.localCandidateId)
  const remote = report.get(pair?.remoteCandidateId)
  return (
    pair && {
      local: local.candidateType,
      remote: remote.candidateType,
      address: remote.address,
      relayProtocol: local.relayProtocol,
    }
  )
}

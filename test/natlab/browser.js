// Chromium inside a host of the lab: as a source of sound for connections, or as somebody on the conference page.

import { existsSync } from 'node:fs'
import { BrowserPage } from '../support/browsers.js'

/** @typedef {import('./lab.js').Lab} Lab */
/** @typedef {import('./calls.js').End} End */

const executable = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path && existsSync(path),
)

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--autoplay-policy=no-user-gesture-required',
]

/**
 * @param {Lab} lab
 * @param {string} side
 * @param {string[]} [more] flags
 * @returns {Promise<BrowserPage>}
 */
export async function openChromium(lab, side, more = []) {
  if (!executable) throw new Error('chromium is not installed')
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({
    executablePath: lab.wrap(side, executable),
    args: [...flags, ...more],
  })
  // A page's own words may not be in a language that depends on the machine.
  const page = await browser.newPage({ viewport: { width: 800, height: 600 }, locale: 'en' })
  return new BrowserPage('chromium', browser, page)
}

/** A browser that sends a tone, 50 packets a second, to any number of connections. */
export class ToneSource {
  #page
  #connections = 0

  /**
   * @param {Lab} lab
   * @param {string} side a public host
   */
  static async open(lab, side) {
    return new ToneSource(await openChromium(lab, side, ['--disable-features=WebRtcHideLocalIpsWithMdns']))
  }

  /** @param {BrowserPage} page */
  constructor(page) {
    this.#page = page
  }

  /**
   * Connects to an end that is open.
   * @param {End} end
   */
  async sendTo(end) {
    const index = this.#connections++
    const offer = await this.#page.evaluate(offerTone, index)
    await end.do('sdp', { sdp: offer })
    // Not the answer of the moment: with all candidates, since nobody trickles here.
    await end.when('gathered')
    const answer = end.events.findLast(({ event }) => event === 'gathered')?.value
    await this.#page.evaluate(takeAnswer, { index, answer })
    await end.when('ready')
    await end.when('track')
  }

  close() {
    return this.#page.close()
  }
}

/**
 * Runs in the page.
 * @param {number} index of the connection
 */
async function offerTone(index) {
  const context = new AudioContext()
  const tone = context.createOscillator()
  const output = context.createMediaStreamDestination()
  tone.connect(output)
  tone.start()
  const pc = new RTCPeerConnection()
  Object.assign(window, { [`pc${index}`]: pc })
  pc.addTransceiver(output.stream.getAudioTracks()[0], { direction: 'sendonly', streams: [output.stream] })
  await pc.setLocalDescription()
  while (pc.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 20))
  return pc.localDescription?.sdp
}

/**
 * Runs in the page.
 * @param {{ index: number, answer: string }} options
 */
async function takeAnswer({ index, answer }) {
  await /** @type {any} */ (window)[`pc${index}`].setRemoteDescription({ type: 'answer', sdp: answer })
}

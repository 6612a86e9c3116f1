// Chromium and Firefox for tests, headless, with a moving picture and a tone in place of camera and microphone,
// behind one small page interface. Chromium is driven by playwright-core, Firefox by puppeteer-core over WebDriver BiDi.

import { existsSync, mkdirSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { dirname } from 'node:path'

/** @typedef {'chromium' | 'firefox'} BrowserName */

const executables = {
  chromium: [
    process.env.CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ],
  firefox: [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'],
}

const chromiumArgs = [
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

const firefoxPrefs = {
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.navigator.permission.disabled': true,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.enabled': false,
}

const viewport = { width: 1000, height: 720 }

/**
 * Starts one browser with one page.
 * @param {BrowserName} name
 * @param {{ camera?: boolean }} [options] camera: false for a machine without camera and microphone
 * @returns {Promise<BrowserPage>}
 */
export async function openBrowser(name, { camera = true } = {}) {
  return name === 'chromium' ? openChromium(camera) : openFirefox(camera)
}

/** @param {boolean} camera */
async function openChromium(camera) {
  const { chromium } = await import('playwright-core')
  const args = [...chromiumArgs]
  if (camera) args.push('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream')
  if (!hasNetwork()) args.push('--allow-loopback-in-peer-connection')
  const browser = await chromium.launch({ executablePath: executable('chromium'), args })
  const page = await browser.newPage({ viewport })
  return new BrowserPage('chromium', browser, page)
}

/** @param {boolean} camera */
async function openFirefox(camera) {
  const { default: puppeteer } = await import('puppeteer-core')
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: executable('firefox'),
    headless: true,
    defaultViewport: viewport,
    extraPrefsFirefox: {
      ...firefoxPrefs,
      'media.navigator.streams.fake': camera,
      // On a machine without any network Firefox would gather no candidate at all.
      'media.peerconnection.ice.loopback': !hasNetwork(),
    },
  })
  const page = await browser.newPage()
  return new BrowserPage('firefox', browser, page)
}

/** One page of either browser. What is not here differs between the drivers. */
export class BrowserPage {
  #browser
  #page
  /** @type {string[]} errors on the page's console, and exceptions that nobody caught */
  errors = []

  /**
   * @param {BrowserName} name
   * @param {{ close(): Promise<void> }} browser
   * @param {any} page
   */
  constructor(name, browser, page) {
    this.name = name
    this.#browser = browser
    this.#page = page
    page.on('console', (/** @type {any} */ message) => {
      if (message.type() === 'error') this.errors.push(message.text())
    })
    page.on('pageerror', (/** @type {any} */ error) => this.errors.push(String(error?.stack ?? error)))
  }

  /** @param {string} url */
  async open(url) {
    await this.#page.goto(url)
  }

  /**
   * Runs a function in the page; arguments and result cross as JSON.
   * @template T
   * @param {(...args: any[]) => T} pageFunction
   * @param {any} [argument]
   * @returns {Promise<Awaited<T>>}
   */
  async evaluate(pageFunction, argument) {
    return this.#page.evaluate(pageFunction, argument)
  }

  /**
   * Asks the page again and again until it gives an answer that will do.
   * @template T
   * @param {string} what for the error message
   * @param {(argument: any) => T} pageFunction
   * @param {any} [argument]
   * @param {{ accept?: (value: Awaited<T>) => boolean, timeoutMs?: number }} [options] accept: truthy answers, if absent
   * @returns {Promise<Awaited<T>>}
   */
  async waitFor(what, pageFunction, argument, { accept = Boolean, timeoutMs = 45_000 } = {}) {
    const end = Date.now() + timeoutMs
    for (;;) {
      let last = ''
      try {
        const value = await this.evaluate(pageFunction, argument)
        if (accept(value)) return value
        last = JSON.stringify(value)
      } catch (error) {
        // A page that is just navigating cannot be asked.
        last = String(error)
      }
      if (Date.now() > end) {
        const errors = this.errors.join('; ') || 'none'
        throw new Error(`${this.name}: no ${what} in time, last: ${last}; page errors: ${errors}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  /**
   * @param {string} path a .png file; its folder is made
   * @param {{ fullPage?: boolean }} [options] fullPage: also what does not fit into the window
   */
  async screenshot(path, { fullPage = false } = {}) {
    mkdirSync(dirname(path), { recursive: true })
    await this.#page.screenshot({ path, fullPage })
  }

  /**
   * Looks at the page with another window and other colours.
   * @param {{ width: number, height: number, colors: 'dark' | 'light' }} look
   */
  async setLook({ width, height, colors }) {
    if (this.name === 'chromium') {
      await this.#page.setViewportSize({ width, height })
      await this.#page.emulateMedia({ colorScheme: colors })
    } else {
      await this.#page.setViewport({ width, height })
      await this.#page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: colors }])
    }
  }

  async close() {
    await this.#browser.close()
  }
}

/** @param {BrowserName} name */
function executable(name) {
  const path = executables[name].find((candidate) => candidate && existsSync(candidate))
  if (!path)
    throw new Error(`${name} is not installed; looked for ${executables[name].filter(Boolean).join(', ')}`)
  return path
}

/** Whether this machine has an address other than loopback. */
function hasNetwork() {
  return Object.values(networkInterfaces()).some((list) => list?.some((address) => !address.internal))
}

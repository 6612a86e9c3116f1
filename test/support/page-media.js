// What a page receives, asked of the page itself: functions that run in the browser, and waits built on them.

/** @typedef {import('./browsers.js').BrowserPage} BrowserPage */
/** @typedef {{ framesDecoded: number, audioEnergy: number }} Received sums over all incoming streams */

/**
 * Waits until the page's connection goes on decoding pictures and sound: both counters grow from one look to a later one.
 * @param {BrowserPage} page whose connection is window.urchin.pc
 * @param {{ frames?: number }} [options] how many pictures have to come in addition
 * @returns {Promise<Received>}
 */
export async function waitForMedia(page, { frames = 30 } = {}) {
  await page.waitFor('connection', () => Boolean(/** @type {any} */ (window).urchin?.pc))
  const first = await page.evaluate(received)
  return page.waitFor(
    `${frames} more decoded frames and sound after ${JSON.stringify(first)}`,
    received,
    undefined,
    {
      accept: (now) =>
        now.framesDecoded >= first.framesDecoded + frames && now.audioEnergy > first.audioEnergy,
    },
  )
}

/**
 * Waits until the video element shows another picture than now.
 * @param {BrowserPage} page
 * @param {string} selector of the video element
 */
export async function waitForMotion(page, selector) {
  await page.waitFor(`picture in ${selector}`, hasPicture, selector)
  const before = await page.evaluate(snapshot, selector)
  // The codec's noise alone moves values by less than 24.
  await page.waitFor(`motion in ${selector}`, snapshot, selector, {
    accept: (now) => now.some((value, index) => Math.abs(value - before[index]) > 24),
  })
}

/** Runs in the page. */
async function received() {
  const sums = { framesDecoded: 0, audioEnergy: 0 }
  // Between two sessions there is no connection.
  const report = await /** @type {any} */ (window).urchin.pc?.getStats()
  for (const stat of report?.values() ?? []) {
    if (stat.type !== 'inbound-rtp') continue
    sums.framesDecoded += stat.framesDecoded ?? 0
    sums.audioEnergy += stat.totalAudioEnergy ?? 0
  }
  return sums
}

/**
 * Runs in the page.
 * @param {string} selector
 */
function hasPicture(selector) {
  const video = /** @type {HTMLVideoElement | null} */ (document.querySelector(selector))
  return Boolean(video && video.videoWidth > 0 && video.readyState >= 2)
}

/**
 * Runs in the page: the picture, scaled down.
 * @param {string} selector
 */
function snapshot(selector) {
  const canvas = document.createElement('canvas')
  canvas.width = 32
  canvas.height = 24
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
  context.drawImage(/** @type {HTMLVideoElement} */ (document.querySelector(selector)), 0, 0, 32, 24)
  return [...context.getImageData(0, 0, 32, 24).data]
}

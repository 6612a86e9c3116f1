// A token bucket: so many at once, so many per second over time.

/** See above. */
export class RateLimit {
  #perSecond
  #burst
  #tokens
  #lastMs
  #now

  /**
   * @param {{ perSecond: number, burst: number, now?: () => number }} options now: milliseconds
   */
  constructor({ perSecond, burst, now = () => performance.now() }) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#now = now
    this.#lastMs = now()
  }

  /** Takes one. @returns {boolean} false: there is none left */
  take() {
    const nowMs = this.#now()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#lastMs) / 1000) * this.#perSecond)
    this.#lastMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}

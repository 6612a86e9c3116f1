// Tells a connection's owner that an offer is needed: once for several changes in a row, and only when one can be made
// (W3C webrtc 4.7.3).

export class NegotiationNeed {
  #news
  #isNeeded
  #tell
  #isTold = false
  #isQueued = false
  #isForced = false

  /**
   * @param {{ news: import('./connection-news.js').ConnectionNews, isNeeded: (isForced: boolean) => boolean,
   *   tell: () => void }} fields isNeeded: whether an offer can be made now and would change something (or is forced)
   */
  constructor({ news, isNeeded, tell }) {
    this.#news = news
    this.#isNeeded = isNeeded
    this.#tell = tell
  }

  /** An offer of ours was given up: another has to come whatever is in it. */
  force() {
    this.#isForced = true
  }

  /** A negotiation took place, so what was told before is past. @param {{ isOurs: boolean }} offer */
  reset({ isOurs }) {
    this.#isTold = false
    if (isOurs) this.#isForced = false
  }

  /** Something changed. */
  check() {
    if (this.#isTold || this.#isQueued || !this.#isNeeded(this.#isForced)) return
    this.#isQueued = true
    // Asked again when its turn comes, for listeners before it may have changed it.
    this.#news.afterwards(() => {
      this.#isQueued = false
      if (this.#isTold || !this.#isNeeded(this.#isForced)) return
      this.#isTold = true
      this.#tell()
    })
  }
}

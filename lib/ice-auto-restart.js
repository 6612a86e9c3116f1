// When a connection offers an ICE restart by itself: ICE is silent, or this machine's addresses are others now. At most
// one at a time, and less and less often while it does not help.

/** Silence after 'disconnected' until the side that offered first acts, and until the other does: not both at once. */
const firstPatienceMs = 1000
const otherPatienceMs = 2000
/** How long checks of a restart may go on before the next one is thought of. */
const checkingMs = 4000
const firstPauseMs = 2000
const longestPauseMs = 30_000
/** Addresses change in bursts: one goes, another comes, IPv6 follows. */
const burstMs = 200
/** While packets still flow there is no hurry, and not all connections of a server need to act in the same moment. */
const gentleMs = 1500
const spreadMs = 2000

/**
 * @typedef {object} AddressView
 * @property {readonly string[]} used that the current generation was gathered on
 * @property {readonly string[]} present that it could be gathered on now
 * @property {string | null} selected the local one of the selected pair; null: unknown, or there is no pair
 */

/**
 * @typedef {object} AutoRestartFields
 * @property {() => boolean} canOffer no negotiation is under way
 * @property {() => boolean} isFirstOfferer
 * @property {() => AddressView} look
 * @property {(cause: string) => void} offer makes the offer; calls restarted()
 */

/** @typedef {'silence' | 'network'} Cause */

export class IceAutoRestart {
  #fields
  #state = 'new'
  #hasConnected = false
  #isStopped = false
  /** @type {Cause | null} */
  #cause = null
  #pauseMs = firstPauseMs
  #isPausing = false
  /** @type {Record<'unwell' | 'pause' | 'look', NodeJS.Timeout | undefined>} */
  #timers = { unwell: undefined, pause: undefined, look: undefined }

  /** @param {AutoRestartFields} fields */
  constructor(fields) {
    this.#fields = fields
  }

  /** @param {string} state of ICE, in the W3C's words */
  changeState(state) {
    this.#state = state
    if (state === 'connected') {
      this.#hasConnected = true
      this.#pauseMs = firstPauseMs
      this.#stopTimer('unwell')
      if (this.#cause === 'silence') this.#cause = null
    } else if (state === 'disconnected') {
      this.#watchFor(this.#fields.isFirstOfferer() ? firstPatienceMs : otherPatienceMs)
    } else if (state === 'checking') {
      this.#watchFor(Math.max(this.#pauseMs, checkingMs))
    }
  }

  /** The addresses of this machine may have changed. */
  changeNetwork() {
    if (this.#timers.look === undefined) this.#startTimer('look', burstMs, () => this.#look(false))
  }

  /** ICE is being restarted, whoever wants it. */
  restarted() {
    this.#cause = null
    this.#stopTimer('unwell')
    this.#isPausing = true
    this.#startTimer('pause', this.#pauseMs, () => {
      this.#isPausing = false
      this.check()
    })
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs)
  }

  /** A negotiation that restarted ICE is over: now it has to show whether it helps. */
  completed() {
    if (this.#cause === 'silence') this.#cause = null
    if (this.#state !== 'connected') this.#watchFor(Math.max(this.#pauseMs, checkingMs))
  }

  /** Something changed that may have been in the way. */
  check() {
    const { canOffer, offer } = this.#fields
    if (this.#cause === null || this.#isPausing || this.#isStopped || !canOffer()) return
    offer(this.#cause)
  }

  /** For good. */
  stop() {
    this.#isStopped = true
    this.#cause = null
    for (const name of /** @type {const} */ (['unwell', 'pause', 'look'])) this.#stopTimer(name)
  }

  /** @param {number} ms */
  #watchFor(ms) {
    if (this.#hasConnected) this.#startTimer('unwell', ms, () => this.#want('silence'))
  }

  /** @param {Cause} cause */
  #want(cause) {
    this.#cause = cause
    this.check()
  }

  /** @param {boolean} isSecond */
  #look(isSecond) {
    const { used, present, selected } = this.#fields.look()
    // Without any address there is nothing to offer; the next one to come is told.
    if (present.length === 0) return
    const lost = used.filter((address) => !present.includes(address))
    const isSame = lost.length === 0 && present.every((address) => used.includes(address))
    if (isSame) return
    // Of a relayed pair it is not known which address leads to the relay.
    const isCut = selected === null ? lost.length > 0 : lost.includes(selected)
    if (isCut || this.#state !== 'connected' || isSecond) {
      if (isCut) this.#pauseMs = firstPauseMs
      this.#want('network')
    } else {
      this.#startTimer('look', gentleMs + Math.random() * spreadMs, () => this.#look(true))
    }
  }

  /**
   * @param {'unwell' | 'pause' | 'look'} name
   * @param {number} ms
   * @param {() => void} run
   */
  #startTimer(name, ms, run) {
    this.#stopTimer(name)
    if (this.#isStopped) return
    this.#timers[name] = setTimeout(() => {
      this.#timers[name] = undefined
      run()
    }, ms)
    // What keeps the process running is the connection.
    this.#timers[name]?.unref()
  }

  /** @param {'unwell' | 'pause' | 'look'} name */
  #stopTimer(name) {
    clearTimeout(this.#timers[name])
    this.#timers[name] = undefined
  }
}

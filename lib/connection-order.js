// The core's events reach the connection as it finds them, its answers to commands through promises, so a little later.
// Here the ones wait for the others where that order matters: CONN_SDP_PROCESSED comes before CONN_READY.

/** Events before which the answers that came first must have been told. */
const decisive = new Set(['ready', 'failed', 'peer-closed'])

export class ConnectionOrder {
  #handle
  #open = 0
  /** @type {any[]} */
  #held = []

  /** @param {(event: any) => void} handle */
  constructor(handle) {
    this.#handle = handle
  }

  /** @param {any} event */
  receive(event) {
    const mustWait = this.#held.length > 0 || (this.#open > 0 && decisive.has(event.type))
    if (mustWait) this.#held.push(event)
    else this.#handle(event)
  }

  /** A command was given whose answer matters. */
  begin() {
    this.#open += 1
  }

  /** Its answer has been told. */
  end() {
    this.#open -= 1
    if (this.#open === 0) this.flush()
  }

  /** Nothing is waited for any longer. */
  flush() {
    const held = this.#held
    this.#held = []
    for (const event of held) this.#handle(event)
  }
}

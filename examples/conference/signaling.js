/** The WebSocket to the server: JSON messages in and out (docs/protocol.md), opened again when it breaks. */

const RETRY_FIRST_MS = 500
const RETRY_MOST_MS = 5000

/**
 * Dispatches `open`, `close` (detail: { code }; it will try again unless stopped), and `message` with the parsed message as `detail`.
 */
export class Signaling extends EventTarget {
  /** @type {WebSocket | null} */ #socket = null
  #retryMs = RETRY_FIRST_MS
  #stopped = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #retryTimer

  /** @param {string} url */
  constructor(url) {
    super()
    this.url = url
    this.#open()
  }

  #open() {
    const socket = new WebSocket(this.url)
    this.#socket = socket
    socket.onopen = () => {
      this.#retryMs = RETRY_FIRST_MS
      this.dispatchEvent(new Event('open'))
    }
    socket.onmessage = ({ data }) => {
      this.dispatchEvent(new CustomEvent('message', { detail: JSON.parse(data) }))
    }
    socket.onclose = ({ code }) => {
      if (this.#stopped) return
      this.dispatchEvent(new CustomEvent('close', { detail: { code } }))
      if (this.#stopped) return
      this.#retryTimer = setTimeout(() => this.#open(), this.#retryMs)
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MOST_MS)
    }
  }

  /** Dropped silently while the socket is down: joining again sends everything anew. */
  send(/** @type {object} */ message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  stop() {
    this.#stopped = true
    clearTimeout(this.#retryTimer)
    this.#socket?.close()
  }
}

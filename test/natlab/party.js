// One connection of a call, with a record of what happened on it and when.

import { WebRtcConnection } from '../../lib/index.js'

/** @typedef {import('../../lib/index.js').ConnectionOptions} ConnectionOptions */
/** @typedef {import('../../lib/index.js').ConnectionEvent} ConnectionEvent */
/** @typedef {{ local: import('../../lib/index.js').Candidate, remote: import('../../lib/index.js').Candidate }} Pair */
/**
 * What a party looks like at a moment.
 * @typedef {object} Look
 * @property {number} atMs
 * @property {Pair | null} pair
 * @property {number} packetsReceived RTP
 * @property {number} packetsSent RTP
 */

/**
 * Milliseconds on a clock that all processes of the machine share.
 * @returns {number}
 */
export const nowMs = () => Number(process.hrtime.bigint() / 1000n) / 1000

const told = /** @type {const} */ ([
  'started',
  'gathered',
  'ready',
  'finished',
  'sdp',
  'candidate',
  'sdp-processed',
  'failed',
])

export class Party {
  #tell
  /** @type {import('../../lib/index.js').RemoteTrack[]} */
  #tracks = []
  #echoes = false
  /** @type {Set<Party>} */
  #sinks = new Set()

  /**
   * @param {ConnectionOptions & { verbose?: boolean }} options verbose: every log line is told, too
   * @param {(event: { event: string, atMs: number, value?: any }) => void} tell
   */
  constructor({ verbose, ...options }, tell) {
    this.#tell = (/** @type {string} */ event, /** @type {any} */ value) =>
      tell({ event, atMs: nowMs(), value })
    this.connection = new WebRtcConnection(verbose ? { ...options, logger: this.#logger() } : options)
    for (const name of told) {
      this.connection.on(name, (/** @type {ConnectionEvent} */ { message, reason }) => {
        const pair = this.connection.getSelectedPair()
        this.#tell(name, name === 'failed' ? reason : name === 'ready' ? pair : message)
      })
    }
    this.connection.on('selected-pair', (pair) => this.#tell('selected-pair', pair))
    this.connection.on('ice-candidate-error', (error) => this.#tell('ice-candidate-error', error))
    this.connection.on('ice-state', (state) => this.#tell('ice-state', state))
    this.connection.on('negotiation-needed', () => {
      this.#tell('negotiation-needed', null)
      this.connection.createOffer().catch((error) => this.#tell('no-offer', error.code))
    })
    this.connection.on('track', (track) => {
      this.#tracks.push(track)
      this.#tell('track', track.kind)
      if (this.#echoes) this.connection.addTrack(track)
      for (const sink of this.#sinks) sink.connection.addTrack(track)
    })
    this.connection.init()
  }

  /** Sends back whatever the peer sends, now and later. */
  echo() {
    this.#echoes = true
    for (const track of this.#tracks) this.connection.addTrack(track)
  }

  /**
   * Sends whatever the peer sends, now and later, to another party's peer.
   * @param {Party} other
   */
  forwardTo(other) {
    this.#sinks.add(other)
    for (const track of this.#tracks) other.connection.addTrack(track)
  }

  /** @returns {Promise<Look>} */
  async look() {
    const report = await this.connection.getStats()
    let packetsReceived = 0
    let packetsSent = 0
    for (const stat of report.values()) {
      if (stat.type === 'inbound-rtp') packetsReceived += stat.packetsReceived
      if (stat.type === 'outbound-rtp') packetsSent += stat.packetsSent
    }
    return { atMs: nowMs(), pair: this.connection.getSelectedPair(), packetsReceived, packetsSent }
  }

  #logger() {
    const level =
      (/** @type {string} */ name) =>
      (/** @type {any[]} */ ...words) =>
        this.#tell(
          'log',
          `${name} ${words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' ')}`,
        )
    return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }
  }
}

// A WebRtcConnection without a core: rooms and signalling on it run without the native addon.

import { EventEmitter } from 'node:events'
import { UrchinError } from '../../lib/errors.js'

/** A remote track that counts what is asked of it. */
export class FakeRemoteTrack extends EventEmitter {
  static #count = 0
  paused = false
  ended = false
  keyframeRequests = 0

  /**
   * @param {'audio' | 'video'} kind
   * @param {string} [streamId]
   */
  constructor(kind, streamId = 'stream') {
    super()
    FakeRemoteTrack.#count += 1
    this.id = `remote-${FakeRemoteTrack.#count}`
    this.kind = kind
    this.streamId = streamId
  }

  pause() {
    this.paused = true
  }

  resume() {
    this.paused = false
  }

  requestKeyframe() {
    this.keyframeRequests += 1
  }

  end() {
    this.ended = true
    this.emit('ended')
  }
}

/** A local track that remembers its source. */
export class FakeLocalTrack {
  paused = false

  /**
   * @param {FakeRemoteTrack | null} source
   * @param {{ kind: 'audio' | 'video', streamId: string, trackId: string }} options
   */
  constructor(source, options) {
    this.source = source
    Object.assign(this, options)
    this.kind = options.kind
    this.streamId = options.streamId
    this.trackId = options.trackId
  }

  /** @param {FakeRemoteTrack | null} source */
  replaceSource(source) {
    this.source = source
  }

  pause() {
    this.paused = true
  }

  resume() {
    this.paused = false
  }
}

let sessions = 0

/** What a connection is to rooms and signalling. */
export class FakeConnection extends EventEmitter {
  /** @type {FakeLocalTrack[]} */
  localTracks = []
  /** @type {any[]} */
  remoteCandidates = []
  /** @type {string[]} */
  remoteSdps = []
  closeCount = 0
  isInitialized = false
  localSdp = ''
  /** An error that the next setRemoteSdp rejects with. @type {Error | null} */
  refusal = null
  /** Never finds a candidate. */
  isStuck = false

  /** @param {Record<string, any>} [options] */
  constructor(options = {}) {
    super()
    this.options = options
  }

  init() {
    this.isInitialized = true
    return this
  }

  /**
   * @param {FakeRemoteTrack | null} source
   * @param {{ kind: 'audio' | 'video', streamId: string, trackId: string }} options
   */
  addTrack(source, options) {
    if (this.closeCount > 0) throw new UrchinError('ERR_CLOSED', 'The connection is closed')
    const track = new FakeLocalTrack(source, options)
    this.localTracks.push(track)
    return track
  }

  /** @param {FakeLocalTrack} track */
  removeTrack(track) {
    this.localTracks = this.localTracks.filter((one) => one !== track)
  }

  /** The sources that its peer gets. */
  get sources() {
    return this.localTracks.map((track) => track.source)
  }

  async createOffer() {
    sessions += 1
    this.localSdp = `v=0\r\no=- ${sessions} 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n`
    this.emit('sdp', { code: 202, message: this.localSdp })
    return this.localSdp
  }

  /** @param {string | { type: string, sdp: string }} description */
  async setRemoteSdp(description) {
    const { type, sdp } = typeof description === 'string' ? { type: 'offer', sdp: description } : description
    if (this.refusal) {
      const error = this.refusal
      this.refusal = null
      throw error
    }
    this.remoteSdps.push(sdp)
    if (this.isStuck) return new Promise(() => {})
    if (type === 'offer') this.localSdp = answerTo(sdp)
    this.emit('sdp-processed', { code: 203, message: sdp })
    return type === 'offer' ? this.localSdp : ''
  }

  getLocalSdp() {
    return this.localSdp
  }

  /** @param {any} candidate */
  addRemoteCandidate(candidate) {
    this.remoteCandidates.push(candidate)
    return candidate?.candidate?.includes('bad')
      ? Promise.reject(new UrchinError('ERR_CANDIDATE_SYNTAX', 'bad'))
      : Promise.resolve()
  }

  async close() {
    this.closeCount += 1
    if (this.closeCount === 1) this.emit('finished', { code: 105 })
  }

  /**
   * The peer starts to send.
   * @param {'audio' | 'video'} kind
   * @param {string} [streamId]
   */
  receive(kind, streamId) {
    const track = new FakeRemoteTrack(kind, streamId)
    this.emit('track', track)
    return track
  }
}

/**
 * An answer with the offer's m-lines, our credentials and one candidate.
 * @param {string} offer
 */
export function answerTo(offer) {
  sessions += 1
  const media = offer.split(/^(?=m=)/m).slice(1)
  const lines = ['v=0', `o=- ${sessions} 1 IN IP4 127.0.0.1`, 's=-', 't=0 0', 'a=group:BUNDLE 0 1']
  for (const section of media) {
    const isRejected = /codec-nobody-has/.test(section)
    const [mLine] = section.split('\r\n')
    lines.push(isRejected ? mLine.replace(/ \d+ /, ' 0 ') : mLine)
    lines.push(/^a=mid:\S+/m.exec(section)?.[0] ?? 'a=mid:0')
    lines.push(/^a=sendonly|^a=sendrecv/m.test(section) ? 'a=recvonly' : 'a=sendonly')
    lines.push(`a=ice-ufrag:ours${sessions}`, 'a=ice-pwd:ourpasswordourpasswordour')
    lines.push('a=candidate:1 1 udp 2015363327 192.0.2.9 40000 typ host', 'a=end-of-candidates')
  }
  return `${lines.join('\r\n')}\r\n`
}

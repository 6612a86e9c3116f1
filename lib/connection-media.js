// Keeps a connection's receivers and senders in the core in step with its negotiated m-lines, and the tracks that
// JavaScript sees with both.

import { randomBytes } from './random.js'
import { remember } from './remember.js'
import { receives, sends } from './sdp/extensions.js'
import { RemoteTrack } from './track.js'

/** @typedef {import('./connection.js').WebRtcConnection} WebRtcConnection */
/** @typedef {import('./sdp/codecs.js').Codec} Codec */
/** @typedef {import('./sdp/medium.js').Medium} Medium */
/** @typedef {import('./sdp/extensions.js').ExtensionIds} ExtensionIds */
/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {import('./worker.js').Worker} Worker */

export class ConnectionMedia {
  #worker
  #connection
  #connectionId
  #cname
  #news
  #onError
  #commands
  /** @type {Map<string, { track: RemoteTrack, receiverId: number, config: string }>} by mid */
  #receivers = new Map()
  /** @type {Map<LocalTrack, { mid: string, senderId: number, config: string }>} */
  #senders = new Map()
  /** @type {RemoteTrack[]} */
  #added = []
  /** @type {RemoteTrack[]} */
  #ended = []

  /**
   * @param {{ worker: Worker, connection: WebRtcConnection, connectionId: number, cname: string,
   *   news: import('./connection-news.js').ConnectionNews,
   *   onError: (error: Error) => void }} fields onError: a command failed that should not
   */
  constructor({ worker, connection, connectionId, cname, news, onError }) {
    this.#worker = worker
    this.#connection = connection
    this.#connectionId = connectionId
    this.#cname = cname
    this.#news = news
    this.#onError = onError
    this.#commands = trackCommands(worker, onError)
  }

  /** @returns {RemoteTrack[]} */
  get remoteTracks() {
    return [...this.#receivers.values()].map(({ track }) => track)
  }

  /**
   * A stream's first packet came.
   * @param {number} receiverId
   */
  activate(receiverId) {
    const track = this.tracksById.receivers.get(receiverId)
    if (!track) return
    track.activate()
    this.#news.tellOf(track, 'active')
  }

  /**
   * What stats say of each id in the core.
   * @returns {{ receivers: Map<number, RemoteTrack>, senders: Map<number, LocalTrack> }}
   */
  get tracksById() {
    return {
      receivers: new Map([...this.#receivers.values()].map(({ receiverId, track }) => [receiverId, track])),
      senders: new Map([...this.#senders].map(([track, { senderId }]) => [senderId, track])),
    }
  }

  /**
   * Does what a negotiation decided.
   * @param {readonly Medium[]} media
   */
  sync(media) {
    const receiving = media.filter((medium) => !medium.isRejected && receives(medium.direction))
    const mids = new Set(receiving.map(({ mid }) => mid))
    for (const [mid, { track, receiverId }] of this.#receivers) {
      if (mids.has(mid)) continue
      this.#receivers.delete(mid)
      attempt(() => this.#worker.removeReceiver(this.#connectionId, receiverId), this.#onError)
      track.end()
      this.#ended.push(track)
    }
    for (const medium of receiving) this.#receive(medium)
    this.#send(media.filter((medium) => !medium.isRejected && medium.track && sends(medium.direction)))
  }

  /** The remote tracks that came and went since this was last asked. */
  takeChanges() {
    const changes = { added: this.#added, ended: this.#ended }
    this.#added = []
    this.#ended = []
    return changes
  }

  /** @param {Medium} medium */
  #receive(medium) {
    const { mid, remote } = medium
    const format = toFormat(medium, medium.receiveCodecs, medium.receiveIds)
    const config = { format, ssrcs: remote.ssrcs, rid: '', maxBitrateBps: 0 }
    const text = `${textOf(format)} ${remote.ssrcs.join(' ')}`
    let entry = this.#receivers.get(mid)
    if (!entry) {
      const receiverId = this.#worker.addReceiver(this.#connectionId, config)
      const kind = config.format.kind
      const { streamId, trackId } = remote
      const fields = {
        connection: this.#connection,
        kind,
        mid,
        streamId,
        trackId,
        receiverId,
        commands: this.#commands,
      }
      entry = { track: new RemoteTrack(fields), receiverId, config: text }
      this.#receivers.set(mid, entry)
      this.#added.push(entry.track)
    } else if (entry.config !== text) {
      entry.config = text
      const { receiverId } = entry
      attempt(() => this.#worker.updateReceiver(this.#connectionId, receiverId, config), this.#onError)
    }
    const { streamId, trackId } = remote
    entry.track.update({ codecs: medium.receiveCodecs, streamId, trackId })
  }

  /**
   * @param {Medium[]} sending
   */
  #send(sending) {
    /** @type {Map<LocalTrack, Medium>} */
    const wanted = new Map(sending.map((medium) => [/** @type {LocalTrack} */ (medium.track), medium]))
    for (const [track, { mid }] of this.#senders) if (wanted.get(track)?.mid !== mid) this.removeSender(track)
    for (const [track, medium] of wanted) {
      const format = toFormat(medium, medium.sendCodecs, medium.sendIds)
      const config = { format, ssrc: track.ssrc, cname: this.#cname }
      const text = textOf(format)
      let entry = this.#senders.get(track)
      if (!entry) {
        entry = {
          mid: medium.mid,
          senderId: this.#worker.addSender(this.#connectionId, config),
          config: text,
        }
        this.#senders.set(track, entry)
      } else if (entry.config !== text) {
        entry.config = text
        const { senderId } = entry
        attempt(() => this.#worker.updateSender(this.#connectionId, senderId, config), this.#onError)
      }
      track.bind({ mid: medium.mid, senderId: entry.senderId, codecs: medium.sendCodecs })
    }
  }

  /** @param {LocalTrack} track */
  removeSender(track) {
    const entry = this.#senders.get(track)
    if (!entry) return
    this.#senders.delete(track)
    attempt(() => this.#worker.removeSender(this.#connectionId, entry.senderId), this.#onError)
    track.bind(null)
  }

  /**
   * The connection is gone, and in the core all of this with it.
   * @returns {RemoteTrack[]} those that ended by it
   */
  clear() {
    const ended = this.remoteTracks
    this.#receivers.clear()
    for (const track of ended) track.end()
    for (const track of this.#senders.keys()) track.bind(null)
    this.#senders.clear()
    return ended
  }
}

/**
 * Holds the worker only, not the connection: a source's tracks reach across connections.
 * @param {Worker} worker
 * @param {(error: Error) => void} onError
 * @returns {import('./track.js').TrackCommands}
 */
export function trackCommands(worker, onError) {
  return {
    pauseReceiver: (receiverId, paused) => attempt(() => worker.pauseReceiver(receiverId, paused), onError),
    requestKeyframe: (receiverId) => attempt(() => worker.requestKeyframe(receiverId), onError),
    pauseSender: (senderId, paused) => attempt(() => worker.pauseSender(senderId, paused), onError),
    setSenderSource: (senderId, receiverId, map) =>
      attempt(() => worker.setSenderSource(senderId, receiverId, map), onError),
  }
}

/**
 * @param {Medium} medium
 * @param {readonly Codec[]} codecs
 * @param {ExtensionIds} extIds
 */
function toFormat({ kind, mid }, codecs, extIds) {
  return {
    kind: /** @type {'audio' | 'video'} */ (kind),
    // RFC 9143 15: longer ones can't be on a packet.
    mid: mid.length <= 16 ? mid : '',
    codecs: nativeCodecs(codecs),
    extIds,
  }
}

const nativeCodecs = remember((/** @type {readonly Codec[]} */ codecs) =>
  codecs.map(({ payloadType, codec, clockRate, feedback }) => ({
    payloadType,
    codec,
    clockRateHz: clockRate,
    nack: feedback.has('nack'),
    pli: feedback.has('nack pli'),
    fir: feedback.has('ccm fir'),
    transportCc: feedback.has('transport-cc'),
    remb: feedback.has('goog-remb'),
  })),
)

/**
 * The same for equal formats.
 * @param {ReturnType<typeof toFormat>} format
 */
function textOf({ kind, mid, codecs, extIds }) {
  return `${kind} ${mid} ${jsonOf(extIds)} ${jsonOf(codecs)}`
}

const jsonOf = remember((/** @type {object} */ value) => JSON.stringify(value))

/**
 * Runs a command that may refuse at once or later.
 * @param {() => Promise<any>} run
 * @param {(error: any) => void} onError
 */
export function attempt(run, onError) {
  try {
    run().catch(onError)
  } catch (error) {
    onError(error)
  }
}

/**
 * A random SSRC (RFC 3550 8.1) for another track of a connection.
 * @param {Iterable<LocalTrack>} tracks those it has
 */
export function newSsrc(tracks) {
  const used = new Set([...tracks].map((track) => track.ssrc))
  let ssrc = 0
  while (ssrc === 0 || used.has(ssrc)) ssrc = randomBytes(4).readUInt32BE()
  return ssrc
}

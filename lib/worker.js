// One native worker as promises and events: answers find their promise, and each connection's events go to its owner
// in order. lib/worker-pool.js spreads connections over several.

import { UrchinError } from './errors.js'
import { loadNative } from './native.js'

/** @typedef {import('./native.js').NativeWorker} NativeWorker */

/**
 * @typedef {object} IceServerConfig one STUN or TURN server
 * @property {boolean} isTurn
 * @property {'udp' | 'tcp' | 'tls'} protocol
 * @property {string} host an address or a name
 * @property {number} port
 * @property {string} [username] TURN only
 * @property {string} [credential] TURN only
 */
/**
 * @typedef {object} ConnectionConfig
 * @property {IceServerConfig[]} [servers]
 * @property {string[]} addresses local addresses to gather on, at least one
 * @property {number} [litePort] ICE-lite on this shared port; 0 or missing: full ICE
 * @property {number} [portMin] 0 or missing: any
 * @property {number} [portMax]
 * @property {boolean} [relayOnly]
 * @property {boolean} [tcp]
 * @property {number} [disconnectedTimeoutMs] of silence until ICE is disconnected; 0: the default
 * @property {number} [consentTimeoutMs] of silence until ICE has failed; 0: 30 s
 * @property {string} [tlsCa] PEM, trusted for TURN over TLS beside the system's
 * @property {number} [connectTimeoutMs] from gather to ready; 0: none
 */
/**
 * @typedef {object} Candidate
 * @property {string} foundation
 * @property {number} component always 1
 * @property {'udp' | 'tcp'} protocol
 * @property {'active' | 'passive' | 'so'} [tcpType]
 * @property {number} priority
 * @property {string} address
 * @property {number} port
 * @property {'host' | 'srflx' | 'prflx' | 'relay'} type
 * @property {string} [relatedAddress]
 * @property {number} [relatedPort]
 */
/**
 * @typedef {object} RemoteConfig
 * @property {string} ufrag
 * @property {string} pwd
 * @property {boolean} [iceLite]
 * @property {'client' | 'server'} dtlsRole ours
 * @property {{ algorithm: string, value: string }[]} fingerprints alternatives
 */
/**
 * @typedef {object} FormatCodec
 * @property {number} payloadType
 * @property {'opus' | 'pcmu' | 'pcma' | 'vp8' | 'vp9' | 'h264' | 'av1' | 'other'} codec
 * @property {number} clockRateHz
 * @property {boolean} [nack]
 * @property {boolean} [pli]
 * @property {boolean} [fir]
 * @property {boolean} [transportCc]
 * @property {boolean} [remb]
 */
/**
 * What was negotiated for one m-line. An extension id that is missing or 0 was not negotiated.
 * @typedef {object} Format
 * @property {'audio' | 'video'} kind
 * @property {string} mid
 * @property {FormatCodec[]} codecs
 * @property {{ mid?: number, rid?: number, audioLevel?: number, absSendTime?: number, transportCc?: number,
 *   videoOrientation?: number, absCaptureTime?: number, dependencyDescriptor?: number }} [extIds]
 */
/** @typedef {{ format: Format, ssrcs?: number[], rid?: string, maxBitrateBps?: number }} ReceiverConfig */
/** @typedef {{ format: Format, ssrc: number, cname: string }} SenderConfig */
/** @typedef {{ from: number, to: number }} PayloadMapEntry a payload type of the source and the viewer's for it */
/** @typedef {{ transport: Record<string, any>, receivers: Record<string, any>, senders: Record<string, any>,
 *   localCandidates?: Record<string, any>, remoteCandidates?: Record<string, any>,
 *   candidatePairs?: Record<string, any> }} NativeStats */

/**
 * What a connection is told, by `type`: started, hosts-gathered, gathered (generation); candidate (generation,
 * candidate); ice-state (state); selected-pair (local, remote); ready; failed (reason: { code, detail });
 * peer-closed; ice-server-error (url, errorCode, errorText); closed (the last one); receiver-active (receiverId);
 * log (level, text).
 * @typedef {{ type: string, [field: string]: any }} WorkerEvent
 */
/** @typedef {{ resolve: (value: any) => void, reject: (error: Error) => void }} Request */

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * All connections of a worker are told 'network-changed' when this machine's addresses become others.
 *
 * Commands are queued in call order, so none has to be awaited before the next. Each returns a promise that rejects
 * with an UrchinError; wrong arguments throw at once, with code ERR_INVALID_ARGUMENT.
 */
export class Worker {
  /** @type {NativeWorker} */ #native
  /** @type {{ next: number }} */ #ids
  /** @type {Map<number, (event: WorkerEvent) => void>} by connection id */ #listeners = new Map()
  /** @type {Map<number, Request>} by request id */ #requests = new Map()
  /** @type {Map<number, { promise: Promise<void>, resolve: () => void }>} by connection id */ #closing =
    new Map()
  #isClosed = false
  #holdsLoop = false
  #onExit = () => this.close()
  #holdsCommands = false
  #submit = () => {
    this.#holdsCommands = false
    this.#native.submit()
  }
  /**
   * Is told when the worker has too much to do, or less than before: its level, 0 to 4, and how many of its connections
   * get no video.
   * @type {((news: { level: number, shed: number }) => void) | null}
   */
  onOverload = null

  /** @param {Worker} [like] has the same certificate, and ids that differ from this one's */
  constructor(like) {
    const { NativeWorker: NativeWorkerClass, chooseSrtpEngine } = loadNative()
    chooseSrtpEngine(process.env.URCHIN_IPSEC_MB || 'auto')
    this.#native = new NativeWorkerClass(
      (events) => this.#dispatch(events),
      'info',
      like ? like.#native : undefined,
    )
    this.#ids = like ? like.#ids : { next: 1 }
    /** What other workers name it by in imports and exports; negative: it takes no part in them. */
    this.number = this.#native.number()
    /** Of the certificate that all connections of this worker use. */
    this.fingerprint = Object.freeze({ algorithm: 'sha-256', value: this.#native.fingerprint() })
    // process.exit() on the main thread runs no clean-up hooks of addons, and C's own would run under our thread.
    process.once('exit', this.#onExit)
  }

  /**
   * Ends every connection and waits for the worker's thread, two seconds at most. No more events come, what is still
   * unanswered rejects with ERR_CLOSED, and so does every later command.
   */
  close() {
    if (this.#isClosed) return
    this.#isClosed = true
    process.off('exit', this.#onExit)
    this.#native.close()
    this.#listeners.clear()
    for (const { resolve } of this.#closing.values()) resolve()
    this.#closing.clear()
    const error = new UrchinError('ERR_CLOSED', 'The worker is closed')
    for (const { reject } of this.#requests.values()) reject(error)
    this.#requests.clear()
  }

  /** @param {'debug' | 'info' | 'warn' | 'error' | 'silent'} level of the log events that are made */
  setLogLevel(level) {
    this.#native.setLogLevel(level === 'silent' ? 'error' : level)
  }

  /**
   * @param {ConnectionConfig} config
   * @param {(event: WorkerEvent) => void} onEvent gets every event up to 'closed'
   * @returns {number} the connection's id
   */
  openConnection(config, onEvent) {
    const connectionId = this.#ids.next++
    // A connection that can not be made has told 'failed' and 'closed' before its command is answered.
    this.#command('openConnection', connectionId, config).catch(() => {})
    this.#listeners.set(connectionId, onEvent)
    return connectionId
  }

  /**
   * What ufrags begin with, for checks on a port that workers share find theirs by it.
   * @param {number} _connectionId
   * @returns {string} a base64 digit, or nothing
   */
  ufragPrefix(_connectionId) {
    return this.number < 0 ? '' : digits[this.number]
  }

  /**
   * @param {number} connectionId
   * @param {{ ufrag: string, pwd: string, controlling: boolean }} credentials ours
   * @returns {Promise<void>}
   */
  gather(connectionId, credentials) {
    return this.#command('gather', connectionId, credentials)
  }

  /**
   * @param {number} connectionId
   * @param {RemoteConfig} remote
   * @returns {Promise<void>}
   */
  setRemote(connectionId, remote) {
    return this.#command('setRemote', connectionId, remote)
  }

  /**
   * @param {number} connectionId
   * @param {Candidate} candidate
   * @returns {Promise<void>}
   */
  addCandidate(connectionId, candidate) {
    return this.#command('addCandidate', connectionId, candidate)
  }

  /**
   * @param {number} connectionId
   * @returns {Promise<void>}
   */
  endCandidates(connectionId) {
    return this.#command('endCandidates', connectionId)
  }

  /**
   * @param {number} connectionId
   * @param {{ ufrag: string, pwd: string }} credentials the new ones, ours
   * @returns {Promise<void>}
   */
  restartIce(connectionId, credentials) {
    return this.#command('restartIce', connectionId, credentials)
  }

  /**
   * For the next gather or restart.
   * @param {number} connectionId
   * @param {string[]} addresses local, numeric, 1 to 64
   * @returns {Promise<void>}
   */
  setAddresses(connectionId, addresses) {
    return this.#command('setAddresses', connectionId, addresses)
  }

  /**
   * @param {number} connectionId
   * @returns {Promise<void>} settles after its 'closed' event was delivered
   */
  closeConnection(connectionId) {
    const running = this.#closing.get(connectionId)
    if (running) return running.promise
    if (!this.#listeners.has(connectionId)) return Promise.resolve()
    let resolve = () => {}
    const promise = new Promise((/** @type {(value: void) => void} */ done) => {
      resolve = done
    })
    // It may have ended by itself meanwhile: then its 'closed' event is under way.
    this.#command('closeConnection', connectionId).catch(() => {})
    this.#closing.set(connectionId, { promise, resolve })
    return promise
  }

  /**
   * @param {number} connectionId
   * @returns {Promise<NativeStats>} receivers and senders by their ids
   */
  getStats(connectionId) {
    return this.#command('getStats', connectionId)
  }

  /** @returns {Promise<Record<string, number>>} the worker's own figures */
  async getLoad() {
    const { transport } = await this.#command('getStats', 0)
    return transport
  }

  /**
   * @param {number} connectionId
   * @param {ReceiverConfig} config
   * @returns {number} the receiver's id
   */
  addReceiver(connectionId, config) {
    return this.#add('addReceiver', connectionId, config)
  }

  /**
   * @param {number} connectionId
   * @param {number} receiverId
   * @param {ReceiverConfig} config
   * @returns {Promise<void>}
   */
  updateReceiver(connectionId, receiverId, config) {
    return this.#command('updateReceiver', connectionId, receiverId, config)
  }

  /**
   * @param {number} connectionId
   * @param {number} receiverId
   * @returns {Promise<void>}
   */
  removeReceiver(connectionId, receiverId) {
    return this.#command('removeReceiver', connectionId, receiverId)
  }

  /**
   * @param {number} receiverId
   * @param {boolean} paused
   * @returns {Promise<void>}
   */
  pauseReceiver(receiverId, paused) {
    return this.#command('pauseReceiver', receiverId, paused)
  }

  /**
   * @param {number} receiverId
   * @returns {Promise<void>}
   */
  requestKeyframe(receiverId) {
    return this.#command('requestKeyframe', receiverId)
  }

  /**
   * @param {number} connectionId
   * @param {SenderConfig} config
   * @returns {number} the sender's id
   */
  addSender(connectionId, config) {
    return this.#add('addSender', connectionId, config)
  }

  /**
   * @param {number} connectionId
   * @param {number} senderId
   * @param {SenderConfig} config
   * @returns {Promise<void>}
   */
  updateSender(connectionId, senderId, config) {
    return this.#command('updateSender', connectionId, senderId, config)
  }

  /**
   * @param {number} connectionId
   * @param {number} senderId
   * @returns {Promise<void>}
   */
  removeSender(connectionId, senderId) {
    return this.#command('removeSender', connectionId, senderId)
  }

  /**
   * @param {number} senderId
   * @param {number} receiverId 0: no source
   * @param {readonly PayloadMapEntry[]} payloadMap
   * @returns {Promise<void>}
   */
  setSenderSource(senderId, receiverId, payloadMap) {
    return this.#command('setSenderSource', senderId, receiverId, payloadMap)
  }

  /**
   * @param {number} senderId
   * @param {boolean} paused
   * @returns {Promise<void>}
   */
  pauseSender(senderId, paused) {
    return this.#command('pauseSender', senderId, paused)
  }

  /**
   * Sends a receiver's packets to another worker, once each.
   * @param {number} receiverId one of this worker's
   * @param {number} toNumber the other worker's
   * @param {boolean} isWanted
   * @returns {Promise<void>}
   */
  exportReceiver(receiverId, toNumber, isWanted) {
    return this.#command('exportReceiver', receiverId, toNumber, isWanted)
  }

  /**
   * Makes another worker's receiver known here under its id, as a source for senders.
   * @param {number} receiverId
   * @param {number} fromNumber the receiver's worker
   * @param {ReceiverConfig} config the receiver's
   * @returns {Promise<void>}
   */
  addImport(receiverId, fromNumber, config) {
    return this.#command('addImport', receiverId, fromNumber, config)
  }

  /**
   * @param {number} receiverId
   * @param {ReceiverConfig} config
   * @returns {Promise<void>}
   */
  updateImport(receiverId, config) {
    return this.#command('updateImport', receiverId, config)
  }

  /**
   * Senders of it are left without a source.
   * @param {number} receiverId
   * @returns {Promise<void>}
   */
  removeImport(receiverId) {
    return this.#command('removeImport', receiverId)
  }

  /**
   * @param {string} method
   * @param {number} connectionId
   * @param {object} config
   */
  #add(method, connectionId, config) {
    const id = this.#ids.next++
    this.#command(method, connectionId, id, config).catch((error) => {
      // Refused because the connection is just going away: its own events tell that.
      if (error.code === 'ERR_NOT_FOUND' || error.code === 'ERR_CLOSED') return
      const reason = { code: 'ERR_INTERNAL', detail: `${method}: ${error.message}` }
      this.#deliver(connectionId, { type: 'failed', reason })
    })
    return id
  }

  /**
   * Queues a command. Throws at once when its arguments or the queue refuse it.
   * @param {string} method
   * @param {number} targetId
   * @param {...any} args
   * @returns {Promise<any>}
   */
  #command(method, targetId, ...args) {
    const requestId = this.#ids.next++
    this.#holdCommands()
    const promise = new Promise((resolve, reject) => {
      this.#requests.set(requestId, { resolve, reject })
    })
    try {
      this.#native[method](requestId, targetId, ...args)
    } catch (error) {
      this.#requests.delete(requestId)
      const { code, message } = /** @type {{ code: string, message: string }} */ (error)
      throw new UrchinError(code ?? 'ERR_INTERNAL', message, { cause: error })
    }
    this.#holdLoop()
    return promise
  }

  /** Waking the worker's thread costs more than most commands do: once for all that this turn gives. */
  #holdCommands() {
    if (this.#holdsCommands) return
    this.#holdsCommands = true
    this.#native.hold()
    queueMicrotask(this.#submit)
  }

  /** While a connection is open or an answer is due, the process does not end by itself. */
  #holdLoop() {
    const mustHold = this.#listeners.size > 0 || this.#requests.size > 0
    if (mustHold === this.#holdsLoop || this.#isClosed) return
    this.#holdsLoop = mustHold
    if (mustHold) this.#native.ref()
    else this.#native.unref()
  }

  /** @param {any[]} events */
  #dispatch(events) {
    for (const event of events) {
      if (event.type === 'result' || event.type === 'stats') this.#settle(event)
      else if (event.type === 'network-changed') this.#tellNetworkChange()
      else if (event.type === 'overload') this.#tellOverload(event)
      else this.#deliver(event.connectionId, event)
      if (event.type === 'closed') this.#forget(event.connectionId)
    }
    this.#holdLoop()
  }

  #tellNetworkChange() {
    for (const connectionId of [...this.#listeners.keys()]) {
      this.#deliver(connectionId, { type: 'network-changed' })
    }
  }

  /** @param {any} event */
  #tellOverload({ level, shed }) {
    guard(() => this.onOverload?.({ level, shed }))
  }

  /** @param {any} event */
  #settle({ requestId, code, stats }) {
    const request = this.#requests.get(requestId)
    this.#requests.delete(requestId)
    if (code) request?.reject(new UrchinError(code, `the worker answered ${code}`))
    else request?.resolve(stats)
  }

  /**
   * @param {number} connectionId
   * @param {WorkerEvent} event
   */
  #deliver(connectionId, event) {
    guard(() => this.#listeners.get(connectionId)?.(event))
  }

  /** @param {number} connectionId */
  #forget(connectionId) {
    this.#listeners.delete(connectionId)
    this.#closing.get(connectionId)?.resolve()
    this.#closing.delete(connectionId)
  }
}

/**
 * A listener that throws must neither hold up the others nor end the process here: it reaches uncaughtException.
 * @param {() => void} listener
 */
function guard(listener) {
  try {
    listener()
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}

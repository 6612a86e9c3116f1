// The workers of one JS environment behind the interface of one: connections are spread over them, and what a sender
// on one forwards of a receiver on another crosses between the two once.

import { EventEmitter } from 'node:events'
import { availableParallelism } from 'node:os'
import { UrchinError } from './errors.js'
import { claimIcePort } from './ice-lite.js'
import { Worker } from './worker.js'

/** @typedef {import('./worker.js').ConnectionConfig} ConnectionConfig */
/** @typedef {import('./worker.js').ReceiverConfig} ReceiverConfig */
/** @typedef {import('./worker.js').SenderConfig} SenderConfig */
/** @typedef {import('./worker.js').WorkerEvent} WorkerEvent */
/** @typedef {{ worker: Worker, receivers: Set<number>, senders: Set<number> }} PooledConnection */
/**
 * @typedef {object} PooledReceiver
 * @property {Worker} worker
 * @property {ReceiverConfig} config
 * @property {boolean} isPaused
 * @property {Map<Worker, Set<number>>} imports by worker: its senders of this receiver
 */
/**
 * A worker has too much to do, or less than before.
 * @typedef {object} Overload
 * @property {'WORKER_OVERLOAD' | 'WORKER_RELIEVED'} code the level rose, or fell
 * @property {number} worker which of them: its place in `loads`
 * @property {number} level 0: none, to 4: no video is forwarded
 * @property {number} connections of this worker
 * @property {number} shedding how many of these get no video now; audio goes on
 */
/** @typedef {{ worker: Worker, source: number }} PooledSender source: a receiver's id; 0: none */

/** More than this has no use even on large machines: rooms are spread, and each crossing costs. */
const maxWorkers = 32

/**
 * How many threads carry the connections of this JS environment, at most. Each is started when connections come and
 * none is idle.
 * @param {number} count 1 to 32; before it is called, as many as the machine has cores
 * @throws {UrchinError} ERR_INVALID_ARGUMENT; ERR_INVALID_STATE: more are running already
 */
export function setWorkerLimit(count) {
  WorkerPool.setLimit(count)
}

/** Has Worker's methods, for all workers together. */
export class WorkerPool {
  /** @type {WorkerPool | null} */
  static #instance = null
  static #environmentLimit = Math.min(availableParallelism(), maxWorkers)
  /** 'overload' (Overload) of the environment's pool. @type {EventEmitter<{ overload: [Overload] }>} */
  static news = new EventEmitter()

  /** @type {Worker[]} */ #workers = []
  /** @type {(overload: Overload) => void} */ #onOverload
  /** @type {Map<Worker, number>} connections */ #loads = new Map()
  /** @type {Map<number, PooledConnection>} */ #connections = new Map()
  /** @type {Map<number, PooledReceiver>} */ #receivers = new Map()
  /** @type {Map<number, PooledSender>} */ #senders = new Map()
  /** @type {number} */ #limit
  #isClosed = false

  /** The environment's pool: started by the first call, stopped when the environment ends. */
  static get() {
    WorkerPool.#instance ??= new WorkerPool(WorkerPool.#environmentLimit, (overload) =>
      WorkerPool.news.emit('overload', overload),
    )
    return WorkerPool.#instance
  }

  /** The environment's pool if it runs. */
  static get running() {
    return WorkerPool.#instance
  }

  /** As setWorkerLimit(). @param {number} count */
  static setLimit(count) {
    if (!Number.isInteger(count) || count < 1 || count > maxWorkers) {
      throw new UrchinError('ERR_INVALID_ARGUMENT', `workers must be a whole number from 1 to ${maxWorkers}`)
    }
    const pool = WorkerPool.#instance
    if (pool && pool.#workers.length > count) {
      throw new UrchinError('ERR_INVALID_STATE', `${pool.#workers.length} workers are running already`)
    }
    WorkerPool.#environmentLimit = count
    if (pool) pool.#limit = count
  }

  /**
   * @param {number} limit workers at most
   * @param {(overload: Overload) => void} [onOverload]
   */
  constructor(limit, onOverload = () => {}) {
    this.#limit = limit
    this.#onOverload = onOverload
    const first = new Worker()
    this.#adopt(first)
    /** Of the certificate that all connections use. */
    this.fingerprint = first.fingerprint
  }

  /** Ends every connection and worker, as Worker.close() does. WorkerPool.get() starts another pool. */
  close() {
    this.#isClosed = true
    if (WorkerPool.#instance === this) WorkerPool.#instance = null
    for (const worker of this.#workers) worker.close()
    this.#connections.clear()
    this.#receivers.clear()
    this.#senders.clear()
  }

  /** In the order in which they were started. @returns {readonly Worker[]} */
  get workers() {
    return this.#workers
  }

  /** How many workers run, and how many connections each has. */
  get loads() {
    return this.#workers.map((worker) => this.#loads.get(worker) ?? 0)
  }

  /** @returns {Promise<Record<string, number>[]>} each worker's own figures */
  getLoads() {
    return Promise.all(this.#workers.map((worker) => worker.getLoad()))
  }

  /** @param {'debug' | 'info' | 'warn' | 'error' | 'silent'} level of the log events that are made */
  setLogLevel(level) {
    this.#logLevel = level
    for (const worker of this.#workers) worker.setLogLevel(level)
  }

  /** @type {'debug' | 'info' | 'warn' | 'error' | 'silent' | null} */ #logLevel = null

  /** The one with the fewest connections; a new one while there may be more and none is idle. */
  #pick() {
    const [first] = this.#workers
    const idlest = this.#workers.reduce((a, b) => (this.#loadOf(b) < this.#loadOf(a) ? b : a))
    // A worker without a number can't take part in rooms with others, nor can it when there is such a one.
    const canShare = first.number >= 0
    if (this.#loadOf(idlest) === 0 || this.#workers.length >= this.#limit || !canShare || this.#isClosed) {
      return idlest
    }
    const added = new Worker(first)
    if (added.number < 0) {
      added.close()
      this.#limit = this.#workers.length
      return idlest
    }
    if (this.#logLevel) added.setLogLevel(this.#logLevel)
    this.#adopt(added)
    return added
  }

  /** @param {Worker} worker */
  #adopt(worker) {
    const index = this.#workers.push(worker) - 1
    let last = 0
    this.#loads.set(worker, 0)
    worker.onOverload = ({ level, shed }) => {
      const code = level > last ? 'WORKER_OVERLOAD' : 'WORKER_RELIEVED'
      last = level
      this.#onOverload({ code, worker: index, level, connections: this.#loadOf(worker), shedding: shed })
    }
  }

  /** @param {Worker} worker */
  #loadOf(worker) {
    return this.#loads.get(worker) ?? 0
  }

  /**
   * @param {ConnectionConfig} config
   * @param {(event: WorkerEvent) => void} onEvent gets every event up to 'closed'
   * @returns {number} the connection's id
   */
  openConnection(config, onEvent) {
    if (config.litePort) claimIcePort(config.litePort)
    const worker = this.#pick()
    const connectionId = worker.openConnection(config, (event) => {
      if (event.type === 'closed') this.#forget(connectionId)
      onEvent(event)
    })
    this.#connections.set(connectionId, { worker, receivers: new Set(), senders: new Set() })
    this.#loads.set(worker, this.#loadOf(worker) + 1)
    return connectionId
  }

  /** @param {number} connectionId */
  #forget(connectionId) {
    const connection = this.#connections.get(connectionId)
    if (!connection) return
    this.#connections.delete(connectionId)
    this.#loads.set(connection.worker, this.#loadOf(connection.worker) - 1)
    for (const senderId of connection.senders) this.#forgetSender(senderId)
    for (const receiverId of connection.receivers) this.#forgetReceiver(receiverId)
  }

  /** @param {number} senderId */
  #forgetSender(senderId) {
    const sender = this.#senders.get(senderId)
    if (sender) this.#unlink(senderId, sender)
    this.#senders.delete(senderId)
  }

  /** @param {number} receiverId */
  #forgetReceiver(receiverId) {
    const receiver = this.#receivers.get(receiverId)
    if (!receiver) return
    for (const worker of receiver.imports.keys()) ignoreGone(() => worker.removeImport(receiverId))
    receiver.imports.clear()
    this.#receivers.delete(receiverId)
  }

  /**
   * The sender does not need its source any more; the last one of its worker ends the crossing.
   * @param {number} senderId
   * @param {PooledSender} sender
   */
  #unlink(senderId, sender) {
    const { worker, source } = sender
    const receiver = this.#receivers.get(source)
    const users = receiver?.imports.get(worker)
    sender.source = 0
    users?.delete(senderId)
    if (!receiver || !users || users.size > 0) return
    receiver.imports.delete(worker)
    ignoreGone(() => receiver.worker.exportReceiver(source, worker.number, false))
    ignoreGone(() => worker.removeImport(source))
  }

  /**
   * Makes the receiver known on the sender's worker.
   * @param {number} senderId
   * @param {PooledSender} sender
   * @param {number} receiverId
   */
  #link(senderId, sender, receiverId) {
    const receiver = this.#receivers.get(receiverId)
    const { worker } = sender
    sender.source = receiverId
    if (!receiver || receiver.worker === worker) return
    const users = receiver.imports.get(worker)
    if (users) {
      users.add(senderId)
      return
    }
    receiver.imports.set(worker, new Set([senderId]))
    ignoreGone(() => worker.addImport(receiverId, receiver.worker.number, receiver.config))
    if (receiver.isPaused) ignoreGone(() => worker.pauseReceiver(receiverId, true))
    ignoreGone(() => receiver.worker.exportReceiver(receiverId, worker.number, true))
  }

  /** @param {number} connectionId @returns {Worker} any, for ids that nobody has: it answers so */
  #workerOf(connectionId) {
    return this.#connections.get(connectionId)?.worker ?? this.#workers[0]
  }

  /** @param {number} connectionId */
  ufragPrefix(connectionId) {
    return this.#workerOf(connectionId).ufragPrefix(connectionId)
  }

  /** @param {number} connectionId @param {{ ufrag: string, pwd: string, controlling: boolean }} credentials ours */
  gather(connectionId, credentials) {
    return this.#workerOf(connectionId).gather(connectionId, credentials)
  }

  /** @param {number} connectionId @param {import('./worker.js').RemoteConfig} remote */
  setRemote(connectionId, remote) {
    return this.#workerOf(connectionId).setRemote(connectionId, remote)
  }

  /** @param {number} connectionId @param {import('./worker.js').Candidate} candidate */
  addCandidate(connectionId, candidate) {
    return this.#workerOf(connectionId).addCandidate(connectionId, candidate)
  }

  /** @param {number} connectionId */
  endCandidates(connectionId) {
    return this.#workerOf(connectionId).endCandidates(connectionId)
  }

  /** @param {number} connectionId @param {{ ufrag: string, pwd: string }} credentials the new ones, ours */
  restartIce(connectionId, credentials) {
    return this.#workerOf(connectionId).restartIce(connectionId, credentials)
  }

  /** @param {number} connectionId @param {string[]} addresses */
  setAddresses(connectionId, addresses) {
    return this.#workerOf(connectionId).setAddresses(connectionId, addresses)
  }

  /** @param {number} connectionId */
  closeConnection(connectionId) {
    return this.#workerOf(connectionId).closeConnection(connectionId)
  }

  /** @param {number} connectionId */
  getStats(connectionId) {
    return this.#workerOf(connectionId).getStats(connectionId)
  }

  /**
   * @param {number} connectionId
   * @param {ReceiverConfig} config
   * @returns {number} the receiver's id
   */
  addReceiver(connectionId, config) {
    const worker = this.#workerOf(connectionId)
    const receiverId = worker.addReceiver(connectionId, config)
    this.#connections.get(connectionId)?.receivers.add(receiverId)
    this.#receivers.set(receiverId, { worker, config, isPaused: false, imports: new Map() })
    return receiverId
  }

  /** @param {number} connectionId @param {number} receiverId @param {ReceiverConfig} config */
  updateReceiver(connectionId, receiverId, config) {
    const receiver = this.#receivers.get(receiverId)
    const updated = this.#workerOf(connectionId).updateReceiver(connectionId, receiverId, config)
    if (receiver) {
      receiver.config = config
      for (const worker of receiver.imports.keys()) ignoreGone(() => worker.updateImport(receiverId, config))
    }
    return updated
  }

  /** @param {number} connectionId @param {number} receiverId */
  removeReceiver(connectionId, receiverId) {
    this.#connections.get(connectionId)?.receivers.delete(receiverId)
    this.#forgetReceiver(receiverId)
    return this.#workerOf(connectionId).removeReceiver(connectionId, receiverId)
  }

  /** @param {number} receiverId @param {boolean} paused */
  pauseReceiver(receiverId, paused) {
    const receiver = this.#receivers.get(receiverId)
    if (!receiver) return this.#workers[0].pauseReceiver(receiverId, paused)
    const done = receiver.worker.pauseReceiver(receiverId, paused)
    receiver.isPaused = paused
    for (const worker of receiver.imports.keys()) ignoreGone(() => worker.pauseReceiver(receiverId, paused))
    return done
  }

  /** @param {number} receiverId */
  requestKeyframe(receiverId) {
    const worker = this.#receivers.get(receiverId)?.worker ?? this.#workers[0]
    return worker.requestKeyframe(receiverId)
  }

  /**
   * @param {number} connectionId
   * @param {SenderConfig} config
   * @returns {number} the sender's id
   */
  addSender(connectionId, config) {
    const worker = this.#workerOf(connectionId)
    const senderId = worker.addSender(connectionId, config)
    this.#connections.get(connectionId)?.senders.add(senderId)
    this.#senders.set(senderId, { worker, source: 0 })
    return senderId
  }

  /** @param {number} connectionId @param {number} senderId @param {SenderConfig} config */
  updateSender(connectionId, senderId, config) {
    return this.#workerOf(connectionId).updateSender(connectionId, senderId, config)
  }

  /** @param {number} connectionId @param {number} senderId */
  removeSender(connectionId, senderId) {
    this.#connections.get(connectionId)?.senders.delete(senderId)
    const removed = this.#workerOf(connectionId).removeSender(connectionId, senderId)
    this.#forgetSender(senderId)
    return removed
  }

  /**
   * @param {number} senderId
   * @param {number} receiverId 0: no source
   * @param {readonly import('./worker.js').PayloadMapEntry[]} payloadMap
   * @returns {Promise<void>}
   */
  setSenderSource(senderId, receiverId, payloadMap) {
    const sender = this.#senders.get(senderId)
    if (!sender) return this.#workers[0].setSenderSource(senderId, receiverId, payloadMap)
    const before = sender.source
    if (before === receiverId) return sender.worker.setSenderSource(senderId, receiverId, payloadMap)
    // The new source is there before the sender is told of it, and the old one goes only afterwards.
    const old = { worker: sender.worker, source: before }
    this.#link(senderId, sender, receiverId)
    const done = sender.worker.setSenderSource(senderId, receiverId, payloadMap)
    this.#unlink(senderId, old)
    return done
  }

  /** @param {number} senderId @param {boolean} paused */
  pauseSender(senderId, paused) {
    const worker = this.#senders.get(senderId)?.worker ?? this.#workers[0]
    return worker.pauseSender(senderId, paused)
  }
}

/**
 * Crossings end by themselves when one of their ends does: what is gone already needs no command.
 * @param {() => Promise<void>} command
 */
function ignoreGone(command) {
  try {
    command().catch(() => {})
  } catch {
    // A full queue: the sender shows nothing until its source is set again.
  }
}

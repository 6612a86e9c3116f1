// A worker without a core: records the commands of connections and lets a test play the events.

import { UrchinError } from '../../lib/errors.js'

export class FakeWorker {
  fingerprint = { algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }
  /** @type {any[][]} method and arguments, in call order */
  calls = []
  /** @type {Map<number, (event: any) => void>} */
  listeners = new Map()
  #nextId = 1
  /** @type {Map<string, { resolve: () => void, reject: (error: Error) => void }[]>} held answers by method */
  #held = new Map()
  /** @type {Map<number, number>} */
  #generations = new Map()

  /** @param {{ isAutomatic?: boolean }} [options] isAutomatic: gathering and closing happen by themselves */
  constructor({ isAutomatic = true } = {}) {
    this.isAutomatic = isAutomatic
  }

  /** @param {string} method @returns {any[][]} arguments of each call */
  callsOf(method) {
    return this.calls.filter(([name]) => name === method).map(([, ...args]) => args)
  }

  /** Keeps the answers to a method back until answer(). @param {string} method */
  hold(method) {
    this.#held.set(method, [])
  }

  /** @param {string} method @param {Error} [error] */
  answer(method, error) {
    const waiting = this.#held.get(method) ?? []
    this.#held.delete(method)
    for (const { resolve, reject } of waiting) error ? reject(error) : resolve()
  }

  /** @param {number} connectionId @param {...any} events */
  emit(connectionId, ...events) {
    for (const event of events) this.listeners.get(connectionId)?.(event)
  }

  /** @param {any} config @param {(event: any) => void} onEvent */
  openConnection(config, onEvent) {
    this.calls.push(['openConnection', config])
    const connectionId = this.#nextId++
    this.listeners.set(connectionId, onEvent)
    this.#generations.set(connectionId, 0)
    return connectionId
  }

  ufragPrefix() {
    return ''
  }

  /** @param {number} connectionId @param {any} credentials */
  gather(connectionId, credentials) {
    const result = this.#command('gather', connectionId, credentials)
    if (this.isAutomatic) queueMicrotask(() => this.#playGathering(connectionId))
    return result
  }

  /** @param {number} connectionId @param {any} credentials */
  restartIce(connectionId, credentials) {
    this.#generations.set(connectionId, (this.#generations.get(connectionId) ?? 0) + 1)
    const result = this.#command('restartIce', connectionId, credentials)
    if (this.isAutomatic) queueMicrotask(() => this.#playGathering(connectionId))
    return result
  }

  /** @param {number} connectionId @param {string[]} addresses */
  setAddresses(connectionId, addresses) {
    return this.#command('setAddresses', connectionId, addresses)
  }

  /** @param {number} connectionId */
  #playGathering(connectionId) {
    const generation = this.#generations.get(connectionId)
    this.emit(
      connectionId,
      { type: 'started', generation },
      { type: 'candidate', generation, candidate: hostCandidate(40000 + connectionId) },
      { type: 'hosts-gathered', generation },
      { type: 'gathered', generation },
    )
  }

  /** @param {number} connectionId */
  async closeConnection(connectionId) {
    await this.#command('closeConnection', connectionId)
    if (this.isAutomatic) this.emit(connectionId, { type: 'closed' })
  }

  /** @param {...any} args */
  setRemote(...args) {
    return this.#command('setRemote', ...args)
  }
  /** @param {...any} args */
  addCandidate(...args) {
    return this.#command('addCandidate', ...args)
  }
  /** @param {...any} args */
  endCandidates(...args) {
    return this.#command('endCandidates', ...args)
  }
  /** @param {...any} args */
  updateReceiver(...args) {
    return this.#command('updateReceiver', ...args)
  }
  /** @param {...any} args */
  removeReceiver(...args) {
    return this.#command('removeReceiver', ...args)
  }
  /** @param {...any} args */
  pauseReceiver(...args) {
    return this.#command('pauseReceiver', ...args)
  }
  /** @param {...any} args */
  requestKeyframe(...args) {
    return this.#command('requestKeyframe', ...args)
  }
  /** @param {...any} args */
  updateSender(...args) {
    return this.#command('updateSender', ...args)
  }
  /** @param {...any} args */
  removeSender(...args) {
    return this.#command('removeSender', ...args)
  }
  /** @param {...any} args */
  setSenderSource(...args) {
    return this.#command('setSenderSource', ...args)
  }
  /** @param {...any} args */
  pauseSender(...args) {
    return this.#command('pauseSender', ...args)
  }

  /** @param {...any} args */
  addReceiver(...args) {
    this.calls.push(['addReceiver', ...args])
    return this.#nextId++
  }
  /** @param {...any} args */
  addSender(...args) {
    this.calls.push(['addSender', ...args])
    return this.#nextId++
  }

  /** @param {number} connectionId */
  async getStats(connectionId) {
    this.calls.push(['getStats', connectionId])
    return { transport: { bytesSent: 7, bytesReceived: 8 }, receivers: {}, senders: {} }
  }

  /** @param {string} method @param {...any} args @returns {Promise<any>} */
  #command(method, ...args) {
    this.calls.push([method, ...args])
    if (!this.listeners.has(args[0]) && !method.startsWith('pause')) {
      if (method !== 'setSenderSource' && method !== 'requestKeyframe') {
        return Promise.reject(new UrchinError('ERR_NOT_FOUND', 'no such connection'))
      }
    }
    const held = this.#held.get(method)
    if (!held) return Promise.resolve()
    return new Promise((resolve, reject) => {
      held.push({ resolve: () => resolve(undefined), reject })
    })
  }
}

/** @param {number} port @param {object} [fields] */
export function hostCandidate(port, fields) {
  return {
    foundation: '1',
    component: 1,
    protocol: 'udp',
    priority: 2130706431,
    address: '192.0.2.1',
    port,
    type: 'host',
    ...fields,
  }
}

// The workers of this JS environment as an application sees them: how busy they are, and when one has too much to do.

import { EventEmitter } from 'node:events'
import { WorkerPool } from './worker-pool.js'

/** @typedef {import('./worker-pool.js').Overload} Overload */
/**
 * One worker's figures.
 * @typedef {object} WorkerStats
 * @property {number} connections
 * @property {number} overloadLevel 0: none, to 4: no video is forwarded
 * @property {number} overloadRises how often it rose
 * @property {number} busy the part of the last second in which it worked, 0 to 1
 * @property {number} lag seconds that packets waited for it last
 * @property {number} maxLag ... at most, ever
 * @property {number} videoParcelsDropped packets for other workers that had no room for them
 * @property {number} mediaParcelsDropped
 * @property {number} strangerParcelsDropped
 * @property {number} controlParcelsDropped
 */

/**
 * Event: 'overload' (Overload), at each change of a worker's level.
 * @extends {EventEmitter<{ overload: [Overload] }>}
 */
class Workers extends EventEmitter {
  constructor() {
    super()
    WorkerPool.news.on('overload', (overload) => this.emit('overload', overload))
  }

  /** How many connections each has; empty while none runs. @returns {number[]} */
  get loads() {
    return WorkerPool.running?.loads ?? []
  }

  /** @returns {Promise<WorkerStats[]>} in the order of `loads` */
  async getStats() {
    const loads = (await WorkerPool.running?.getLoads()) ?? []
    return /** @type {any[]} */ (loads)
  }
}

export const workers = new Workers()

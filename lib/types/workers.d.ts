import { EventEmitter } from 'node:events';
export type Overload = import('./worker-pool.js').Overload;
export type WorkerStats = {
    connections: number;
    /**
     * 0: none, to 4: no video is forwarded
     */
    overloadLevel: number;
    /**
     * how often it rose
     */
    overloadRises: number;
    /**
     * the part of the last second in which it worked, 0 to 1
     */
    busy: number;
    /**
     * seconds that packets waited for it last
     */
    lag: number;
    /**
     * ... at most, ever
     */
    maxLag: number;
    /**
     * packets for other workers that had no room for them
     */
    videoParcelsDropped: number;
    mediaParcelsDropped: number;
    strangerParcelsDropped: number;
    controlParcelsDropped: number;
};
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
declare class Workers extends EventEmitter<{
    overload: [Overload];
}> {
    constructor();
    /** How many connections each has; empty while none runs. @returns {number[]} */
    get loads(): number[];
    /** @returns {Promise<WorkerStats[]>} in the order of `loads` */
    getStats(): Promise<WorkerStats[]>;
}
export declare const workers: Workers;
export {};

import { RemoteCandidates } from './remote-candidates.js';
export type Candidate = import('./sdp/candidate.js').Candidate;
export type Pair = {
    local: Candidate;
    remote: Candidate;
};
export type IceFields = {
    worker: import('./worker.js').Worker;
    news: import('./connection-news.js').ConnectionNews;
    log: import('./log.js').ConnectionLog;
    options: import('./connection-options.js').CheckedOptions;
    restarts: import('./ice-auto-restart.js').IceAutoRestart;
    /**
     * the m-line that candidates belong to
     */
    taggedSection: () => {
        mid: string;
        index: number;
    };
    localSdp: () => string;
    /**
     * a description may be ready to be sent
     */
    onProgress: () => void;
    /**
     * without this it can't go on
     */
    onFailure: (reason: {
        code: string;
        detail: string;
    }) => void;
};
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {{ local: Candidate, remote: Candidate }} Pair */
/**
 * @typedef {object} IceFields
 * @property {import('./worker.js').Worker} worker
 * @property {import('./connection-news.js').ConnectionNews} news
 * @property {import('./log.js').ConnectionLog} log
 * @property {import('./connection-options.js').CheckedOptions} options
 * @property {import('./ice-auto-restart.js').IceAutoRestart} restarts
 * @property {() => { mid: string, index: number }} taggedSection the m-line that candidates belong to
 * @property {() => string} localSdp
 * @property {() => void} onProgress a description may be ready to be sent
 * @property {(reason: { code: string, detail: string }) => void} onFailure without this it can't go on
 */
export declare class ConnectionIce {
    #private;
    /** @param {IceFields} fields */
    constructor(fields: IceFields);
    /** @param {number} connectionId of the connection in the core */
    open(connectionId: number): void;
    /** Our side in its current generation. */
    get local(): import("./local-ice.js").LocalIce;
    /** The peer's candidates. */
    get candidates(): RemoteCandidates;
    get isStarted(): boolean;
    get isGathering(): boolean;
    /** The pair that packets take, as the connection's listeners have heard it. */
    get pair(): Pair | null;
    /** In the W3C's words. */
    get state(): string;
    /** What statistics tell of our side. @returns {import('./stats.js').KnownIce} */
    get known(): import('./stats.js').KnownIce;
    /** @param {boolean} isControlling */
    gather(isControlling: boolean): void;
    restart(): void;
    /** The offer that told of the restart gave way. */
    rollBack(): void;
    /** What the core will not tell, as the connection itself is at its end. @param {'failed' | 'closed'} state */
    end(state: 'failed' | 'closed'): void;
    /** @returns {import('./ice-auto-restart.js').AddressView} */
    look(): import('./ice-auto-restart.js').AddressView;
    /**
     * One of the core's events about ICE.
     * @param {any} event
     */
    handle(event: any): void;
}

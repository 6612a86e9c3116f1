import { LocalIce } from './local-ice.js';
export type Candidate = import('./sdp/candidate.js').Candidate;
export type GatheringFields = {
    news: import('./connection-news.js').ConnectionNews;
    log: import('./log.js').ConnectionLog;
    announced: readonly import('./announced-addresses.js').Announced[];
    isRelayOnly: boolean;
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
};
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** What starts and stops it, and where its news go.
 * @typedef {object} GatheringFields
 * @property {import('./connection-news.js').ConnectionNews} news
 * @property {import('./log.js').ConnectionLog} log
 * @property {readonly import('./announced-addresses.js').Announced[]} announced
 * @property {boolean} isRelayOnly
 * @property {() => { mid: string, index: number }} taggedSection the m-line that candidates belong to
 * @property {() => string} localSdp
 * @property {() => void} onProgress a description may be ready to be sent
 */
export declare class ConnectionGathering {
    #private;
    /** @param {GatheringFields} fields */
    constructor(fields: GatheringFields);
    /** The current generation. */
    get local(): LocalIce;
    get isStarted(): boolean;
    /**
     * @param {string} prefix of the ufrag: names the worker
     * @returns {{ ufrag: string, pwd: string }} what the core has to gather with
     */
    start(prefix: string): {
        ufrag: string;
        pwd: string;
    };
    /**
     * @param {string} prefix of the ufrag: names the worker
     * @returns {{ ufrag: string, pwd: string }} what the core has to restart with
     */
    restart(prefix: string): {
        ufrag: string;
        pwd: string;
    };
    /** The offer that told of the restart gave way: what was before it holds. */
    rollBack(): void;
    /**
     * One of the core's events of gathering; those of an earlier generation are past.
     * @param {{ type: string, generation: number, candidate?: Candidate }} event
     */
    handle({ type, generation, candidate }: {
        type: string;
        generation: number;
        candidate?: Candidate;
    }): void;
}

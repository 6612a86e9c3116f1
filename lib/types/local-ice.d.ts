export type Candidate = import('./sdp/candidate.js').Candidate;
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
export declare class LocalIce {
    generation: number;
    /** RFC 8445 5.3: at least 24 and 128 random bits; 6 and 18 bytes are 8 and 24 ice-chars of base64, one of them lost. */
    ufrag: string;
    pwd: string;
    /** @type {Candidate[]} */
    candidates: Candidate[];
    /** Every host candidate is known. */
    hasHosts: boolean;
    /** Every candidate is known. */
    hasAll: boolean;
    /** @param {number} generation 0, then one more with each restart */
    constructor(generation: number);
    /**
     * Before the ufrag is told: begins it with what names the worker, as checks on a port of many workers need it.
     * @param {string} prefix one ice-char, or none
     */
    nameWorker(prefix: string): void;
    /**
     * Takes a candidate that was found.
     * @param {Candidate} candidate
     * @param {readonly import('./announced-addresses.js').Announced[]} announced
     * @returns {Candidate[]} what the peer is told, without what it knows already
     */
    add(candidate: Candidate, announced: readonly import('./announced-addresses.js').Announced[]): Candidate[];
}

export type Section = import('./parse.js').Section;
export type RawSection = import('./scan.js').RawSection;
export type Fingerprint = {
    algorithm: string;
    value: string;
};
export type Transport = {
    /**
     * of the m-line whose attributes count
     */
    mid: string;
    /**
     * of that m-line
     */
    index: number;
    ufrag: string;
    pwd: string;
    isIceLite: boolean;
    setup: 'actpass' | 'active' | 'passive';
    /**
     * alternatives, sha-256 or stronger
     */
    fingerprints: Fingerprint[];
    candidates: string[];
    /**
     * the peer has no more candidates
     */
    hasEnded: boolean;
};
/**
 * @param {any} session as sdp-transform reads it
 * @param {RawSection[]} raw session part first
 * @param {Section[]} sections
 * @param {string[]} bundle
 * @returns {Transport | null} null when every m-line is rejected
 */
export declare function pickTransport(session: any, raw: RawSection[], sections: Section[], bundle: string[]): Transport | null;

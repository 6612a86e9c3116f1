import { UrchinError } from '../errors.js';
export type RawSection = {
    /**
     * null: the session part
     */
    media: RawMedia | null;
    fingerprints: string[];
    msids: string[];
    candidates: string[];
    /**
     * what is said of payload types and header extensions
     */
    formatLines: string[];
    iceOptions: string;
};
export type RawMedia = {
    type: string;
    port: number;
    protocol: string;
    formats: string[];
};
export type Scan = {
    /**
     * session part first
     */
    sections: RawSection[];
    /**
     * what is left for sdp-transform: known lines only, ending in CRLF
     */
    text: string;
};
/**
 * @param {string} sdp
 * @returns {Scan}
 * @throws {UrchinError} ERR_SDP_TOO_LARGE, ERR_SDP_SYNTAX
 */
export declare function scan(sdp: string): Scan;
/** @param {string} why */
export declare function syntax(why: string): UrchinError;

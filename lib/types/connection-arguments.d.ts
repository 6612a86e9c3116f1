export type OfferOptions = import('./connection.js').OfferOptions;
export type CandidateInit = {
    candidate: string;
    sdpMid?: string | null;
    sdpMLineIndex?: number | null;
    usernameFragment?: string | null;
};
export type CheckedCandidate = {
    /**
     * '': there are no more
     */
    line: string;
    mid?: string;
    index?: number;
    ufrag?: string;
};
/** @typedef {import('./connection.js').OfferOptions} OfferOptions */
/** @typedef {{ candidate: string, sdpMid?: string | null, sdpMLineIndex?: number | null,
 *   usernameFragment?: string | null }} CandidateInit */
/**
 * @typedef {object} CheckedCandidate
 * @property {string} line '': there are no more
 * @property {string} [mid]
 * @property {number} [index]
 * @property {string} [ufrag]
 */
/**
 * @param {unknown} options
 * @returns {OfferOptions}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function checkOffer(options: unknown): OfferOptions;
/**
 * @param {unknown} sdp
 * @returns {{ text: string, type: 'offer' | 'answer' | undefined }}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function checkSdp(sdp: unknown): {
    text: string;
    type: 'offer' | 'answer' | undefined;
};
/**
 * @param {unknown} candidate
 * @returns {CheckedCandidate}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function checkCandidate(candidate: unknown): CheckedCandidate;
/**
 * @param {unknown} source
 * @param {unknown} options
 * @returns {{ kind: 'audio' | 'video', streamId?: string, trackId?: string }}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function checkTrack(source: unknown, options: unknown): {
    kind: 'audio' | 'video';
    streamId?: string;
    trackId?: string;
};

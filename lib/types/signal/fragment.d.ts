export type FragmentCandidate = {
    candidate: string;
    sdpMid: string | null;
};
export type Fragment = {
    /**
     * '' when it has none
     */
    ufrag: string;
    /**
     * '' when it has none
     */
    pwd: string;
    candidates: FragmentCandidate[];
    /**
     * a=end-of-candidates
     */
    hasEnded: boolean;
};
/**
 * Reads a fragment. Candidates are not looked into, unknown attributes are skipped.
 * @param {string} text
 * @returns {Fragment}
 * @throws {UrchinError} ERR_FRAGMENT
 */
export declare function readFragment(text: string): Fragment;
/**
 * What a peer's whole offer would be after the ICE restart in its fragment.
 * @param {string} offer its last whole offer
 * @param {{ ufrag: string, pwd: string }} credentials
 * @returns {string} without candidates
 */
export declare function restartOffer(offer: string, { ufrag, pwd }: {
    ufrag: string;
    pwd: string;
}): string;
/**
 * The ICE part of one of our descriptions: credentials and all candidates.
 * @param {string} sdp
 * @returns {string}
 */
export declare function writeFragment(sdp: string): string;
/**
 * The ICE user name of a description's first section that has one; '' without any.
 * @param {string} sdp
 */
export declare function readUfrag(sdp: string): string;

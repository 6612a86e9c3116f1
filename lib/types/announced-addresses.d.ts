export type Candidate = import('./sdp/candidate.js').Candidate;
export type Announced = {
    local?: string;
    public: string;
};
export type AnnouncedAddress = string | {
    local: string;
    public: string;
};
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {{ local?: string, public: string }} Announced without local: for every local address of its family */
/** @typedef {string | { local: string, public: string }} AnnouncedAddress */
/**
 * @param {AnnouncedAddress | AnnouncedAddress[] | undefined} value
 * @returns {Announced[]}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function checkAnnounced(value: AnnouncedAddress | AnnouncedAddress[] | undefined): Announced[];
/**
 * A local candidate as the peer is told it.
 * @param {Candidate} candidate
 * @param {readonly Announced[]} announced
 * @returns {Candidate[]} one or several; as it is when nothing is announced for it
 */
export declare function announce(candidate: Candidate, announced: readonly Announced[]): Candidate[];

export type Candidate = import('./sdp/candidate.js').Candidate;
export type ParsedCandidate = import('./sdp/candidate.js').ParsedCandidate;
export type Section = {
    mid?: string;
    index?: number;
};
export declare class RemoteCandidates {
    #private;
    /** Candidates that were not used, by reason. */
    ignored: {
        useless: number;
        stale: number;
        duplicate: number;
        tooMany: number;
    };
    /**
     * @param {{ log: import('./log.js').ConnectionLog, forward: (candidate: Candidate) => void, end: () => void }} fields
     */
    constructor({ log, forward, end }: {
        log: import('./log.js').ConnectionLog;
        forward: (candidate: Candidate) => void;
        end: () => void;
    });
    /**
     * A description named the peer's credentials.
     * @param {string} ufrag
     */
    setGeneration(ufrag: string): void;
    /**
     * An offer may bring candidates for each of its m-lines, of which bundling leaves one (RFC 9143 7.2).
     * @param {string | undefined} tagged the m-line whose candidates count
     * @param {string[]} bundle mids of our answer; none when the peer answered
     * @param {string[]} mids of all m-lines of our answer
     */
    setBundle(tagged: string | undefined, bundle: string[], mids: string[]): void;
    /**
     * Takes what an SDP holds.
     * @param {{ candidates: string[], hasEnded: boolean }} transport
     */
    addAll({ candidates, hasEnded }: {
        candidates: string[];
        hasEnded: boolean;
    }): void;
    /**
     * Takes one that was signalled.
     * @param {import('./connection-arguments.js').CheckedCandidate} checked
     * @throws {import('./errors.js').UrchinError} ERR_CANDIDATE_SYNTAX
     */
    take({ line, mid, index, ufrag }: import('./connection-arguments.js').CheckedCandidate): void;
    /**
     * @param {ParsedCandidate} candidate
     * @param {Section} section
     * @returns {boolean} whether it is used or kept
     */
    add(candidate: ParsedCandidate, section: Section): boolean;
    /** The peer has no more candidates. */
    end(): void;
}

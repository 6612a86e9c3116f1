export type Candidate = import('./sdp/candidate.js').Candidate;
export type ParsedCandidate = import('./sdp/candidate.js').ParsedCandidate;
export type Reason = 'useless' | 'blocked' | 'stale' | 'duplicate' | 'tooMany';
export type Section = {
    mid?: string;
    index?: number;
};
export declare class RemoteCandidates {
    #private;
    /** Candidates that were not used, by reason. @type {Record<Reason, number>} */
    ignored: Record<Reason, number>;
    /**
     * @param {{ log: import('./log.js').ConnectionLog, forward: (candidate: Candidate) => void, end: () => void,
     *   blockedNetworks?: readonly string[], usesTcp?: boolean }} fields
     */
    constructor({ log, forward, end, blockedNetworks, usesTcp }: {
        log: import('./log.js').ConnectionLog;
        forward: (candidate: Candidate) => void;
        end: () => void;
        blockedNetworks?: readonly string[];
        usesTcp?: boolean;
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
     * @returns {Reason | null} why it is neither used nor kept
     */
    add(candidate: ParsedCandidate, section: Section): Reason | null;
    /** The peer has no more candidates. */
    end(): void;
}

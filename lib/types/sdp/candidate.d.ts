export type Candidate = {
    foundation: string;
    /**
     * 1 is RTP; 2 (RTCP) is of no use under rtcp-mux
     */
    component: number;
    protocol: 'udp' | 'tcp';
    tcpType?: 'active' | 'passive' | 'so';
    priority: number;
    address: string;
    port: number;
    type: 'host' | 'srflx' | 'prflx' | 'relay';
    relatedAddress?: string;
    relatedPort?: number;
};
export type ParsedCandidate = Candidate & {
    addressKind: 'ip' | 'mdns' | 'name';
    ufrag?: string;
};
/**
 * Reads one candidate line; `a=` in front is allowed, extensions it does not know are skipped.
 * @param {string} line
 * @returns {ParsedCandidate}
 * @throws {UrchinError} ERR_CANDIDATE_SYNTAX
 */
export declare function parseCandidate(line: string): ParsedCandidate;
/**
 * Writes a candidate without `a=`, as JavaScript interfaces exchange it.
 * @param {Candidate} candidate
 * @param {{ ufrag?: string }} [options] ufrag: tells the generation it belongs to
 * @returns {string}
 */
export declare function writeCandidate(candidate: Candidate, { ufrag }?: {
    ufrag?: string;
}): string;

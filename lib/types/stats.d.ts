export type Candidate = import('./sdp/candidate.js').Candidate;
export type RemoteTrack = import('./track.js').RemoteTrack;
export type LocalTrack = import('./track.js').LocalTrack;
export type Stats = {
    id: string;
    type: string;
    timestamp: number;
    [name: string]: any;
};
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {import('./track.js').RemoteTrack} RemoteTrack */
/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {{ id: string, type: string, timestamp: number, [name: string]: any }} Stats */
/**
 * @param {{ transport: Record<string, any>, receivers: Record<string, any>, senders: Record<string, any> }} values
 * @param {{ timestamp: number, pair: { local: Candidate, remote: Candidate } | null,
 *   fingerprints: { local: Fingerprint, remote: Fingerprint[] },
 *   tracks: { receivers: Map<number, RemoteTrack>, senders: Map<number, LocalTrack> } }} known
 * @returns {Map<string, Stats>}
 */
export declare function buildStats(values: {
    transport: Record<string, any>;
    receivers: Record<string, any>;
    senders: Record<string, any>;
}, { timestamp, pair, fingerprints, tracks }: {
    timestamp: number;
    pair: {
        local: Candidate;
        remote: Candidate;
    } | null;
    fingerprints: {
        local: Fingerprint;
        remote: Fingerprint[];
    };
    tracks: {
        receivers: Map<number, RemoteTrack>;
        senders: Map<number, LocalTrack>;
    };
}): Map<string, Stats>;
export type Fingerprint = {
    algorithm: string;
    value: string;
};

export type Candidate = import('./sdp/candidate.js').Candidate;
export type RemoteTrack = import('./track.js').RemoteTrack;
export type LocalTrack = import('./track.js').LocalTrack;
export type Stats = {
    id: string;
    type: string;
    timestamp: number;
    [name: string]: any;
};
export type Fingerprint = {
    algorithm: string;
    value: string;
};
export type Known = {
    timestamp: number;
    /**
     * the selected one, as its owner was told
     */
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
    ice?: KnownIce;
};
export type KnownIce = {
    /**
     * ours
     */
    ufrag?: string;
    role?: 'controlling' | 'controlled' | 'unknown';
    /**
     * ours, as the peer was told
     */
    candidates?: Candidate[];
    /**
     * STUN and TURN
     */
    servers?: import('./worker.js').IceServerConfig[];
};
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {import('./track.js').RemoteTrack} RemoteTrack */
/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {{ id: string, type: string, timestamp: number, [name: string]: any }} Stats */
/** @typedef {{ algorithm: string, value: string }} Fingerprint */
/**
 * What is known of a connection outside the core.
 * @typedef {object} Known
 * @property {number} timestamp
 * @property {{ local: Candidate, remote: Candidate } | null} pair the selected one, as its owner was told
 * @property {{ local: Fingerprint, remote: Fingerprint[] }} fingerprints
 * @property {{ receivers: Map<number, RemoteTrack>, senders: Map<number, LocalTrack> }} tracks
 * @property {KnownIce} [ice]
 */
/**
 * @typedef {object} KnownIce
 * @property {string} [ufrag] ours
 * @property {'controlling' | 'controlled' | 'unknown'} [role]
 * @property {Candidate[]} [candidates] ours, as the peer was told
 * @property {import('./worker.js').IceServerConfig[]} [servers] STUN and TURN
 */
/**
 * @param {import('./worker.js').NativeStats} values
 * @param {Known} known
 * @returns {Map<string, Stats>}
 */
export declare function buildStats(values: import('./worker.js').NativeStats, { timestamp, pair, fingerprints, tracks, ice }: Known): Map<string, Stats>;
export type Add = (id: string, type: string, fields: Record<string, any>) => unknown;

export type Codec = import('./codecs.js').Codec;
export type Candidate = import('./candidate.js').Candidate;
export type Extension = import('./extensions.js').Extension;
export type SentTrack = {
    kind: 'audio' | 'video';
    /**
     * token characters
     */
    streamId: string;
    /**
     * token characters
     */
    trackId: string;
    ssrc: number;
};
export type LocalSection = {
    kind: string;
    isRejected: boolean;
    protocol: string;
    /**
     * of a rejected m-line, repeated from the offer
     */
    formats: string[];
    mid: string;
    direction: import('./extensions.js').Direction;
    codecs: readonly Codec[];
    extensions: readonly Extension[];
    track: SentTrack | null;
};
export type LocalDescription = {
    type: 'offer' | 'answer';
    sessionId: string;
    version: number;
    setup: 'actpass' | 'active' | 'passive';
    bundle: string[];
    allowsMixed: boolean;
    sections: LocalSection[];
};
export type LocalTransport = {
    ufrag: string;
    pwd: string;
    fingerprint: {
        algorithm: string;
        value: string;
    };
    cname: string;
    candidates: readonly Candidate[];
    hasEnded: boolean;
    /**
     * we only answer checks (RFC 8445 2.5)
     */
    isLite?: boolean;
};
/** @typedef {import('./codecs.js').Codec} Codec */
/** @typedef {import('./candidate.js').Candidate} Candidate */
/** @typedef {import('./extensions.js').Extension} Extension */
/**
 * A track as SDP shows it.
 * @typedef {object} SentTrack
 * @property {'audio' | 'video'} kind
 * @property {string} streamId token characters
 * @property {string} trackId token characters
 * @property {number} ssrc
 */
/**
 * One m-line of ours.
 * @typedef {object} LocalSection
 * @property {string} kind
 * @property {boolean} isRejected
 * @property {string} protocol
 * @property {string[]} formats of a rejected m-line, repeated from the offer
 * @property {string} mid
 * @property {import('./extensions.js').Direction} direction
 * @property {readonly Codec[]} codecs
 * @property {readonly Extension[]} extensions
 * @property {SentTrack | null} track
 */
/**
 * @typedef {object} LocalDescription
 * @property {'offer' | 'answer'} type
 * @property {string} sessionId
 * @property {number} version
 * @property {'actpass' | 'active' | 'passive'} setup
 * @property {string[]} bundle
 * @property {boolean} allowsMixed
 * @property {LocalSection[]} sections
 */
/**
 * @typedef {object} LocalTransport
 * @property {string} ufrag
 * @property {string} pwd
 * @property {{ algorithm: string, value: string }} fingerprint
 * @property {string} cname
 * @property {readonly Candidate[]} candidates
 * @property {boolean} hasEnded
 * @property {boolean} [isLite] we only answer checks (RFC 8445 2.5)
 */
/**
 * The m-line that carries the transport: the first that is not rejected (RFC 9143 7.2).
 * @param {LocalDescription} description
 * @returns {{ mid: string, index: number }}
 */
export declare function taggedSection({ sections, bundle }: LocalDescription): {
    mid: string;
    index: number;
};
/**
 * @param {LocalDescription} description
 * @param {LocalTransport} transport
 * @returns {string}
 */
export declare function writeSdp(description: LocalDescription, transport: LocalTransport): string;

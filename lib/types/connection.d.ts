import { EventEmitter } from 'node:events';
import { LocalTrack } from './track.js';
export type ConnectionOptions = import('./connection-options.js').ConnectionOptions;
export type ConnectionEvent = import('./events.js').ConnectionEvent;
export type Candidate = import('./sdp/candidate.js').Candidate;
export type OfferOptions = {
    audio?: boolean | number;
    video?: boolean | number;
    iceRestart?: boolean;
};
export type CandidateInit = import('./connection-arguments.js').CandidateInit;
/** @typedef {import('./connection-options.js').ConnectionOptions} ConnectionOptions */
/** @typedef {import('./events.js').ConnectionEvent} ConnectionEvent */
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {{ audio?: boolean | number, video?: boolean | number, iceRestart?: boolean }} OfferOptions */
/** @typedef {import('./connection-arguments.js').CandidateInit} CandidateInit */
/**
 * Events: 'event' with every ConnectionEvent, and each also under its own name; further 'track' (RemoteTrack),
 * 'selected-pair' ({ local, remote }), 'ice-state' (string), 'ice-candidate-error' ({ url, errorCode, errorText }),
 * 'ice-restart' (the promise of an offer that nobody asked for), 'negotiation-needed'.
 * @extends {EventEmitter<import('./events.js').ConnectionEvents>}
 */
export declare class WebRtcConnection extends EventEmitter<import('./events.js').ConnectionEvents> {
    #private;
    /** For logs. */
    id: string;
    /**
     * @param {ConnectionOptions} [options]
     * @throws {UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
     */
    constructor(options?: ConnectionOptions);
    /**
     * Opens the connection in the core. CONN_INITIAL follows.
     * @returns {this}
     * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_STATE, and what the core refuses
     */
    init(): this;
    /**
     * Makes an offer. CONN_SDP brings it, and so does the promise.
     * @param {OfferOptions} [options] audio, video: true or a number of m-lines to receive, false for none; with nothing to
     *   send and nothing said, one of each
     * @returns {Promise<string>}
     * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_ARGUMENT, ERR_INVALID_STATE, ERR_NO_MEDIA
     */
    createOffer(options?: OfferOptions): Promise<string>;
    /**
     * New ICE credentials and candidates: an offer that restarts ICE.
     * @returns {Promise<string>}
     * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_STATE
     */
    restartIce(): Promise<string>;
    /**
     * Applies the peer's offer or answer. CONN_SDP_PROCESSED follows, and for an offer CONN_SDP with the answer.
     * @param {string | { type: 'offer' | 'answer', sdp: string }} sdp as text it is taken for an answer when an offer of
     *   ours is open, unless it says setup:actpass
     * @returns {Promise<string>} the answer; '' after an answer. Rejects with ERR_SDP_…, ERR_GLARE, ERR_INVALID_STATE,
     *   ERR_NOT_SUPPORTED; then nothing has changed
     * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_ARGUMENT, ERR_INVALID_STATE
     */
    setRemoteSdp(sdp: string | {
        type: 'offer' | 'answer';
        sdp: string;
    }): Promise<string>;
    /**
     * Takes one of the peer's candidates, as early or late as it comes.
     * @param {CandidateInit | string | null} candidate null or '': there are no more
     * @returns {Promise<void>} rejects with ERR_CANDIDATE_SYNTAX
     * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_ARGUMENT, ERR_INVALID_STATE
     */
    addRemoteCandidate(candidate: CandidateInit | string | null): Promise<void>;
    /**
     * Sends the packets of a remote track (of this or another connection) to this peer. On the m-line of an offer that is
     * still to come or that is free; else 'negotiation-needed' tells that a createOffer() has to carry it.
     * @param {import('./track.js').RemoteTrack | null} source null: nothing yet
     * @param {{ kind?: 'audio' | 'video', streamId?: string, trackId?: string }} [options] kind is needed without a source;
     *   streamId, trackId: SDP names, tokens of at most 64 characters
     * @returns {LocalTrack}
     * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_ARGUMENT
     */
    addTrack(source: import('./track.js').RemoteTrack | null, options?: {
        kind?: 'audio' | 'video';
        streamId?: string;
        trackId?: string;
    }): LocalTrack;
    /**
     * Stops sending a track; its m-line becomes free. No effect on one that was removed before.
     * @param {LocalTrack} track
     * @throws {UrchinError} ERR_INVALID_ARGUMENT
     */
    removeTrack(track: LocalTrack): void;
    /** The tracks that we send. @returns {LocalTrack[]} */
    get localTracks(): LocalTrack[];
    /** The tracks that the peer sends. @returns {import('./track.js').RemoteTrack[]} */
    get remoteTracks(): import('./track.js').RemoteTrack[];
    /** Our latest description with the candidates found so far; '' before there is one. @returns {string} */
    getLocalSdp(): string;
    /** The peer's latest description; '' before there is one. @returns {string} */
    getRemoteSdp(): string;
    /** The code of the last state: 101 to 105 or 500. @returns {number} */
    getCurrentState(): number;
    /** ICE's state: 'new', 'checking', 'connected', 'disconnected', 'failed' or 'closed'. @returns {string} */
    get iceState(): string;
    /** The pair that packets take; null before there is one. @returns {{ local: Candidate, remote: Candidate } | null} */
    getSelectedPair(): {
        local: Candidate;
        remote: Candidate;
    } | null;
    /**
     * Statistics like a W3C RTCStatsReport.
     * @returns {Promise<Map<string, import('./stats.js').Stats>>}
     * @throws {UrchinError} ERR_CLOSED, ERR_INVALID_STATE
     */
    getStats(): Promise<Map<string, import('./stats.js').Stats>>;
    /**
     * Its steps since construction, also when it is closed; of very many the first and the latest.
     * @returns {import('./timeline.js').Step[]}
     */
    getTimeline(): import('./timeline.js').Step[];
    /**
     * Closes the connection; CONN_FINISHED is its last event. May be called at any moment, any number of times.
     * @returns {Promise<void>} when CONN_FINISHED has been told
     */
    close(): Promise<void>;
    /** Whether close() was called or the peer closed. */
    get closed(): boolean;
}

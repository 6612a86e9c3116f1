export type ConnectionEvent = {
    /**
     * 101 to 105, 201 to 203, 500
     */
    code: number;
    /**
     * 'CONN_INITIAL', …
     */
    name: string;
    message: any;
    streamId: string;
    /**
     * of CONN_FAILED
     */
    reason?: {
        code: string;
        detail: string;
    };
};
export type EventsAtFirst = {
    event: [ConnectionEvent];
    initial: [ConnectionEvent];
    started: [ConnectionEvent];
};
export type EventsOfState = {
    gathered: [ConnectionEvent];
    ready: [ConnectionEvent];
    finished: [ConnectionEvent];
};
export type EventsOfSdp = {
    candidate: [ConnectionEvent];
    sdp: [ConnectionEvent];
    'sdp-processed': [ConnectionEvent];
};
export type EventsOfNeed = {
    failed: [Required<ConnectionEvent>];
    'negotiation-needed': [];
    'ice-state': [string];
};
export type CandidatePair = {
    local: Candidate;
    remote: Candidate;
};
export type EventsOfMedia = {
    track: [import('./track.js').RemoteTrack];
    'selected-pair': [CandidatePair];
};
export type IceCandidateError = {
    url: string;
    errorCode: number;
    errorText: string;
};
export type EventsOfIce = {
    'ice-candidate-error': [IceCandidateError];
    'ice-restart': [Promise<string>];
};
export type ConnectionEvents = EventsAtFirst & EventsOfState & EventsOfSdp & EventsOfNeed & EventsOfMedia & EventsOfIce;
export type Candidate = import('./sdp/candidate.js').Candidate;
/**
 * @typedef {object} ConnectionEvent
 * @property {number} code 101 to 105, 201 to 203, 500
 * @property {string} name 'CONN_INITIAL', …
 * @property {any} message
 * @property {string} streamId
 * @property {{ code: string, detail: string }} [reason] of CONN_FAILED
 */
/** @typedef {{ event: [ConnectionEvent], initial: [ConnectionEvent], started: [ConnectionEvent] }} EventsAtFirst */
/** @typedef {{ gathered: [ConnectionEvent], ready: [ConnectionEvent], finished: [ConnectionEvent] }} EventsOfState */
/** @typedef {{ candidate: [ConnectionEvent], sdp: [ConnectionEvent], 'sdp-processed': [ConnectionEvent] }} EventsOfSdp */
/** @typedef {{ failed: [Required<ConnectionEvent>], 'negotiation-needed': [], 'ice-state': [string] }} EventsOfNeed */
/** @typedef {{ local: Candidate, remote: Candidate }} CandidatePair */
/** @typedef {{ track: [import('./track.js').RemoteTrack], 'selected-pair': [CandidatePair] }} EventsOfMedia */
/** @typedef {{ url: string, errorCode: number, errorText: string }} IceCandidateError 701: not reached */
/** @typedef {{ 'ice-candidate-error': [IceCandidateError], 'ice-restart': [Promise<string>] }} EventsOfIce */
/** @typedef {EventsAtFirst & EventsOfState & EventsOfSdp & EventsOfNeed & EventsOfMedia & EventsOfIce} ConnectionEvents */
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
export declare const CONN_INITIAL = 101;
export declare const CONN_STARTED = 102;
export declare const CONN_GATHERED = 103;
export declare const CONN_READY = 104;
export declare const CONN_FINISHED = 105;
export declare const CONN_CANDIDATE = 201;
export declare const CONN_SDP = 202;
export declare const CONN_SDP_PROCESSED = 203;
export declare const CONN_FAILED = 500;
/** Constant and event name by code. */
/** @type {Record<number, { constant: string, name: string }>} */
export declare const eventNames: Record<number, {
    constant: string;
    name: string;
}>;
/** Codes that are states of the connection; the others are only news. */
export declare const stateCodes: Set<number>;
/** Runs functions in order, never inside the call that queued them. */
export declare class EventQueue {
    #private;
    /** @param {() => void} run must not throw */
    push(run: () => void): void;
}
/**
 * Calls an emitter's listeners; one that throws neither keeps the event from the next one nor later events from all, and
 * its exception reaches uncaughtException.
 * @param {import('node:events').EventEmitter} emitter
 * @param {string} name
 * @param {any[]} values
 */
export declare function deliver(emitter: import('node:events').EventEmitter, name: string, ...values: any[]): void;

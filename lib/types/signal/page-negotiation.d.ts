export type WebRtcConnection = import('../connection.js').WebRtcConnection;
/** @typedef {import('../connection.js').WebRtcConnection} WebRtcConnection */
/** See above. */
export declare class PageNegotiation {
    #private;
    /**
     * @param {WebRtcConnection} connection
     * @param {{ send: (message: object) => void, report: (error: unknown, about: string) => void }} page
     */
    constructor(connection: WebRtcConnection, { send, report }: {
        send: (message: object) => void;
        report: (error: unknown, about: string) => void;
    });
    /** Makes an offer and sends it. */
    offer(): void;
    /**
     * Takes what the page describes; an offer is answered.
     * @param {'offer' | 'answer'} type
     * @param {string} sdp
     */
    takeDescription(type: 'offer' | 'answer', sdp: string): void;
    /**
     * Takes a candidate of the page; what can't be used is skipped silently.
     * @param {unknown} candidate
     */
    takeCandidate(candidate: unknown): void;
}

export type Step = {
    /**
     * since construction
     */
    ms: number;
    /**
     * 'CONN_STARTED', … for the numbered events; 'ice-state', 'selected-pair', 'create-offer',
     * 'set-remote-sdp', 'add-remote-candidate', 'restart-ice', 'close', …; 'log' for other lines of the log; 'dropped' where
     * steps are left out
     */
    name: string;
    detail: string;
};
export declare class Timeline {
    #private;
    /** When it was constructed, as Date.now() tells it. */
    createdAt: number;
    /** @param {() => number} [now] in ms, monotonic */
    constructor(now?: () => number);
    /**
     * @param {string} name
     * @param {string} [detail] neither keys nor passwords
     */
    add(name: string, detail?: string): void;
    /** Copies of the steps, in order. @returns {Step[]} */
    get steps(): Step[];
}
/**
 * What a timeline says of an event: of an SDP only its outline.
 * @param {number} code
 * @param {any} message
 * @param {{ code: string, detail: string }} [reason]
 * @returns {string}
 */
export declare function detailOf(code: number, message: any, reason?: {
    code: string;
    detail: string;
}): string;

export type EventEmitter = import('node:events').EventEmitter;
export type ConnectionEvent = import('./events.js').ConnectionEvent;
/** @typedef {import('node:events').EventEmitter} EventEmitter */
/** @typedef {import('./events.js').ConnectionEvent} ConnectionEvent */
export declare class ConnectionNews {
    #private;
    /**
     * @param {EventEmitter} connection
     * @param {import('./log.js').ConnectionLog} log
     */
    constructor(connection: EventEmitter, log: import('./log.js').ConnectionLog);
    /** The last state that was told. */
    get state(): number;
    /** CONN_FAILED is told or on its way: nothing but CONN_FINISHED follows. */
    get isFailed(): boolean;
    /** CONN_FINISHED is told or on its way: nothing follows. */
    get isFinished(): boolean;
    /**
     * @param {number} code
     * @param {any} message
     * @param {{ code: string, detail: string }} [reason]
     */
    tell(code: number, message: any, reason?: {
        code: string;
        detail: string;
    }): void;
    /**
     * A named event of the connection itself.
     * @param {string} name
     * @param {any} value
     */
    tellNamed(name: string, value: any): void;
    /**
     * A named event of one of its tracks; tracks tell that they ended whatever happened.
     * @param {EventEmitter} track
     * @param {string} name
     */
    tellOf(track: EventEmitter, name: string): void;
    /** @param {() => void} run when all that was told so far has been heard; must not throw */
    afterwards(run: () => void): void;
}

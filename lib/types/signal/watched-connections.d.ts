export type WebRtcConnection = import('../connection.js').WebRtcConnection;
export type Participant = import('../participant.js').Participant;
export type Server = import('../server.js').Server;
export type Who = {
    id: string;
    name: string;
    kind: string;
};
export type End = {
    type: string;
    protocol: string;
    address: string;
    port: number;
};
export type Watched = {
    /**
     * in this list: '1', '2', …
     */
    id: string;
    /**
     * in the log
     */
    connectionId: string;
    /**
     * null before it has joined one
     */
    room: string | null;
    participant: Who | null;
    /**
     * ms since 1970
     */
    createdAt: number;
    endedAt: number | null;
    /**
     * the last of CONN_INITIAL, …
     */
    state: string;
    iceState: string;
    failure: {
        code: string;
        detail: string;
    } | null;
    /**
     * that packets take
     */
    pair: {
        local: End;
        remote: End;
    } | null;
};
export type Details = {
    timeline: import('../timeline.js').Step[];
    stats: import('../stats.js').Stats[];
};
/** See above. */
export declare class WatchedConnections {
    #private;
    /** @param {Server} server */
    constructor(server: Server);
    /** @param {WebRtcConnection} connection from its beginning, before anyone else listens to it */
    add(connection: WebRtcConnection): void;
    /** All of them, in the order in which they were made. @returns {Watched[]} */
    get summaries(): Watched[];
    /**
     * @param {string} id
     * @returns {Promise<(Watched & Details) | null>} null: there is none
     */
    look(id: string): Promise<(Watched & Details) | null>;
}

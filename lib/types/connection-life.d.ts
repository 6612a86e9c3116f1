export type WebRtcConnection = import('./connection.js').WebRtcConnection;
/**
 * A connection was opened in the core.
 * @param {WebRtcConnection} connection
 * @param {{ worker: any, connectionId: number, id: string }} held
 */
export declare function watchConnection(connection: WebRtcConnection, held: {
    worker: any;
    connectionId: number;
    id: string;
}): void;
/**
 * @param {WebRtcConnection} connection
 * @param {boolean} isActive something can still happen on it by itself
 */
export declare function keepConnection(connection: WebRtcConnection, isActive: boolean): void;
/**
 * It is closed.
 * @param {WebRtcConnection} connection
 */
export declare function forgetConnection(connection: WebRtcConnection): void;

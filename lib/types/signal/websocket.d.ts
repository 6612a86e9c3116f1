export type IncomingMessage = import('node:http').IncomingMessage;
export type WebSocket = import('ws').WebSocket;
export type Server = import('../server.js').Server;
/** All WebSockets of one server. */
export declare class WebSocketSignaling {
    #private;
    /**
     * @param {Server} server
     * @param {string[]} allowedOrigins
     */
    constructor(server: Server, allowedOrigins: string[]);
    /**
     * Takes an HTTP upgrade request.
     * @param {IncomingMessage} request
     * @param {import('node:stream').Duplex} socket
     * @param {Buffer} head
     */
    upgrade(request: IncomingMessage, socket: import('node:stream').Duplex, head: Buffer): void;
    /**
     * Tells all pages that the server goes away.
     * @returns {Promise<void>} when they are closed; those that do not answer are cut off
     */
    close(): Promise<void>;
}

export type EventEmitter = import('node:events').EventEmitter;
export type IncomingMessage = import('node:http').IncomingMessage;
export type WebSocket = import('ws').WebSocket;
export type Participant = import('../participant.js').Participant;
export type Server = import('../server.js').Server;
/** Lives as long as its socket. */
export declare class PageSession {
    #private;
    /**
     * @param {Server} server
     * @param {WebSocket} socket
     * @param {IncomingMessage} request that the socket came by
     */
    constructor(server: Server, socket: WebSocket, request: IncomingMessage);
}

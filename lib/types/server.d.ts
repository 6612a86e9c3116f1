import { EventEmitter } from 'node:events';
import { ClientIceServers } from './client-ice-servers.js';
import { Room } from './room.js';
import { Internals } from './signal/internals.js';
export type WebRtcConnection = import('./connection.js').WebRtcConnection;
export type ConnectionOptions = import('./connection-options.js').ConnectionOptions;
export type IceServer = import('./connection-options.js').IceServer;
export type Logger = import('./console-logger.js').Logger;
export type IncomingMessage = import('node:http').IncomingMessage;
export type AccessRequest = {
    kind: 'page' | 'whip' | 'whep';
    room: string;
    /**
     * 'page' only
     */
    name?: string;
    /**
     * the bearer token, or the one in `join`
     */
    token?: string;
    request: IncomingMessage;
};
export type ServerOptions = {
    /**
     * 8080 by default; 0: any free one
     */
    port?: number;
    /**
     * an address of this machine; all of them by default
     */
    host?: string;
    /**
     * threads that carry media, at most, in this whole JS environment; by default its cores
     */
    workers?: number;
    /**
     * STUN and TURN servers for our own connections
     */
    iceServers?: IceServer[];
    /**
     * STUN servers for our clients; those of iceServers by default
     */
    clientIceServers?: IceServer[];
    /**
     * TURN servers for our clients, each with credentials of its
     * own that expire
     */
    turn?: import('./client-ice-servers.js').ServerTurn;
    /**
     * further options of
     * our connections: portRange, networkInterfaces, announcedAddress, …; blockedNetworks is what only this machine and its
     * cable reach by default
     */
    connection?: Omit<ConnectionOptions, 'iceServers' | 'logger' | 'polite' | 'trickle'>;
    roomOptions?: Omit<import('./room.js').RoomOptions, 'logger'>;
    /**
     * 1000 by default
     */
    maxRooms?: number;
    /**
     * in all rooms together, 1000 by default
     */
    maxParticipants?: number;
    /**
     * the page's files; the conference page by default, null: none
     */
    staticDir?: string | null;
    /**
     * origins, besides the server's own, whose pages may open /ws; '*': all
     */
    allowedOrigins?: string[];
    /**
     * everybody may enter if absent
     */
    authorize?: (access: AccessRequest) => boolean | Promise<boolean>;
    /**
     * how long WHIP and WHEP wait for STUN and TURN, 3000 by default
     */
    answerTimeoutMs?: number;
    /**
     * who sees the page /internals; 'local' by default
     */
    internals?: import('./signal/internals.js').InternalsAccess;
    /**
     * silent by default
     */
    logger?: Logger;
    /**
     * for tests
     */
    connectionFactory?: (options: ConnectionOptions) => any;
};
/**
 * Makes a conference server; listen() starts it.
 * @param {ServerOptions} [options]
 * @returns {Server}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
 */
export declare function createServer(options?: ServerOptions): Server;
/**
 * Events: 'room' (room) when one is made, 'room-closed' (room) when its last member has left.
 * @extends {EventEmitter<{ room: [Room], 'room-closed': [Room] }>}
 */
export declare class Server extends EventEmitter<{
    room: [Room];
    'room-closed': [Room];
}> {
    #private;
    /** For signalling: STUN and TURN servers, ours and our clients'. */
    iceServers: ClientIceServers;
    logger: import("./console-logger.js").Logger;
    answerTimeoutMs: number;
    /** For signalling: the page that shows the connections. */
    internals: Internals;
    /** For whoever wants to add to it; its 'request' and 'upgrade' are served already. */
    httpServer: import("http").Server<typeof import("http").IncomingMessage, typeof import("http").ServerResponse>;
    /** @param {ServerOptions} [options] */
    constructor(options?: ServerOptions);
    /** The rooms by name. @returns {ReadonlyMap<string, Room>} */
    get rooms(): ReadonlyMap<string, Room>;
    /** Where it can be reached from this machine, without a path; '' while it does not listen. */
    get url(): string;
    get isClosing(): boolean;
    /** How many take part, in all rooms together. */
    get participantCount(): number;
    /**
     * Starts to listen.
     * @returns {Promise<this>} rejects with Node's error (EADDRINUSE, …), or because the native addon can not be loaded
     */
    listen(): Promise<this>;
    /**
     * Stops listening, tells everybody to come back later, closes all connections.
     * @returns {Promise<void>} when all is closed
     */
    close(): Promise<void>;
    /**
     * The room of a name; made if it does not exist.
     * @param {string} name
     * @returns {Room}
     * @throws {UrchinError} ERR_ROOM_NAME, ERR_SERVER_FULL
     */
    room(name: string): Room;
    /**
     * For signalling: makes a connection with the server's settings.
     * @param {ConnectionOptions} options
     * @returns {WebRtcConnection}
     */
    createConnection(options: ConnectionOptions): WebRtcConnection;
    /**
     * For signalling: checks who it is before anything is made for it.
     * @param {IncomingMessage} request
     * @param {{ kind: 'page' | 'whip' | 'whep', room: string, name?: string, token?: string }} access
     * @throws {HttpError} 401
     */
    authorize(request: IncomingMessage, access: {
        kind: 'page' | 'whip' | 'whep';
        room: string;
        name?: string;
        token?: string;
    }): Promise<void>;
    /**
     * For signalling: runs what brings one more participant into a room, if there is a place for it.
     * @template T
     * @param {string} roomName
     * @param {() => Promise<T>} action
     * @returns {Promise<T>}
     * @throws {UrchinError} ERR_CLOSING, ERR_SERVER_FULL, ERR_ROOM_FULL
     */
    admit<T>(roomName: string, action: () => Promise<T>): Promise<T>;
}

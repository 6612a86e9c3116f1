export type IceServer = import('./ice-servers.js').IceServer;
export type ServerTurn = import('./turn-credentials.js').TurnOptions & {
    forServer?: boolean;
};
/** @typedef {import('./ice-servers.js').IceServer} IceServer */
/** @typedef {import('./turn-credentials.js').TurnOptions & { forServer?: boolean }} ServerTurn forServer: the server's own
 * connections use it too */
export declare class ClientIceServers {
    #private;
    /**
     * @param {{ iceServers?: IceServer[], clientIceServers?: IceServer[], turn?: ServerTurn }} options
     * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
     */
    constructor({ iceServers, clientIceServers, turn }: {
        iceServers?: IceServer[];
        clientIceServers?: IceServer[];
        turn?: ServerTurn;
    });
    /** For the server's own connections. @returns {IceServer[]} */
    get ownServers(): IceServer[];
    /** What may be known to all. @returns {IceServer[]} */
    get publicServers(): IceServer[];
    /**
     * @param {string} participantId
     * @returns {IceServer[]} fresh credentials among them
     */
    serversFor(participantId: string): IceServer[];
}

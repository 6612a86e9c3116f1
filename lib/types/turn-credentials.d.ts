export type IceServer = import('./ice-servers.js').IceServer;
export type TurnOptions = {
    /**
     * turn: and turns: URLs
     */
    urls: string | string[];
    /**
     * shared with the TURN server
     */
    secret: string;
    /**
     * 60 to 2592000 (30 days); 86400 by default
     */
    ttlSeconds?: number;
};
/**
 * Checks the options without making credentials.
 * @param {unknown} options
 * @param {string} [where] what messages begin with
 * @returns {Required<TurnOptions> & { urls: string[] }}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED; never with the secret
 */
export declare function checkTurn(options: unknown, where?: string): Required<TurnOptions> & {
    urls: string[];
};
/**
 * Makes an entry for iceServers that ends by itself: calls that stand go on, new ones need a new one.
 * @param {TurnOptions & { name?: string }} options name: for the TURN server's log, like a participant's id
 * @returns {{ urls: string[], username: string, credential: string }}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
 */
export declare function createTurnCredentials(options: TurnOptions & {
    name?: string;
}): {
    urls: string[];
    username: string;
    credential: string;
};

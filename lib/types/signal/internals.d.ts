export type IncomingMessage = import('./http.js').IncomingMessage;
export type ServerResponse = import('./http.js').ServerResponse;
export type Server = import('../server.js').Server;
export type InternalsAccess = 'local' | boolean | string;
/**
 * @param {unknown} access
 * @throws {import('../errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function checkInternalsAccess(access: unknown): void;
/** See above. */
export declare class Internals {
    #private;
    /**
     * @param {Server} server
     * @param {InternalsAccess} access
     * @throws {import('../errors.js').UrchinError} ERR_INVALID_ARGUMENT
     */
    constructor(server: Server, access: InternalsAccess);
    /**
     * A connection was made: it will be shown.
     * @template T
     * @param {T} connection
     * @returns {T}
     */
    watch<T>(connection: T): T;
    /**
     * Answers a request for /internals and what is below it.
     * @param {IncomingMessage} request
     * @param {ServerResponse} response
     * @param {string} pathname
     * @param {URLSearchParams} query
     * @returns {Promise<boolean>} false: this page does not exist here
     * @throws {HttpError} 401, 403, 404, 405
     */
    handle(request: IncomingMessage, response: ServerResponse, pathname: string, query: URLSearchParams): Promise<boolean>;
}

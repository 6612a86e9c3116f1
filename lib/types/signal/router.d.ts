export type IncomingMessage = import('./http.js').IncomingMessage;
export type ServerResponse = import('./http.js').ServerResponse;
export type Server = import('../server.js').Server;
/** See above. */
export declare class Router {
    #private;
    /**
     * @param {Server} server
     * @param {string | null} staticDir
     */
    constructor(server: Server, staticDir: string | null);
    /**
     * Answers a request; never rejects.
     * @param {IncomingMessage} request
     * @param {ServerResponse} response
     */
    handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}
/**
 * The path and the query of a request; also of the absolute form that proxies send.
 * @param {string} url
 */
export declare function splitUrl(url: string): string[];

export type IncomingMessage = import('node:http').IncomingMessage;
export type ServerResponse = import('node:http').ServerResponse;
/** A directory of files for GET and HEAD. */
export declare class StaticFiles {
    #private;
    /** @param {string} directory */
    constructor(directory: string);
    /**
     * Answers with the file of a path; `/` and `/ROOM` are index.html.
     * @param {IncomingMessage} request
     * @param {ServerResponse} response
     * @param {string} pathname still percent-encoded
     * @throws {HttpError} 404, 405
     */
    handle(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void>;
}

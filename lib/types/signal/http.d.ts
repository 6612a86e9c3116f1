import { UrchinError } from '../errors.js';
export type IncomingMessage = import('node:http').IncomingMessage;
export type ServerResponse = import('node:http').ServerResponse;
/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** Bytes of an SDP or a fragment at most. */
export declare const maxBodyBytes: number;
/** An error with the HTTP status that answers it. */
export declare class HttpError extends UrchinError {
    status: number;
    headers: Record<string, string>;
    /**
     * @param {number} status
     * @param {string} code
     * @param {string} message
     * @param {Record<string, string>} [headers]
     */
    constructor(status: number, code: string, message: string, headers?: Record<string, string>);
}
/**
 * Ends a response with an error as `application/problem+json`.
 * @param {ServerResponse} response
 * @param {HttpError} error
 */
export declare function sendProblem(response: ServerResponse, error: HttpError): void;
/**
 * The text of a request's body.
 * @param {IncomingMessage} request
 * @returns {Promise<string>}
 * @throws {HttpError} 413 ERR_TOO_LARGE, 415 ERR_CONTENT_TYPE (compressed), 400 ERR_BODY (not UTF-8, cut off)
 */
export declare function readBody(request: IncomingMessage): Promise<string>;
/**
 * Checks the media type, parameters aside.
 * @param {IncomingMessage} request
 * @param {string} type
 * @throws {HttpError} 415
 */
export declare function requireContentType(request: IncomingMessage, type: string): void;
/**
 * The token of `Authorization: Bearer …`.
 * @param {IncomingMessage} request
 * @returns {string | undefined}
 */
export declare function bearerToken(request: IncomingMessage): string | undefined;
/**
 * The address of who asks, for logs and authorization.
 * @param {IncomingMessage} request
 */
export declare function addressOf(request: IncomingMessage): string;

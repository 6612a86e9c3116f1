export type Description = import('../sdp/parse.js').Description;
/** @typedef {import('../sdp/parse.js').Description} Description */
/** @type {import('./http-sessions.js').Protocol} */
export declare const whip: import('./http-sessions.js').Protocol;
/**
 * @param {Description} offer
 * @param {string[]} directions
 * @throws {HttpError} 422
 */
export declare function checkSections({ sections }: Description, directions: string[]): void;

/**
 * An error with a stable `code` ('ERR_…') to branch on; the message is for people and may change. docs/api.md and
 * docs/protocol.md list the codes.
 */
export declare class UrchinError extends Error {
    /** @type {string} */
    code: string;
    /**
     * @param {string} code
     * @param {string} message
     * @param {{ cause?: unknown }} [options]
     */
    constructor(code: string, message: string, options?: {
        cause?: unknown;
    });
}
/**
 * For arguments and options that are wrong.
 * @param {string} message names it
 */
export declare function invalid(message: string): UrchinError;

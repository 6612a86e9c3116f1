/**
 * Bytes that nobody else gets, from a generator fit for keys.
 * @param {number} size 1 to 4096
 * @returns {Buffer} the caller's own
 */
export declare function randomBytes(size: number): Buffer;

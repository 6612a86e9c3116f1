/**
 * A name as it may be shown: no control characters, line breaks or direction marks, no outer spaces; '' if nothing is
 * left. Longer ones are cut.
 * @param {unknown} name
 * @returns {string}
 */
export declare function cleanName(name: unknown): string;

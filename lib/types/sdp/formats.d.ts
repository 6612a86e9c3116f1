export type Codec = import('./codecs.js').Codec;
export type Kind = import('./codecs.js').Kind;
export type Extension = import('./extensions.js').Extension;
export type Formats = {
    codecs: readonly Codec[];
    extensions: readonly Extension[];
};
/**
 * @param {Kind} kind
 * @param {readonly string[]} types payload types as the m-line lists them
 * @param {readonly string[]} lines its attributes rtpmap, fmtp, rtcp-fb and extmap, without line ends
 * @returns {Formats}
 * @throws {import('../errors.js').UrchinError} ERR_SDP_SYNTAX
 */
export declare function readFormats(kind: Kind, types: readonly string[], lines: readonly string[]): Formats;

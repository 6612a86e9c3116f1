export type H264Format = {
    /**
     *   a profile without a name here is its hexadecimal digits, equal only to itself
     */
    profile: 'constrained-baseline' | 'baseline' | 'main' | 'constrained-high' | 'high' | string;
    /**
     * ten times the level; 9 is level 1b
     */
    level: number;
    packetizationMode: number;
};
/**
 * @param {ReadonlyMap<string, string>} parameters of a=fmtp
 * @returns {H264Format | null} null when profile-level-id or packetization-mode make no sense
 */
export declare function readH264(parameters: ReadonlyMap<string, string>): H264Format | null;
/**
 * Whether two descriptions name the same configuration; levels do not belong to it (RFC 6184 8.2.2).
 * @param {H264Format} a
 * @param {H264Format} b
 */
export declare function isSameH264(a: H264Format, b: H264Format): boolean;
/**
 * How well a stream of `source` suits a receiver that asked for `sink`.
 * @param {H264Format} source
 * @param {H264Format} sink
 * @returns {number} 0: it must not be sent so; more is better
 */
export declare function rateH264(source: H264Format, sink: H264Format): number;

export type Kind = 'audio' | 'video';
export type CodecId = 'opus' | 'pcmu' | 'pcma' | 'vp8' | 'vp9' | 'h264' | 'av1' | 'other';
export type Codec = {
    payloadType: number;
    /**
     * as in rtpmap, for codecs we know in its usual spelling
     */
    name: string;
    /**
     * 'other' for those we do not take
     */
    codec: CodecId;
    clockRate: number;
    channels: number;
    /**
     * of a=fmtp, names in lower case
     */
    parameters: ReadonlyMap<string, string>;
    /**
     * of a=rtcp-fb: 'nack', 'nack pli', 'ccm fir', …
     */
    feedback: ReadonlySet<string>;
};
export type KnownCodec = {
    kind: Kind;
    name: string;
    codec: CodecId;
    clockRate: number;
    channels: number;
    /**
     * those that an answer repeats
     */
    parameters: string[];
};
/**
 * All that we offer of a kind, in our order of preference, with the payload types we like best.
 * @param {Kind} kind
 * @returns {Codec[]}
 */
export declare function defaultCodecs(kind: Kind): Codec[];
/**
 * Names the codec of an m-line's payload type.
 * @param {Kind} kind
 * @param {{ payloadType: number, name?: string, clockRate?: number, channels?: number,
 *   parameters: ReadonlyMap<string, string>, feedback: ReadonlySet<string> }} format
 * @returns {Codec}
 */
export declare function identifyCodec(kind: Kind, format: {
    payloadType: number;
    name?: string;
    clockRate?: number;
    channels?: number;
    parameters: ReadonlyMap<string, string>;
    feedback: ReadonlySet<string>;
}): Codec;
/**
 * What an answer (or a later offer) says about a codec of the peer: the parameters and the feedback that we know too.
 * @param {Kind} kind
 * @param {Codec} codec
 * @returns {Codec}
 */
export declare function acceptCodec(kind: Kind, codec: Codec): Codec;
/**
 * Whether a codec can be taken; media mode 2 of H264 (interleaved) can't.
 * @param {Codec} codec
 */
export declare function isSupported(codec: Codec): boolean;
/**
 * Whether two payload types mean the same configuration (RFC 9429 5.3.1: "equivalent").
 * @param {Codec} a
 * @param {Codec} b
 */
export declare function isSameCodec(a: Codec, b: Codec): boolean;
/**
 * How well a receiver that asked for `sink` is served with a stream of `source`.
 * @param {Codec} source
 * @param {Codec} sink
 * @returns {number} 0: not at all; more is better
 */
export declare function rateCodec(source: Codec, sink: Codec): number;
/**
 * Which of the sink's payload types each of the source's becomes; those without a counterpart are left out.
 * @param {readonly Codec[]} sources what the publisher may send
 * @param {readonly Codec[]} sinks what the viewer can receive
 * @returns {readonly { from: number, to: number }[]}
 */
export declare function mapPayloads(sources: readonly Codec[], sinks: readonly Codec[]): readonly {
    from: number;
    to: number;
}[];

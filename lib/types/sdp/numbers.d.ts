export type Codec = import('./codecs.js').Codec;
export type Kind = import('./codecs.js').Kind;
export type Extension = import('./extensions.js').Extension;
export type Direction = import('./extensions.js').Direction;
export declare class Numbers {
    #private;
    /**
     * Learns what the peer uses, also of things that we don't take.
     * @param {readonly { codecs: readonly Codec[], extensions: readonly Extension[] }[]} sections
     */
    learn(sections: readonly {
        codecs: readonly Codec[];
        extensions: readonly Extension[];
    }[]): void;
    /**
     * The codecs that we offer on a new m-line.
     * @param {Kind} kind
     * @returns {Codec[]}
     */
    offerCodecs(kind: Kind): Codec[];
    /**
     * The extensions that we offer on an m-line.
     * @param {Kind} kind
     * @param {Direction} direction
     * @param {readonly Extension[]} negotiated those already in use on that m-line: they keep their ids
     * @param {ReadonlySet<number>} taken ids that the peer uses on that m-line
     * @returns {Extension[]}
     */
    offerExtensions(kind: Kind, direction: Direction, negotiated: readonly Extension[], taken: ReadonlySet<number>): Extension[];
}
/**
 * transport-cc is feedback that we only give.
 * @param {readonly Codec[]} codecs
 * @param {Direction} direction
 * @returns {readonly Codec[]}
 */
export declare function withFeedbackFor(codecs: readonly Codec[], direction: Direction): readonly Codec[];

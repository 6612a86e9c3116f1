export type Codec = import('./codecs.js').Codec;
export type Kind = import('./codecs.js').Kind;
export type Extension = import('./extensions.js').Extension;
export type ExtensionIds = import('./extensions.js').ExtensionIds;
export type Direction = import('./extensions.js').Direction;
export type Section = import('./parse.js').Section;
export type LocalSection = import('./write.js').LocalSection;
export type SentTrack = import('./write.js').SentTrack;
export type Medium = {
    kind: string;
    mid: string;
    protocol: string;
    /**
     * what a rejected m-line repeats
     */
    formats: string[];
    isRejected: boolean;
    isNegotiated: boolean;
    /**
     * that shall be sent
     */
    track: SentTrack | null;
    /**
     * that the last negotiation told
     */
    sentTrack: SentTrack | null;
    wantsReceive: boolean;
    /**
     * the peer is ready to receive, as far as it said
     */
    canSend: boolean;
    /**
     * negotiated, ours
     */
    direction: Direction;
    /**
     * with the peer's payload types
     */
    sendCodecs: readonly Codec[];
    /**
     * with ours
     */
    receiveCodecs: readonly Codec[];
    /**
     * as we said them
     */
    extensions: readonly Extension[];
    sendIds: ExtensionIds;
    receiveIds: ExtensionIds;
    /**
     * extension ids the peer uses here
     */
    takenIds: Set<number>;
    remote: {
        streamId: string;
        trackId: string;
        ssrcs: number[];
    };
};
/**
 * @param {string} kind
 * @param {string} mid
 * @param {Partial<Medium>} [fields]
 * @returns {Medium}
 */
export declare function newMedium(kind: string, mid: string, fields?: Partial<Medium>): Medium;
/**
 * @param {Medium} medium
 * @param {Section | null} section what the peer said, if it was the peer who rejected
 * @returns {Medium}
 */
export declare function rejectMedium(medium: Medium, section: Section | null): Medium;
/**
 * Whether this m-line has to be negotiated again to do what its owner wants.
 * @param {Medium} medium
 */
export declare function needsNegotiation(medium: Medium): boolean;
/**
 * The direction we would like.
 * @param {Medium} medium
 */
export declare function wantedDirection(medium: Medium): import("./extensions.js").Direction;
/**
 * The peer's m-line of an offer: the codecs of it that we take, in the peer's order.
 * @param {Section} section
 * @returns {readonly Codec[]} empty: the m-line has to be rejected
 */
export declare function acceptableCodecs(section: Section): readonly Codec[];
/**
 * Answers one m-line of an offer.
 * @param {Medium} medium its track is what will be sent if the peer receives
 * @param {Section} section
 * @param {readonly Codec[]} codecs not empty
 * @returns {Medium}
 */
export declare function answerMedium(medium: Medium, section: Section, codecs: readonly Codec[]): Medium;
/**
 * Applies the peer's answer to one m-line of our offer.
 * @param {Medium} medium
 * @param {LocalSection} offered
 * @param {Section} section
 * @returns {Medium}
 * @throws {UrchinError} ERR_SDP_NO_CODEC
 */
export declare function applyAnswer(medium: Medium, offered: LocalSection, section: Section): Medium;

import { parseSdp } from './parse.js';
export type Kind = import('./codecs.js').Kind;
export type Medium = import('./medium.js').Medium;
export type Description = import('./parse.js').Description;
export type Section = import('./parse.js').Section;
export type Transport = import('./transport.js').Transport;
export type LocalDescription = import('./write.js').LocalDescription;
export type LocalSection = import('./write.js').LocalSection;
export type SentTrack = import('./write.js').SentTrack;
export type OfferOptions = {
    audio?: boolean | number;
    video?: boolean | number;
};
export type Applied = {
    /**
     * null: it stays as it is
     */
    transport: Transport | null;
    /**
     * the peer restarted ICE
     */
    isRestart: boolean;
    isTrickle: boolean;
    /**
     * our DTLS role
     */
    role: 'client' | 'server';
    /**
     * to an offer
     */
    answer: LocalDescription | null;
};
export type SignalingState = 'stable' | 'have-local-offer';
/** @typedef {import('./codecs.js').Kind} Kind */
/** @typedef {import('./medium.js').Medium} Medium */
/** @typedef {import('./parse.js').Description} Description */
/** @typedef {import('./parse.js').Section} Section */
/** @typedef {import('./transport.js').Transport} Transport */
/** @typedef {import('./write.js').LocalDescription} LocalDescription */
/** @typedef {import('./write.js').LocalSection} LocalSection */
/** @typedef {import('./write.js').SentTrack} SentTrack */
/** @typedef {{ audio?: boolean | number, video?: boolean | number }} OfferOptions */
/**
 * What applying a remote description means for the transport.
 * @typedef {object} Applied
 * @property {Transport | null} transport null: it stays as it is
 * @property {boolean} isRestart the peer restarted ICE
 * @property {boolean} isTrickle
 * @property {'client' | 'server'} role our DTLS role
 * @property {LocalDescription | null} answer to an offer
 */
/** @typedef {'stable' | 'have-local-offer'} SignalingState */
export declare class SdpSession {
    #private;
    /** @param {string} sessionId for the o= line: digits */
    constructor(sessionId: string);
    /** @returns {SignalingState} */
    get signalingState(): SignalingState;
    /** The m-lines as last negotiated, in order. */
    get media(): readonly import("./medium.js").Medium[];
    /** The peer's transport as last applied. */
    get transport(): import("./transport.js").Transport | null;
    /**
     * Wants to send a track. It takes a free m-line of its kind, or gets one with the next offer.
     * @param {SentTrack} track
     */
    addTrack(track: SentTrack): void;
    /**
     * @param {SentTrack} track
     */
    removeTrack(track: SentTrack): void;
    /**
     * The mid a track has, whether negotiated yet or not.
     * @param {SentTrack} track
     * @returns {string | null}
     */
    midOf(track: SentTrack): string | null;
    /** Whether an offer of ours would change something. */
    needsNegotiation(): boolean;
    /**
     * @param {OfferOptions} options true, or how many m-lines to receive on; false: receive none. With nothing to send and
     *   nothing said: one of each kind
     * @returns {LocalDescription}
     * @throws {UrchinError} ERR_INVALID_STATE, ERR_NO_MEDIA
     */
    createOffer(options: OfferOptions): LocalDescription;
    /** Takes back an offer that was not answered (RFC 9429 4.1.10.2). */
    rollback(): void;
    /**
     * @param {Description} description
     * @returns {Applied}
     * @throws {UrchinError} ERR_INVALID_STATE, ERR_SDP_…
     */
    applyAnswer(description: Description): Applied;
    /**
     * Applies an offer and makes its answer. When an offer of ours is open, both sides spoke at once: the polite one takes
     * back its own and answers, the other holds to its own (W3C webrtc, "perfect negotiation").
     * @param {Description} description
     * @param {{ isPolite?: boolean }} [options]
     * @returns {Applied & { answer: LocalDescription }}
     * @throws {UrchinError} ERR_GLARE, ERR_NOT_SUPPORTED, ERR_SDP_…
     */
    applyOffer(description: Description, { isPolite }?: {
        isPolite?: boolean;
    }): Applied & {
        answer: LocalDescription;
    };
}
/**
 * Which of the two a description is when nobody says: an answer never says actpass (RFC 8842 5.3).
 * @param {string} text
 * @param {SignalingState} state
 * @returns {'offer' | 'answer'}
 */
export declare function guessType(text: string, state: SignalingState): 'offer' | 'answer';
export { parseSdp };

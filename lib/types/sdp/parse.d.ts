export type Codec = import('./codecs.js').Codec;
export type Extension = import('./extensions.js').Extension;
export type Direction = import('./extensions.js').Direction;
export type RawSection = import('./scan.js').RawSection;
export type RawMedia = import('./scan.js').RawMedia;
export type Transport = import('./transport.js').Transport;
export type Description = {
    text: string;
    /**
     * the peer announced that candidates may follow
     */
    isTrickle: boolean;
    /**
     * a=extmap-allow-mixed
     */
    allowsMixed: boolean;
    /**
     * mids of the BUNDLE group, in order
     */
    bundle: string[];
    sections: Section[];
    /**
     * of the BUNDLE group; null when every m-line is rejected
     */
    transport: Transport | null;
};
export type Section = {
    /**
     * 'audio', 'video', 'application' or another word
     */
    kind: string;
    /**
     * port 0 without bundle-only
     */
    isRejected: boolean;
    /**
     * shares the transport
     */
    isBundled: boolean;
    protocol: string;
    formats: string[];
    /**
     * '' when there is none
     */
    mid: string;
    direction: Direction;
    hasRtcpMux: boolean;
    hasRtcpRsize: boolean;
    /**
     * of the m-line or the session; '' when there is none
     */
    setup: string;
    /**
     * in the order of the m-line; empty for other kinds than audio and video
     */
    codecs: readonly Codec[];
    extensions: readonly Extension[];
    /**
     * '' when there is none
     */
    streamId: string;
    /**
     * '' when there is none
     */
    trackId: string;
    /**
     * of the media streams, without those that repair others
     */
    ssrcs: number[];
    isSimulcast: boolean;
    /**
     * lines that begin with `candidate:`
     */
    candidates: string[];
    /**
     * a=end-of-candidates
     */
    hasEnded: boolean;
};
/**
 * Reads and checks an SDP.
 * @param {string} text
 * @returns {Description}
 * @throws {UrchinError} ERR_SDP_SYNTAX, ERR_SDP_TOO_LARGE, ERR_SDP_PROTOCOL, ERR_SDP_NO_MEDIA, ERR_SDP_NO_BUNDLE,
 *   ERR_SDP_NO_ICE, ERR_SDP_NO_FINGERPRINT, ERR_SDP_SETUP, ERR_SDP_NO_RTCP_MUX
 */
export declare function parseSdp(text: string): Description;

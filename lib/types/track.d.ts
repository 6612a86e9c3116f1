import { EventEmitter } from 'node:events';
export type Codec = import('./sdp/codecs.js').Codec;
export type Kind = import('./sdp/codecs.js').Kind;
export type WebRtcConnection = import('./connection.js').WebRtcConnection;
export type TrackCommands = {
    pauseReceiver: (receiverId: number, paused: boolean) => void;
    requestKeyframe: (receiverId: number) => void;
    pauseSender: (senderId: number, paused: boolean) => void;
    setSenderSource: (senderId: number, receiverId: number, map: readonly {
        from: number;
        to: number;
    }[]) => void;
};
export type CodecInfo = {
    name: string;
    payloadType: number;
    clockRateHz: number;
    channels: number;
    parameters: Record<string, string>;
};
/** @typedef {import('./sdp/codecs.js').Codec} Codec */
/** @typedef {import('./sdp/codecs.js').Kind} Kind */
/** @typedef {import('./connection.js').WebRtcConnection} WebRtcConnection */
/**
 * What tracks ask of the core.
 * @typedef {object} TrackCommands
 * @property {(receiverId: number, paused: boolean) => void} pauseReceiver
 * @property {(receiverId: number) => void} requestKeyframe
 * @property {(senderId: number, paused: boolean) => void} pauseSender
 * @property {(senderId: number, receiverId: number, map: readonly { from: number, to: number }[]) => void} setSenderSource
 */
/**
 * A codec that the peer may send.
 * @typedef {{ name: string, payloadType: number, clockRateHz: number, channels: number,
 *   parameters: Record<string, string> }} CodecInfo
 */
/**
 * One stream that a peer sends. Events: 'active' with its first packet, 'paused', 'resumed', and 'ended' once, when the
 * peer stops sending it or the connection closes.
 * @extends {EventEmitter<{ active: [], paused: [], resumed: [], ended: [] }>}
 */
export declare class RemoteTrack extends EventEmitter<{
    active: [];
    paused: [];
    resumed: [];
    ended: [];
}> {
    #private;
    /** Unique in this process. */
    id: `${string}-${string}-${string}-${string}-${string}`;
    connection: import("./connection.js").WebRtcConnection;
    kind: import("./sdp/codecs.js").Kind;
    mid: string;
    /** The peer's name for the stream it belongs to; '' when there is none. */
    streamId: string;
    /** The peer's name for the track; '' when there is none. */
    trackId: string;
    /**
     * @param {{ connection: WebRtcConnection, kind: Kind, mid: string, streamId: string, trackId: string,
     *   receiverId: number, commands: TrackCommands }} fields
     */
    constructor({ connection, kind, mid, streamId, trackId, receiverId, commands }: {
        connection: WebRtcConnection;
        kind: Kind;
        mid: string;
        streamId: string;
        trackId: string;
        receiverId: number;
        commands: TrackCommands;
    });
    /** Whether its first packet has arrived. */
    get active(): boolean;
    get paused(): boolean;
    get ended(): boolean;
    /** The codecs that the peer may send. @returns {CodecInfo[]} */
    get codecs(): CodecInfo[];
    /** Stops forwarding it to anybody. */
    pause(): void;
    /** Forwards it again. */
    resume(): void;
    /** Asks the peer for a key frame; the core merges such wishes. No effect on audio. */
    requestKeyframe(): void;
    /** For the connection and local tracks: the receiver's id in the core; 0 once ended. */
    get receiverId(): number;
    /** For local tracks: what the peer may send. @returns {readonly Codec[]} */
    get receiveCodecs(): readonly Codec[];
    /**
     * For the connection: a negotiation changed it.
     * @param {{ codecs: readonly Codec[], streamId: string, trackId: string }} fields
     */
    update({ codecs, streamId, trackId }: {
        codecs: readonly Codec[];
        streamId: string;
        trackId: string;
    }): void;
    /** For the connection: its first packet came. */
    activate(): void;
    /** For the connection: there will be no more packets. */
    end(): void;
    /** For local tracks. @param {WeakRef<LocalTrack>} sink */
    addSink(sink: WeakRef<LocalTrack>): void;
    /** For local tracks. @param {WeakRef<LocalTrack>} sink */
    removeSink(sink: WeakRef<LocalTrack>): void;
}
/** One stream that we send to a peer: the packets of a remote track of any connection, or nothing for now. */
export declare class LocalTrack {
    #private;
    /** The track's name in our SDP. */
    id: string;
    kind: import("./sdp/codecs.js").Kind;
    streamId: string;
    /** For the SDP. */
    trackId: string;
    /** What the peer sees its packets under. */
    ssrc: number;
    /**
     * @param {{ kind: Kind, streamId: string, trackId: string, ssrc: number, commands: TrackCommands }} fields
     */
    constructor({ kind, streamId, trackId, ssrc, commands }: {
        kind: Kind;
        streamId: string;
        trackId: string;
        ssrc: number;
        commands: TrackCommands;
    });
    /** The m-line it is sent on; null until it is negotiated. */
    get mid(): string | null;
    get source(): RemoteTrack | null;
    get paused(): boolean;
    /** Whether packets of its source can reach the peer: negotiated, a source, and a codec in common. */
    get active(): boolean;
    /** Whether the peer can decode nothing that the source may send. */
    get codecsMissing(): boolean;
    /**
     * Sends another track's packets from now on, without a negotiation.
     * @param {RemoteTrack | null} source null: nothing
     * @throws {UrchinError} ERR_INVALID_ARGUMENT, ERR_INVALID_STATE
     */
    replaceSource(source: RemoteTrack | null): void;
    /** Sends nothing until resume(). */
    pause(): void;
    resume(): void;
    /**
     * For the connection: it has a sender in the core, or has none any more.
     * @param {{ mid: string, senderId: number, codecs: readonly Codec[] } | null} sender
     */
    bind(sender: {
        mid: string;
        senderId: number;
        codecs: readonly Codec[];
    } | null): void;
    /** For the source: it ended, or its codecs changed. */
    refresh(): void;
    /** For the connection: removed for good. */
    remove(): void;
}

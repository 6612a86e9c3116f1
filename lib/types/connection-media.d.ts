import { RemoteTrack } from './track.js';
export type WebRtcConnection = import('./connection.js').WebRtcConnection;
export type Codec = import('./sdp/codecs.js').Codec;
export type Medium = import('./sdp/medium.js').Medium;
export type ExtensionIds = import('./sdp/extensions.js').ExtensionIds;
export type LocalTrack = import('./track.js').LocalTrack;
export type Worker = import('./worker.js').Worker;
/** @typedef {import('./connection.js').WebRtcConnection} WebRtcConnection */
/** @typedef {import('./sdp/codecs.js').Codec} Codec */
/** @typedef {import('./sdp/medium.js').Medium} Medium */
/** @typedef {import('./sdp/extensions.js').ExtensionIds} ExtensionIds */
/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {import('./worker.js').Worker} Worker */
export declare class ConnectionMedia {
    #private;
    /**
     * @param {{ worker: Worker, connection: WebRtcConnection, connectionId: number, cname: string,
     *   news: import('./connection-news.js').ConnectionNews,
     *   onError: (error: Error) => void }} fields onError: a command failed that should not
     */
    constructor({ worker, connection, connectionId, cname, news, onError }: {
        worker: Worker;
        connection: WebRtcConnection;
        connectionId: number;
        cname: string;
        news: import('./connection-news.js').ConnectionNews;
        onError: (error: Error) => void;
    });
    /** @returns {RemoteTrack[]} */
    get remoteTracks(): RemoteTrack[];
    /**
     * A stream's first packet came.
     * @param {number} receiverId
     */
    activate(receiverId: number): void;
    /**
     * What stats say of each id in the core.
     * @returns {{ receivers: Map<number, RemoteTrack>, senders: Map<number, LocalTrack> }}
     */
    get tracksById(): {
        receivers: Map<number, RemoteTrack>;
        senders: Map<number, LocalTrack>;
    };
    /**
     * Does what a negotiation decided.
     * @param {readonly Medium[]} media
     */
    sync(media: readonly Medium[]): void;
    /** The remote tracks that came and went since this was last asked. */
    takeChanges(): {
        added: RemoteTrack[];
        ended: RemoteTrack[];
    };
    /** @param {LocalTrack} track */
    removeSender(track: LocalTrack): void;
    /**
     * The connection is gone, and in the core all of this with it.
     * @returns {RemoteTrack[]} those that ended by it
     */
    clear(): RemoteTrack[];
}
/**
 * Holds the worker only, not the connection: a source's tracks reach across connections.
 * @param {Worker} worker
 * @param {(error: Error) => void} onError
 * @returns {import('./track.js').TrackCommands}
 */
export declare function trackCommands(worker: Worker, onError: (error: Error) => void): import('./track.js').TrackCommands;
/**
 * Runs a command that may refuse at once or later.
 * @param {() => Promise<any>} run
 * @param {(error: any) => void} onError
 */
export declare function attempt(run: () => Promise<any>, onError: (error: any) => void): void;
/**
 * A random SSRC (RFC 3550 8.1) for another track of a connection.
 * @param {Iterable<LocalTrack>} tracks those it has
 */
export declare function newSsrc(tracks: Iterable<LocalTrack>): number;

import { EventEmitter } from 'node:events';
import { Watcher } from './watcher.js';
export type Room = import('./room.js').Room;
export type ParticipantKind = 'page' | 'whip' | 'whep';
export type MediaKind = 'audio' | 'video';
export type ParticipantInfo = {
    id: string;
    name: string;
    kind: ParticipantKind;
    muted: Record<MediaKind, boolean>;
};
export type TrackSource = EventEmitter & {
    id: string;
    kind: MediaKind;
    streamId?: string;
    pause(): unknown;
    resume(): unknown;
    requestKeyframe(): unknown;
};
export type TrackSink = {
    replaceSource(source: any): unknown;
    pause(): unknown;
    resume(): unknown;
};
export type RoomConnection = EventEmitter & {
    addTrack(source: any, options: {
        kind: MediaKind;
        streamId: string;
        trackId: string;
    }): any;
    removeTrack(sink: any): unknown;
    close(): Promise<unknown>;
};
export type PublishedTrack = {
    /**
     * unique in the room
     */
    id: string;
    kind: MediaKind;
    /**
     * who publishes it
     */
    participant: Participant;
    /**
     * what viewers see as the stream's id: the participant's id, with .2, .3 … for further streams
     */
    streamId: string;
    source: TrackSource;
};
export type ParticipantOptions = {
    /**
     * to show to people; up to 64 characters, '' by default
     */
    name?: string;
    /**
     * 'page' by default; 'whep' neither publishes nor is shown
     */
    kind?: ParticipantKind;
    /**
     * without one it is a member without media
     */
    connection?: RoomConnection;
    /**
     * gets everything from everyone; the room's setting by default
     */
    autoSubscribe?: boolean;
    /**
     * 'whep' only: whom it may watch; anyone by default
     */
    isPublisher?: (participant: Participant) => boolean;
};
/** @typedef {import('./room.js').Room} Room */
/** @typedef {'page' | 'whip' | 'whep'} ParticipantKind */
/** @typedef {'audio' | 'video'} MediaKind */
/** @typedef {{ id: string, name: string, kind: ParticipantKind, muted: Record<MediaKind, boolean> }} ParticipantInfo */
/**
 * What a room needs of a remote track; `RemoteTrack` is one.
 * @typedef {EventEmitter & { id: string, kind: MediaKind, streamId?: string, pause(): unknown, resume(): unknown,
 *   requestKeyframe(): unknown }} TrackSource
 */
/** @typedef {{ replaceSource(source: any): unknown, pause(): unknown, resume(): unknown }} TrackSink */
/**
 * What a room needs of a connection; `WebRtcConnection` is one.
 * @typedef {EventEmitter & { addTrack(source: any, options: { kind: MediaKind, streamId: string, trackId: string }): any,
 *   removeTrack(sink: any): unknown, close(): Promise<unknown> }} RoomConnection
 */
/**
 * A track that a participant publishes in its room.
 * @typedef {object} PublishedTrack
 * @property {string} id unique in the room
 * @property {MediaKind} kind
 * @property {Participant} participant who publishes it
 * @property {string} streamId what viewers see as the stream's id: the participant's id, with .2, .3 … for further streams
 * @property {TrackSource} source
 */
/**
 * @typedef {object} ParticipantOptions
 * @property {string} [name] to show to people; up to 64 characters, '' by default
 * @property {ParticipantKind} [kind] 'page' by default; 'whep' neither publishes nor is shown
 * @property {RoomConnection} [connection] without one it is a member without media
 * @property {boolean} [autoSubscribe] gets everything from everyone; the room's setting by default
 * @property {(participant: Participant) => boolean} [isPublisher] 'whep' only: whom it may watch; anyone by default
 */
/**
 * Events: 'muted' (kind, muted, by), 'left' (reason).
 * @extends {EventEmitter<{ muted: [MediaKind, boolean, 'self' | 'room'], left: [string] }>}
 */
export declare class Participant extends EventEmitter<{
    muted: [MediaKind, boolean, 'self' | 'room'];
    left: [string];
}> {
    #private;
    /** 22 characters, 128 random bits */
    id: string;
    name: string;
    kind: ParticipantKind;
    connection: RoomConnection | null;
    autoSubscribe: boolean;
    /** How a WHEP viewer chooses what it watches; null for others. */
    watcher: Watcher | null;
    /**
     * Use room.join().
     * @param {Room} room
     * @param {ParticipantOptions} options
     */
    constructor(room: Room, { name, kind, connection, autoSubscribe, isPublisher }: ParticipantOptions);
    get room(): import("./room.js").Room;
    /** True once it is no longer a member. */
    get hasLeft(): boolean;
    /** What it publishes. @returns {PublishedTrack[]} */
    get tracks(): PublishedTrack[];
    /** What it is subscribed to. @returns {PublishedTrack[]} */
    get subscriptions(): PublishedTrack[];
    /** Whether its audio and video are muted, by itself or by the room. @returns {Record<MediaKind, boolean>} */
    get muted(): Record<MediaKind, boolean>;
    /** What others may know of it. @returns {ParticipantInfo} */
    toJSON(): ParticipantInfo;
    /**
     * Publishes a track. The tracks of the participant's connection come by themselves.
     * @param {TrackSource} source
     * @returns {PublishedTrack}
     * @throws {UrchinError} ERR_LEFT
     */
    publish(source: TrackSource): PublishedTrack;
    /**
     * Sends a track to this participant. No effect if it is sent already.
     * @param {PublishedTrack} track
     * @returns {TrackSink} for pausing it for this viewer alone
     * @throws {UrchinError} ERR_LEFT; ERR_NO_CONNECTION; ERR_TRACK_ENDED; and what connection.addTrack throws
     */
    subscribe(track: PublishedTrack): TrackSink;
    /**
     * Stops sending a track to this participant. No effect if it is not sent.
     * @param {PublishedTrack} track
     */
    unsubscribe(track: PublishedTrack): void;
    /**
     * Stops forwarding what it publishes of a kind, for all viewers; also what it publishes later.
     * @param {MediaKind} kind
     * @param {{ by?: 'room' | 'self' }} [options] by: 'room' (default) can not be undone by the participant itself
     */
    mute(kind: MediaKind, { by }?: {
        by?: 'room' | 'self';
    }): void;
    /**
     * Undoes mute().
     * @param {MediaKind} kind
     * @param {{ by?: 'room' | 'self' }} [options]
     * @throws {UrchinError} ERR_MUTED_BY_ROOM when by is 'self' and the room has muted it
     */
    unmute(kind: MediaKind, { by }?: {
        by?: 'room' | 'self';
    }): void;
    /**
     * Leaves the room and closes the connection.
     * @param {string} [reason] for the events: 'left', 'removed', 'failed', 'finished', 'closed'
     * @returns {Promise<void>} when the connection is closed
     */
    leave(reason?: string): Promise<void>;
}

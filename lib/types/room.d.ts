import { EventEmitter } from 'node:events';
import { Participant } from './participant.js';
export type Logger = import('./console-logger.js').Logger;
export type ParticipantOptions = import('./participant.js').ParticipantOptions;
export type PublishedTrack = import('./participant.js').PublishedTrack;
export type RoomConnection = import('./participant.js').RoomConnection;
export type RoomOptions = {
    /**
     * everyone gets everything from everyone (default); false: only what
     * participant.subscribe() says
     */
    autoSubscribe?: boolean;
    /**
     * 100 by default
     */
    maxParticipants?: number;
    /**
     * silent by default
     */
    logger?: Logger;
};
export type MemberEvents = {
    'participant-joined': [Participant];
    'participant-left': [Participant, string];
    empty: [];
};
export type MuteEvents = {
    'participant-muted': [Participant, 'audio' | 'video', boolean, 'self' | 'room'];
};
export type TrackEvents = {
    'track-published': [PublishedTrack];
    'track-unpublished': [PublishedTrack];
};
export type RoomEvents = MemberEvents & MuteEvents & TrackEvents;
/**
 * Whether a text may name a room: 1 to 64 letters, digits, '-' and '_'.
 * @param {unknown} name
 * @returns {name is string}
 */
export declare function isRoomName(name: unknown): name is string;
/**
 * Events: 'participant-joined' (participant), 'participant-left' (participant, reason), 'participant-muted'
 * (participant, kind, muted, by), 'track-published' (track), 'track-unpublished' (track), 'empty' when the last member
 * has left.
 * @extends {EventEmitter<RoomEvents>}
 */
export declare class Room extends EventEmitter<RoomEvents> {
    #private;
    name: string;
    autoSubscribe: boolean;
    maxParticipants: number;
    logger: import("./console-logger.js").Logger;
    /**
     * @param {string} name
     * @param {RoomOptions} [options]
     * @throws {UrchinError} ERR_ROOM_NAME
     */
    constructor(name: string, { autoSubscribe, maxParticipants, logger }?: RoomOptions);
    /** The members, in the order in which they came. @returns {Participant[]} */
    get participants(): Participant[];
    /** How many members there are. */
    get size(): number;
    get isFull(): boolean;
    /** Everything that is published here. @returns {PublishedTrack[]} */
    get tracks(): PublishedTrack[];
    /**
     * A member by its id.
     * @param {string} id
     * @returns {Participant | undefined}
     */
    get(id: string): Participant | undefined;
    /**
     * Makes a new member. It gets what is published already, and whatever tracks its connection brings are published.
     * When the connection fails or finishes, it leaves; when it leaves, its connection is closed.
     * @param {ParticipantOptions | RoomConnection} options a connection alone will do
     * @returns {Participant}
     * @throws {UrchinError} ERR_ROOM_FULL; ERR_ROOM_CLOSED
     */
    join(options: ParticipantOptions | RoomConnection): Participant;
    /**
     * Everyone leaves; nobody can join any more.
     * @returns {Promise<void>} when all connections are closed
     */
    close(): Promise<void>;
    /**
     * For participants: a track was published.
     * @param {PublishedTrack} track
     */
    handlePublished(track: PublishedTrack): void;
    /**
     * For participants: a track is no longer published.
     * @param {PublishedTrack} track
     */
    handleUnpublished(track: PublishedTrack): void;
    /**
     * For participants: one has left.
     * @param {Participant} participant
     * @param {string} reason
     */
    handleLeft(participant: Participant, reason: string): void;
}

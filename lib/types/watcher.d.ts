export type Room = import('./room.js').Room;
export type Participant = import('./participant.js').Participant;
export type MediaKind = import('./participant.js').MediaKind;
export type PublishedTrack = import('./participant.js').PublishedTrack;
export type TrackSink = import('./participant.js').TrackSink;
/** @typedef {import('./room.js').Room} Room */
/** @typedef {import('./participant.js').Participant} Participant */
/** @typedef {import('./participant.js').MediaKind} MediaKind */
/** @typedef {import('./participant.js').PublishedTrack} PublishedTrack */
/** @typedef {import('./participant.js').TrackSink} TrackSink */
/** See above; made by the participant. */
export declare class Watcher {
    #private;
    /**
     * @param {Room} room
     * @param {(participant: Participant) => boolean} [isPublisher] whom it may watch
     */
    constructor(room: Room, isPublisher?: (participant: Participant) => boolean);
    /** Whom it watches now. @returns {Participant | null} */
    get publisher(): Participant | null;
    /**
     * Adds a track that waits to be fed.
     * @param {MediaKind} kind
     * @param {TrackSink} sink made by connection.addTrack(null, …)
     */
    addSlot(kind: MediaKind, sink: TrackSink): void;
    /** Chooses again; the room calls it when tracks come or go. */
    update(): void;
    /** Asks for a picture to begin with. */
    requestKeyframes(): void;
}

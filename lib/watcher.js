// A WHEP viewer's choice: a fixed audio and a fixed video track, fed by one publisher of the room at a time; by the
// next one when that leaves. Nothing is renegotiated when the publisher changes.

/** @typedef {import('./room.js').Room} Room */
/** @typedef {import('./participant.js').Participant} Participant */
/** @typedef {import('./participant.js').MediaKind} MediaKind */
/** @typedef {import('./participant.js').PublishedTrack} PublishedTrack */
/** @typedef {import('./participant.js').TrackSink} TrackSink */

/** See above; made by the participant. */
export class Watcher {
  #room
  #isPublisher
  /** @type {Participant | null} */
  #publisher = null
  /** @type {{ kind: MediaKind, sink: TrackSink, track: PublishedTrack | null }[]} */
  #slots = []

  /**
   * @param {Room} room
   * @param {(participant: Participant) => boolean} [isPublisher] whom it may watch
   */
  constructor(room, isPublisher = () => true) {
    this.#room = room
    this.#isPublisher = isPublisher
  }

  /** Whom it watches now. @returns {Participant | null} */
  get publisher() {
    return this.#publisher
  }

  /**
   * Adds a track that waits to be fed.
   * @param {MediaKind} kind
   * @param {TrackSink} sink made by connection.addTrack(null, …)
   */
  addSlot(kind, sink) {
    this.#slots.push({ kind, sink, track: null })
    this.update()
  }

  /** Chooses again; the room calls it when tracks come or go. */
  update() {
    if (!this.#publisher || !this.#canWatch(this.#publisher)) {
      // The room keeps its members in the order in which they came.
      this.#publisher = this.#room.participants.find((participant) => this.#canWatch(participant)) ?? null
    }
    const tracks = this.#publisher?.tracks ?? []
    for (const slot of this.#slots) {
      const track = tracks.find(({ kind }) => kind === slot.kind) ?? null
      if (track === slot.track) continue
      slot.track = track
      slot.sink.replaceSource(track?.source ?? null)
      if (track?.kind === 'video') track.source.requestKeyframe()
    }
  }

  /** Asks for a picture to begin with. */
  requestKeyframes() {
    for (const { track } of this.#slots) {
      if (track?.kind === 'video') track.source.requestKeyframe()
    }
  }

  /** @param {Participant} participant */
  #canWatch(participant) {
    return participant.tracks.length > 0 && this.#isPublisher(participant)
  }
}

// WHEP (draft-ietf-wish-whep): what a viewer's offer must be, and whom it watches.

import { checkSections } from './whip.js'

/** @typedef {import('../participant.js').MediaKind} MediaKind */

/** @type {import('./http-sessions.js').Protocol} */
export const whep = {
  kind: 'whep',

  checkOffer: (offer) => checkSections(offer, ['recvonly', 'sendrecv']),

  // Nothing is wanted from a viewer: sendrecv is answered like recvonly.
  adaptOffer(offer) {
    const replaced = offer.replace(/^a=sendrecv(?=\r?$)/gm, 'a=recvonly')
    const [session] = replaced.split(/^m=/m, 1)
    if (/^a=(?:sendonly|recvonly|inactive)\r?$/m.test(session)) return replaced
    return replaced.replace(/^m=/m, 'a=recvonly\r\nm=')
  },

  // The tracks are there from the beginning and wait for a publisher: nothing has to be renegotiated, ever.
  prepare(connection, { sections }) {
    const streamId = 'urchin'
    return /** @type {MediaKind[]} */ (['audio', 'video'])
      .filter((kind) => sections.some((section) => section.kind === kind && !section.isRejected))
      .map((kind) => ({ kind, sink: connection.addTrack(null, { kind, streamId, trackId: kind }) }))
  },

  joinOptions(query, sessions) {
    const wanted = query.get('publisher')
    if (!wanted) return { name: 'WHEP' }
    return {
      name: 'WHEP',
      isPublisher: (participant) =>
        participant.id === wanted ||
        participant.name === wanted ||
        sessions.find(wanted)?.participant === participant,
    }
  },

  joined(participant, slots) {
    for (const { kind, sink } of slots) participant.watcher?.addSlot(kind, sink)
  },
}

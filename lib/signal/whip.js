// WHIP (RFC 9725): what a publisher's offer must be.

import { HttpError } from './http.js'
import { cleanName } from './names.js'

/** @typedef {import('../sdp/parse.js').Description} Description */

/** @type {import('./http-sessions.js').Protocol} */
export const whip = {
  kind: 'whip',

  checkOffer(offer) {
    checkSections(offer, ['sendonly', 'sendrecv'])
    // RFC 9725 4.4.2: a single MediaStream.
    const streams = new Set(
      offer.sections.map(({ streamId }) => streamId).filter((id) => id !== '' && id !== '-'),
    )
    if (streams.size > 1) throw new HttpError(422, 'ERR_UNSUPPORTED', 'Only one MediaStream can be published')
  },

  prepare() {},

  joinOptions: (query) => ({ name: cleanName(query.get('name')) || 'WHIP' }),

  joined() {},
}

/** m-lines that one publisher or viewer may have */
const maxSections = 16

/**
 * @param {Description} offer
 * @param {string[]} directions
 * @throws {HttpError} 422
 */
export function checkSections({ sections }, directions) {
  if (sections.length > maxSections) throw new HttpError(422, 'ERR_UNSUPPORTED', 'Too many media sections')
  const used = sections.filter(({ isRejected }) => !isRejected)
  if (used.length === 0) throw new HttpError(422, 'ERR_UNSUPPORTED', 'No media section is in use')
  for (const { kind, direction, isBundled } of used) {
    if (kind !== 'audio' && kind !== 'video') {
      throw new HttpError(422, 'ERR_UNSUPPORTED', `Only audio and video, no ${kind}`)
    }
    if (!isBundled)
      throw new HttpError(422, 'ERR_UNSUPPORTED', 'All media sections must be in one BUNDLE group')
    if (!directions.includes(direction)) {
      throw new HttpError(
        422,
        'ERR_DIRECTION',
        `Media sections must be ${directions.join(' or ')}, not ${direction}`,
      )
    }
  }
}

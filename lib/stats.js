// Statistics of a connection in the shape of a W3C RTCStatsReport: a Map of objects by id.

import { IceStats } from './stats/ice.js'

/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {import('./track.js').RemoteTrack} RemoteTrack */
/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {{ id: string, type: string, timestamp: number, [name: string]: any }} Stats */
/** @typedef {{ algorithm: string, value: string }} Fingerprint */

/**
 * What is known of a connection outside the core.
 * @typedef {object} Known
 * @property {number} timestamp
 * @property {{ local: Candidate, remote: Candidate } | null} pair the selected one, as its owner was told
 * @property {{ local: Fingerprint, remote: Fingerprint[] }} fingerprints
 * @property {{ receivers: Map<number, RemoteTrack>, senders: Map<number, LocalTrack> }} tracks
 * @property {KnownIce} [ice]
 */
/**
 * @typedef {object} KnownIce
 * @property {string} [ufrag] ours
 * @property {'controlling' | 'controlled' | 'unknown'} [role]
 * @property {Candidate[]} [candidates] ours, as the peer was told
 * @property {import('./worker.js').IceServerConfig[]} [servers] STUN and TURN
 */

/**
 * @param {import('./worker.js').NativeStats} values
 * @param {Known} known
 * @returns {Map<string, Stats>}
 */
export function buildStats(values, { timestamp, pair, fingerprints, tracks, ice = {} }) {
  /** @type {Map<string, Stats>} */
  const report = new Map()
  /** @type {Add} */
  const add = (id, type, fields) => report.set(id, { ...withoutAbsent(fields), id, type, timestamp })

  const found = new IceStats(values, { pair, ...ice })
  add('transport', 'transport', {
    iceRole: ice.role,
    iceLocalUsernameFragment: ice.ufrag,
    ...values.transport,
    selectedCandidatePairId: found.selectedId,
    localCertificateId: 'certificate-local',
    remoteCertificateId: fingerprints.remote.length > 0 ? 'certificate-remote' : undefined,
  })
  add('certificate-local', 'certificate', certificate(fingerprints.local))
  if (fingerprints.remote.length > 0)
    add('certificate-remote', 'certificate', certificate(fingerprints.remote[0]))
  for (const { id, type, fields } of found.all) add(id, type, { transportId: 'transport', ...fields })
  addStreams(add, values, tracks)
  return report
}

/** @typedef {(id: string, type: string, fields: Record<string, any>) => unknown} Add */

/**
 * @param {Add} add
 * @param {import('./worker.js').NativeStats} values
 * @param {Known['tracks']} tracks
 */
function addStreams(add, { receivers, senders }, tracks) {
  for (const [id, fields] of Object.entries(receivers)) {
    const track = tracks.receivers.get(Number(id))
    add(`inbound-${id}`, 'inbound-rtp', {
      ...fields,
      transportId: 'transport',
      kind: track?.kind,
      mid: track?.mid,
      trackIdentifier: track?.id,
    })
  }
  for (const [id, fields] of Object.entries(senders)) {
    const track = tracks.senders.get(Number(id))
    add(`outbound-${id}`, 'outbound-rtp', {
      ...fields,
      transportId: 'transport',
      kind: track?.kind,
      mid: track?.mid ?? undefined,
      trackIdentifier: track?.id,
      active: track?.active,
    })
  }
}

/** @param {Fingerprint} fingerprint */
function certificate({ algorithm, value }) {
  return { fingerprint: value, fingerprintAlgorithm: algorithm }
}

/** @param {Record<string, any>} fields */
function withoutAbsent(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

// Statistics of a connection in the shape of a W3C RTCStatsReport: a Map of objects by id.

/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {import('./track.js').RemoteTrack} RemoteTrack */
/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {{ id: string, type: string, timestamp: number, [name: string]: any }} Stats */

/**
 * @param {{ transport: Record<string, any>, receivers: Record<string, any>, senders: Record<string, any> }} values
 * @param {{ timestamp: number, pair: { local: Candidate, remote: Candidate } | null,
 *   fingerprints: { local: Fingerprint, remote: Fingerprint[] },
 *   tracks: { receivers: Map<number, RemoteTrack>, senders: Map<number, LocalTrack> } }} known
 * @returns {Map<string, Stats>}
 */
export function buildStats(values, { timestamp, pair, fingerprints, tracks }) {
  /** @type {Map<string, Stats>} */
  const report = new Map()
  const add = (
    /** @type {string} */ id,
    /** @type {string} */ type,
    /** @type {Record<string, any>} */ fields,
  ) => report.set(id, { ...fields, id, type, timestamp })

  add('transport', 'transport', {
    ...values.transport,
    selectedCandidatePairId: pair ? 'pair' : undefined,
    localCertificateId: 'certificate-local',
    remoteCertificateId: fingerprints.remote.length > 0 ? 'certificate-remote' : undefined,
  })
  add('certificate-local', 'certificate', certificate(fingerprints.local))
  if (fingerprints.remote.length > 0)
    add('certificate-remote', 'certificate', certificate(fingerprints.remote[0]))
  if (pair) {
    add('candidate-local', 'local-candidate', candidate(pair.local))
    add('candidate-remote', 'remote-candidate', candidate(pair.remote))
    add('pair', 'candidate-pair', {
      transportId: 'transport',
      localCandidateId: 'candidate-local',
      remoteCandidateId: 'candidate-remote',
      state: 'succeeded',
      nominated: true,
      bytesSent: values.transport.bytesSent,
      bytesReceived: values.transport.bytesReceived,
    })
  }
  for (const [id, fields] of Object.entries(values.receivers)) {
    const track = tracks.receivers.get(Number(id))
    add(`inbound-${id}`, 'inbound-rtp', {
      ...fields,
      transportId: 'transport',
      kind: track?.kind,
      mid: track?.mid,
      trackIdentifier: track?.id,
    })
  }
  for (const [id, fields] of Object.entries(values.senders)) {
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
  return report
}

/** @typedef {{ algorithm: string, value: string }} Fingerprint */

/** @param {Fingerprint} fingerprint */
function certificate({ algorithm, value }) {
  return { fingerprint: value, fingerprintAlgorithm: algorithm }
}

/** @param {Candidate} candidate */
function candidate({ address, port, protocol, type, priority, foundation, relatedAddress, relatedPort }) {
  return {
    transportId: 'transport',
    address,
    port,
    protocol,
    candidateType: type,
    priority,
    foundation,
    relatedAddress,
    relatedPort,
  }
}

// Our own descriptions as text.

import sdpTransform from 'sdp-transform'
import { remember } from '../remember.js'
import { sends } from './extensions.js'

/** @typedef {import('./codecs.js').Codec} Codec */
/** @typedef {import('./candidate.js').Candidate} Candidate */
/** @typedef {import('./extensions.js').Extension} Extension */

/**
 * A track as SDP shows it.
 * @typedef {object} SentTrack
 * @property {'audio' | 'video'} kind
 * @property {string} streamId token characters
 * @property {string} trackId token characters
 * @property {number} ssrc
 */

/**
 * One m-line of ours.
 * @typedef {object} LocalSection
 * @property {string} kind
 * @property {boolean} isRejected
 * @property {string} protocol
 * @property {string[]} formats of a rejected m-line, repeated from the offer
 * @property {string} mid
 * @property {import('./extensions.js').Direction} direction
 * @property {readonly Codec[]} codecs
 * @property {readonly Extension[]} extensions
 * @property {SentTrack | null} track
 */

/**
 * @typedef {object} LocalDescription
 * @property {'offer' | 'answer'} type
 * @property {string} sessionId
 * @property {number} version
 * @property {'actpass' | 'active' | 'passive'} setup
 * @property {string[]} bundle
 * @property {boolean} allowsMixed
 * @property {LocalSection[]} sections
 */

/**
 * @typedef {object} LocalTransport
 * @property {string} ufrag
 * @property {string} pwd
 * @property {{ algorithm: string, value: string }} fingerprint
 * @property {string} cname
 * @property {readonly Candidate[]} candidates
 * @property {boolean} hasEnded
 * @property {boolean} [isLite] we only answer checks (RFC 8445 2.5)
 */

/**
 * The m-line that carries the transport: the first that is not rejected (RFC 9143 7.2).
 * @param {LocalDescription} description
 * @returns {{ mid: string, index: number }}
 */
export function taggedSection({ sections, bundle }) {
  const mid = bundle[0]
  let index = sections.findIndex((section) => !section.isRejected && section.mid === mid)
  if (index < 0)
    index = Math.max(
      0,
      sections.findIndex((section) => !section.isRejected),
    )
  return { mid: sections[index]?.mid ?? '', index }
}

/**
 * @param {LocalDescription} description
 * @param {LocalTransport} transport
 * @returns {string}
 */
export function writeSdp(description, transport) {
  const tagged = taggedSection(description).index
  const { sections, bundle } = description
  /** @type {any} */
  const session = {
    version: 0,
    origin: {
      username: '-',
      sessionId: description.sessionId,
      sessionVersion: description.version,
      netType: 'IN',
      ipVer: 4,
      address: '127.0.0.1',
    },
    name: '-',
    timing: { start: 0, stop: 0 },
    media: sections.map((section, i) => writeSection(description, section, transport, i === tagged)),
  }
  if (transport.isLite) session.icelite = 'ice-lite'
  if (bundle.length > 0) session.groups = [{ type: 'BUNDLE', mids: bundle.join(' ') }]
  if (description.allowsMixed) session.extmapAllowMixed = 'extmap-allow-mixed'
  const streams = sections.map(({ direction, track }) => (track && sends(direction) ? track.streamId : ''))
  // RFC 8830 appendix: an old announcement that some peers still look for.
  session.msidSemantic = { semantic: 'WMS', token: streams.find((id) => id !== '') ?? '*' }
  // One part for the session and one for each m-line, which ends with what many have in common.
  const [head, ...parts] = sdpTransform.write(session).split(/(?=^m=)/m)
  const formats = sections.map(({ isRejected, codecs, extensions }) =>
    isRejected ? '' : formatLines(codecs)(extensions),
  )
  return head + parts.map((part, i) => part + formats[i]).join('')
}

const formatLines = remember((/** @type {readonly Codec[]} */ codecs) =>
  remember((/** @type {readonly Extension[]} */ extensions) => writeFormats(codecs, extensions)),
)

/**
 * @param {LocalDescription} description
 * @param {LocalSection} section
 * @param {LocalTransport} transport
 * @param {boolean} isTagged
 */
function writeSection(description, section, transport, isTagged) {
  const { kind, protocol, mid, direction, track } = section
  const connection = { version: 4, ip: '0.0.0.0' }
  if (section.isRejected) {
    return {
      type: kind,
      port: 0,
      protocol,
      payloads: section.formats.join(' '),
      connection,
      rtp: [],
      fmtp: [],
      mid: mid === '' ? undefined : mid,
      direction: 'inactive',
    }
  }
  /** @type {any} */
  const media = {
    type: kind,
    port: 9,
    protocol,
    payloads: section.codecs.map((codec) => codec.payloadType).join(' '),
    connection,
    iceUfrag: transport.ufrag,
    icePwd: transport.pwd,
    fingerprint: { type: transport.fingerprint.algorithm, hash: transport.fingerprint.value },
    setup: description.setup,
    mid: mid === '' ? undefined : mid,
    direction,
    rtp: [],
    fmtp: [],
  }
  if (isTagged) {
    media.candidates = transport.candidates.map(toSdpTransform)
    if (transport.hasEnded) media.endOfCandidates = 'end-of-candidates'
  }
  if (track && sends(direction)) {
    media.msid = [{ id: track.streamId, appdata: track.trackId }]
    media.ssrcs = [
      { id: track.ssrc, attribute: 'cname', value: transport.cname },
      { id: track.ssrc, attribute: 'msid', value: `${track.streamId} ${track.trackId}` },
    ]
  }
  return media
}

/**
 * @param {readonly Codec[]} codecs
 * @param {readonly Extension[]} extensions
 * @returns {string} lines, those that are always the same among them
 */
function writeFormats(codecs, extensions) {
  const rtp = []
  const fmtp = []
  const rtcpFb = []
  for (const { payloadType, name, clockRate, channels, parameters, feedback } of codecs) {
    rtp.push({
      payload: payloadType,
      codec: name,
      rate: clockRate,
      encoding: channels > 1 ? channels : undefined,
    })
    if (parameters.size > 0) {
      const config = [...parameters].map(([key, value]) => (value === '' ? key : `${key}=${value}`)).join(';')
      fmtp.push({ payload: payloadType, config })
    }
    for (const one of feedback) {
      const [type, subtype] = one.split(' ')
      rtcpFb.push({ payload: payloadType, type, subtype })
    }
  }
  const ext = extensions.map(({ id, uri, direction }) => ({
    value: id,
    uri,
    direction: direction === 'sendrecv' ? undefined : direction,
  }))
  const media = {
    type: 'audio',
    port: 9,
    protocol: 'RTP/SAVPF',
    payloads: '',
    rtcp: { port: 9, netType: 'IN', ipVer: 4, address: '0.0.0.0' },
    iceOptions: 'trickle',
    rtcpMux: 'rtcp-mux',
    rtcpRsize: 'rtcp-rsize',
    rtp,
    fmtp,
    rtcpFb,
    ext,
  }
  const text = sdpTransform.write(/** @type {any} */ ({ media: [media] }))
  return text.slice(text.indexOf('a='))
}

/** @param {Candidate} candidate */
function toSdpTransform(candidate) {
  const any = candidate.address.includes(':') ? '::' : '0.0.0.0'
  const isHost = candidate.type === 'host'
  return {
    foundation: candidate.foundation,
    component: candidate.component ?? 1,
    transport: candidate.protocol,
    priority: candidate.priority,
    ip: candidate.address,
    port: candidate.port,
    type: candidate.type,
    raddr: isHost ? undefined : candidate.relatedAddress || any,
    rport: isHost ? undefined : candidate.relatedPort || 9,
    tcptype: candidate.protocol === 'tcp' ? (candidate.tcpType ?? 'passive') : undefined,
  }
}

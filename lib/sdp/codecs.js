// The codecs that can be negotiated: which of a peer's we take, what we offer, and which of one peer's
// is the same as which of another's.

import { remember } from '../remember.js'
import { isSameH264, rateH264, readH264 } from './h264.js'

/** @typedef {'audio' | 'video'} Kind */
/** @typedef {'opus' | 'pcmu' | 'pcma' | 'vp8' | 'vp9' | 'h264' | 'av1' | 'other'} CodecId */

/**
 * One payload type with all that an m-line says about it.
 * @typedef {object} Codec
 * @property {number} payloadType
 * @property {string} name as in rtpmap, for codecs we know in its usual spelling
 * @property {CodecId} codec 'other' for those we do not take
 * @property {number} clockRate
 * @property {number} channels
 * @property {ReadonlyMap<string, string>} parameters of a=fmtp, names in lower case
 * @property {ReadonlySet<string>} feedback of a=rtcp-fb: 'nack', 'nack pli', 'ccm fir', …
 */

/**
 * @typedef {object} KnownCodec
 * @property {Kind} kind
 * @property {string} name
 * @property {CodecId} codec
 * @property {number} clockRate
 * @property {number} channels
 * @property {string[]} parameters those that an answer repeats
 */

/** @type {KnownCodec[]} */
const known = [
  {
    kind: 'audio',
    name: 'opus',
    codec: 'opus',
    clockRate: 48000,
    channels: 2,
    parameters: ['minptime', 'useinbandfec', 'usedtx', 'stereo', 'sprop-stereo', 'maxaveragebitrate', 'cbr'],
  },
  { kind: 'audio', name: 'PCMU', codec: 'pcmu', clockRate: 8000, channels: 1, parameters: [] },
  { kind: 'audio', name: 'PCMA', codec: 'pcma', clockRate: 8000, channels: 1, parameters: [] },
  {
    kind: 'video',
    name: 'VP8',
    codec: 'vp8',
    clockRate: 90000,
    channels: 1,
    parameters: ['max-fs', 'max-fr'],
  },
  {
    kind: 'video',
    name: 'VP9',
    codec: 'vp9',
    clockRate: 90000,
    channels: 1,
    parameters: ['profile-id', 'max-fs', 'max-fr'],
  },
  {
    kind: 'video',
    name: 'H264',
    codec: 'h264',
    clockRate: 90000,
    channels: 1,
    parameters: ['level-asymmetry-allowed', 'packetization-mode', 'profile-level-id'],
  },
  {
    kind: 'video',
    name: 'AV1',
    codec: 'av1',
    clockRate: 90000,
    channels: 1,
    parameters: ['level-idx', 'profile', 'tier'],
  },
]

// RFC 3551 6: what a payload type without rtpmap means.
/** @type {Record<number, { name: string, clockRate: number }>} */
const staticTypes = { 0: { name: 'PCMU', clockRate: 8000 }, 8: { name: 'PCMA', clockRate: 8000 } }

const feedbackTypes = {
  audio: new Set(['transport-cc', 'nack']),
  video: new Set(['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli']),
}

/** @type {[number, Kind, CodecId, Record<string, string>][]} payload types as Chromium numbers them */
const offered = [
  [111, 'audio', 'opus', { minptime: '10', useinbandfec: '1' }],
  [0, 'audio', 'pcmu', {}],
  [8, 'audio', 'pcma', {}],
  [96, 'video', 'vp8', {}],
  [98, 'video', 'vp9', { 'profile-id': '0' }],
  [102, 'video', 'h264', h264('1', '42001f')],
  [104, 'video', 'h264', h264('0', '42001f')],
  [108, 'video', 'h264', h264('1', '42e01f')],
  [114, 'video', 'h264', h264('0', '42e01f')],
  [116, 'video', 'h264', h264('1', '4d001f')],
  [39, 'video', 'h264', h264('0', '4d001f')],
  [112, 'video', 'h264', h264('1', '64001f')],
  [45, 'video', 'av1', { 'level-idx': '5', profile: '0', tier: '0' }],
  [100, 'video', 'vp9', { 'profile-id': '2' }],
]

/**
 * @param {string} mode
 * @param {string} profile
 */
function h264(mode, profile) {
  return { 'level-asymmetry-allowed': '1', 'packetization-mode': mode, 'profile-level-id': profile }
}

/**
 * All that we offer of a kind, in our order of preference, with the payload types we like best.
 * @param {Kind} kind
 * @returns {Codec[]}
 */
export function defaultCodecs(kind) {
  return offered
    .filter((row) => row[1] === kind)
    .map(([payloadType, , codec, parameters]) => {
      const row = /** @type {KnownCodec} */ (known.find((one) => one.codec === codec))
      return {
        payloadType,
        name: row.name,
        codec,
        clockRate: row.clockRate,
        channels: row.channels,
        parameters: new Map(Object.entries(parameters)),
        feedback: feedbackTypes[kind],
      }
    })
}

/**
 * Names the codec of an m-line's payload type.
 * @param {Kind} kind
 * @param {{ payloadType: number, name?: string, clockRate?: number, channels?: number,
 *   parameters: ReadonlyMap<string, string>, feedback: ReadonlySet<string> }} format
 * @returns {Codec}
 */
export function identifyCodec(kind, format) {
  const fixed = format.name === undefined ? staticTypes[format.payloadType] : undefined
  const name = format.name ?? fixed?.name ?? ''
  const clockRate = format.clockRate ?? fixed?.clockRate ?? 0
  const channels = format.channels ?? 1
  const row = known.find(
    (one) =>
      one.kind === kind &&
      one.name.toLowerCase() === name.toLowerCase() &&
      one.clockRate === clockRate &&
      one.channels === channels,
  )
  const codec = { ...format, name: row?.name ?? name, codec: row?.codec ?? 'other', clockRate, channels }
  if (codec.codec === 'h264' && readH264(codec.parameters) === null) codec.codec = 'other'
  return Object.freeze(codec)
}

/**
 * What an answer (or a later offer) says about a codec of the peer: the parameters and the feedback that we know too.
 * @param {Kind} kind
 * @param {Codec} codec
 * @returns {Codec}
 */
export function acceptCodec(kind, codec) {
  const names = known.find((row) => row.codec === codec.codec)?.parameters ?? []
  const parameters = new Map([...codec.parameters].filter(([name]) => names.includes(name)))
  const feedback = new Set([...codec.feedback].filter((type) => feedbackTypes[kind].has(type)))
  return Object.freeze({ ...codec, parameters, feedback })
}

/**
 * Whether a codec can be taken; media mode 2 of H264 (interleaved) can't.
 * @param {Codec} codec
 */
export function isSupported(codec) {
  if (codec.codec === 'other') return false
  return codec.codec !== 'h264' || readH264(codec.parameters)?.packetizationMode !== 2
}

/**
 * Whether two payload types mean the same configuration (RFC 9429 5.3.1: "equivalent").
 * @param {Codec} a
 * @param {Codec} b
 */
export function isSameCodec(a, b) {
  if (a.codec !== b.codec || a.clockRate !== b.clockRate || a.channels !== b.channels) return false
  switch (a.codec) {
    case 'other':
      return a.name.toLowerCase() === b.name.toLowerCase() && isSameText(a.parameters, b.parameters)
    case 'h264': {
      const [left, right] = [readH264(a.parameters), readH264(b.parameters)]
      return left !== null && right !== null && isSameH264(left, right)
    }
    default:
      return profileOf(a) === profileOf(b)
  }
}

/**
 * How well a receiver that asked for `sink` is served with a stream of `source`.
 * @param {Codec} source
 * @param {Codec} sink
 * @returns {number} 0: not at all; more is better
 */
export function rateCodec(source, sink) {
  if (source.codec === 'h264' && sink.codec === 'h264') {
    const [from, to] = [readH264(source.parameters), readH264(sink.parameters)]
    return from && to ? rateH264(from, to) : 0
  }
  return source.codec !== 'other' && isSameCodec(source, sink) ? 1 : 0
}

/**
 * Which of the sink's payload types each of the source's becomes; those without a counterpart are left out.
 * @param {readonly Codec[]} sources what the publisher may send
 * @param {readonly Codec[]} sinks what the viewer can receive
 * @returns {readonly { from: number, to: number }[]}
 */
export function mapPayloads(sources, sinks) {
  return mapsOf(sources)(sinks)
}

const mapsOf = remember((/** @type {readonly Codec[]} */ sources) =>
  remember((/** @type {readonly Codec[]} */ sinks) =>
    sources.flatMap((source) => {
      const to = bestSink(source, sinks)
      return to === null ? [] : [{ from: source.payloadType, to }]
    }),
  ),
)

/**
 * @param {Codec} source
 * @param {readonly Codec[]} sinks
 * @returns {number | null} its payload type
 */
function bestSink(source, sinks) {
  let best = 0
  let to = null
  for (const sink of sinks) {
    const rate = rateCodec(source, sink)
    if (rate > best) {
      best = rate
      to = sink.payloadType
    }
  }
  return to
}

/**
 * VP9 (RFC 9628 7.1) and AV1 profiles; '' for codecs without.
 * @param {Codec} codec
 */
function profileOf(codec) {
  if (codec.codec === 'vp9') return codec.parameters.get('profile-id') ?? '0'
  if (codec.codec === 'av1') return codec.parameters.get('profile') ?? '0'
  return ''
}

/**
 * @param {ReadonlyMap<string, string>} a
 * @param {ReadonlyMap<string, string>} b
 */
function isSameText(a, b) {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value)
}

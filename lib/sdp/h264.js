// H264 profiles and levels (RFC 6184 8.1 and 8.2.2): which profile a profile-level-id names, whether one
// side's stream may be sent to the other.

/**
 * @typedef {object} H264Format
 * @property {'constrained-baseline' | 'baseline' | 'main' | 'constrained-high' | 'high' | string} profile
 *   a profile without a name here is its hexadecimal digits, equal only to itself
 * @property {number} level ten times the level; 9 is level 1b
 * @property {number} packetizationMode
 */

// RFC 6184 8.1, table 5: profile_idc, then the bits of profile_iop that decide, then their values.
const profiles = [
  { idc: 0x42, mask: 0x4f, iop: 0x40, profile: 'constrained-baseline' },
  { idc: 0x4d, mask: 0x8f, iop: 0x80, profile: 'constrained-baseline' },
  { idc: 0x58, mask: 0xcf, iop: 0xc0, profile: 'constrained-baseline' },
  { idc: 0x42, mask: 0x4f, iop: 0x00, profile: 'baseline' },
  { idc: 0x58, mask: 0xcf, iop: 0x80, profile: 'baseline' },
  { idc: 0x4d, mask: 0xaf, iop: 0x00, profile: 'main' },
  { idc: 0x64, mask: 0xff, iop: 0x0c, profile: 'constrained-high' },
  { idc: 0x64, mask: 0xff, iop: 0x00, profile: 'high' },
]

// What a decoder of the named profile can decode besides it (H.264 A.2).
/** @type {Record<string, string[]>} */
const decodes = {
  baseline: ['constrained-baseline'],
  main: ['constrained-baseline'],
  'constrained-high': ['constrained-baseline'],
  high: ['constrained-high', 'main', 'constrained-baseline'],
}

/**
 * @param {ReadonlyMap<string, string>} parameters of a=fmtp
 * @returns {H264Format | null} null when profile-level-id or packetization-mode make no sense
 */
export function readH264(parameters) {
  // RFC 6184 8.1: without a profile-level-id it is Baseline, level 1.
  const id = parameters.get('profile-level-id') ?? '42000a'
  const mode = parameters.get('packetization-mode') ?? '0'
  if (!/^[0-9a-fA-F]{6}$/.test(id) || !/^[012]$/.test(mode)) return null
  const value = Number.parseInt(id, 16)
  const idc = value >> 16
  const iop = (value >> 8) & 0xff
  const known = profiles.find((row) => row.idc === idc && (iop & row.mask) === row.iop)
  return {
    profile: known ? known.profile : id.slice(0, 4).toLowerCase(),
    level: level(value & 0xff, iop),
    packetizationMode: Number(mode),
  }
}

/**
 * Level 1b is level_idc 11 with constraint_set3, for the profiles up to Main (H.264 A.3.1).
 * @param {number} levelIdc
 * @param {number} iop
 */
function level(levelIdc, iop) {
  return levelIdc === 11 && (iop & 0x10) !== 0 ? 9 : levelIdc
}

/**
 * Whether two descriptions name the same configuration; levels do not belong to it (RFC 6184 8.2.2).
 * @param {H264Format} a
 * @param {H264Format} b
 */
export function isSameH264(a, b) {
  return a.profile === b.profile && a.packetizationMode === b.packetizationMode
}

/**
 * How well a stream of `source` suits a receiver that asked for `sink`.
 * @param {H264Format} source
 * @param {H264Format} sink
 * @returns {number} 0: it must not be sent so; more is better
 */
export function rateH264(source, sink) {
  // Mode 1 takes all that mode 0 sends (RFC 6184 6.2, 6.3), not the other way round; mode 2 is only for itself.
  const isModeSame = source.packetizationMode === sink.packetizationMode
  if (!isModeSame && !(source.packetizationMode === 0 && sink.packetizationMode === 1)) return 0
  const isProfileSame = source.profile === sink.profile
  if (!isProfileSame && !(decodes[sink.profile] ?? []).includes(source.profile)) return 0
  // Answers repeat the offer's level, so level-asymmetry-allowed never changes it (RFC 6184 8.2.2). Between peers
  // a level is a limit that browsers state far from what they do, so it only breaks ties.
  return 1 + (isProfileSame ? 4 : 0) + (isModeSame ? 2 : 0) + (source.level <= sink.level ? 1 : 0)
}

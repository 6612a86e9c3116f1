// STUN messages for tests, written without the core's codec so that each checks the other (RFC 8489 14, RFC 5780 7).

/** @typedef {{ address: string, port: number }} Endpoint */
/**
 * @typedef {object} Response
 * @property {Buffer} transaction
 * @property {Endpoint} [mapped]
 * @property {Endpoint} [origin]
 * @property {Endpoint} [other]
 * @property {string} [software]
 * @property {{ code: number, reason: string }} [error]
 * @property {number} [type] of the message
 */

const cookie = 0x2112a442
const bindingRequest = 0x0001
const attributes = { changeRequest: 0x0003, errorCode: 0x0009, xorMapped: 0x0020, responsePort: 0x0027 }

/**
 * @param {Buffer} bytes
 * @returns {{ transaction: Buffer, changeIp: boolean, changePort: boolean, responsePort: number | null } | null}
 */
export function readRequest(bytes) {
  if (bytes.length < 20 || bytes.readUInt16BE(0) !== bindingRequest || bytes.readUInt32BE(4) !== cookie)
    return null
  if (bytes.length !== 20 + bytes.readUInt16BE(2)) return null
  const found = new Map()
  for (let at = 20; at + 4 <= bytes.length; ) {
    const len = bytes.readUInt16BE(at + 2)
    found.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + len))
    at += 4 + Math.ceil(len / 4) * 4
  }
  const change = found.get(attributes.changeRequest)?.readUInt32BE(0) ?? 0
  return {
    transaction: bytes.subarray(8, 20),
    changeIp: (change & 4) !== 0,
    changePort: (change & 2) !== 0,
    responsePort: found.get(attributes.responsePort)?.readUInt16BE(0) ?? null,
  }
}

/**
 * @param {Response} response
 * @returns {Buffer}
 */
export function writeResponse({ transaction, mapped, origin, other, software, error, type }) {
  const parts = []
  if (mapped) parts.push(attribute(attributes.xorMapped, xorAddress(mapped, transaction)))
  if (origin) parts.push(attribute(0x802b, plainAddress(origin)))
  if (other) parts.push(attribute(0x802c, plainAddress(other)))
  if (software) parts.push(attribute(0x8022, Buffer.from(software)))
  if (error) parts.push(attribute(attributes.errorCode, errorBytes(error)))
  const body = Buffer.concat(parts)
  const header = Buffer.alloc(20)
  header.writeUInt16BE(type ?? (error ? 0x0111 : 0x0101), 0)
  header.writeUInt16BE(body.length, 2)
  header.writeUInt32BE(cookie, 4)
  transaction.copy(header, 8)
  return Buffer.concat([header, body])
}

/**
 * @param {number} type
 * @param {Buffer} value
 */
function attribute(type, value) {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  value.copy(bytes, 4)
  return bytes
}

/** @param {Endpoint} endpoint */
function plainAddress({ address, port }) {
  const ip = addressBytes(address)
  const bytes = Buffer.alloc(4 + ip.length)
  bytes[1] = ip.length === 4 ? 1 : 2
  bytes.writeUInt16BE(port, 2)
  ip.copy(bytes, 4)
  return bytes
}

/**
 * @param {Endpoint} endpoint
 * @param {Buffer} transaction
 */
function xorAddress(endpoint, transaction) {
  const bytes = plainAddress(endpoint)
  const mask = Buffer.alloc(16)
  mask.writeUInt32BE(cookie, 0)
  transaction.copy(mask, 4)
  bytes.writeUInt16BE(bytes.readUInt16BE(2) ^ (cookie >>> 16), 2)
  for (let index = 4; index < bytes.length; index++) bytes[index] ^= mask[index - 4]
  return bytes
}

/** @param {{ code: number, reason: string }} error */
function errorBytes({ code, reason }) {
  return Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]), Buffer.from(reason)])
}

/**
 * Of an IPv4 address, or an IPv6 one with at most one '::'.
 * @param {string} address
 */
function addressBytes(address) {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [head, tail = ''] = address.split('::')
  const groups = (/** @type {string} */ text) => text.split(':').filter(Boolean)
  const zeros = address.includes('::') ? 8 - groups(head).length - groups(tail).length : 0
  const all = [...groups(head), ...Array(zeros).fill('0'), ...groups(tail)]
  return Buffer.from(
    all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  )
}

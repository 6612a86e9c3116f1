// A publisher of audio and video made of nothing of the core: ICE checks, SRTP (AES-GCM, RFC 7714) and RTP with made-up
// payloads are written here, DTLS is done by the program openssl, which tells the keys. For servers with ICE-lite.

import { execFileSync, spawn } from 'node:child_process'
import { createCipheriv, createHmac, randomBytes, X509Certificate } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ours = { ufrag: 'publisher', pwd: 'publisherPublisherPublisher' }
const audio = { payloadType: 111, ssrc: 0x1111, len: 100, ticks: 960, intervalMs: 20 }
const video = { payloadType: 96, ssrc: 0x2222, len: 900, ticks: 3000, intervalMs: 33 }
const framePackets = 2
const checkIntervalMs = 500
const handshakeMs = 60_000

/**
 * Connects and publishes until it is told to stop.
 * @param {(offer: string) => Promise<string>} answer the server's, with a candidate
 * @returns {Promise<() => void>} when packets flow: stops it
 */
export async function publish(answer) {
  const folder = mkdtempSync(join(tmpdir(), 'urchin-publisher-'))
  const [outside, inside] = [createSocket('udp4'), createSocket('udp4')]
  /** @type {NodeJS.Timeout[]} */
  const timers = []
  /** @type {ReturnType<typeof startDtls> | undefined} */
  let dtls
  const stop = () => {
    for (const timer of timers) clearInterval(timer)
    dtls?.program.kill()
    outside.close()
    inside.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const certificate = makeCertificate(folder)
    for (const socket of [outside, inside]) await once(socket.bind(0, '127.0.0.1'), 'listening')
    const server = readAnswer(await answer(writeOffer(certificate.fingerprint)))
    const send = (/** @type {Buffer} */ bytes) => outside.send(bytes, server.port, server.address)
    relayDtls(outside, inside, send)
    send(writeCheck(server))
    timers.push(setInterval(() => send(writeCheck(server)), checkIntervalMs))
    dtls = startDtls(certificate, inside.address().port)
    const srtp = keysOf(await dtls.keys)
    for (const stream of [audio, video]) timers.push(startStream(stream, (rtp) => send(protect(srtp, rtp))))
  } catch (error) {
    stop()
    throw error
  }
  return stop
}

/** @param {string} folder */
function makeCertificate(folder) {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name))
  const words =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=publisher -batch'
  execFileSync('openssl', [...words.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { key, cert, fingerprint: new X509Certificate(readFileSync(cert)).fingerprint256 }
}

/**
 * The client's side of DTLS, towards a port of ours.
 * @param {{ key: string, cert: string }} certificate
 * @param {number} port
 */
function startDtls({ key, cert }, port) {
  const words = `s_client -dtls1_2 -connect 127.0.0.1:${port} -use_srtp SRTP_AEAD_AES_128_GCM`
  const material = ['-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', '56']
  const args = [...words.split(' '), ...material, '-key', key, '-cert', cert]
  const program = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'ignore'], timeout: 5 * handshakeMs })
  const keys = new Promise((/** @type {(keys: Buffer) => void} */ resolve, reject) => {
    let output = ''
    program.stdout.on('data', (chunk) => {
      output += chunk
      const found = /Keying material: ([0-9A-F]{112})/.exec(output)
      if (found) resolve(Buffer.from(found[1], 'hex'))
    })
    program.once('error', reject)
    program.once('exit', () => reject(new Error(`no keys from DTLS: ${output}`)))
    sleep(handshakeMs, undefined, { ref: false }).then(() => reject(new Error('no DTLS in time')))
  })
  return { program, keys }
}

/**
 * Hands DTLS, and nothing else, from one socket to the other.
 * @param {import('node:dgram').Socket} outside
 * @param {import('node:dgram').Socket} inside
 * @param {(bytes: Buffer) => void} send to the server
 */
function relayDtls(outside, inside, send) {
  let port = 0
  inside.on('message', (bytes, from) => {
    port = from.port
    send(bytes)
  })
  outside.on('message', (bytes) => {
    if (port > 0 && bytes[0] >= 20 && bytes[0] < 64) inside.send(bytes, port, '127.0.0.1')
  })
}

/** @param {string} fingerprint */
function writeOffer(fingerprint) {
  const session = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0 1']
  const media = [
    { kind: 'audio', codec: 'opus/48000/2', stream: audio },
    { kind: 'video', codec: 'VP8/90000', stream: video },
  ].flatMap(({ kind, codec, stream: { payloadType, ssrc } }, mid) => [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloadType}`,
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${ours.ufrag}`,
    `a=ice-pwd:${ours.pwd}`,
    `a=fingerprint:sha-256 ${fingerprint}`,
    'a=setup:active',
    `a=mid:${mid}`,
    'a=sendonly',
    'a=rtcp-mux',
    `a=rtpmap:${payloadType} ${codec}`,
    'a=msid:stream track',
    `a=ssrc:${ssrc} cname:publisher`,
  ])
  return `${[...session, ...media].join('\r\n')}\r\n`
}

/** @param {string} sdp */
function readAnswer(sdp) {
  const read = (/** @type {RegExp} */ pattern) => pattern.exec(sdp)?.slice(1) ?? []
  const [address, port] = read(/^a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host/im)
  const [ufrag] = read(/^a=ice-ufrag:(\S+)/m)
  const [pwd] = read(/^a=ice-pwd:(\S+)/m)
  return { address, port: Number(port), ufrag, pwd }
}

/**
 * A check that nominates (RFC 8445 7.1, RFC 8489 14.5 and 14.7).
 * @param {{ ufrag: string, pwd: string }} server
 */
function writeCheck({ ufrag, pwd }) {
  const header = Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...randomBytes(12)])
  const attributes = [
    attribute(0x0006, Buffer.from(`${ufrag}:${ours.ufrag}`)),
    attribute(0x0024, Buffer.from([0x6e, 0, 1, 0xff])),
    attribute(0x802a, Buffer.alloc(8, 1)),
    attribute(0x0025, Buffer.alloc(0)),
  ]
  /** What is checked of the message is checked as if the attribute that holds it were the last. */
  const soFar = (/** @type {number} */ nextLen) => {
    const bytes = Buffer.concat([header, ...attributes])
    bytes.writeUInt16BE(bytes.length - header.length + nextLen, 2)
    return bytes
  }
  attributes.push(attribute(0x0008, createHmac('sha1', pwd).update(soFar(24)).digest()))
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE((crc32(soFar(8)) ^ 0x5354554e) >>> 0)
  attributes.push(attribute(0x8028, sum))
  return soFar(0)
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

/** @param {Buffer} bytes */
function crc32(bytes) {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

/**
 * A stream's packets at their times; each video frame is a key frame of VP8 (RFC 7741 4.2).
 * @param {typeof audio} stream
 * @param {(rtp: Buffer) => void} send
 */
function startStream(stream, send) {
  const isVideo = stream === video
  const packets = isVideo ? framePackets : 1
  let seq = 0
  let timestamp = 0
  return setInterval(() => {
    for (let i = 0; i < packets; i++) {
      const rtp = Buffer.alloc(stream.len)
      rtp[0] = 0x80
      rtp[1] = stream.payloadType | (isVideo && i === packets - 1 ? 0x80 : 0)
      rtp.writeUInt16BE(seq++ & 0xffff, 2)
      rtp.writeUInt32BE(timestamp, 4)
      rtp.writeUInt32BE(stream.ssrc, 8)
      if (isVideo && i === 0) rtp[12] = 0x10
      send(rtp)
    }
    timestamp += stream.ticks
  }, stream.intervalMs)
}

/**
 * What DTLS's client encrypts with (RFC 5764 4.2, RFC 7714 12; the key derivation of RFC 3711 4.3).
 * @param {Buffer} material
 */
function keysOf(material) {
  const master = { key: material.subarray(0, 16), salt: material.subarray(32, 44) }
  const derive = (/** @type {number} */ label, /** @type {number} */ len) => {
    const counter = Buffer.alloc(16)
    master.salt.copy(counter)
    counter[7] ^= label
    return createCipheriv('aes-128-ctr', master.key, counter).update(Buffer.alloc(len))
  }
  return { key: derive(0, 16), salt: derive(2, 12) }
}

/**
 * For up to 65536 packets of a stream: the roll-over counter is 0.
 * @param {{ key: Buffer, salt: Buffer }} keys
 * @param {Buffer} rtp without extensions
 */
function protect({ key, salt }, rtp) {
  const header = rtp.subarray(0, 12)
  const nonce = Buffer.alloc(12)
  rtp.copy(nonce, 2, 8, 12)
  rtp.copy(nonce, 10, 2, 4)
  for (let i = 0; i < nonce.length; i++) nonce[i] ^= salt[i]
  const cipher = createCipheriv('aes-128-gcm', key, nonce).setAAD(header)
  const body = Buffer.concat([cipher.update(rtp.subarray(12)), cipher.final()])
  return Buffer.concat([header, body, cipher.getAuthTag()])
}

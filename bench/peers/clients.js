/** Drives the C program that plays the clients: their offers, and what a server's answer tells it. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))
const out = path.join(root, 'build', 'bench')
const timeoutMs = 60_000
const credentials = { ufrag: 'clientclient', pwd: 'clientPasswordClientPassword' }

/** Publishers and viewers, numbered by the caller. */
export class Clients {
  #process
  #lines
  #ssrc = 0x1000
  /** @type {Map<string, (rest: string) => void>} by what a line begins with */
  #waiting = new Map()
  #index = 0
  fingerprint = ''
  ufrag = credentials.ufrag
  pwd = credentials.pwd

  constructor() {
    make()
    this.#process = spawn('taskset', ['-c', '1', path.join(out, 'clients')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.#process.stdout })
    this.#lines.on('line', (line) => this.#hear(line))
    this.#process.on('exit', (code) => {
      if (code !== 0) throw new Error(`the clients' program ended with ${code}`)
    })
  }

  /** @returns {Promise<this>} when the program runs */
  async start() {
    const hello = await this.#wait('hello')
    this.fingerprint = hello.split(' ')[1]
    return this
  }

  /** Numbers for a publisher and its viewers. @param {number} count */
  reserve(count) {
    const first = this.#index
    // Of every 16 clients the second one decrypts what it gets.
    this.#index = Math.ceil((first + count) / 16) * 16
    return first
  }

  /** @param {'sendonly' | 'recvonly'} direction */
  offer(direction) {
    return writeOffer({ direction, fingerprint: this.fingerprint, ssrc: this.#ssrc })
  }

  /** For servers that offer themselves. @param {string} offer of one m-line */
  answer(offer) {
    const mid = offer.match(/^a=mid:(\S+)/m)?.[1] ?? '0'
    const payloadType = offer.match(/^a=rtpmap:(\d+) VP8/im)?.[1] ?? '100'
    return writeOffer({
      direction: 'recvonly',
      fingerprint: this.fingerprint,
      ssrc: this.#ssrc,
      mid,
      payloadType,
    })
  }

  /**
   * @param {number} index
   * @param {string} sdp the server's
   * @returns {Promise<unknown>} when the DTLS handshake is done
   */
  connect(index, sdp) {
    const { ufrag, pwd, setup, fingerprint, address, port } = readTransport(sdp)
    const ready = this.#wait(`ready ${index}`)
    // Ours: who is told 'passive' is called.
    const words = ['open', index, address, port, ufrag, pwd, setup === 'active' ? 'active' : 'x', fingerprint]
    this.#process.stdin.write(`${words.join(' ')}\n`)
    return ready
  }

  /** @param {number} index @returns {Promise<unknown>} when its first packet has come */
  firstMedia(index) {
    return this.#wait(`media ${index}`)
  }

  /**
   * @param {{ publisher: number, viewers: [number, number], steps: string }} what viewers: the first and how many; steps:
   *   the name of a traffic
   * @returns {Promise<{ sent: number, arrived: number, decrypted: number }>}
   */
  async send({ publisher, viewers, steps }) {
    const sent = this.#wait('sent')
    const file = path.join(out, `${steps}.steps`)
    this.#process.stdin.write(`send ${publisher} ${viewers.join(' ')} ${this.#ssrc} ${file}\n`)
    const [count, arrived, decrypted] = (await sent).split(' ').map(Number)
    return { sent: count, arrived, decrypted }
  }

  async close() {
    this.#process.stdin.end()
    await once(this.#process, 'exit')
  }

  /** @param {string} start @returns {Promise<string>} what stands behind it */
  #wait(start) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`No "${start}" in time`)), timeoutMs)
      this.#waiting.set(start, (rest) => {
        clearTimeout(timer)
        resolve(rest)
      })
    })
  }

  /** @param {string} line */
  #hear(line) {
    const [word, index] = line.split(' ')
    const key = word === 'ready' || word === 'media' ? `${word} ${index}` : word
    this.#waiting.get(key)?.(line.slice(key.length + 1))
    this.#waiting.delete(key)
  }
}

let isMade = false

function make() {
  if (isMade) return
  isMade = true
  execFileSync('make', ['-s', '-j2', '-C', path.join(root, 'bench'), '../build/bench/clients'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const { steps } = JSON.parse(readFileSync(path.join(root, 'bench', 'data', 'chromium.json'), 'utf8'))
  writeSteps('chromium', steps)
}

/**
 * @param {string} name
 * @param {[number, number][]} steps microseconds, bytes
 */
export function writeSteps(name, steps) {
  mkdirSync(out, { recursive: true })
  writeFileSync(path.join(out, `${name}.steps`), steps.map((step) => `${step.join(' ')}\n`).join(''))
}

/**
 * Evenly spaced packets of 1200 bytes.
 * @param {string} name
 * @param {{ count: number, intervalUs: number }} traffic
 */
export function writeEvenSteps(name, { count, intervalUs }) {
  writeSteps(
    name,
    Array.from({ length: count }, (_, i) => [i * intervalUs, 1200]),
  )
}

/** @param {{ direction: string, fingerprint: string, ssrc: number, mid?: string, payloadType?: string }} fields */
function writeOffer({ direction, fingerprint, ssrc, mid = '0', payloadType = '100' }) {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    `m=video 9 UDP/TLS/RTP/SAVPF ${payloadType}`,
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${credentials.ufrag}`,
    `a=ice-pwd:${credentials.pwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${fingerprint}`,
    'a=setup:active',
    `a=mid:${mid}`,
    `a=${direction}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=rtpmap:${payloadType} VP8/90000`,
    `a=rtcp-fb:${payloadType} nack`,
    `a=rtcp-fb:${payloadType} nack pli`,
    `a=rtcp-fb:${payloadType} ccm fir`,
  ]
  if (direction === 'sendonly') lines.push('a=msid:stream track', `a=ssrc:${ssrc} cname:bench`)
  return `${lines.join('\r\n')}\r\n`
}

/** @param {string} sdp */
function readTransport(sdp) {
  const read = (/** @type {RegExp} */ pattern) => {
    const found = sdp.match(pattern)
    if (!found) throw new Error(`The server's SDP has no ${pattern}:\n${sdp}`)
    return found[1]
  }
  const candidate = read(/^a=candidate:(.* udp .*\d+\.\d+\.\d+\.\d+ .*typ host.*)$/im).split(' ')
  return {
    ufrag: read(/^a=ice-ufrag:(\S+)/m),
    pwd: read(/^a=ice-pwd:(\S+)/m),
    setup: read(/^a=setup:(\S+)/m),
    fingerprint: read(/^a=fingerprint:sha-256 (\S+)/im),
    address: candidate[4],
    port: candidate[5],
  }
}

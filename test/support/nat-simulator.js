// A STUN server with two addresses and two ports (RFC 5780) behind a NAT of any kind, all on loopback addresses and in this
// process: what a test sends to the server's sockets goes through the NAT's rules first, and so do the answers.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { readRequest, writeResponse } from './stun-messages.js'

/** @typedef {{ address: string, port: number }} Endpoint */
/** @typedef {'none' | 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent'} Dependence */
/**
 * @typedef {object} NatRules
 * @property {Dependence} [mapping] endpoint-independent by default
 * @property {Dependence} [filtering] endpoint-independent by default
 * @property {boolean} [hairpin]
 * @property {number} [lifetimeMs] of a mapping through which nothing is sent
 * @property {boolean} [isBlocked] no UDP at all
 * @property {number} [lost] how many of the first requests get lost
 */
/**
 * @typedef {object} ServerRules
 * @property {boolean} [hasOther] false: no OTHER-ADDRESS
 * @property {Endpoint} [other] a lie about it
 * @property {'done' | 'ignored' | 'refused'} [change] what becomes of CHANGE-REQUEST
 * @property {boolean} [responsePort] false: RESPONSE-PORT is ignored
 * @property {{ code: number, reason: string }} [error] to every request
 * @property {boolean} [isDeaf] only the first address answers
 * @property {boolean} [isNoisy] garbage, forgeries and strangers before each answer
 * @property {boolean} [hasTcp] answers over TCP too
 */
/**
 * @typedef {object} Mapping
 * @property {Endpoint} inside
 * @property {Endpoint} outside
 * @property {import('node:dgram').Socket | null} socket of the outside; null without a NAT
 * @property {Set<string>} contacted addresses, and addresses with ports
 * @property {number} usedMs
 */

export const software = 'simulated STUN'
const addresses = ['127.0.0.10', '127.0.0.11']
const publicAddress = '127.0.0.20'

export class NatSimulator {
  /** @type {import('node:dgram').Socket[][]} by address, then port */
  #servers = []
  /** @type {Map<string, Mapping>} */
  #mappings = new Map()
  #nat
  #rules
  /** @type {import('node:dgram').Socket | null} */
  #stranger = null
  /** @type {import('node:net').Server | null} */
  #tcp = null
  /** How many requests have come to the server. */
  requests = 0
  /** @type {number[]} */
  ports = []
  publicAddress = publicAddress

  /**
   * @param {NatRules} nat
   * @param {ServerRules} rules
   */
  constructor(nat, rules) {
    this.#nat = nat
    this.#rules = rules
  }

  /**
   * @param {NatRules} [nat]
   * @param {ServerRules} [rules]
   */
  static async start(nat = {}, rules = {}) {
    const simulator = new NatSimulator(nat, rules)
    await simulator.#open()
    return simulator
  }

  /** The server as discoverNat() takes it. */
  get server() {
    return `${addresses[0]}:${this.ports[0]}`
  }

  async close() {
    const outsides = [...this.#mappings.values()].map(({ socket }) => socket)
    for (const socket of [...this.#servers.flat(), ...outsides, this.#stranger]) socket?.close()
    if (this.#tcp) await new Promise((resolve) => this.#tcp?.close(resolve))
  }

  async #open() {
    const first = await Promise.all([bound(addresses[0], 0), bound(addresses[0], 0)])
    this.ports = first.map((socket) => socket.address().port)
    const second = await Promise.all(this.ports.map((port) => bound(addresses[1], port)))
    this.#servers = [first, second]
    this.#stranger = await bound('127.0.0.30', 0)
    for (const [i, row] of this.#servers.entries()) {
      for (const [j, socket] of row.entries()) {
        socket.on('message', (bytes, from) => this.#receive([i, j], bytes, from))
      }
    }
    if (this.#rules.hasTcp) await this.#openTcp()
  }

  async #openTcp() {
    this.#tcp = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        const request = readRequest(bytes)
        const mapped = { address: publicAddress, port: 1 }
        if (request) socket.write(writeResponse({ transaction: request.transaction, mapped }))
      })
    })
    this.#tcp.listen(this.ports[0], addresses[0])
    await once(this.#tcp, 'listening')
  }

  /**
   * @param {[number, number]} at
   * @param {Buffer} bytes
   * @param {Endpoint} from
   */
  async #receive([i, j], bytes, from) {
    if (this.#nat.isBlocked) return
    const mapping = await this.#outbound(from, { address: addresses[i], port: this.ports[j] })
    this.requests++
    if (this.requests <= (this.#nat.lost ?? 0)) return
    const request = readRequest(bytes)
    if (!request || (this.#rules.isDeaf && i === 1)) return
    const { change = 'done', error, responsePort = true } = this.#rules
    const isChange = request.changeIp || request.changePort
    const k = request.changeIp && change === 'done' ? 1 - i : i
    const l = request.changePort && change === 'done' ? 1 - j : j
    const refusal = isChange && change === 'refused' ? { code: 420, reason: 'Unknown Attribute' } : undefined
    const response = writeResponse({
      transaction: request.transaction,
      mapped: mapping.outside,
      origin: { address: addresses[k], port: this.ports[l] },
      other: this.#otherOf(i, j),
      software,
      error: error ?? refusal,
    })
    const to =
      request.responsePort && responsePort
        ? { address: mapping.outside.address, port: request.responsePort }
        : mapping.outside
    if (this.#rules.isNoisy) this.#makeNoise([k, l], request.transaction, to)
    this.#inbound([k, l], to, response)
  }

  /**
   * @param {number} i
   * @param {number} j
   */
  #otherOf(i, j) {
    if (this.#rules.hasOther === false) return undefined
    return this.#rules.other ?? { address: addresses[1 - i], port: this.ports[1 - j] }
  }

  /**
   * The mapping that a packet of the inside goes through.
   * @param {Endpoint} inside
   * @param {Endpoint} to
   * @returns {Promise<Mapping>}
   */
  async #outbound(inside, to) {
    const { mapping: rule = 'endpoint-independent' } = this.#nat
    const parts = [text(inside)]
    if (rule === 'address-dependent') parts.push(to.address)
    if (rule === 'address-and-port-dependent') parts.push(text(to))
    const key = parts.join(' ')
    let mapping = this.#mappings.get(key)
    if (mapping && this.#isForgotten(mapping)) {
      mapping.socket?.close()
      mapping = undefined
    }
    mapping ??= await this.#newMapping({ address: inside.address, port: inside.port }, rule === 'none')
    mapping.contacted.add(to.address).add(text(to))
    mapping.usedMs = performance.now()
    this.#mappings.set(key, mapping)
    return mapping
  }

  /**
   * @param {Endpoint} inside
   * @param {boolean} isPlain
   * @returns {Promise<Mapping>}
   */
  async #newMapping(inside, isPlain) {
    const socket = isPlain ? null : await bound(publicAddress, 0)
    const outside = socket ? { address: publicAddress, port: socket.address().port } : inside
    const mapping = { inside, outside, socket, contacted: new Set(), usedMs: performance.now() }
    socket?.on('message', (bytes, from) => this.#hairpin(mapping, bytes, from))
    return mapping
  }

  /** @param {Mapping} mapping */
  #isForgotten({ usedMs }) {
    return performance.now() - usedMs > (this.#nat.lifetimeMs ?? Number.POSITIVE_INFINITY)
  }

  /**
   * A packet of the server to a public address.
   * @param {[number, number]} at
   * @param {Endpoint} to
   * @param {Buffer} bytes
   */
  #inbound([k, l], to, bytes) {
    const mapping = [...this.#mappings.values()].find(({ outside }) => text(outside) === text(to))
    if (!mapping || this.#isForgotten(mapping)) return
    if (this.#lets(mapping, { address: addresses[k], port: this.ports[l] })) {
      this.#servers[k][l].send(bytes, mapping.inside.port, mapping.inside.address)
    }
  }

  /**
   * @param {Mapping} mapping
   * @param {Endpoint} from
   */
  #lets({ contacted }, from) {
    const { filtering = 'endpoint-independent' } = this.#nat
    if (filtering === 'endpoint-independent') return true
    return contacted.has(filtering === 'address-dependent' ? from.address : text(from))
  }

  /**
   * @param {Mapping} target
   * @param {Buffer} bytes
   * @param {Endpoint} from
   */
  async #hairpin(target, bytes, from) {
    if (!this.#nat.hairpin) return
    const source = await this.#outbound(from, target.outside)
    if (this.#lets(target, source.outside)) {
      source.socket?.send(bytes, target.inside.port, target.inside.address)
    }
  }

  /**
   * @param {[number, number]} at
   * @param {Buffer} transaction
   * @param {Endpoint} to
   */
  #makeNoise([k, l], transaction, to) {
    const lie = { address: '192.0.2.66', port: 66 }
    const wrong = Buffer.from(transaction).reverse()
    const forged = writeResponse({ transaction, mapped: lie })
    const inside = [...this.#mappings.values()].find(({ outside }) => text(outside) === text(to))?.inside
    if (inside) this.#stranger?.send(forged, inside.port, inside.address)
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('no STUN'),
      forged.subarray(0, 24),
      writeResponse({ transaction: wrong, mapped: lie }),
      writeResponse({ transaction, mapped: lie, type: 0x0001 }),
      writeResponse({ transaction, mapped: lie, type: 0x0011 }),
    ]) {
      this.#inbound([k, l], to, bytes)
    }
  }
}

/**
 * @param {string} address
 * @param {number} port
 */
async function bound(address, port) {
  const socket = createSocket('udp4')
  socket.bind(port, address)
  await once(socket, 'listening')
  return socket
}

/** @param {Endpoint} endpoint */
function text({ address, port }) {
  return `${address}:${port}`
}

// A NAT laboratory for one test file: `natlab` in this folder, under a prefix of this process, taken down whatever
// happens.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environment } from './needs.js'

/** @typedef {import('../../lib/index.js').IceServer} IceServer */
/** @typedef {'none' | '1to1' | 'fullcone' | 'addr' | 'port' | 'sym' | 'tcponly' | 'tls443' | 'v6only' | 'dual'} Kind */
/** @typedef {'direct' | 'relay' | 'fail'} Way */

/** @type {Kind[]} */
export const kinds = [
  'none',
  '1to1',
  'fullcone',
  'addr',
  'port',
  'sym',
  'tcponly',
  'tls443',
  'v6only',
  'dual',
]

const natlab = join(dirname(fileURLToPath(import.meta.url)), 'natlab')
const states = process.env.NATLAB_RUN ?? '/run/natlab'
const server4 = '203.0.113.10'
const server6 = '[2001:db8:113::10]'

/** @type {Set<Lab>} */
const open = new Set()
let count = 0

process.on('exit', downAll)
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.on(signal, () => {
    downAll()
    process.exit(code)
  })
}

/** A lab that is up. */
export class Lab {
  /** @type {Map<string, Kind>} */
  #kinds
  /** @type {Set<import('node:child_process').ChildProcess>} */
  #running = new Set()
  #folder = mkdtempSync(join(tmpdir(), 'urchin-natlab-'))
  #prefix

  /**
   * Builds a lab.
   * @param {Record<string, Kind>} sides name (at most 10 of a-z0-9, a letter first) and kind of each
   */
  static async up(sides) {
    const lab = new Lab(sides)
    open.add(lab)
    try {
      await lab.natlab('up', ...Object.entries(sides).map(([side, kind]) => `${side}:${kind}`))
    } catch (error) {
      lab.down()
      throw error
    }
    return lab
  }

  /** @param {Record<string, Kind>} sides */
  constructor(sides) {
    sweep()
    this.#kinds = new Map(Object.entries(sides))
    this.#prefix = `u${process.pid}n${count++}`
  }

  /** Takes the lab down. No effect on one that is. */
  down() {
    if (!open.delete(this)) return
    // What still builds would go on building what is taken down.
    for (const child of this.#running) child.kill('SIGKILL')
    const { stderr } = spawnSync(natlab, ['-p', this.#prefix, 'down'], {
      env: environment(),
      encoding: 'utf8',
    })
    if (stderr) process.stderr.write(stderr)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /**
   * Runs a verb of natlab.
   * @param {...string} words
   * @returns {Promise<string>} what it printed
   */
  natlab(...words) {
    return new Promise((resolve, reject) => {
      const child = spawn(natlab, ['-p', this.#prefix, ...words], {
        env: environment(),
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      this.#running.add(child)
      let output = ''
      let errors = ''
      child.stdout.setEncoding('utf8').on('data', (text) => {
        output += text
      })
      child.stderr.setEncoding('utf8').on('data', (text) => {
        errors += text
      })
      child.on('error', reject)
      // Not 'close': the lab's own server may hold the pipes.
      child.on('exit', (code) => {
        this.#running.delete(child)
        if (code === 0) resolve(output.trim())
        else reject(new Error(`natlab ${words.join(' ')} ended with ${code}: ${errors.trim()}`))
      })
    })
  }

  /**
   * Gives a side another router.
   * @param {string} side
   * @param {Kind} kind
   */
  async set(side, kind) {
    this.#kinds.set(side, kind)
    await this.natlab('set', side, kind)
  }

  /**
   * The router forgets all mappings and gets another public address.
   * @param {string} side
   */
  async rebind(side) {
    await this.natlab('rebind', side)
  }

  /**
   * @param {string} side
   * @param {...string} keys like loss=10, delay=50; or off
   */
  async impair(side, ...keys) {
    await this.natlab('impair', side, ...keys)
  }

  get sides() {
    return [...this.#kinds.keys()]
  }

  /** @param {string} side */
  kindOf(side) {
    return this.#kinds.get(side)
  }

  /**
   * How to start a program in a node.
   * @param {string} node a side, r-SIDE, srv or inet
   * @param {...string} command
   * @returns {[string, string[]]}
   */
  command(node, ...command) {
    return ['ip', ['netns', 'exec', `${this.#prefix}-${node}`, ...command]]
  }

  /**
   * A script that runs a program in a node, for those who can only name an executable.
   * @param {string} node
   * @param {string} program
   * @returns {string} its path
   */
  wrap(node, program) {
    const path = join(this.#folder, `in-${node}.sh`)
    const [first, rest] = this.command(node, program)
    writeFileSync(path, `#!/bin/sh\nexec ${[first, ...rest].join(' ')} "$@"\n`, { mode: 0o755 })
    return path
  }

  /**
   * The IPv4 address where a side's host is reached from outside; of kinds none and 1to1.
   * @param {string} side
   */
  publicAddress(side) {
    return `203.0.113.${101 + [...this.#kinds.keys()].indexOf(side)}`
  }

  /**
   * The public IPv6 address of a side's host; of kind none.
   * @param {string} side
   */
  publicAddress6(side) {
    return `2001:db8:113::1:${[...this.#kinds.keys()].indexOf(side) + 1}`
  }

  /** The certificate that signs the TURN server's, in PEM. */
  get certificate() {
    return readFileSync(join(states, this.#prefix, 'cert.pem'), 'utf8')
  }

  /** The TURN server whose users have passwords that expire, made of a secret. */
  get secretTurn() {
    const host = '203.0.113.12'
    const urls = [`turn:${host}:3478?transport=udp`, `turns:${host}:443?transport=tcp`]
    return { urls, secret: 'natlab' }
  }

  /**
   * The lab's STUN and TURN servers as a side can reach them.
   * @param {string} side
   * @param {{ stun?: boolean, turn?: ('udp' | 'tcp' | 'tls')[], credential?: string }} [options]
   * @returns {IceServer[]}
   */
  iceServers(side, { stun = true, turn = ['udp', 'tcp', 'tls'], credential = 'natlab' } = {}) {
    const host = this.kindOf(side) === 'v6only' ? server6 : server4
    const urls = turn.map((way) =>
      way === 'tls' ? `turns:${host}:443?transport=tcp` : `turn:${host}:3478?transport=${way}`,
    )
    /** @type {IceServer[]} */
    const servers = stun ? [{ urls: `stun:${host}:3478` }] : []
    return urls.length > 0 ? [...servers, { urls, username: 'natlab', credential }] : servers
  }
}

/**
 * How two ends must meet, by the kinds of their networks.
 * @param {Kind} a
 * @param {Kind} b
 * @param {boolean} hasTurn
 * @returns {Way}
 */
export function expectedWay(a, b, hasTurn) {
  const hasUdp4 = (/** @type {Kind} */ kind) => !['v6only', 'tcponly', 'tls443'].includes(kind)
  const has6 = (/** @type {Kind} */ kind) => ['none', 'v6only', 'dual'].includes(kind)
  const filtersPorts = (/** @type {Kind} */ kind) => ['sym', 'port', 'dual'].includes(kind)
  if (has6(a) && has6(b)) return 'direct'
  const isPunched =
    !(a === 'sym' && filtersPorts(b)) && !(b === 'sym' && filtersPorts(a)) && hasUdp4(a) && hasUdp4(b)
  if (isPunched) return 'direct'
  return hasTurn ? 'relay' : 'fail'
}

function downAll() {
  for (const lab of [...open]) lab.down()
}

/** Takes down the labs of processes that were killed. */
function sweep() {
  const names = [states, '/run/netns', '/etc/netns'].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder) : [],
  )
  const found = names.map((name) => /^(u(\d+)n\d+)(-|$)/.exec(name)).filter((match) => match !== null)
  const dead = found.filter(([, , pid]) => !isAlive(Number(pid))).map(([, prefix]) => prefix)
  for (const prefix of new Set(dead)) spawnSync(natlab, ['-p', prefix, 'down'], { env: environment() })
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {any} */ (error).code === 'EPERM'
  }
}

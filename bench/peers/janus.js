/**
 * Janus with its VideoRoom plugin: a publisher and subscribers over its WebSocket API, the configuration in a folder of
 * its own. JANUS_ROOT: where a Debian package was unpacked, if it is not installed.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { isInNamespace, outsideAddress } from './namespace.js'

const port = 21188
const room = 1

/** @param {string} folder @param {{ libraries: string, address: string }} settings */
function writeConfiguration(folder, { libraries, address }) {
  const write = (/** @type {string} */ name, /** @type {string} */ text) =>
    writeFileSync(path.join(folder, `${name}.jcfg`), text)
  // Like ours: ICE-lite, one host candidate, no STUN.
  write(
    'janus',
    `general: {
  configs_folder = "${folder}"
  plugins_folder = "${libraries}/plugins"
  transports_folder = "${libraries}/transports"
  events_folder = "${libraries}/events"
  loggers_folder = "${libraries}/loggers"
  debug_level = 2
  session_timeout = 0
}
media: { ipv6 = false }
nat: {
  ice_lite = true
  ice_enforce_list = "${address}"
}
plugins: {
  disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so"
}
transports: {
  disable = "libjanus_http.so,libjanus_rabbitmq.so,libjanus_nanomsg.so,libjanus_mqtt.so,libjanus_pfunix.so"
}
`,
  )
  write(
    'janus.transport.websockets',
    `general: { json = "compact", ws = true, ws_port = ${port}, ws_ip = "127.0.0.1" }\nadmin: { admin_ws = false }\n`,
  )
  write(
    'janus.plugin.videoroom',
    `room-${room}: { description = "bench", publishers = 10, bitrate = 0, videocodec = "vp8", audiocodec = "opus" }\n`,
  )
}

/** One connection to Janus: requests and their answers. */
class Api {
  #socket
  #last = 0
  /** @type {Map<string, (message: any) => void>} by transaction */
  #waiting = new Map()
  session = 0

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.#socket = socket
    socket.on('message', (text) => {
      const message = JSON.parse(String(text))
      // 'ack' says only that the real answer comes later.
      if (message.janus === 'ack') return
      const key = message.janus === 'webrtcup' ? `up ${message.sender}` : message.transaction
      this.#waiting.get(key)?.(message)
      this.#waiting.delete(key)
    })
  }

  /** @param {number} handle_id @returns {Promise<any>} when its media can flow */
  up(handle_id) {
    return new Promise((resolve) => this.#waiting.set(`up ${handle_id}`, resolve))
  }

  /** @param {object} message @returns {Promise<any>} */
  async ask(message) {
    const transaction = String(++this.#last)
    const session = this.session ? { session_id: this.session } : {}
    this.#socket.send(JSON.stringify({ ...message, ...session, transaction }))
    const answer = await new Promise((/** @type {(message: any) => void} */ resolve) => {
      this.#waiting.set(transaction, resolve)
    })
    const error = answer.error ?? answer.plugindata?.data?.error
    if (error) throw new Error(`Janus: ${JSON.stringify(error)}`)
    return answer
  }

  /** @returns {Promise<number>} a handle of the VideoRoom */
  async attach() {
    const { data } = await this.ask({ janus: 'attach', plugin: 'janus.plugin.videoroom' })
    return data.id
  }

  close() {
    this.#socket.close()
  }
}

/** @returns {Promise<Api>} */
async function connect() {
  for (let attempts = 0; ; attempts++) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'janus-protocol')
    const error = await new Promise((resolve) => {
      socket.once('open', () => resolve(null))
      socket.once('error', resolve)
    })
    if (!error) return new Api(socket)
    if (attempts === 50) throw error
    await sleep(100)
  }
}

/** @returns {Promise<import('./servers.js').PeerServer>} */
export async function startJanus() {
  const top = process.env.JANUS_ROOT ?? ''
  const program = `${top}/usr/bin/janus`
  if (!existsSync(program)) throw new Error('not installed: apt-get install janus')
  if (!isInNamespace()) throw new Error('needs a network namespace: run it as root')
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-janus-'))
  const library = `${top}/usr/lib/x86_64-linux-gnu`
  const env = top ? { ...process.env, LD_LIBRARY_PATH: library } : process.env
  writeConfiguration(folder, { libraries: `${library}/janus`, address: outsideAddress })
  const version = execFileSync(program, ['--help'], { encoding: 'utf8', env }).match(/\(([\d.]+)\)/)?.[1]
  const child = spawn('taskset', ['-c', '0', program, '-F', folder], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  process.once('exit', () => child.kill())
  const ended = new Promise((/** @type {(value: void) => void} */ resolve) =>
    child.once('exit', () => resolve()),
  )
  const api = await connect()
  api.session = (await api.ask({ janus: 'create' })).data.id
  let feed = 0
  return {
    version: version ?? '',
    pid: child.pid ?? 0,
    async publish(clients, index) {
      const handle_id = await api.attach()
      const jsep = { type: 'offer', sdp: clients.offer('sendonly') }
      const join = { request: 'joinandconfigure', room, ptype: 'publisher', display: 'bench' }
      const answer = await api.ask({ janus: 'message', handle_id, body: join, jsep })
      feed = answer.plugindata.data.id
      // Nobody can subscribe before.
      const up = api.up(handle_id)
      await Promise.all([up, clients.connect(index, answer.jsep.sdp)])
    },
    async watch(clients, index) {
      const handle_id = await api.attach()
      const join = { request: 'join', room, ptype: 'subscriber', streams: [{ feed }] }
      const offer = await api.ask({ janus: 'message', handle_id, body: join })
      const jsep = { type: 'answer', sdp: clients.answer(offer.jsep.sdp) }
      const ready = clients.connect(index, offer.jsep.sdp)
      await api.ask({ janus: 'message', handle_id, body: { request: 'start' }, jsep })
      await ready
    },
    async close() {
      api.close()
      child.kill()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

/** The servers that are compared: each starts a process and takes a publisher and viewers. */
import { execFileSync, fork } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './clients.js'

/** @typedef {import('./clients.js').Clients} Clients */
/**
 * @typedef {object} PeerServer
 * @property {string} version
 * @property {number} pid whose CPU is counted, all threads of it
 * @property {(clients: Clients, index: number) => Promise<unknown>} publish connects client `index` as the publisher
 * @property {(clients: Clients, index: number) => Promise<unknown>} watch
 * @property {() => Promise<void>} close
 */

const packages = { 'node-datachannel': '0.33.4', werift: '0.24.4' }
const peers = path.join(root, 'build', 'peers')

/** Installs the peers that come from npm, in a folder of their own. */
export function installPeers() {
  const isThere = Object.entries(packages).every(([name, version]) => installedVersion(name) === version)
  if (isThere) return
  mkdirSync(peers, { recursive: true })
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`)
  const words = ['install', '--prefix', peers, '--no-save', '--no-audit', '--no-fund', ...wanted]
  execFileSync('npm', words, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** @param {string} name */
function installedVersion(name) {
  const file = path.join(peers, 'node_modules', name, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : ''
}

/**
 * All servers share the first core; the clients poll on the second.
 * @param {string} script
 * @param {string[]} args
 * @param {string[]} [flags] Node's
 */
export function start(script, args, flags = []) {
  const file = path.join(path.dirname(fileURLToPath(import.meta.url)), script)
  const child = fork(file, args, { execPath: 'taskset', execArgv: ['-c', '0', process.execPath, ...flags] })
  return new Promise(
    (/** @type {(value: { child: typeof child, hello: any }) => void} */ resolve, reject) => {
      child.once('message', (hello) => resolve({ child, hello }))
      child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)))
    },
  )
}

/** @param {import('node:child_process').ChildProcess} child */
export function end(child) {
  return new Promise((/** @type {(value: void) => void} */ resolve) => {
    child.removeAllListeners('exit')
    child.once('exit', () => resolve())
    child.disconnect()
  })
}

/** What WHIP and WHEP answer to an offer. @param {string} url of the server */
export function poster(url) {
  return async (/** @type {'whip' | 'whep'} */ endpoint, /** @type {string} */ offer) => {
    const headers = { 'Content-Type': 'application/sdp' }
    const response = await fetch(`${url}/${endpoint}/bench`, { method: 'POST', headers, body: offer })
    const text = await response.text()
    if (response.status !== 201) throw new Error(`${endpoint}: ${response.status} ${text}`)
    return text
  }
}

/** What a child answers to messages. @param {import('node:child_process').ChildProcess} child */
export function asker(child) {
  let last = 0
  return (/** @type {string} */ kind, /** @type {string} */ offer = '') => {
    const id = ++last
    child.send({ id, kind, offer })
    return new Promise((/** @type {(answer: any) => void} */ resolve) => {
      const hear = (/** @type {any} */ message) => {
        if (message.id !== id) return
        child.off('message', hear)
        resolve(message.sdp)
      }
      child.on('message', hear)
    })
  }
}

/** @returns {Promise<PeerServer>} */
export async function startUrchin() {
  const { child, hello } = await start('urchin-server.js', [])
  const post = poster(hello.url)
  return {
    version: JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version,
    pid: child.pid ?? 0,
    publish: async (clients, index) => clients.connect(index, await post('whip', clients.offer('sendonly'))),
    watch: async (clients, index) => clients.connect(index, await post('whep', clients.offer('recvonly'))),
    close: () => end(child),
  }
}

/** @param {'node-datachannel' | 'werift'} name */
export async function startPackage(name) {
  const from = createRequire(path.join(peers, 'index.js')).resolve(name)
  const { child } = await start(`${name}-server.js`, [from])
  const answer = asker(child)
  return /** @type {PeerServer} */ ({
    version: packages[name],
    pid: child.pid ?? 0,
    publish: async (clients, index) =>
      clients.connect(index, await answer('publish', clients.offer('sendonly'))),
    watch: async (clients, index) => clients.connect(index, await answer('watch', clients.offer('recvonly'))),
    close: () => end(child),
  })
}

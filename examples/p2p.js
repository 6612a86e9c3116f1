// A call between two Node processes, wherever they are: a rendezvous that both can reach brings them together, UDP hole punching
// opens their NATs, and from then on they talk to each other alone. Every step is told with its time.
//
//   node examples/p2p.js rendezvous --listen 9000                                  on a machine that both can reach
//   node examples/p2p.js answer tea --at HOST:9000 --stun stun.example.org         on the one side
//   node examples/p2p.js call tea --at HOST:9000 --stun stun.example.org           on the other
//
// Further: --turn turn:HOST --user NAME --password WORD (a relay, should nothing else work), --seconds N (until the caller hangs
// up; 5). The status is 0 after a call, 1 when there was none, 2 for wrong words.
//
// Hole punching, step by step:
//   1. Both ask a STUN server: their NATs make a public address for the socket, and the server tells it.
//   2. Both learn the other's addresses from the rendezvous.
//   3. Both send to them at once. The first packet may be dropped by the other's NAT, which knows nothing of the sender yet;
//   4. but on its way out it opens its own NAT for what comes back.
//   5. So the next packet of the other side gets in, and its answer too: the way is open in both directions.

import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebRtcConnection } from 'urchin-rtc'
import { endpoint, log, readLines, readMessage, send, serveRendezvous } from './p2p-rendezvous.js'

/** @typedef {import('node:net').Socket} Socket */
/** @typedef {{ local: import('urchin-rtc').Candidate, remote: import('urchin-rtc').Candidate }} Pair */

/**
 * @param {'call' | 'answer'} role
 * @param {{ name: string, at: { host: string, port: number }, iceServers: import('urchin-rtc').IceServer[], seconds: number }} call
 */
async function talk(role, { name, at, iceServers, seconds }) {
  const socket = connect(at.port, at.host)
  socket.setEncoding('utf8').setNoDelay(true)
  await once(socket, 'connect')
  log(`rendezvous reached at ${endpoint(at.host, at.port)}; waiting for the other side of "${name}"`)
  send(socket, { role, name })

  const connection = new WebRtcConnection({ iceServers })
  const ended = tellSteps(connection, socket)
  // Sending and receiving; a program with something to say gives the track a source.
  connection.addTrack(null, { kind: 'audio' })
  connection.init()
  readLines(socket).on('line', (line) => hear(readMessage(line), { role, connection, ended }))
  socket.on('error', (error) => log(`rendezvous: ${error.message}`))
  socket.on('close', () => {
    // Once the way is open, the call needs nobody in between.
    if (connection.getCurrentState() < 104) ended.finish('the rendezvous closed before the call stood')
  })

  connection.once('ready', async () => {
    showPair(/** @type {Pair} */ (connection.getSelectedPair()))
    for (let second = 0; connection.getCurrentState() === 104 && second < seconds; second++) {
      await sleep(1000)
      await showStats(connection)
    }
    if (role === 'call' && connection.getCurrentState() === 104) {
      log('hanging up')
      ended.finish(null)
    }
  })
  const failure = await ended.promise
  if (failure) log(`no call: ${failure}`)
  await connection.close()
  socket.destroy()
  return failure ? 1 : 0
}

/**
 * What the other side says, through the rendezvous.
 * @param {any} message
 * @param {{ role: string, connection: WebRtcConnection, ended: Ending }} call
 */
async function hear(message, { role, connection, ended }) {
  try {
    if (typeof message.error === 'string') ended.finish(message.error)
    if (typeof message.peer === 'string') {
      log(`the other side is there: ${message.peer}`)
      if (role === 'call') await connection.createOffer()
    }
    if (typeof message.sdp === 'string') {
      log(`its ${role === 'call' ? 'answer' : 'offer'} has come`)
      await connection.setRemoteSdp(message.sdp)
    }
    if (message.candidate !== undefined) {
      const text = message.candidate ? whereabouts(message.candidate.candidate) : 'no more'
      log(`remote candidate: ${text}`)
      await connection.addRemoteCandidate(message.candidate)
    }
  } catch (error) {
    ended.finish(/** @type {any} */ (error).message)
  }
}

/** @typedef {{ promise: Promise<string | null>, finish: (failure: string | null) => void }} Ending */

/**
 * Tells the other side what it has to know, and the terminal everything.
 * @param {WebRtcConnection} connection
 * @param {Socket} socket
 * @returns {Ending} resolves with why there was no call, or null after one
 */
function tellSteps(connection, socket) {
  /** @type {(failure: string | null) => void} */
  let finish = () => {}
  /** @type {Promise<string | null>} */
  const promise = new Promise((resolve) => {
    finish = resolve
  })
  connection.on('started', () => log('gathering candidates'))
  connection.on('candidate', ({ message }) => {
    log(`local candidate: ${whereabouts(message.candidate)}`)
    send(socket, { candidate: message })
  })
  connection.on('gathered', () => {
    log('all local candidates are there')
    send(socket, { candidate: null })
  })
  connection.on('sdp', ({ message }) => {
    log('local SDP sent')
    send(socket, { sdp: message })
  })
  connection.on('sdp-processed', () =>
    log('remote SDP processed: both send to all addresses of the other now'),
  )
  connection.on('ice-state', (state) => log(`ICE is ${state}`))
  connection.on('selected-pair', ({ local, remote }) => {
    log(
      `pair: ${local.type} ${endpoint(local.address, local.port)} - ${remote.type} ${endpoint(remote.address, remote.port)}`,
    )
  })
  connection.on('ready', () => log('READY: DTLS is verified, media can flow'))
  connection.on('failed', ({ reason }) => finish(`${reason.code} ${reason.detail}`))
  connection.on('finished', () => {
    log('the call is over')
    finish(connection.getSelectedPair() ? null : 'closed')
  })
  return { promise, finish }
}

/** @param {Pair} pair */
function showPair({ local, remote }) {
  const isRelayed = local.type === 'relay' || remote.type === 'relay'
  const isPunched = [local, remote].some(({ type }) => type === 'srflx' || type === 'prflx')
  if (isRelayed) log('the way goes through a TURN server')
  else log(isPunched ? 'the way is direct: the hole is punched' : 'the way is direct: no NAT in between')
}

/** @param {WebRtcConnection} connection */
async function showStats(connection) {
  /** @type {import('urchin-rtc').Stats[]} */
  let stats
  try {
    stats = [...(await connection.getStats()).values()]
  } catch {
    // The call ended in the meantime.
    return
  }
  const transport = stats.find(({ type }) => type === 'transport')
  const rtt = stats.find(
    ({ type, nominated }) => type === 'candidate-pair' && nominated,
  )?.currentRoundTripTime
  const rttText = rtt === undefined ? '' : `, round trip ${(rtt * 1000).toFixed(1)} ms`
  log(
    `sent ${transport?.bytesSent} bytes, received ${transport?.bytesReceived}, ${transport?.srtpCipher}${rttText}`,
  )
}

/**
 * '10.0.0.2:5000 (host)', from the text of a candidate.
 * @param {unknown} candidate
 */
function whereabouts(candidate) {
  const [, , protocol, , address, port, , type] = String(candidate).split(' ')
  const related = / raddr (\S+) rport (\d+)/.exec(String(candidate))
  const what = type === 'srflx' && related ? `srflx: the NAT's address for ${related[1]}:${related[2]}` : type
  return `${endpoint(String(address), Number(port))} ${protocol} (${what})`
}

/**
 * @param {string | undefined} text HOST:PORT or PORT
 * @param {string} fallback
 */
function readAddress(text, fallback) {
  const [, host, port] = /^(?:(.+):)?(\d{1,5})$/.exec(text ?? fallback) ?? []
  if (port === undefined) throw new TypeError(`no HOST:PORT: ${text}`)
  return { host: (host ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port: Number(port) }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      listen: { type: 'string' },
      at: { type: 'string' },
      stun: { type: 'string', multiple: true, default: [] },
      turn: { type: 'string', multiple: true, default: [] },
      user: { type: 'string' },
      password: { type: 'string' },
      seconds: { type: 'string', default: '5' },
    },
  })
  const [role, name] = positionals
  if (role === 'rendezvous') return serveRendezvous(readAddress(values.listen, '0.0.0.0:9000'))
  if ((role !== 'call' && role !== 'answer') || !name) {
    throw new TypeError('rendezvous, call NAME, or answer NAME; the file says more')
  }
  const iceServers = [
    ...values.stun.map((host) => ({ urls: host.startsWith('stun:') ? host : `stun:${host}` })),
    ...values.turn.map((urls) => ({ urls, username: values.user, credential: values.password })),
  ]
  const at = readAddress(values.at, '127.0.0.1:9000')
  process.exitCode = await talk(role, { name, at, iceServers, seconds: Number(values.seconds) })
}

main().catch((error) => {
  console.error(`p2p: ${error.message}`)
  process.exitCode = error instanceof TypeError ? 2 : 1
})

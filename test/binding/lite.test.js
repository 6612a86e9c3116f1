// ICE-lite in the real addon: lite connections against full ones of this process, all on one port.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { WebRtcConnection } from '../../lib/connection.js'
import { setWorkerLimit, WorkerPool } from '../../lib/worker-pool.js'
import { closeAll, loopback, whenReady } from '../support/pair.js'

/** @typedef {import('../../lib/connection.js').WebRtcConnection} Connection */

setWorkerLimit(3)
const icePort = await freePort()
/** @type {Connection[]} */
const opened = []
after(() => closeAll(opened))

async function freePort() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

/** @param {object} options */
function open(options) {
  const connection = new WebRtcConnection({ ...loopback, ...options }).init()
  opened.push(connection)
  return connection
}

/**
 * @param {Connection} from
 * @param {Connection} to
 */
function trickle(from, to) {
  from.on('candidate', ({ message }) => {
    if (!to.closed) to.addRemoteCandidate(message)
  })
}

/**
 * @param {Connection} offerer
 * @param {Connection} answerer
 */
async function connect(offerer, answerer) {
  trickle(offerer, answerer)
  trickle(answerer, offerer)
  const ready = Promise.all([offerer, answerer].map(whenReady))
  await answerer.setRemoteSdp(await offerer.createOffer({ audio: true, video: true }))
  await offerer.setRemoteSdp(answerer.getLocalSdp())
  await ready
}

/** @param {Connection} connection */
const localPort = (connection) => connection.getSelectedPair()?.local.port

test('a lite answerer and a lite offerer, on one port', async () => {
  const [first, second] = [open({ ice: 'lite', icePort }), open({ ice: 'lite', icePort })]
  await Promise.all([connect(open({}), first), connect(second, open({}))])
  for (const connection of [first, second]) {
    assert.equal(localPort(connection), icePort)
    assert.match(connection.getLocalSdp(), /^a=ice-lite\r$/m)
    const transport = [...(await connection.getStats()).values()].find(({ type }) => type === 'transport')
    assert.equal(transport?.iceRole, 'controlled')
    assert.equal(transport?.iceState, 'connected')
  }
})

test('a restart by either side moves to new credentials on the same port', async () => {
  const [lite, full] = [open({ ice: 'lite', icePort }), open({})]
  await connect(full, lite)
  for (const [offerer, answerer] of [
    [lite, full],
    [full, lite],
  ]) {
    const moved = once(lite, 'selected-pair')
    const before = /^a=ice-ufrag:(.*)$/m.exec(lite.getLocalSdp())?.[1]
    await answerer.setRemoteSdp(await offerer.restartIce())
    await offerer.setRemoteSdp(answerer.getLocalSdp())
    await moved
    assert.notEqual(/^a=ice-ufrag:(.*)$/m.exec(lite.getLocalSdp())?.[1], before)
    assert.equal(localPort(lite), icePort)
  }
})

/** @param {Connection} lite @param {Connection} full */
async function connectByTcp(lite, full) {
  const ready = Promise.all([lite, full].map(whenReady))
  lite.on('candidate', ({ message }) => {
    if (/ tcp /i.test(message.candidate)) full.addRemoteCandidate(message)
  })
  const answer = await lite.setRemoteSdp(withoutUdp(await full.createOffer({ audio: true })))
  await full.setRemoteSdp(withoutUdp(answer))
  await ready
  assert.equal(lite.getSelectedPair()?.local.protocol, 'tcp')
  assert.equal(localPort(lite), icePort)
}

test('over TCP when UDP is not told, on every worker', async () => {
  await closeAll(opened.splice(0))
  const pool = WorkerPool.get()
  const lites = Array.from({ length: 3 }, () => open({ ice: 'lite', icePort, iceTcp: true }))
  // What is accepted by any worker comes to the one whose connection is meant.
  assert.deepEqual(pool.loads, [1, 1, 1])
  await Promise.all(lites.map((lite) => connectByTcp(lite, open({ iceTcp: true }))))
})

/** @param {string} sdp */
const withoutUdp = (sdp) => sdp.replace(/^a=candidate:\S+ 1 udp .*\r\n/gim, '')

test('two lite sides find out before anything is done', async () => {
  const [one, other] = [open({ ice: 'lite', icePort }), open({ ice: 'lite', icePort })]
  const offer = await one.createOffer({ audio: true })
  await assert.rejects(other.setRemoteSdp(offer), { code: 'ERR_NOT_SUPPORTED' })
})

test('one port in a process', () => {
  const other = icePort === 65535 ? 1024 : icePort + 1
  assert.throws(() => open({ ice: 'lite', icePort: other }), { code: 'ERR_ICE_PORT_CONFLICT' })
})

test('a port in use fails the connection with a code that says so', async () => {
  await closeAll(opened.splice(0))
  const socket = createSocket('udp4').bind(icePort, '127.0.0.1')
  await once(socket, 'listening')
  const connection = open({ ice: 'lite', icePort })
  const failed = once(connection, 'failed')
  connection.createOffer({ audio: true }).catch(() => {})
  const [{ reason }] = await failed
  assert.equal(reason.code, 'ERR_ICE_PORT_IN_USE')
  socket.close()
})

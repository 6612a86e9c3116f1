// ICE of a connection on a worker without a core: its state, its pair, errors of servers, restarts that nobody asked for.

import assert from 'node:assert/strict'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { WebRtcConnection } from '../../lib/index.js'
import { presentAddresses } from '../../lib/local-addresses.js'
import { FakeWorker, hostCandidate } from '../support/fake-worker.js'
import { changedOffer, smallOffer } from '../support/sdp-text.js'

const os = createRequire(import.meta.url)('node:os')

/** @param {import('node:test').TestContext} t @param {string[]} addresses of eth0, from now on */
function moveTo(t, addresses) {
  t.mock.restoreAll()
  const eth0 = addresses.map((address) => ({ address, internal: false }))
  t.mock.method(os, 'networkInterfaces', () => ({ lo: [{ address: '127.0.0.1', internal: true }], eth0 }))
  syncBuiltinESMExports()
  // What was read a moment ago would still count for a new connection.
  presentAddresses({ ignored: [] })
  t.after(() => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  })
}

/** A connection, what it has told, and how to make it connected. @param {object} [options] */
function open(options) {
  const worker = new FakeWorker()
  const connection = new WebRtcConnection({ worker, ...options })
  /** @type {any[]} */
  const told = []
  connection.on('event', ({ code }) => told.push(code))
  connection.on('ice-state', (state) => told.push(state))
  return { worker, connection: connection.init(), told }
}

const selected = { type: 'selected-pair', local: hostCandidate(1), remote: hostCandidate(2) }

/** One that has answered an offer. @param {object} [options] */
async function openConnected(options) {
  const all = open(options)
  await all.connection.setRemoteSdp(smallOffer())
  const states = ['checking', 'connected'].map((state) => ({ type: 'ice-state', state }))
  all.worker.emit(1, states[0], selected, states[1], { type: 'ready' })
  await turn()
  all.told.length = 0
  return all
}

/** An answer to an offer of ours that follows smallOffer(), with new credentials. */
const answer = () => changedOffer('actpass', 'active').replaceAll('ufrag:KDyD', 'ufrag:anew')

const disconnected = { type: 'ice-state', state: 'disconnected' }

test('the state in the W3C words, each once, closed before CONN_FINISHED', async () => {
  const { connection, worker, told } = open()
  assert.equal(connection.iceState, 'new')
  await connection.setRemoteSdp(smallOffer())
  told.length = 0
  for (const state of ['checking', 'checking', 'connected', 'disconnected', 'connected']) {
    worker.emit(1, { type: 'ice-state', state })
  }
  await turn()
  assert.equal(connection.iceState, 'connected')
  await connection.close()
  assert.deepEqual(told, ['checking', 'connected', 'disconnected', 'connected', 'closed', 105])
  assert.equal(connection.iceState, 'closed')
})

test('when ICE has failed, that is its state, and nothing but CONN_FINISHED follows CONN_FAILED', async () => {
  for (const isTold of [true, false]) {
    const { connection, worker, told } = await openConnected()
    if (isTold) worker.emit(1, { type: 'ice-state', state: 'failed' })
    worker.emit(1, { type: 'failed', reason: { code: 'ERR_ICE_CONSENT_LOST', detail: '' } })
    await connection.close()
    assert.deepEqual(told, ['failed', 500, 105])
  }
})

test('a DTLS failure is not one of ICE', async () => {
  const { connection, worker, told } = await openConnected()
  worker.emit(1, { type: 'failed', reason: { code: 'ERR_DTLS_FINGERPRINT', detail: '' } })
  await connection.close()
  assert.deepEqual(told, [500, 105])
})

test('the selected pair is told when it is another', async () => {
  const { connection, worker } = open()
  /** @type {any[]} */
  const pairs = []
  connection.on('selected-pair', (pair) => pairs.push(pair))
  await connection.setRemoteSdp(smallOffer())
  const relayed = { ...selected, local: hostCandidate(3, { type: 'relay', relatedAddress: '10.0.0.1' }) }
  worker.emit(1, selected, selected, relayed, selected)
  await turn()
  assert.deepEqual(
    pairs.map(({ local }) => `${local.type} ${local.port}`),
    ['host 1', 'relay 3', 'host 1'],
  )
  assert.equal(pairs[1].remote.protocol, 'udp')
  assert.equal(connection.getSelectedPair()?.local.port, 1)
  await connection.close()
})

test('a server that gives no candidate is told', async () => {
  const { connection, worker } = await openConnected()
  /** @type {any[]} */
  const errors = []
  connection.on('ice-candidate-error', (error) => errors.push(error))
  const error = { url: 'turn:192.0.2.1:3478?transport=udp', errorCode: 401, errorText: 'Unauthorized' }
  worker.emit(1, { type: 'ice-server-error', ...error })
  await turn()
  assert.deepEqual(errors, [error])
  await connection.close()
})

test('the core is told what ICE is to be like, and blocked candidates never reach it', async () => {
  const { connection, worker } = open({
    iceTcp: true,
    disconnectedTimeoutMs: 1000,
    consentTimeoutMs: 9000,
    blockedNetworks: ['10.0.0.0/8'],
  })
  const [config] = worker.callsOf('openConnection')[0]
  assert.deepEqual([config.tcp, config.disconnectedTimeoutMs, config.consentTimeoutMs], [true, 1000, 9000])
  await connection.setRemoteSdp(
    smallOffer({
      audio: [
        'a=candidate:1 1 udp 1 10.0.0.7 1 typ host',
        'a=candidate:1 1 tcp 1 192.0.2.7 2 typ host tcptype passive',
      ],
    }),
  )
  assert.deepEqual(
    worker.callsOf('addCandidate').map(([, { protocol, tcpType, port }]) => [protocol, tcpType, port]),
    [['tcp', 'passive', 2]],
  )
  const tcp = hostCandidate(9, { protocol: 'tcp', tcpType: 'active', foundation: '7' })
  worker.emit(1, { type: 'candidate', generation: 0, candidate: tcp })
  assert.match(connection.getLocalSdp(), /a=candidate:7 1 tcp \d+ 192\.0\.2\.1 9 typ host tcptype active\r\n/)
  await connection.close()
})

test('silence: the connection offers an ICE restart, once, with the events of restartIce()', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { connection, worker, told } = await openConnected()
  /** @type {Promise<string>[]} */
  const offers = []
  connection.on('ice-restart', (offer) => offers.push(offer))
  worker.emit(1, disconnected)
  t.mock.timers.tick(2000)
  await turn()
  assert.deepEqual(told, ['disconnected', 102, 201, 202, 103])
  assert.equal(offers.length, 1)
  assert.match(await offers[0], /a=setup:actpass/)
  assert.equal(worker.callsOf('restartIce').length, 1)
  t.mock.timers.tick(100_000)
  assert.equal(worker.callsOf('restartIce').length, 1)
  await connection.setRemoteSdp({ type: 'answer', sdp: answer() })
  worker.emit(1, { type: 'ice-state', state: 'checking' }, { type: 'ice-state', state: 'connected' })
  t.mock.timers.tick(100_000)
  assert.equal(worker.callsOf('restartIce').length, 1)
  await connection.close()
})

test('without iceAutoRestart, after close() and after a failure nothing is offered', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const never = await openConnected({ iceAutoRestart: false })
  const closed = await openConnected()
  const failed = await openConnected()
  for (const { worker } of [never, closed, failed]) worker.emit(1, disconnected)
  closed.connection.close()
  failed.worker.emit(1, { type: 'failed', reason: { code: 'ERR_ICE_CONSENT_LOST', detail: '' } })
  t.mock.timers.tick(100_000)
  for (const { worker, connection } of [never, closed, failed]) {
    assert.equal(worker.callsOf('restartIce').length, 0)
    await connection.close()
  }
})

test('another address: the restart is gathered on it', async (t) => {
  moveTo(t, ['192.0.2.1'])
  const { connection, worker } = await openConnected()
  assert.deepEqual(worker.callsOf('openConnection')[0][0].addresses, ['192.0.2.1'])
  t.mock.timers.enable({ apis: ['setTimeout'] })
  moveTo(t, ['198.51.100.4', '2001:db8::4', 'fe80::4'])
  worker.emit(1, { type: 'network-changed' })
  t.mock.timers.tick(5000)
  await turn()
  assert.deepEqual(worker.callsOf('setAddresses'), [[1, ['198.51.100.4', '2001:db8::4']]])
  const names = worker.calls.map(([name]) => name)
  assert.ok(names.indexOf('setAddresses') < names.indexOf('restartIce'))
  await connection.close()
})

test('two that were told nothing and restart at once: who answered first gives way', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { connection, worker, told } = await openConnected()
  let needed = 0
  connection.on('negotiation-needed', () => (needed += 1))
  worker.emit(1, disconnected)
  t.mock.timers.tick(2000)
  await turn()
  told.length = 0
  await connection.setRemoteSdp({ type: 'offer', sdp: changedOffer('ufrag:KDyD', 'ufrag:theirs') })
  await turn()
  assert.deepEqual(told, [102, 201, 103, 203, 202])
  assert.deepEqual(
    worker.callsOf('setRemote').map(([, { ufrag }]) => ufrag),
    ['KDyD', 'theirs'],
  )
  assert.equal(needed, 0)
  await connection.close()
})

test('who was told to be impolite stays so', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { connection, worker } = await openConnected({ polite: false })
  worker.emit(1, disconnected)
  t.mock.timers.tick(2000)
  await turn()
  const crossing = connection.setRemoteSdp({ type: 'offer', sdp: changedOffer('ufrag:KDyD', 'ufrag:theirs') })
  await assert.rejects(crossing, { code: 'ERR_GLARE' })
  await connection.close()
})

// The answer to an offer that restarts nothing named the credentials of our restart, which the peer had never been offered.
test('a restart that gives way to another offer leaves the credentials as they were, and is still due', async () => {
  const { connection, worker } = await openConnected({ polite: true })
  const ufrag = () => connection.getLocalSdp().match(/a=ice-ufrag:(\S+)/)?.[1]
  const before = ufrag()
  connection.restartIce().catch(() => {})
  await turn()
  assert.notEqual(ufrag(), before)
  const needed = new Promise((resolve) => connection.once('negotiation-needed', () => resolve(true)))
  await connection.setRemoteSdp({ type: 'offer', sdp: smallOffer() })
  assert.equal(ufrag(), before)
  assert.equal(worker.callsOf('restartIce').length, 1)
  await needed
  await connection.createOffer()
  assert.equal(worker.callsOf('restartIce').length, 2)
  assert.notEqual(ufrag(), before)
  await connection.close()
})

// WebRtcConnection on a worker without a core: its events and their order, its states, its errors.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { UrchinError, WebRtcConnection } from '../../lib/index.js'
import { FakeWorker, hostCandidate } from '../support/fake-worker.js'
import { changedOffer, recordedSdp, smallOffer } from '../support/sdp-text.js'

/**
 * A connection on a fake worker, and the codes of its events as they come.
 * @param {object} [options]
 */
function open({ isAutomatic = true, ...options } = {}) {
  const worker = new FakeWorker({ isAutomatic })
  const connection = new WebRtcConnection({ worker, ...options })
  /** @type {number[]} */
  const codes = []
  connection.on('event', ({ code }) => codes.push(code))
  return { worker, connection, codes }
}

/** A connection that has answered an offer and is ready. @param {object} [options] */
async function openReady(options) {
  const all = open(options)
  all.connection.init()
  await all.connection.setRemoteSdp(smallOffer())
  all.worker.emit(
    1,
    { type: 'selected-pair', local: hostCandidate(1), remote: hostCandidate(2) },
    { type: 'ready' },
  )
  await turn()
  return all
}

const failure = { type: 'failed', reason: { code: 'ERR_ICE_FAILED', detail: 'no pair works' } }

test('we offer: the events of the seven steps, in order', async () => {
  const { connection, codes, worker } = open()
  connection.init().createOffer({ audio: true, video: true })
  await turn()
  assert.deepEqual(codes, [101, 102, 201, 202, 103])
  connection.setRemoteSdp(
    changedOffer('actpass', 'active')
      .replace('BUNDLE a v', 'BUNDLE 0 1')
      .replaceAll('mid:a', 'mid:0')
      .replaceAll('mid:v', 'mid:1'),
  )
  connection.addRemoteCandidate({ candidate: 'candidate:1 1 udp 1 192.0.2.9 5 typ host', sdpMid: '0' })
  connection.addRemoteCandidate(null)
  await turn()
  worker.emit(1, { type: 'ready' })
  await connection.close()
  assert.deepEqual(codes, [101, 102, 201, 202, 103, 203, 104, 105])
  assert.deepEqual(
    worker.calls.map(([name]) => name),
    [
      'openConnection',
      'gather',
      'addReceiver',
      'addReceiver',
      'setRemote',
      'addCandidate',
      'endCandidates',
    ].concat('closeConnection'),
  )
  assert.equal(worker.callsOf('gather')[0][1].controlling, true)
  assert.equal(worker.callsOf('setRemote')[0][1].dtlsRole, 'server')
})

test('the peer offers: its SDP is told as processed before our answer', async () => {
  const { connection, codes, worker } = open()
  connection.init()
  const answer = await connection.setRemoteSdp({ type: 'offer', sdp: smallOffer() })
  assert.deepEqual(codes, [101, 102, 201, 103, 203, 202])
  assert.match(answer, /a=setup:passive/)
  assert.match(answer, /a=candidate:1 1 udp 2130706431 192.0.2.1 40001 typ host/)
  assert.match(answer, /a=end-of-candidates/)
  assert.equal(worker.callsOf('gather')[0][1].controlling, false)
  assert.deepEqual(worker.callsOf('setRemote')[0][1], {
    ufrag: 'KDyD',
    pwd: 'smTIKg0CrCALj6qGKfGvXZS9',
    iceLite: false,
    dtlsRole: 'server',
    fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }],
  })
  assert.equal(connection.getRemoteSdp(), smallOffer())
  assert.equal(connection.getLocalSdp(), answer)
})

test('each event comes with its message, and under its own name', async () => {
  const { connection, worker } = open()
  /** @type {any[]} */
  const events = []
  /** @type {string[]} */
  const names = []
  connection.on('event', (event) => events.push(event))
  for (const name of [
    'initial',
    'started',
    'gathered',
    'ready',
    'finished',
    'candidate',
    'sdp',
    'sdp-processed',
  ]) {
    connection.on(name, (event) => {
      names.push(name)
      assert.equal(event, events.at(-1), name)
    })
  }
  connection.init()
  await connection.setRemoteSdp(smallOffer())
  worker.emit(1, { type: 'ready' })
  await connection.close()
  assert.equal(names.length, events.length)
  const messages = Object.fromEntries(events.map(({ name, message }) => [name, message]))
  const { usernameFragment } = messages.CONN_CANDIDATE
  assert.match(usernameFragment, /^[A-Za-z0-9+/]{8}$/)
  assert.deepEqual(messages.CONN_CANDIDATE, {
    candidate: `candidate:1 1 udp 2130706431 192.0.2.1 40001 typ host generation 0 ufrag ${usernameFragment}`,
    sdpMid: 'a',
    sdpMLineIndex: 0,
    usernameFragment,
  })
  assert.match(messages.CONN_GATHERED, /a=candidate/)
  assert.match(messages.CONN_SDP, /^v=0\r\n/)
  assert.equal(messages.CONN_SDP_PROCESSED, smallOffer())
  for (const name of ['CONN_INITIAL', 'CONN_STARTED', 'CONN_READY', 'CONN_FINISHED'])
    assert.equal(messages[name], '')
  assert.ok(events.every(({ streamId }) => streamId === ''))
})

test('with trickle the SDP goes when the host candidates are in it, without when all are', async () => {
  for (const trickle of [true, false]) {
    const { connection, codes, worker } = open({ isAutomatic: false, trickle })
    connection.init().createOffer()
    worker.emit(1, { type: 'started', generation: 0 })
    worker.emit(1, { type: 'candidate', generation: 0, candidate: hostCandidate(1) })
    worker.emit(1, { type: 'hosts-gathered', generation: 0 })
    await turn()
    assert.deepEqual(codes, trickle ? [101, 102, 201, 202] : [101, 102, 201])
    worker.emit(1, { type: 'candidate', generation: 0, candidate: hostCandidate(2, { type: 'srflx' }) })
    worker.emit(1, { type: 'gathered', generation: 0 })
    await turn()
    assert.deepEqual(codes, trickle ? [101, 102, 201, 202, 201, 103] : [101, 102, 201, 201, 103, 202])
    assert.equal(connection.getLocalSdp().split('a=candidate').length, 3)
  }
})

test('a peer that does not trickle gets every candidate with the answer (RFC 8838 16)', async () => {
  const { connection, codes, worker } = open({ isAutomatic: false })
  connection.init().setRemoteSdp(changedOffer('a=ice-options:trickle\r\n', ''))
  worker.emit(1, { type: 'started', generation: 0 }, { type: 'hosts-gathered', generation: 0 })
  await turn()
  assert.deepEqual(codes, [101, 102, 203])
  worker.emit(1, { type: 'gathered', generation: 0 })
  await turn()
  assert.deepEqual(codes, [101, 102, 203, 103, 202])
})

test('later negotiations are sent at once', async () => {
  for (const trickle of [true, false]) {
    const { connection, codes } = await openReady({ trickle })
    codes.length = 0
    await connection.setRemoteSdp(smallOffer())
    assert.deepEqual(codes, [203, 202])
    await connection.createOffer()
    assert.deepEqual(codes, [203, 202, 202])
  }
})

test('CONN_READY never overtakes CONN_SDP_PROCESSED, even when the core tells both at once', async () => {
  const { connection, codes, worker } = open()
  connection.init()
  worker.hold('setRemote')
  connection.setRemoteSdp(smallOffer())
  await turn()
  worker.answer('setRemote')
  worker.emit(1, { type: 'ready' }, { type: 'ice-state', state: 'connected' })
  await turn()
  assert.deepEqual(
    codes,
    [101, 102, 201, 103, 203, 202, 104].sort((a, b) => codes.indexOf(a) - codes.indexOf(b)),
  )
  assert.ok(codes.indexOf(203) < codes.indexOf(104))
  assert.equal(codes.length, 7)
})

test('CONN_FAILED waits likewise, and nothing but CONN_FINISHED comes after it', async () => {
  const { connection, codes, worker } = open()
  /** @type {any} */
  let failed
  connection.on('failed', (event) => {
    failed = event
  })
  connection.init()
  worker.hold('setRemote')
  connection.setRemoteSdp(smallOffer())
  await turn()
  worker.answer('setRemote')
  worker.emit(1, failure, { type: 'gathered', generation: 0 }, { type: 'ready' }, failure)
  await turn()
  assert.equal(codes.at(-1), 500)
  assert.ok(codes.includes(203))
  assert.deepEqual(failed.reason, { code: 'ERR_ICE_FAILED', detail: 'no pair works' })
  assert.equal(failed.message, smallOffer())
  assert.equal(connection.getCurrentState(), 500)
  const named = []
  for (const name of ['track', 'ice-state', 'negotiation-needed']) connection.on(name, () => named.push(name))
  worker.emit(1, { type: 'ice-state', state: 'failed' })
  await connection.close()
  assert.deepEqual(codes.slice(-2), [500, 105])
  assert.deepEqual(named, [])
})

test('a failure before any SDP of the peer has an empty message', async () => {
  const { connection, worker } = open({ isAutomatic: false })
  const offer = connection.init().createOffer()
  worker.emit(1, failure)
  const message = await new Promise((resolve) => connection.on('failed', (event) => resolve(event.message)))
  assert.equal(message, '')
  await assert.rejects(offer, { code: 'ERR_ICE_FAILED' })
})

test('gathering that the core refuses is a failure', async () => {
  const { connection, codes, worker } = open({ isAutomatic: false })
  worker.hold('gather')
  connection.init().createOffer()
  worker.answer('gather', new UrchinError('ERR_ICE_PORTS_EXHAUSTED', 'no port'))
  await turn()
  assert.deepEqual(codes, [101, 500])
})

test('after a failure late calls harm nothing', async () => {
  const { connection, worker } = await openReady()
  worker.emit(1, failure)
  await turn()
  await connection.addRemoteCandidate('candidate:1 1 udp 1 192.0.2.9 5 typ host')
  await assert.rejects(connection.setRemoteSdp(smallOffer()), { code: 'ERR_INVALID_STATE' })
  assert.throws(() => connection.createOffer(), { code: 'ERR_INVALID_STATE' })
  assert.throws(() => connection.restartIce(), { code: 'ERR_INVALID_STATE' })
  await connection.close()
})

test('states are kept apart from news', async () => {
  const { connection, worker } = open({ isAutomatic: false })
  const states = []
  connection.on('event', () => states.push(connection.getCurrentState()))
  connection.init().createOffer()
  worker.emit(
    1,
    { type: 'started', generation: 0 },
    { type: 'hosts-gathered', generation: 0 },
    { type: 'gathered', generation: 0 },
  )
  await turn()
  assert.deepEqual(states, [101, 102, 102, 103])
})

test('close() is CONN_FINISHED once, at any moment, as often as one likes', async () => {
  const steps = [
    (/** @type {any} */ { connection }) => connection,
    (/** @type {any} */ { connection }) => connection.init(),
    (/** @type {any} */ { connection }) => connection.init().createOffer(),
    (/** @type {any} */ { connection }) => connection.init().setRemoteSdp(smallOffer()),
    async (/** @type {any} */ { connection }) => {
      connection.init()
      await connection.setRemoteSdp(smallOffer())
    },
  ]
  for (const step of steps) {
    const all = open()
    const running = step(all)
    const closing = all.connection.close()
    assert.equal(all.connection.close(), closing)
    await closing
    await Promise.allSettled([running])
    await turn()
    assert.equal(all.codes.at(-1), 105)
    assert.equal(all.codes.filter((code) => code === 105).length, 1)
    assert.ok(all.connection.closed)
  }
})

test('close() inside the listener of every event', async () => {
  for (const moment of [101, 102, 201, 103, 203, 202, 104, 105]) {
    const { connection, codes, worker } = open()
    connection.on('event', ({ code }) => code === moment && connection.close())
    const finished = new Promise((resolve) => connection.on('finished', resolve))
    connection.init().setRemoteSdp(smallOffer())
    await turn()
    worker.emit(1, { type: 'ready' })
    if (moment === 105) connection.close()
    await finished
    await turn()
    assert.equal(codes.indexOf(105), codes.length - 1, `closed in ${moment}: ${codes}`)
  }
})

test('a close of the peer closes the connection', async () => {
  const { connection, codes, worker } = await openReady()
  worker.emit(1, { type: 'peer-closed' })
  await connection.close()
  assert.deepEqual(codes.slice(-2), [104, 105])
  assert.equal(worker.callsOf('closeConnection').length, 1)
})

test('calls after close() throw at once', async () => {
  const { connection } = await openReady()
  const closing = connection.close()
  const calls = [
    () => connection.init(),
    () => connection.createOffer(),
    () => connection.setRemoteSdp(smallOffer()),
    () => connection.addRemoteCandidate(null),
    () => connection.addTrack(null, { kind: 'audio' }),
    () => connection.getStats(),
    () => connection.restartIce(),
  ]
  for (const call of calls) assert.throws(call, { code: 'ERR_CLOSED' }, String(call))
  await closing
  assert.equal(typeof connection.getLocalSdp(), 'string')
  assert.equal(connection.getCurrentState(), 105)
})

test('calls before init() throw at once', () => {
  const { connection } = open()
  for (const call of [
    () => connection.createOffer(),
    () => connection.setRemoteSdp(smallOffer()),
    () => connection.addRemoteCandidate(null),
    () => connection.getStats(),
  ]) {
    assert.throws(call, { code: 'ERR_INVALID_STATE' }, String(call))
  }
  connection.init()
  assert.throws(() => connection.init(), { code: 'ERR_INVALID_STATE' })
})

test('wrong types throw at once', () => {
  const { connection } = open()
  connection.init()
  const any = /** @type {any} */ (connection)
  for (const call of [
    () => any.createOffer('audio'),
    () => any.createOffer({ audio: 'yes' }),
    () => any.setRemoteSdp(5),
    () => any.setRemoteSdp({ type: 'rollback', sdp: '' }),
    () => any.addRemoteCandidate(undefined),
    () => any.addRemoteCandidate({ candidate: 5 }),
    () => any.addTrack(undefined),
    () => any.addTrack(null),
    () => any.addTrack(null, { kind: 'text' }),
    () => any.addTrack(null, { kind: 'audio', streamId: 'a b' }),
    () => any.removeTrack({}),
    () => new WebRtcConnection(/** @type {any} */ ('x')),
  ]) {
    assert.throws(call, { code: 'ERR_INVALID_ARGUMENT' }, String(call))
  }
})

test('a bad SDP rejects with its code and changes nothing', async () => {
  const { connection, codes, worker } = open()
  connection.init()
  await assert.rejects(connection.setRemoteSdp(''), { code: 'ERR_SDP_SYNTAX' })
  await assert.rejects(connection.setRemoteSdp(changedOffer(/^a=fingerprint.*\r\n/, '')), {
    code: 'ERR_SDP_NO_FINGERPRINT',
  })
  await assert.rejects(connection.setRemoteSdp({ type: 'answer', sdp: smallOffer() }), {
    code: 'ERR_INVALID_STATE',
  })
  await turn()
  assert.deepEqual(codes, [101])
  assert.equal(worker.calls.length, 1)
  assert.equal(connection.getRemoteSdp(), '')
  await connection.setRemoteSdp(smallOffer())
  assert.equal(codes.at(-1), 202)
})

test('a second offer while one is open throws', () => {
  const { connection } = open()
  connection.init().createOffer()
  assert.throws(() => connection.createOffer(), { code: 'ERR_INVALID_STATE' })
})

test('an exception in a listener reaches uncaughtException and holds nothing up', async () => {
  const { connection, codes } = open()
  /** @type {string[]} */
  const caught = []
  const catcher = (/** @type {Error} */ error) => caught.push(error.message)
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', catcher)
  try {
    connection.on('event', ({ name }) => {
      throw new Error(name)
    })
    let count = 0
    connection.on('event', () => (count += 1))
    connection.init()
    await connection.setRemoteSdp(smallOffer())
    await connection.close()
    await turn()
    assert.deepEqual(codes, [101, 102, 201, 103, 203, 202, 105])
    assert.equal(count, codes.length)
    assert.equal(caught.length, codes.length)
    assert.equal(caught[0], 'CONN_INITIAL')
  } finally {
    process.removeListener('uncaughtException', catcher)
    for (const other of others) process.on('uncaughtException', other)
  }
})

test('candidates that come before, in and after the SDP reach the core once', async () => {
  const { connection, worker } = open()
  connection.init()
  const line = (/** @type {number} */ port) => `candidate:1 1 udp 1 192.0.2.9 ${port} typ host`
  connection.addRemoteCandidate({ candidate: line(1), sdpMid: 'a', sdpMLineIndex: 0 })
  connection.addRemoteCandidate(`a=${line(2)} generation 0 ufrag KDyD network-id 1`)
  connection.addRemoteCandidate(`${line(9)} ufrag older`)
  await connection.setRemoteSdp(
    smallOffer({ audio: [`a=${line(3)}`, `a=${line(2)}`, 'a=candidate:nonsense'] }),
  )
  connection.addRemoteCandidate(line(4))
  connection.addRemoteCandidate(line(3))
  assert.deepEqual(
    worker.callsOf('addCandidate').map(([, candidate]) => candidate.port),
    [1, 2, 3, 4],
  )
  assert.equal(worker.callsOf('endCandidates').length, 0)
  connection.addRemoteCandidate('')
  connection.addRemoteCandidate({ candidate: '' })
  assert.equal(worker.callsOf('endCandidates').length, 1)
})

test('a malformed candidate rejects with a code', async () => {
  const { connection } = await openReady()
  await assert.rejects(connection.addRemoteCandidate('candidate:1 1 udp'), { code: 'ERR_CANDIDATE_SYNTAX' })
})

test('glare: the impolite connection refuses, without an event', async () => {
  const { connection, codes } = open()
  await connection.init().createOffer()
  codes.length = 0
  await assert.rejects(connection.setRemoteSdp({ type: 'offer', sdp: smallOffer() }), { code: 'ERR_GLARE' })
  await turn()
  assert.deepEqual(codes, [])
})

test('glare: the polite connection answers, and then needs its own offer', async () => {
  const { connection, codes } = open({ polite: true })
  let needed = 0
  connection.on('negotiation-needed', () => (needed += 1))
  await connection.init().createOffer()
  codes.length = 0
  await connection.setRemoteSdp(smallOffer())
  await turn()
  assert.deepEqual(codes, [203, 202])
  assert.equal(needed, 1)
  await connection.createOffer()
})

test('an ICE restart of the peer gathers again and is told again', async () => {
  const { connection, codes, worker } = await openReady()
  codes.length = 0
  const before = connection.getLocalSdp().match(/a=ice-ufrag:.*/)?.[0]
  await connection.setRemoteSdp(changedOffer('ufrag:KDyD', 'ufrag:next'))
  assert.deepEqual(codes, [102, 201, 103, 203, 202])
  assert.notEqual(connection.getLocalSdp().match(/a=ice-ufrag:.*/)?.[0], before)
  assert.deepEqual(
    worker.calls.map(([name]) => name).filter((name) => name === 'restartIce' || name === 'setRemote'),
    ['setRemote', 'restartIce', 'setRemote'],
  )
})

test('restartIce() offers new credentials, and what is left of the old generation is not told', async () => {
  const { connection, codes, worker } = await openReady()
  codes.length = 0
  const offer = connection.restartIce()
  worker.emit(
    1,
    { type: 'candidate', generation: 0, candidate: hostCandidate(7) },
    { type: 'gathered', generation: 0 },
  )
  const sdp = await offer
  await turn()
  assert.deepEqual(codes, [102, 201, 202, 103])
  assert.match(
    sdp,
    new RegExp(`ice-ufrag:${worker.callsOf('restartIce')[0][1].ufrag.replaceAll('+', '\\+')}`),
  )
  assert.doesNotMatch(sdp, / 7 typ host/)
})

test('getSelectedPair() is null, then what READY was reached with', async () => {
  const { connection } = open()
  assert.equal(connection.getSelectedPair(), null)
  const ready = await openReady()
  assert.equal(ready.connection.getSelectedPair()?.local.port, 1)
  assert.equal(ready.connection.getSelectedPair()?.remote.type, 'host')
})

test('a log line per step, with the id, without passwords', async () => {
  /** @type {string[]} */
  const lines = []
  const write = (/** @type {string} */ line) => lines.push(line)
  const logger = { debug: write, info: write, warn: write, error: write }
  const { connection } = await openReady({ id: 'abc', logger })
  await connection.close()
  assert.ok(lines.length > 8)
  for (const line of lines) assert.match(line, /^id: abc, message: /)
  const text = lines.join('\n')
  assert.match(text, /newGlobalState: 104/)
  const pwd = connection.getLocalSdp().match(/a=ice-pwd:(.*)\r/)?.[1] ?? ''
  assert.ok(!text.includes(pwd) && !text.includes('smTIKg0CrCALj6qGKfGvXZS9'))
})

test('recorded offers of both browsers are answered', async () => {
  for (const name of ['chromium-offer-sendrecv', 'firefox-offer-simulcast-data', 'chromium-offer-recvonly']) {
    const { connection, codes, worker } = open()
    connection.init()
    await connection.setRemoteSdp(recordedSdp(name))
    assert.equal(codes.at(-1), 202, name)
    assert.ok(
      worker
        .callsOf('addCandidate')
        .every(([, { protocol, address }]) => protocol === 'udp' && !/local$/.test(address)),
    )
  }
})

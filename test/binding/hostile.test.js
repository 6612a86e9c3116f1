// Strangers and broken networks, over real sockets: what goes wrong has a name, and calls that stand are not touched.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import test from 'node:test'
import { WebRtcConnection } from '../../lib/index.js'
import { closeAll, connectPair, loopback, negotiate, openPair, whenReady } from '../support/pair.js'

/** @param {import('../../lib/index.js').WebRtcConnection} connection */
async function transportOf(connection) {
  for (const stat of (await connection.getStats()).values()) if (stat.type === 'transport') return stat
  throw new Error('no transport')
}

/** A STUN header with a lying length, DTLS, RTP and RTCP in whole and in part, and noise. */
function* garbage() {
  const whole = [
    [0x00, 0x01, 0xff, 0xff, 0x21, 0x12, 0xa4, 0x42, ...Array(12).fill(7)],
    [
      0x00,
      0x01,
      0x00,
      0x08,
      0x21,
      0x12,
      0xa4,
      0x42,
      ...Array(12).fill(7),
      0x00,
      0x06,
      0xff,
      0xff,
      1,
      2,
      3,
      4,
    ],
    [
      0x01,
      0x01,
      0x00,
      0x0c,
      0x21,
      0x12,
      0xa4,
      0x42,
      ...Array(12).fill(7),
      0x00,
      0x20,
      0,
      8,
      0,
      1,
      9,
      9,
      1,
      2,
      3,
      4,
    ],
    [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3],
    [22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0],
    [21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40],
    [0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff, 1, 2, 3, 4],
    [0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0xf0, 0, 0x0f, 0, 5, 5],
    [0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x10, 0x00, 0, 1, 1, 255, 0, 0, 5, 5],
    [0x81, 200, 0, 200, 0, 0, 0, 1, ...Array(30).fill(1)],
    [0x9f, 203, 0, 1, 0, 0, 0, 1],
    Array(200).fill(0xff),
  ]
  for (const bytes of whole) {
    for (let len = 0; len <= bytes.length; len++) yield Buffer.from(bytes.slice(0, len))
  }
  yield Buffer.alloc(65_000, 0x80)
  yield Buffer.alloc(9000, 22)
}

test('garbage of every kind on the media port changes nothing for the call on it', async () => {
  const pair = await connectPair()
  let failures = 0
  for (const connection of pair) connection.on('failed', () => failures++)
  const stranger = createSocket('udp4')
  stranger.bind(0, '127.0.0.1')
  await once(stranger, 'listening')
  for (const connection of pair) {
    const port = connection.getSelectedPair()?.local.port
    for (const bytes of garbage()) {
      await new Promise((resolve) => stranger.send(bytes, port, '127.0.0.1', resolve))
    }
  }
  stranger.close()
  for (const connection of pair) {
    const { dtlsState, srtpAuthFailed } = await transportOf(connection)
    assert.equal(dtlsState, 'connected')
    // Not even counted there: a stranger's packets do not get that far.
    assert.equal(srtpAuthFailed, 0)
  }
  assert.equal(failures, 0)
  const other = await connectPair()
  await closeAll([...pair, ...other])
})

test('garbage while it connects does not keep a call from connecting', async () => {
  const pair = openPair({ portRange: { min: 32_000, max: 32_001 } })
  const ready = Promise.all(pair.map(whenReady))
  const stranger = createSocket('udp4')
  const noise = setInterval(() => {
    for (const bytes of garbage())
      for (const port of [32_000, 32_001]) stranger.send(bytes, port, '127.0.0.1')
  }, 5)
  try {
    await negotiate(...pair)
    await ready
  } finally {
    clearInterval(noise)
    stranger.close()
  }
  await closeAll(pair)
})

test('a port range that is used up fails the one connection that finds no port, by name', async (t) => {
  const portRange = { min: 32_010, max: 32_013 }
  /** @type {WebRtcConnection[]} */
  const opened = []
  // Those with an open offer would hold the process for as long as an answer may take.
  t.after(() => closeAll(opened))
  const open = () => {
    const connection = new WebRtcConnection({ ...loopback, portRange }).init()
    opened.push(connection)
    return connection
  }
  const holders = Array.from({ length: 4 }, open)
  for (const holder of holders) await holder.createOffer({ audio: true })
  const late = open()
  const failed = once(late, 'failed')
  late.createOffer({ audio: true }).catch(() => {})
  const [{ code, reason }] = await failed
  assert.deepEqual([code, reason.code], [500, 'ERR_ICE_PORTS_EXHAUSTED'])
  for (const holder of holders) assert.notEqual(holder.getCurrentState(), 500)
  await holders[0]?.close()
  assert.match(await open().createOffer({ audio: true }), /a=candidate/)
})

test('a STUN server that never answers delays neither the SDP nor the call', async () => {
  const silent = createSocket('udp4')
  silent.bind(0, '127.0.0.1')
  await once(silent, 'listening')
  const iceServers = [{ urls: `stun:127.0.0.1:${silent.address().port}` }]
  const pair = openPair({ iceServers })
  let isGathered = false
  pair[0].on('gathered', () => {
    isGathered = true
  })
  const ready = Promise.all(pair.map(whenReady))
  await negotiate(...pair)
  await ready
  assert.equal(isGathered, false)
  await once(pair[0], 'gathered')
  await closeAll(pair)
  silent.close()
})

test('without trickle a dead STUN server only delays the SDP', async () => {
  const iceServers = [{ urls: 'stun:127.0.0.1:9' }]
  const connection = new WebRtcConnection({ ...loopback, iceServers, trickle: false }).init()
  const codes = []
  connection.on('event', ({ code }) => codes.push(code))
  const sdp = await connection.createOffer({ audio: true })
  assert.match(sdp, /typ host/)
  assert.match(sdp, /a=end-of-candidates/)
  assert.deepEqual(codes.slice(-2), [103, 202])
  await connection.close()
})

test('a peer that never answers fails in time, and the detail says where it hung', async () => {
  const [alone, other] = openPair({ connectTimeoutMs: 500 })
  const failed = once(alone, 'failed')
  await alone.createOffer({ audio: true })
  const [{ reason }] = await failed
  assert.equal(reason.code, 'ERR_CONNECT_TIMEOUT')
  assert.match(reason.detail, /remote description/)
  await closeAll([alone, other])
})

test('thousands of candidates of every malformed kind leave a call as it is', async () => {
  const pair = await connectPair()
  const bad = [
    '',
    'candidate:',
    'a=candidate:1 1 udp',
    'candidate:1 1 udp 1 1.2.3.4 0 typ host',
    '\0',
    'x'.repeat(10_000),
  ]
  for (let i = 0; i < 3000; i++) {
    const candidate =
      bad[i % bad.length] || `candidate:${i} 1 udp ${i + 1} 192.0.2.${i % 255} ${1024 + i} typ host`
    await pair[0].addRemoteCandidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 }).catch((error) => {
      assert.equal(error.code, 'ERR_CANDIDATE_SYNTAX')
    })
  }
  assert.equal((await transportOf(pair[0])).dtlsState, 'connected')
  await closeAll(pair)
})

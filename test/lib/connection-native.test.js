// Two connections in one process through the C core and the loopback of this machine's network.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { WebRtcConnection } from '../../lib/index.js'

/** @param {import('../../lib/connection-options.js').ConnectionOptions} [options] */
function open(options) {
  const connection = new WebRtcConnection({ networkInterfaces: ['127.0.0.1'], ...options })
  /** @type {number[]} */
  const codes = []
  connection.on('event', ({ code }) => codes.push(code))
  return { connection: connection.init(), codes }
}

/** @param {WebRtcConnection} connection @param {string} name @returns {Promise<any>} */
function heard(connection, name) {
  return new Promise((resolve, reject) => {
    connection.once(name, resolve)
    if (name !== 'failed')
      connection.once('failed', ({ reason }) => reject(new Error(`${reason.code}: ${reason.detail}`)))
  })
}

/**
 * Joins two connections the way signalling would.
 * @param {WebRtcConnection} offerer
 * @param {WebRtcConnection} answerer
 * @param {(sdp: string) => string} [change] what happens to SDPs on the way
 */
async function join(offerer, answerer, change = (sdp) => sdp) {
  const ready = Promise.all([heard(offerer, 'ready'), heard(answerer, 'ready')])
  ready.catch(() => {})
  const offer = await offerer.createOffer({ audio: true, video: true })
  const answer = await answerer.setRemoteSdp(change(offer))
  await offerer.setRemoteSdp(change(answer))
  return ready
}

/** @param {string} sdp */
const withoutCandidates = (sdp) => sdp.replaceAll(/^a=(candidate|end-of-candidates).*\r\n/gm, '')

for (const trickle of [true, false]) {
  test(`two connections reach READY, trickle ${trickle ? 'on' : 'off'}`, async () => {
    const [a, b] = [open({ trickle }), open({ trickle })]
    await join(a.connection, b.connection)
    for (const { connection, codes } of [a, b]) {
      assert.equal(connection.getCurrentState(), 104)
      assert.equal(connection.getSelectedPair()?.local.address, '127.0.0.1')
      assert.ok(codes.indexOf(102) < codes.indexOf(103))
      assert.ok(codes.indexOf(203) < codes.indexOf(104))
      const stats = [...(await connection.getStats()).values()]
      assert.ok(stats.some(({ type, dtlsState }) => type === 'transport' && dtlsState === 'connected'))
    }
    const closed = heard(b.connection, 'finished')
    await a.connection.close()
    await closed
    assert.equal(a.codes.at(-1), 105)
    assert.equal(b.codes.at(-1), 105)
  })
}

test('the answerer may be told the candidates before the offer, long after it, or only by name', async () => {
  const [a, b] = [open(), open()]
  /** @type {any[]} */
  const late = []
  a.connection.on('candidate', ({ message }) => b.connection.addRemoteCandidate(message))
  b.connection.on('candidate', ({ message }) => late.push(message))
  const ready = join(a.connection, b.connection, withoutCandidates)
  await heard(a.connection, 'sdp-processed')
  a.connection.addRemoteCandidate(
    'candidate:0 1 UDP 2122187007 eab1e9c4-7257-4efc-b27a-c52ac7630bef.local 34355 typ host',
  )
  a.connection.addRemoteCandidate('candidate:1 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active')
  for (const message of late) a.connection.addRemoteCandidate(message)
  a.connection.addRemoteCandidate(null)
  await ready
  await Promise.all([a.connection.close(), b.connection.close()])
})

test('lines like those of the reference log are accepted', async () => {
  const [a, b] = [open(), open()]
  /** @type {any[]} */
  const candidates = []
  b.connection.on('candidate', ({ message }) => candidates.push(message))
  const ready = join(a.connection, b.connection, withoutCandidates)
  await heard(a.connection, 'sdp-processed')
  for (const { candidate, usernameFragment } of candidates) {
    const line = candidate.replace(/ generation.*/, '')
    await a.connection.addRemoteCandidate({
      candidate: `a=${line} generation 0 ufrag ${usernameFragment} network-id 1`,
      sdpMid: 'video',
      sdpMLineIndex: 0,
    })
  }
  await a.connection.addRemoteCandidate(
    'a=candidate:1066266172 1 tcp 1518214911 127.0.0.1 9 typ host tcptype active generation 0 ufrag KDyD network-id 2',
  )
  await ready
  await Promise.all([a.connection.close(), b.connection.close()])
})

test('a wrong fingerprint is CONN_FAILED with ERR_DTLS_FINGERPRINT', async () => {
  const [a, b] = [open(), open()]
  const failed = heard(a.connection, 'failed')
  join(a.connection, b.connection, (sdp) =>
    sdp.replaceAll(/(sha-256 )(..)/g, (_, name, byte) => name + (byte === '00' ? '01' : '00')),
  ).catch(() => {})
  const { code, reason } = await failed
  assert.equal(code, 500)
  assert.equal(reason.code, 'ERR_DTLS_FINGERPRINT')
  assert.ok(!a.codes.includes(104))
  await Promise.all([a.connection.close(), b.connection.close()])
  assert.deepEqual(a.codes.slice(-2), [500, 105])
})

test('a peer that never answers is ERR_CONNECT_TIMEOUT', async () => {
  const { connection } = open({ connectTimeoutMs: 300 })
  connection.createOffer()
  const { reason } = await heard(connection, 'failed')
  assert.equal(reason.code, 'ERR_CONNECT_TIMEOUT')
  await connection.close()
})

test('ports come from the range, and the announced address is told', async () => {
  const { connection } = open({ portRange: { min: 45000, max: 45100 }, announcedAddress: '198.51.100.7' })
  const { message } = await Promise.all([heard(connection, 'candidate'), connection.createOffer()]).then(
    ([event]) => event,
  )
  const [, , , , address, port] = message.candidate.split(' ')
  assert.equal(address, '198.51.100.7')
  assert.ok(Number(port) >= 45000 && Number(port) <= 45100)
  assert.match(connection.getLocalSdp(), /a=candidate:\S+ 1 udp \d+ 198\.51\.100\.7 45/)
  await connection.close()
})

test('both restart ICE while media goes on; CONN_READY is told once', async () => {
  const [a, b] = [open(), open()]
  await join(a.connection, b.connection)
  for (const [from, to] of [
    [a, b],
    [b, a],
  ]) {
    const gathered = Promise.all([heard(from.connection, 'gathered'), heard(to.connection, 'gathered')])
    const pair = heard(from.connection, 'selected-pair')
    const answer = await to.connection.setRemoteSdp(await from.connection.restartIce())
    await from.connection.setRemoteSdp(answer)
    await Promise.all([gathered, pair])
  }
  for (const { codes } of [a, b]) {
    assert.equal(codes.filter((code) => code === 103).length, 3)
    assert.equal(codes.filter((code) => code === 104).length, 1)
  }
  await Promise.all([a.connection.close(), b.connection.close()])
})

test('connections are closed at random moments', async () => {
  for (let i = 0; i < 20; i += 1) {
    const [a, b] = [open(), open()]
    const moment = [102, 201, 103, 202, 203, 104][i % 6]
    const one = i % 2 === 0 ? a : b
    one.connection.on('event', ({ code }) => code === moment && one.connection.close())
    const joined = join(a.connection, b.connection).catch(() => {})
    await Promise.race([joined, heard(one.connection, 'finished').catch(() => {})])
    await Promise.all([a.connection.close(), b.connection.close()])
    for (const { codes } of [a, b]) assert.equal(codes.filter((code) => code === 105).length, 1)
    assert.equal(a.codes.at(-1), 105)
    assert.equal(b.codes.at(-1), 105)
  }
})

test('a forgotten connection is reported and closed, and the process ends', async () => {
  const index = fileURLToPath(new URL('../../lib/index.js', import.meta.url))
  const script = `
    import { WebRtcConnection } from ${JSON.stringify(index)}
    process.on('warning', ({ code }) => code && console.log(code))
    function forget() {
      const connection = new WebRtcConnection({ networkInterfaces: ['127.0.0.1'] })
      connection.on('event', () => {})
      connection.init().createOffer()
    }
    forget()
    const timer = setInterval(() => gc(), 50)
    process.on('warning', () => clearInterval(timer))`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  const status = await new Promise((resolve) => child.on('exit', resolve))
  assert.equal(status, 0)
  assert.equal(output.trim(), 'URCHIN_UNCLOSED')
})

// Transactions: what counts as an answer, retransmission, and ends.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, test } from 'node:test'
import { isSame, isSameAddress, StunSocket } from '../../../lib/nat/stun-socket.js'
import { readRequest, writeResponse } from '../../support/stun-messages.js'

const address = '127.0.0.1'
const mapped = { address: '192.0.2.7', port: 7 }

/** @type {import('node:dgram').Socket} */
let server
/** @type {StunSocket} */
let socket
/** @type {import('../../../lib/nat/stun-server.js').Endpoint} */
let to
beforeEach(async () => {
  server = createSocket('udp4')
  server.bind(0, address)
  await once(server, 'listening')
  to = { address, port: server.address().port, family: 4 }
  socket = await StunSocket.open({ address, family: 4 })
})
afterEach(() => {
  socket.close()
  server.close()
})

/** Answers each request with what `answer` makes of it. */
function serve(/** @type {(request: any, count: number) => Buffer | undefined} */ answer) {
  let count = 0
  server.on('message', (bytes, from) => {
    const response = answer(readRequest(bytes), ++count)
    if (response) server.send(response, from.port, from.address)
  })
}

test('a request and its answer', async () => {
  /** @type {any[]} */
  const requests = []
  serve((request) => {
    requests.push(request)
    return writeResponse({ transaction: request.transaction, mapped, software: 'test' })
  })
  const answer = await socket.request(to, { timeoutMs: 5000, changePort: true, responsePort: 4242 })
  assert.deepEqual(answer?.message.mapped, { ...mapped, family: 4 })
  assert.equal(answer.message.class, 'success')
  assert.equal(answer.message.software, 'test')
  assert.ok(answer.rttMs >= 0 && isSame(answer.from, to))
  const [{ changeIp, changePort, responsePort }] = requests
  assert.deepEqual(
    { changeIp, changePort, responsePort },
    { changeIp: false, changePort: true, responsePort: 4242 },
  )
})

test('an unanswered request is sent again after 500 ms, the same one, and then given up', async () => {
  /** @type {{ at: number, transaction: string }[]} */
  const seen = []
  serve((request) => {
    seen.push({ at: performance.now(), transaction: request.transaction.toString('hex') })
    return undefined
  })
  assert.equal(await socket.request(to, { timeoutMs: 1000 }), null)
  assert.equal(seen.length, 2)
  assert.equal(seen[0].transaction, seen[1].transaction)
  assert.ok(seen[1].at - seen[0].at > 400)
})

test('requests at the same time have their own answers', async () => {
  serve((request, count) =>
    writeResponse({ transaction: request.transaction, mapped: { ...mapped, port: count } }),
  )
  const answers = await Promise.all([1, 2, 3].map(() => socket.request(to, { timeoutMs: 5000 })))
  assert.equal(new Set(answers.map((answer) => answer?.message.mapped?.port)).size, 3)
})

test('an answer counts only from where it may come', async () => {
  const other = createSocket('udp4')
  other.bind(0, address)
  await once(other, 'listening')
  server.on('message', (bytes, from) => {
    const { transaction } = /** @type {any} */ (readRequest(bytes))
    other.send(writeResponse({ transaction, mapped }), from.port, from.address)
  })
  assert.equal(await socket.request(to, { timeoutMs: 300 }), null)
  const elsewhere = { ...to, port: other.address().port }
  assert.ok(await socket.request(to, { timeoutMs: 5000, from: [elsewhere] }))
  other.close()
})

test('another method, class or transaction is no answer', async () => {
  serve(({ transaction }) => {
    const { port } = socket.local
    for (const type of [0x0001, 0x0011, 0x0103]) {
      server.send(writeResponse({ transaction, mapped, type }), port, address)
    }
    server.send(writeResponse({ transaction: Buffer.alloc(12), mapped }), port, address)
    return Buffer.from('garbage')
  })
  assert.equal(await socket.request(to, { timeoutMs: 300 }), null)
})

test('an error response is an answer', async () => {
  serve(({ transaction }) =>
    writeResponse({ transaction, error: { code: 420, reason: 'Unknown Attribute' } }),
  )
  const answer = await socket.request(to, { timeoutMs: 5000 })
  assert.deepEqual(answer?.message.error, { code: 420, reason: 'Unknown Attribute' })
})

test('a request can be sent through another socket, and be itself what arrives', async () => {
  const second = await StunSocket.open({ address, family: 4 })
  const options = { via: second, isEcho: true, timeoutMs: 5000 }
  const arrived = await socket.request(socket.local, options)
  assert.equal(arrived?.message.class, 'request')
  assert.ok(isSame(arrived.from, second.local))
  second.close()
})

test('closing and aborting end what is pending; nothing can be asked afterwards', async () => {
  const pending = socket.request(to, { timeoutMs: 60_000 })
  socket.close()
  socket.close()
  await assert.rejects(pending, { code: 'ERR_CLOSED' })
  await assert.rejects(socket.request(to, { timeoutMs: 5000 }), { code: 'ERR_CLOSED' })

  const abort = new AbortController()
  const aborted = await StunSocket.open({ address, family: 4 }, abort.signal)
  const cut = aborted.request(to, { timeoutMs: 60_000 })
  abort.abort()
  await assert.rejects(cut, { code: 'ERR_ABORTED' })
  await assert.rejects(aborted.request(to, { timeoutMs: 5000 }), { code: 'ERR_ABORTED' })
  const late = await StunSocket.open({ address, family: 4 }, abort.signal)
  await assert.rejects(late.request(to, { timeoutMs: 5000 }), { code: 'ERR_ABORTED' })
})

test('a port in use and an address of somebody else can not be bound', async () => {
  await assert.rejects(StunSocket.open(to), { code: 'ERR_STUN_BIND', message: /in use/ })
  await assert.rejects(StunSocket.open({ address: '192.0.2.1', family: 4 }), {
    code: 'ERR_STUN_BIND',
    message: /no address of this machine/,
  })
})

test('over IPv6 too', async (t) => {
  const sixth = await StunSocket.open({ address: '::1', family: 6 }).catch(() => null)
  if (!sixth) return t.skip('no IPv6 here')
  const arrived = await sixth.request(sixth.local, { isEcho: true, timeoutMs: 5000 })
  assert.deepEqual(arrived?.from, sixth.local)
  sixth.close()
})

test('addresses are compared without their zones and the case of their digits', () => {
  assert.ok(isSameAddress('FE80::1%eth0', 'fe80::1'))
  assert.ok(!isSameAddress('192.0.2.1', '192.0.2.2'))
  assert.ok(!isSame({ address, port: 1 }, { address, port: 2 }))
  assert.ok(!isSame(null, null))
})

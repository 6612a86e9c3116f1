// The STUN functions of the addon: their arguments, and messages both ways.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadNative } from '../../lib/native.js'
import { readRequest, writeResponse } from '../support/stun-messages.js'

const { encodeStunRequest, decodeStun } = loadNative()
const transaction = Buffer.from('0102030405060708090a0b0c', 'hex')

test('a Binding request, with and without each attribute', () => {
  const plain = encodeStunRequest(transaction)
  assert.equal(plain.toString('hex'), `000100002112a442${transaction.toString('hex')}`)
  assert.deepEqual(encodeStunRequest(transaction, {}), plain)
  for (const [changeIp, changePort, responsePort] of /** @type {[boolean, boolean, number | null][]} */ ([
    [true, true, null],
    [false, true, null],
    [true, false, 65535],
    [false, false, 1],
  ])) {
    const bytes = encodeStunRequest(transaction, {
      changeIp,
      changePort,
      responsePort: responsePort ?? undefined,
      software: 'Urchin',
    })
    assert.deepEqual(readRequest(bytes), { transaction, changeIp, changePort, responsePort })
    assert.equal(decodeStun(bytes)?.software, 'Urchin')
  }
})

test('a response, with IPv4 and IPv6', () => {
  const message = decodeStun(
    writeResponse({
      transaction,
      mapped: { address: '2001:db8::1:2', port: 40000 },
      origin: { address: '192.0.2.1', port: 3478 },
      other: { address: '192.0.2.2', port: 3479 },
      software: 'test',
    }),
  )
  assert.deepEqual(message, {
    class: 'success',
    method: 1,
    transaction,
    mapped: { address: '2001:db8::1:2', port: 40000, family: 6 },
    responseOrigin: { address: '192.0.2.1', port: 3478, family: 4 },
    otherAddress: { address: '192.0.2.2', port: 3479, family: 4 },
    error: null,
    software: 'test',
    unknown: [],
  })
  const refused = decodeStun(writeResponse({ transaction, error: { code: 438, reason: 'Stale Nonce' } }))
  assert.equal(refused?.class, 'error')
  assert.deepEqual(refused.error, { code: 438, reason: 'Stale Nonce' })
  assert.deepEqual([refused.mapped, refused.software, refused.otherAddress], [null, null, null])
})

test('what is no STUN gives null; a part of a buffer is read as that part', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(20), Buffer.alloc(70_000)]) {
    assert.equal(decodeStun(bytes), null)
  }
  const response = writeResponse({ transaction, mapped: { address: '192.0.2.1', port: 5 } })
  const inside = Buffer.concat([Buffer.alloc(3, 0xff), response, Buffer.alloc(2, 0xff)])
  assert.equal(decodeStun(inside), null)
  assert.equal(decodeStun(inside.subarray(3, -2))?.mapped?.port, 5)
  const shared = new Uint8Array(new SharedArrayBuffer(response.length))
  shared.set(response)
  assert.equal(decodeStun(shared)?.mapped?.port, 5)
})

test('text of strangers that is no UTF-8 is readable', () => {
  const response = writeResponse({ transaction, software: 'abcd' })
  response.set([0xff, 0xfe, 0x00, 0x41], response.length - 4)
  assert.match(decodeStun(response)?.software ?? '', /A$/)
})

test('wrong arguments are refused with a code', () => {
  const refused = { code: 'ERR_INVALID_ARGUMENT' }
  for (const bad of [undefined, null, 'text', 12, [], {}, new Uint16Array(6), new ArrayBuffer(12)]) {
    assert.throws(() => decodeStun(/** @type {any} */ (bad)), refused)
    assert.throws(() => encodeStunRequest(/** @type {any} */ (bad)), refused)
  }
  assert.throws(() => encodeStunRequest(Buffer.alloc(11)), refused)
  assert.throws(() => encodeStunRequest(Buffer.alloc(13)), refused)
  for (const request of [
    null,
    5,
    [],
    { changeIp: 1 },
    { changePort: 'yes' },
    { changePort: null },
    { responsePort: 0 },
    { responsePort: 65536 },
    { responsePort: 1.5 },
    { responsePort: '5' },
    { responsePort: Number.NaN },
    { software: 5 },
    { software: 'a\0b' },
    { software: 'a'.repeat(128) },
  ]) {
    assert.throws(() => encodeStunRequest(transaction, /** @type {any} */ (request)), refused)
  }
  const thrower = {
    get changeIp() {
      throw new RangeError('mine')
    },
  }
  assert.throws(() => encodeStunRequest(transaction, /** @type {any} */ (thrower)), RangeError)
})

// Why a server may be silent.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { answersOverTcp, isRefused } from '../../../lib/nat/silence.js'
import { readRequest, writeResponse } from '../../support/stun-messages.js'

const address = '127.0.0.1'
const family = 4
const soonMs = 300
const longMs = 10_000

test('a port where nobody listens is told from one that is silent, and one that answers', async () => {
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  const server = /** @type {const} */ ({ address, port: socket.address().port, family })
  assert.equal(await isRefused(server, soonMs), false)
  socket.on('message', (_, from) => socket.send('anything', from.port, from.address))
  assert.equal(await isRefused(server, longMs), false)
  socket.close()
  assert.equal(await isRefused(server, longMs), true)
})

test('an address that can not be sent to refuses nothing', async () => {
  assert.equal(await isRefused({ address: '255.255.255.255', port: 9, family }, longMs), false)
})

test('an answer over TCP, in pieces; garbage, silence and refusal are none', async () => {
  /** @type {(request: Buffer) => Buffer[]} */
  let answer = () => []
  const tcp = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', async (request) => {
      for (const part of answer(request)) {
        socket.write(part)
        await new Promise(setImmediate)
      }
    })
  })
  tcp.listen(0, address)
  await once(tcp, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (tcp.address())
  const server = /** @type {const} */ ({ address, port, family })
  assert.equal(await answersOverTcp(server, soonMs), false)
  answer = (request) => {
    const { transaction } = /** @type {any} */ (readRequest(request))
    const bytes = writeResponse({ transaction, mapped: { address, port: 1 } })
    return [bytes.subarray(0, 3), bytes.subarray(3, 22), bytes.subarray(22)]
  }
  assert.equal(await answersOverTcp(server, longMs), true)
  answer = () => [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]
  assert.equal(await answersOverTcp(server, soonMs), false)
  answer = () => [Buffer.alloc(20)]
  assert.equal(await answersOverTcp(server, longMs), false)
  await new Promise((resolve) => tcp.close(resolve))
  assert.equal(await answersOverTcp(server, longMs), false)
})

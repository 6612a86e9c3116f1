// What clients are told of ICE servers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClientIceServers } from '../../lib/client-ice-servers.js'

const stun = { urls: 'stun:192.0.2.1' }
const own = { urls: ['stun:192.0.2.2', 'turn:192.0.2.2'], username: 'server', credential: 'lasting' }
const turn = { urls: ['turn:192.0.2.3', 'turns:192.0.2.3'], secret: 'north', ttlSeconds: 600 }

test("the server's own login is not for clients, its STUN servers are", () => {
  const servers = new ClientIceServers({ iceServers: [stun, own] })
  assert.deepEqual(servers.ownServers, [stun, own])
  assert.deepEqual(servers.publicServers, [stun, { urls: ['stun:192.0.2.2'] }])
  assert.deepEqual(servers.serversFor('ada'), servers.publicServers)
  assert.deepEqual(new ClientIceServers({}).serversFor('ada'), [])
})

test('clients may have STUN servers of their own, or none', () => {
  const servers = new ClientIceServers({ iceServers: [stun], clientIceServers: [{ urls: 'stun:192.0.2.9' }] })
  assert.deepEqual(servers.serversFor('ada'), [{ urls: 'stun:192.0.2.9' }])
  assert.deepEqual(new ClientIceServers({ iceServers: [stun], clientIceServers: [] }).serversFor('ada'), [])
})

test('each gets TURN credentials of its own, fresh each time', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_000 })
  const servers = new ClientIceServers({ iceServers: [stun, own], turn })
  const [first, , login] = servers.serversFor('ada')
  assert.deepEqual(first, stun)
  assert.deepEqual([login.urls, login.username], [turn.urls, '1700000600:ada'])
  assert.equal(servers.serversFor('bob')[2].username, '1700000600:bob')
  t.mock.timers.tick(60_000)
  assert.equal(servers.serversFor('ada')[2].username, '1700000660:ada')
  assert.deepEqual(servers.ownServers, [stun, own])
  assert.ok(!JSON.stringify(servers.serversFor('ada')).includes('lasting'))
})

test('the server itself may use that TURN server too', () => {
  const { ownServers } = new ClientIceServers({ iceServers: [stun], turn: { ...turn, forServer: true } })
  assert.equal(ownServers.length, 2)
  assert.match(String(ownServers[1].username), /^\d+:server$/)
})

test('wrong ones are refused by name, without a secret', () => {
  for (const [options, message] of /** @type {[any, RegExp][]} */ ([
    [{ clientIceServers: [own] }, /clientIceServers: pages get no credentials that last/],
    [{ clientIceServers: [{ urls: 'turn:192.0.2.3' }] }, /clientIceServers/],
    [{ clientIceServers: 5 }, /clientIceServers/],
    [{ clientIceServers: [5] }, /clientIceServers/],
    [{ turn: 'turn:192.0.2.3' }, /^turn: secret/],
    [{ turn: { ...turn, urls: 'stun:192.0.2.3' } }, /^turn: urls/],
    [{ turn: { ...turn, ttlSeconds: 1 } }, /^turn: ttlSeconds/],
    [{ turn: { ...turn, forServer: 'yes' } }, /^turn: forServer/],
    [{ iceServers: [{ urls: 'x' }] }, /iceServers/],
    [{ iceServers: Array(15).fill(stun), turn: { ...turn, forServer: true } }, /iceServers: more than/],
  ])) {
    assert.throws(
      () => new ClientIceServers(options),
      (error) => {
        const { code, message: text } = /** @type {any} */ (error)
        assert.match(text, message)
        return code === 'ERR_INVALID_ARGUMENT' && !/north|lasting/.test(text)
      },
    )
  }
})

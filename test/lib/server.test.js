// The server as a function: listening, its rooms, its end.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServer } from '../../lib/server.js'
import { FakeConnection } from '../support/fake-connection.js'
import { PageClient, startSignalServer } from '../support/signal-server.js'

test('tells where it listens, and frees the port', async (t) => {
  const { server, port } = await startSignalServer(t)
  assert.equal(server.url, `http://localhost:${port}`)
  await server.close()
  assert.equal(server.url, '')
  const next = await startSignalServer(t, { port })
  assert.equal(next.port, port)
})

test('a port in use rejects with its code', async (t) => {
  const { port } = await startSignalServer(t)
  const second = createServer({ port, host: '127.0.0.1', connectionFactory: () => new FakeConnection() })
  await assert.rejects(second.listen(), { code: 'EADDRINUSE' })
  await second.close()
})

test('bad settings are refused at once', () => {
  for (const options of /** @type {any[]} */ ([
    { iceServers: [{ urls: 'http://x' }] },
    { iceServers: [{ urls: 'turn:192.0.2.1' }] },
    { connection: { portRange: { min: 2, max: 1 } } },
    { connection: { blockedNetworks: ['localhost'] } },
    { turn: { urls: 'turn:192.0.2.1' } },
    { clientIceServers: [{ urls: 'turn:192.0.2.1', username: 'me', credential: 'lasting' }] },
  ])) {
    assert.throws(() => createServer(options), { code: 'ERR_INVALID_ARGUMENT' })
  }
})

test('connections get the settings, and members the rooms', async (t) => {
  const { server, url, connections } = await startSignalServer(t, {
    iceServers: [{ urls: 'stun:192.0.2.1' }],
    connection: { portRange: { min: 40000, max: 40010 } },
    roomOptions: { autoSubscribe: false },
  })
  /** @type {string[]} */
  const events = []
  server.on('room', (room) => events.push(`+${room.name}`))
  server.on('room-closed', (room) => events.push(`-${room.name}`))
  const page = new PageClient(url)
  const { participantId } = await page.join('tea', 'Ada')
  assert.deepEqual(connections[0].options.portRange, { min: 40000, max: 40010 })
  assert.deepEqual(connections[0].options.iceServers, [{ urls: 'stun:192.0.2.1' }])
  assert.ok(connections[0].options.blockedNetworks.includes('169.254.0.0/16'))
  assert.equal(server.rooms.get('tea')?.autoSubscribe, false)
  assert.equal(server.room('tea'), server.rooms.get('tea'))
  await server.rooms.get('tea')?.get(participantId)?.leave()
  assert.deepEqual(events, ['+tea', '-tea'])
  assert.equal(server.rooms.size, 0)
})

test('what is blocked can be said, and the server may use the TURN server of its clients', async (t) => {
  const { url, connections } = await startSignalServer(t, {
    turn: { urls: 'turn:192.0.2.1', secret: 'north', forServer: true },
    connection: { blockedNetworks: ['10.0.0.0/8'] },
  })
  await new PageClient(url).join('tea', 'Ada')
  const { blockedNetworks, iceServers } = connections[0].options
  assert.deepEqual(blockedNetworks, ['10.0.0.0/8'])
  assert.match(iceServers[0].username, /^\d+:server$/)
})

test('there are at most so many rooms', async (t) => {
  const { server } = await startSignalServer(t, { maxRooms: 1 })
  server.room('one')
  assert.throws(() => server.room('two'), { code: 'ERR_SERVER_FULL' })
  assert.throws(() => server.room('not a name'), { code: /ERR_/ })
})

test('closing closes everything, whether the pages answer or not', async (t) => {
  const { server, url, connections } = await startSignalServer(t)
  const [polite, deaf] = [new PageClient(url), new PageClient(url)]
  await polite.join('tea', 'Ada')
  await deaf.join('tea', 'Bob')
  deaf.socket.pause()
  const kept = await fetch(`${url}/healthz`)
  await kept.text()
  await server.close()
  assert.equal((await polite.closed)[0], 1001)
  assert.deepEqual(
    connections.map((connection) => connection.closeCount > 0),
    [true, true],
  )
  await assert.rejects(fetch(`${url}/healthz`))
  await server.close()
  deaf.socket.terminate()
})

// TURN credentials that expire.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createTurnCredentials } from '../../lib/index.js'

const turn = { urls: 'turn:192.0.2.1:3478?transport=udp', secret: 'north' }

test('the password is the HMAC of the time it ends and the name (draft-uberti-behave-turn-rest 2.2)', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_500 })
  const server = createTurnCredentials({ ...turn, name: 'ada', ttlSeconds: 3600 })
  assert.deepEqual(server, {
    urls: ['turn:192.0.2.1:3478?transport=udp'],
    username: '1700003600:ada',
    credential: createHmac('sha1', 'north').update('1700003600:ada').digest('base64'),
  })
  // By another implementation: printf 1700003600:ada | openssl dgst -sha1 -hmac north -binary | base64
  assert.equal(server.credential, 'xnSlQG4JwD6eDlwPBFdbTt6sTJk=')
  const bare = createTurnCredentials(turn)
  assert.equal(bare.username, String(1_700_000_000 + 86_400))
})

test('several URLs are one entry', () => {
  const urls = ['turn:a.example', 'turns:a.example:443']
  assert.deepEqual(createTurnCredentials({ ...turn, urls }).urls, urls)
})

test('wrong ones are refused, and the secret is in no message', () => {
  for (const options of /** @type {any[]} */ ([
    undefined,
    {},
    { ...turn, secret: '' },
    { ...turn, secret: 5 },
    { ...turn, urls: [] },
    { ...turn, urls: undefined },
    { ...turn, urls: 'stun:192.0.2.1' },
    { ...turn, urls: 'http://x' },
    { ...turn, ttlSeconds: 59 },
    { ...turn, ttlSeconds: 1e9 },
    { ...turn, ttlSeconds: '60' },
    { ...turn, name: 'a b' },
    { ...turn, name: 'x'.repeat(257) },
  ])) {
    assert.throws(
      () => createTurnCredentials(options),
      (error) =>
        /** @type {any} */ (error).code === 'ERR_INVALID_ARGUMENT' && !String(error).includes('north'),
      JSON.stringify(options),
    )
  }
})

// Who computes SRTP is chosen in the addon, once for the process; URCHIN_IPSEC_MB in the environment says how.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { loadNative } from '../../lib/native.js'
import { closeAll, connectPair } from '../support/pair.js'

const { chooseSrtpEngine } = loadNative()
after(() => chooseSrtpEngine('off'))

test('what is no such library leaves OpenSSL in use', () => {
  assert.equal(chooseSrtpEngine('/nowhere/libIPSec_MB.so.1'), 'OpenSSL')
  assert.equal(chooseSrtpEngine(process.execPath), 'OpenSSL')
  assert.equal(chooseSrtpEngine('off'), 'OpenSSL')
})

test('the wish is a string', () => {
  for (const args of [[], [5], [null], [{}]]) {
    assert.throws(() => Reflect.apply(chooseSrtpEngine, undefined, args), { code: 'ERR_INVALID_ARGUMENT' })
  }
})

test('connections have the engine that was in use when they became connected, and say so', async () => {
  const engines = ['off', process.env.URCHIN_IPSEC_MB || 'auto', 'off']
  for (const wish of engines) {
    // The first connection starts the worker, which chooses by the environment.
    await closeAll(await connectPair())
    const name = chooseSrtpEngine(wish)
    assert.match(name, wish === 'off' ? /^OpenSSL$/ : /^(OpenSSL|ipsec-mb 1\.\d+\.\d+)$/)
    const pair = await connectPair()
    for (const connection of pair) {
      const transport = (await connection.getStats()).get('transport')
      assert.equal(transport?.srtpEngine, name)
    }
    await closeAll(pair)
  }
})

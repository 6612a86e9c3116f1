// Our credentials and candidates.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LocalIce } from '../../lib/local-ice.js'
import { hostCandidate } from '../support/fake-worker.js'

test('credentials are ice-chars, long and random enough (RFC 8445 5.3)', () => {
  const all = Array.from({ length: 200 }, () => new LocalIce(0))
  for (const { ufrag, pwd } of all) {
    assert.match(ufrag, /^[A-Za-z0-9+/]{8}$/)
    assert.match(pwd, /^[A-Za-z0-9+/]{24}$/)
  }
  assert.equal(new Set(all.map(({ ufrag }) => ufrag)).size, 200)
})

test('the announced address takes the place of host addresses of its family', () => {
  const ice = new LocalIce(0)
  const announced = [{ public: '198.51.100.7' }]
  assert.equal(ice.add(hostCandidate(1), announced)[0].address, '198.51.100.7')
  assert.equal(ice.add(hostCandidate(1, { address: '2001:db8::1' }), announced)[0].address, '2001:db8::1')
  assert.equal(ice.add(hostCandidate(2, { type: 'srflx' }), announced)[0].address, '192.0.2.1')
})

test('several announced addresses are several candidates, each told once', () => {
  const ice = new LocalIce(0)
  const announced = [{ public: '198.51.100.7' }, { public: '198.51.100.8' }]
  const told = ice.add(hostCandidate(1), announced)
  assert.deepEqual(
    told.map(({ address }) => address),
    announced.map((one) => one.public),
  )
  assert.notEqual(told[0].foundation, told[1].foundation)
  assert.deepEqual(ice.add(hostCandidate(1, { address: '10.0.0.1' }), announced), [])
  assert.equal(ice.candidates.length, 2)
})

test('a ufrag begins with what names the worker, and is random behind it', () => {
  const [a, b] = [new LocalIce(0), new LocalIce(0)]
  a.nameWorker('C')
  b.nameWorker('C')
  assert.match(a.ufrag, /^C[A-Za-z0-9+/]{7}$/)
  assert.notEqual(a.ufrag, b.ufrag)
  const before = a.ufrag
  a.nameWorker('')
  assert.equal(a.ufrag, before)
})

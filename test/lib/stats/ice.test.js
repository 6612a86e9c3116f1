// Candidates and pairs in the W3C's shape, from what the core says and from what it does not say.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IceStats } from '../../../lib/stats/ice.js'
import { hostCandidate } from '../../support/fake-worker.js'

const transport = { bytesSent: 70, bytesReceived: 80, currentRoundTripTime: 0.02, totalRoundTripTime: 0.4 }
const empty = { transport, receivers: {}, senders: {} }
const host = { candidateType: 'host', protocol: 'udp', address: '10.0.0.1', port: 40000, priority: 9 }
const relay = {
  candidateType: 'relay',
  protocol: 'udp',
  address: '192.0.2.7',
  port: 50000,
  relayProtocol: 'tls',
}
const remote = { candidateType: 'srflx', protocol: 'udp', address: '198.51.100.1', port: 6000 }

/** @param {IceStats} stats */
function byType(stats) {
  const items = [...stats.all]
  return {
    locals: items.filter(({ type }) => type === 'local-candidate'),
    remotes: items.filter(({ type }) => type === 'remote-candidate'),
    pairs: items.filter(({ type }) => type === 'candidate-pair'),
  }
}

test('candidates and pairs of the core, with the selected one', () => {
  const stats = new IceStats(
    {
      ...empty,
      localCandidates: { 1: host, 2: relay },
      remoteCandidates: { 1: remote },
      candidatePairs: {
        1: {
          localCandidate: 1,
          remoteCandidate: 1,
          state: 'succeeded',
          nominated: 1,
          selected: 1,
          bytesSent: 5,
        },
        2: { localCandidateId: 2, remoteCandidateId: 1, state: 'failed', nominated: 0, requestsSent: 4 },
      },
    },
    { pair: null },
  )
  const { locals, remotes, pairs } = byType(stats)
  assert.deepEqual(locals[1].fields, relay)
  assert.equal(remotes.length, 1)
  assert.equal(pairs.length, 2)
  const [selected, failed] = pairs
  assert.equal(stats.selectedId, selected.id)
  assert.equal(selected.fields.localCandidateId, locals[0].id)
  assert.equal(selected.fields.remoteCandidateId, remotes[0].id)
  assert.equal(selected.fields.nominated, true)
  assert.equal(selected.fields.bytesSent, 5, 'its own count goes before that of the transport')
  assert.equal(selected.fields.currentRoundTripTime, 0.02)
  assert.equal(failed.fields.localCandidateId, locals[1].id)
  assert.equal(failed.fields.nominated, false)
  assert.equal(failed.fields.currentRoundTripTime, undefined)
  assert.ok(!('selected' in selected.fields) && !('localCandidate' in selected.fields))
})

test('ids stay when the core counts anew after an ICE restart', () => {
  const first = new IceStats({ ...empty, localCandidates: { 1: host, 2: relay } }, { pair: null })
  const second = new IceStats({ ...empty, localCandidates: { 1: relay } }, { pair: null })
  assert.equal(byType(second).locals[0].id, byType(first).locals[1].id)
})

test('a peer whose address only its checks told of gets a candidate', () => {
  const pair = { localCandidate: 1, remoteCandidate: 0, remoteAddress: '203.0.113.9', remotePort: 7000 }
  const stats = new IceStats(
    { ...empty, localCandidates: { 1: host }, candidatePairs: { 1: { ...pair, state: 'in-progress' } } },
    { pair: null },
  )
  const { remotes, pairs } = byType(stats)
  assert.equal(remotes[0].fields.candidateType, 'prflx')
  assert.equal(remotes[0].fields.address, '203.0.113.9')
  assert.equal(pairs[0].fields.remoteCandidateId, remotes[0].id)
  assert.equal(stats.selectedId, undefined)
})

test('what a core does not say is filled in', () => {
  const ends = /** @type {any} */ ({ local: hostCandidate(1), remote: hostCandidate(2) })
  const known = { pair: ends, candidates: [ends.local, /** @type {any} */ (hostCandidate(3))] }
  const stats = new IceStats(empty, known)
  const { locals, remotes, pairs } = byType(stats)
  assert.deepEqual(
    locals.map(({ fields }) => fields.port),
    [1, 3],
  )
  assert.equal(remotes[0].fields.port, 2)
  assert.equal(stats.selectedId, pairs[0].id)
  assert.equal(pairs[0].fields.bytesReceived, 80)
})

test('the pair that was told is found among those of the core', () => {
  const ends = /** @type {any} */ ({
    local: hostCandidate(40000, { address: '10.0.0.1' }),
    remote: hostCandidate(6000, { address: '198.51.100.1', type: 'srflx' }),
  })
  const stats = new IceStats(
    {
      ...empty,
      localCandidates: { 1: host },
      remoteCandidates: { 1: remote },
      candidatePairs: { 1: { localCandidate: 1, remoteCandidate: 1, state: 'succeeded', requestsSent: 3 } },
    },
    { pair: ends },
  )
  const { locals, remotes, pairs } = byType(stats)
  assert.deepEqual([locals.length, remotes.length, pairs.length], [1, 1, 1])
  assert.equal(stats.selectedId, pairs[0].id)
  assert.equal(pairs[0].fields.requestsSent, 3)
})

test('a host candidate shows what is announced in its place', () => {
  const v6 = { ...host, address: 'fd00::1' }
  const values = { ...empty, localCandidates: { 1: host, 2: v6, 3: relay } }
  const told = ['198.51.100.7', '2001:db8::7'].map((address) => hostCandidate(40000, { address }))
  const { locals } = byType(new IceStats(values, { pair: null, candidates: /** @type {any} */ (told) }))
  assert.deepEqual(locals[0].fields.announcedAddresses, ['198.51.100.7'])
  assert.deepEqual(locals[1].fields.announcedAddresses, ['2001:db8::7'])
  assert.equal(locals[2].fields.announcedAddresses, undefined)
})

test('a relayed candidate names its TURN server when there is only one', () => {
  const bare = { ...relay, relayProtocol: undefined }
  delete bare.relayProtocol
  const values = { ...empty, localCandidates: { 1: host, 2: bare } }
  const stun = { isTurn: false, protocol: /** @type {const} */ ('udp'), host: 'stun.example.org', port: 3478 }
  const turn = {
    ...stun,
    isTurn: true,
    protocol: /** @type {const} */ ('tls'),
    host: '2001:db8::1',
    port: 443,
  }
  const one = byType(new IceStats(values, { pair: null, servers: [stun, turn] })).locals
  assert.equal(one[1].fields.url, 'turns:[2001:db8::1]:443?transport=tcp')
  assert.equal(one[1].fields.relayProtocol, 'tls')
  assert.equal(one[0].fields.url, undefined)
  const two = byType(new IceStats(values, { pair: null, servers: [turn, { ...turn, port: 444 }] })).locals
  assert.equal(two[1].fields.url, undefined)
})

// The steps of a connection: their times, their bound, and what they must not hold.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detailOf, Timeline } from '../../lib/timeline.js'

test('each step has its time since the beginning', () => {
  let now = 5000
  const timeline = new Timeline(() => now)
  timeline.add('CONN_INITIAL')
  now += 12.34
  timeline.add('ice-state', 'checking')
  assert.deepEqual(timeline.steps, [
    { ms: 0, name: 'CONN_INITIAL', detail: '' },
    { ms: 12.3, name: 'ice-state', detail: 'checking' },
  ])
  assert.ok(Math.abs(Date.now() - timeline.createdAt) < 60_000)
})

test('of very many steps the first and the latest are there, and the others are counted', () => {
  let now = 0
  const timeline = new Timeline(() => now++)
  for (let i = 1; i <= 10_000; i++) timeline.add('log', `step ${i}`)
  const { steps } = timeline
  assert.equal(steps.length, 501)
  assert.equal(steps[0].detail, 'step 1')
  assert.equal(steps[149].detail, 'step 150')
  assert.deepEqual(
    { name: steps[150].name, detail: steps[150].detail },
    { name: 'dropped', detail: '9500 steps are left out here' },
  )
  assert.equal(steps[151].detail, 'step 9651')
  assert.equal(steps.at(-1)?.detail, 'step 10000')
  for (let i = 1; i < steps.length; i++) assert.ok(steps[i].ms >= steps[i - 1].ms)
})

test('none is left out as long as there is room', () => {
  const timeline = new Timeline()
  for (let i = 1; i <= 500; i++) timeline.add('log', `step ${i}`)
  assert.deepEqual(
    timeline.steps.map(({ detail }) => detail),
    Array.from({ length: 500 }, (_, i) => `step ${i + 1}`),
  )
})

test('what is handed out is a copy, and long details are cut', () => {
  const timeline = new Timeline()
  timeline.add('log', 'x'.repeat(5000))
  assert.ok(timeline.steps[0].detail.length <= 401)
  timeline.steps[0].name = 'changed'
  assert.equal(timeline.steps[0].name, 'log')
})

test('of an SDP only its outline is kept, never the password', () => {
  const sdp = [
    'v=0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=ice-ufrag:KDyD',
    'a=ice-pwd:secretsecretsecretsecret',
    'a=candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
  ].join('\r\n')
  for (const code of [103, 202, 203]) {
    assert.equal(detailOf(code, sdp), '2 m-lines, 1 candidates, ufrag KDyD')
  }
  assert.equal(detailOf(500, sdp, { code: 'ERR_ICE_FAILED', detail: 'no pair' }), 'ERR_ICE_FAILED: no pair')
  assert.equal(detailOf(500, sdp), '')
  assert.equal(detailOf(101, ''), '')
  assert.equal(detailOf(201, { candidate: 'candidate:1' }), 'candidate:1')
})

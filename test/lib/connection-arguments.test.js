// Arguments of a connection's methods.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkCandidate, checkOffer, checkSdp, checkTrack } from '../../lib/connection-arguments.js'

const wrong = { code: 'ERR_INVALID_ARGUMENT' }

test('wishes of an offer', () => {
  assert.deepEqual(checkOffer(undefined), {})
  assert.deepEqual(checkOffer({ audio: 2, video: false, other: 1 }), {
    audio: 2,
    video: false,
    iceRestart: undefined,
  })
  for (const bad of [
    null,
    1,
    { audio: -1 },
    { video: 1.5 },
    { audio: 101 },
    { video: null },
    { iceRestart: 1 },
  ]) {
    assert.throws(() => checkOffer(bad), wrong, JSON.stringify(bad))
  }
})

test('descriptions as text or with a type', () => {
  assert.deepEqual(checkSdp('v=0'), { text: 'v=0', type: undefined })
  assert.deepEqual(checkSdp({ type: 'answer', sdp: 'v=0' }), { text: 'v=0', type: 'answer' })
  for (const bad of [
    undefined,
    null,
    5,
    {},
    { sdp: 'v=0' },
    { type: 'pranswer', sdp: 'v=0' },
    { type: 'offer', sdp: 1 },
  ]) {
    assert.throws(() => checkSdp(bad), wrong, JSON.stringify(bad))
  }
})

test('candidates in each form, and each way to say that there are no more', () => {
  for (const end of [null, '', ' ', { candidate: '' }, 'a=end-of-candidates'])
    assert.equal(checkCandidate(end).line, '')
  assert.deepEqual(checkCandidate({ candidate: 'x', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'u' }), {
    line: 'x',
    mid: '0',
    index: 0,
    ufrag: 'u',
  })
  assert.deepEqual(
    checkCandidate({ candidate: 'x', sdpMid: null, sdpMLineIndex: null, usernameFragment: null }).mid,
    undefined,
  )
  for (const bad of [
    undefined,
    1,
    {},
    { candidate: null },
    { candidate: 'x', sdpMid: 1 },
    { candidate: 'x', sdpMLineIndex: '0' },
  ]) {
    assert.throws(() => checkCandidate(bad), wrong, JSON.stringify(bad))
  }
})

test('tracks need a kind and names that are tokens', () => {
  assert.deepEqual(checkTrack(null, { kind: 'audio', streamId: '{s}' }).streamId, '{s}')
  for (const bad of [
    {},
    { kind: 'x' },
    { kind: 'audio', streamId: '' },
    { kind: 'audio', trackId: 'a\r\nb' },
    { kind: 'audio', trackId: 'x'.repeat(65) },
  ]) {
    assert.throws(() => checkTrack(null, bad), wrong, JSON.stringify(bad))
  }
  assert.throws(() => checkTrack({ kind: 'audio' }, { kind: 'audio' }), wrong)
})

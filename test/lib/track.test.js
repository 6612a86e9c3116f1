// Tracks by themselves: what they ask of the core.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultCodecs } from '../../lib/sdp/codecs.js'
import { LocalTrack, RemoteTrack } from '../../lib/track.js'

function make() {
  /** @type {any[][]} */
  const calls = []
  const commands = /** @type {any} */ ({})
  for (const name of ['pauseReceiver', 'requestKeyframe', 'pauseSender', 'setSenderSource']) {
    commands[name] = (/** @type {any[]} */ ...args) => calls.push([name, ...args])
  }
  const remote = (/** @type {'audio' | 'video'} */ kind = 'video', receiverId = 5) => {
    const track = new RemoteTrack({
      connection: /** @type {any} */ ({}),
      kind,
      mid: '0',
      streamId: 's',
      trackId: 't',
      receiverId,
      commands,
    })
    track.update({ codecs: vp8, streamId: 's', trackId: 't' })
    return track
  }
  const local = () => new LocalTrack({ kind: 'video', streamId: 's', trackId: 't', ssrc: 1, commands })
  return { calls, remote, local }
}

const vp8 = defaultCodecs('video').filter(({ codec }) => codec === 'vp8')
const av1 = defaultCodecs('video').filter(({ codec }) => codec === 'av1')

test('pausing is asked for when it changes, and told', () => {
  const { calls, remote } = make()
  const track = remote()
  /** @type {string[]} */
  const told = []
  for (const name of ['paused', 'resumed']) track.on(name, () => told.push(name))
  track.resume()
  track.pause()
  track.pause()
  track.resume()
  assert.deepEqual(calls, [
    ['pauseReceiver', 5, true],
    ['pauseReceiver', 5, false],
  ])
  assert.deepEqual(told, ['paused', 'resumed'])
})

test('key frames are asked for video only, while it lasts', () => {
  const { calls, remote } = make()
  remote('audio').requestKeyframe()
  const track = remote()
  track.requestKeyframe()
  track.end()
  track.requestKeyframe()
  track.pause()
  assert.deepEqual(calls, [['requestKeyframe', 5]])
})

test('a source is set in the core when both it and a sender are there, once per change', () => {
  const { calls, remote, local } = make()
  const track = local()
  track.replaceSource(remote())
  assert.deepEqual(calls, [])
  track.bind({ mid: '0', senderId: 9, codecs: vp8 })
  track.bind({ mid: '0', senderId: 9, codecs: vp8 })
  assert.deepEqual(calls, [['setSenderSource', 9, 5, [{ from: 96, to: 96 }]]])
  track.replaceSource(null)
  track.replaceSource(null)
  assert.deepEqual(calls.at(-1), ['setSenderSource', 9, 0, []])
  assert.equal(calls.length, 2)
})

test('without a codec in common nothing is sent, until a negotiation of either side brings one', () => {
  const { calls, remote, local } = make()
  const [source, track] = [remote(), local()]
  track.replaceSource(source)
  track.bind({ mid: '0', senderId: 9, codecs: av1 })
  assert.ok(track.codecsMissing && !track.active)
  assert.deepEqual(calls, [])
  source.update({ codecs: [...vp8, ...av1], streamId: 's', trackId: 't' })
  assert.ok(track.active && !track.codecsMissing)
  assert.deepEqual(calls, [['setSenderSource', 9, 5, [{ from: 45, to: 45 }]]])
})

test('a paused track is paused on the sender that it gets later', () => {
  const { calls, local } = make()
  const track = local()
  track.pause()
  track.bind({ mid: '0', senderId: 9, codecs: vp8 })
  track.resume()
  assert.deepEqual(calls, [
    ['pauseSender', 9, true],
    ['pauseSender', 9, false],
  ])
})

test('a source that ended is none', () => {
  const { remote, local } = make()
  const [source, track] = [remote(), local()]
  track.replaceSource(source)
  source.end()
  assert.equal(track.source, null)
  track.replaceSource(source)
  assert.equal(track.source, null)
})

test('a source of another kind or of no kind is refused', () => {
  const { remote, local } = make()
  assert.throws(() => local().replaceSource(remote('audio')), { code: 'ERR_INVALID_ARGUMENT' })
  assert.throws(() => local().replaceSource(/** @type {any} */ ({})), { code: 'ERR_INVALID_ARGUMENT' })
  const removed = local()
  removed.remove()
  assert.throws(() => removed.replaceSource(null), { code: 'ERR_INVALID_STATE' })
})

// One m-line between negotiations: what an answer to it says, and when it has to be negotiated again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acceptableCodecs,
  answerMedium,
  needsNegotiation,
  newMedium,
  rejectMedium,
} from '../../../lib/sdp/medium.js'
import { parseSdp } from '../../../lib/sdp/parse.js'
import { recordedSdp, smallOffer } from '../../support/sdp-text.js'

const track = { kind: /** @type {const} */ ('video'), streamId: 's', trackId: 't', ssrc: 1 }

/** @param {string} text @param {number} index @param {object} [fields] */
function answer(text, index, fields) {
  const section = parseSdp(text).sections[index]
  return answerMedium(newMedium(section.kind, section.mid, fields), section, acceptableCodecs(section))
}

const directions = [
  { theirs: 'sendrecv', withTrack: 'sendrecv', without: 'recvonly' },
  { theirs: 'sendonly', withTrack: 'recvonly', without: 'recvonly' },
  { theirs: 'recvonly', withTrack: 'sendonly', without: 'inactive' },
  { theirs: 'inactive', withTrack: 'inactive', without: 'inactive' },
]
for (const { theirs, withTrack, without } of directions) {
  test(`${theirs} is answered ${withTrack} with a track, ${without} without`, () => {
    const text = smallOffer({ video: [`a=${theirs}`] })
    assert.equal(answer(text, 1, { track }).direction, withTrack)
    assert.equal(answer(text, 1).direction, without)
  })
}

test('of the layers of simulcast one SSRC is expected, for the answer is without', () => {
  assert.equal(answer(recordedSdp('firefox-offer-simulcast-data'), 0).remote.ssrcs.length, 1)
})

test('a mid longer than the header extension carries does without it', () => {
  const uri = 'urn:ietf:params:rtp-hdrext:sdes:mid'
  const text = smallOffer({ video: [`a=extmap:4 ${uri}`] })
  assert.equal(answer(text, 1).receiveIds.mid, 4)
  const long = text
    .replaceAll('BUNDLE a v', `BUNDLE a ${'v'.repeat(17)}`)
    .replace('a=mid:v', `a=mid:${'v'.repeat(17)}`)
  assert.equal(answer(long, 1).receiveIds.mid, undefined)
})

test('other kinds than audio and video have no codecs', () => {
  assert.deepEqual(acceptableCodecs(parseSdp(recordedSdp('chromium-offer-simulcast-data')).sections[2]), [])
})

test('an m-line needs negotiation while its track is not the one last told', () => {
  const medium = answer(smallOffer(), 1, { track })
  assert.ok(!needsNegotiation(medium))
  assert.ok(needsNegotiation({ ...medium, track: null }))
  assert.ok(needsNegotiation({ ...medium, track: { ...track } }))
  assert.ok(!needsNegotiation({ ...medium, track: { ...track }, canSend: false }))
  assert.ok(!needsNegotiation(rejectMedium(medium, null)))
  assert.ok(needsNegotiation(newMedium('audio', '0')))
})

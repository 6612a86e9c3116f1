// Descriptions for tests: the recorded ones of browsers, and a small one to change line by line.

import { readFileSync } from 'node:fs'

/** @param {string} name of a file in test/data/sdp, without .sdp */
export function recordedSdp(name) {
  return readFileSync(new URL(`../data/sdp/${name}.sdp`, import.meta.url), 'utf8')
}

/** A fingerprint of 32 equal bytes. @param {string} [byte] */
export const fingerprint = (byte = 'AB') => Array(32).fill(byte).join(':')

/**
 * A complete small offer: audio and video, one BUNDLE group.
 * @param {{ session?: string[], audio?: string[], video?: string[] }} [extra] more lines
 */
export function smallOffer({ session = [], audio = [], video = [] } = {}) {
  const transport = [
    'a=ice-ufrag:KDyD',
    'a=ice-pwd:smTIKg0CrCALj6qGKfGvXZS9',
    `a=fingerprint:sha-256 ${fingerprint()}`,
    'a=setup:actpass',
    'a=ice-options:trickle',
    'a=rtcp-mux',
  ]
  const lines = [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE a v',
    ...session,
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    ...transport,
    'a=mid:a',
    'a=rtpmap:111 opus/48000/2',
    ...audio,
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    ...transport,
    'a=mid:v',
    'a=rtpmap:96 VP8/90000',
    ...video,
  ]
  return `${lines.join('\r\n')}\r\n`
}

/**
 * The small offer with some text replaced; the text must be there.
 * @param {string | RegExp} what
 * @param {string} by
 */
export function changedOffer(what, by) {
  const offer = smallOffer()
  const changed = offer.replaceAll(typeof what === 'string' ? what : new RegExp(what.source, 'gm'), by)
  if (changed === offer) throw new Error(`nothing to replace: ${what}`)
  return changed
}

// A user's TypeScript with import: compiles against the shipped declarations.

import { CONN_READY, type ConnectionOptions, WebRtcConnection } from 'urchin-rtc'

// The types of arguments had no names to import.
const options: ConnectionOptions = {
  id: 'a',
  trickle: true,
  iceServers: [{ urls: 'stun:192.0.2.1:3478' }],
}
const connection = new WebRtcConnection(options)
connection.on('event', ({ code, message }) => {
  if (code === CONN_READY) console.log(message)
})
connection.init()
connection.createOffer({ audio: true, video: true })
const sdp: string | null = connection.getLocalSdp()
const closed: Promise<void> = connection.close()
console.log(sdp, closed)

// @ts-expect-error A number is no SDP.
connection.setRemoteSdp(5)

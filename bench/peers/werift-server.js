/** Forwarding with werift as its examples do: onReceiveRtp, then sendRtp of every viewer's sender. */
import { createRequire } from 'node:module'

const require = createRequire(process.argv[2])
const { MediaStreamTrack, RTCPeerConnection, useVP8 } = require('werift')

/** @type {any[]} */
const viewers = []

process.on('message', async (/** @type {any} */ { id, kind, offer }) => {
  const connection = new RTCPeerConnection({
    iceServers: [],
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
    codecs: { audio: [], video: [useVP8({ payloadType: 100 })] },
  })
  connection.onTrack.subscribe((/** @type {any} */ track) => {
    if (kind !== 'publish') return
    track.onReceiveRtp.subscribe((/** @type {any} */ packet) => {
      for (const viewer of viewers) viewer.sendRtp(packet)
    })
  })
  await connection.setRemoteDescription({ type: 'offer', sdp: offer })
  if (kind === 'watch') {
    const [transceiver] = connection.getTransceivers()
    transceiver.setDirection('sendonly')
    transceiver.sender.replaceTrack(new MediaStreamTrack({ kind: 'video' }))
    viewers.push(transceiver.sender)
  }
  await connection.setLocalDescription(await connection.createAnswer())
  process.send?.({ id, sdp: connection.localDescription.sdp })
})
process.send?.({})
process.on('disconnect', () => process.exit(0))

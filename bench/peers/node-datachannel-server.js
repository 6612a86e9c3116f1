/** Forwarding with node-datachannel as its users write it: each packet of the publisher comes to JS and goes to every track. */
import { createRequire } from 'node:module'

const require = createRequire(process.argv[2])
const { PeerConnection, RtcpReceivingSession } = require('node-datachannel')

/** @type {any[]} kept: what is not referred to is collected */
const connections = []
/** @type {any[]} */
const viewers = []

/** @param {any} track */
function publish(track) {
  track.setMediaHandler(new RtcpReceivingSession())
  track.onMessage((/** @type {Buffer} */ packet) => {
    for (const viewer of viewers) if (viewer.isOpen()) viewer.sendMessageBinary(packet)
  })
}

process.on('message', (/** @type {any} */ { id, kind, offer }) => {
  const connection = new PeerConnection(String(id), { iceServers: [], bindAddress: '127.0.0.1' })
  connections.push(connection)
  connection.onTrack((/** @type {any} */ track) => {
    connections.push(track)
    if (kind === 'publish') publish(track)
    else viewers.push(track)
  })
  connection.onGatheringStateChange((/** @type {string} */ state) => {
    if (state === 'complete') process.send?.({ id, sdp: connection.localDescription().sdp })
  })
  connection.setRemoteDescription(offer, 'offer')
})
process.send?.({})
process.on('disconnect', () => process.exit(0))

/**
 * The server of js-join.js: viewers come over WHEP, or as messages that connections answer without the server around them
 * ('api'); 'echo' is what the messages cost by themselves.
 */
import { createServer, setWorkerLimit, WebRtcConnection } from '../lib/index.js'

setWorkerLimit(1)
const connectionOptions = {
  ice: /** @type {const} */ ('lite'),
  icePort: 21000,
  networkInterfaces: ['127.0.0.1'],
}
const server = createServer({
  port: 0,
  host: '127.0.0.1',
  connection: connectionOptions,
  roomOptions: { maxParticipants: 2000 },
  maxParticipants: 2000,
})
/** @type {WebRtcConnection[]} */
const connections = []

/** @param {string} offer */
async function answer(offer) {
  const connection = new WebRtcConnection({ ...connectionOptions, trickle: false, iceAutoRestart: false })
  connections.push(connection)
  connection.init()
  const [{ source }] = server.room('bench').tracks
  connection.addTrack(null, { kind: 'audio' })
  connection.addTrack(/** @type {any} */ (source))
  return connection.setRemoteSdp({ type: 'offer', sdp: offer })
}

/** @type {Record<string, (offer: string) => any>} */
const actions = {
  api: answer,
  echo: (offer) => offer,
  memory: () => {
    globalThis.gc?.()
    globalThis.gc?.()
    return process.memoryUsage()
  },
}

process.on('message', async (/** @type {any} */ { id, kind, offer }) => {
  process.send?.({ id, sdp: await actions[kind](offer) })
})
await server.listen()
process.send?.({ url: server.url.replace('localhost', '127.0.0.1') })
process.on('disconnect', () => process.exit(0))

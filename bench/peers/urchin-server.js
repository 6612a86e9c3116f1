/** The server of this package in a process of its own: clients come by WHIP and WHEP. */
import { createServer, setWorkerLimit } from '../../lib/index.js'

setWorkerLimit(1)
const server = createServer({
  port: 0,
  host: '127.0.0.1',
  connection: { ice: 'lite', icePort: Number(process.argv[2] ?? 21000), networkInterfaces: ['127.0.0.1'] },
  roomOptions: { maxParticipants: 2000 },
  maxParticipants: 2000,
})
await server.listen()
process.send?.({ url: server.url.replace('localhost', '127.0.0.1') })
process.on('disconnect', () => process.exit(0))

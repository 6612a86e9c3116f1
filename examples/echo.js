// An echo server: whatever a browser sends comes back to it. POST an offer (application/sdp, all candidates in it) to
// http://localhost:3000/ and get the answer.
//
//   node examples/echo.js

import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { WebRtcConnection } from 'urchin-rtc'

createServer(async (request, response) => {
  const connection = new WebRtcConnection({ trickle: false }).init()
  const back = {
    audio: connection.addTrack(null, { kind: 'audio' }),
    video: connection.addTrack(null, { kind: 'video' }),
  }
  connection.on('track', (track) => back[track.kind].replaceSource(track))
  connection.on('failed', () => connection.close())
  try {
    response.end(await connection.setRemoteSdp(await text(request)))
  } catch (error) {
    connection.close()
    response.writeHead(400).end(error instanceof Error ? error.message : '')
  }
}).listen(3000)

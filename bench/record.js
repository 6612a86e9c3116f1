/**
 * node bench/record.js [port]: records when and how long the RTP packets are that Chromium sends in a real call at about
 * 2.5 Mbit/s, into bench/data/chromium.json. Listens on the loopback device, so it needs root, Python and Chromium.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { openBrowser } from '../test/support/browsers.js'
import { startServer } from '../test/support/conference-server.js'
import { servePage } from '../test/support/page-server.js'

const seconds = 3
const tagLen = 16 // AEAD_AES_128_GCM
const port = 28_477

// RTP headers are not encrypted: time, SSRC, payload type and length of all packets to the port.
const tap = `
import socket, struct, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
end = time.monotonic() + ${seconds}
s.settimeout(0.2)
while time.monotonic() < end:
    try: frame, where = s.recvfrom(65535)
    except TimeoutError: continue
    is_v6 = frame[12:14] == b'\\x86\\xdd'
    if where[2] == 4 or not is_v6 and frame[12:14] != b'\\x08\\x00': continue
    if frame[20 if is_v6 else 23] != 17: continue
    at = 54 if is_v6 else 14 + (frame[14] & 15) * 4
    source, target, size = struct.unpack('>HHH', frame[at:at + 6])
    rtp = frame[at + 8:]
    if target != ${port} or len(rtp) < 12 or rtp[0] >> 6 != 2 or 192 <= rtp[1] <= 223: continue
    print(int(time.monotonic() * 1e6), int.from_bytes(rtp[8:12], 'big'), rtp[1] & 127, size - 8)
`

const server = await startServer({ env: { URCHIN_ICE: 'lite', URCHIN_ICE_PORT: String(port) } })
const pageServer = await servePage('whip.html')
const chromium = await openBrowser('chromium')
try {
  await chromium.open(pageServer.url)
  await chromium.evaluate(publish, `${server.url}/whip/record`)
  await new Promise((resolve) => setTimeout(resolve, 9_000))
  console.log(await chromium.evaluate(() => /** @type {any} */ (window).peer.connectionState))
  const packets = await listen()
  if (packets.length < 2) throw new Error(`nothing to record: ${server.output}`)
  const video = mostBytes(packets)
  const start = video[0].at
  const steps = video.map(({ at, len }) => [at - start, len - tagLen])
  const bytes = steps.reduce((sum, [, len]) => sum + len, 0)
  const info = { seconds, bitrate: Math.round((bytes * 8) / seconds), packets: steps.length }
  writeFileSync(new URL('data/chromium.json', import.meta.url), `${JSON.stringify({ ...info, steps })}\n`)
  console.log(info)
} finally {
  await chromium.close()
  pageServer.close()
  await server.stop()
}

/** @returns {Promise<{ at: number, ssrc: string, len: number }[]>} */
async function listen() {
  const child = spawn('python3', ['-u', '-c', tap], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [at, ssrc, , len] = line.split(' ')
      return { at: Number(at), ssrc, len: Number(len) }
    })
}

/** @param {{ at: number, ssrc: string, len: number }[]} packets */
function mostBytes(packets) {
  const streams = Map.groupBy
    ? [...Map.groupBy(packets, ({ ssrc }) => ssrc).values()]
    : [...new Set(packets.map(({ ssrc }) => ssrc))].map((ssrc) => packets.filter((p) => p.ssrc === ssrc))
  const sizes = streams.map((stream) => stream.reduce((sum, { len }) => sum + len, 0))
  return streams[sizes.indexOf(Math.max(...sizes))]
}

/**
 * In the page.
 * @param {string} url
 */
async function publish(url) {
  // A picture that moves everywhere: the browser's own test picture never needs 2.5 Mbit/s.
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
  const context = canvas.getContext('2d')
  setInterval(() => {
    for (let i = 0; i < 150 && context; i++) {
      context.fillStyle = `hsl(${Math.random() * 360} 80% 50%)`
      context.fillRect(Math.random() * 640, Math.random() * 360, 60, 40)
    }
  }, 33)
  const media = canvas.captureStream(30)
  const peer = new RTCPeerConnection()
  Object.assign(window, { peer })
  for (const track of media.getTracks()) peer.addTrack(track, media)
  await peer.setLocalDescription()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const headers = { 'content-type': 'application/sdp' }
  const response = await fetch(url, { method: 'POST', headers, body: peer.localDescription?.sdp })
  if (!response.ok) throw new Error(await response.text())
  const rates = 'x-google-start-bitrate=2500;x-google-min-bitrate=2400;x-google-max-bitrate=2500'
  const answer = await response.text()
  const payloadType = /m=video \S+ \S+ (\d+)/.exec(answer)?.[1]
  const sdp = answer.replace(/(a=rtpmap:(\d+) VP8.*\r\n)/, `$1a=fmtp:${payloadType} ${rates}\r\n`)
  await peer.setRemoteDescription({ type: 'answer', sdp })
  const sender = peer.getSenders().find(({ track }) => track?.kind === 'video')
  const parameters = sender?.getParameters()
  if (sender && parameters) {
    parameters.encodings[0].maxBitrate = 2_500_000
    await sender.setParameters(parameters)
  }
}

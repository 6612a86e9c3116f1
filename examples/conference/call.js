/** One RTCPeerConnection with the server, negotiated as the polite peer of "perfect negotiation" (W3C). */

/**
 * Dispatches `track` (detail: { track, streamId, receiver }), `state` (detail: RTCPeerConnectionState).
 */
export class Call extends EventTarget {
  /**
   * @param {{ iceServers: RTCIceServer[], stream: MediaStream, send: (message: object) => void }} options
   */
  constructor({ iceServers, stream, send }) {
    super()
    this.send = send
    const pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' })
    this.pc = pc
    pc.onnegotiationneeded = () => this.#offer()
    pc.onicecandidate = ({ candidate }) => {
      if (pc.signalingState !== 'closed') send({ type: 'candidate', candidate: candidate?.toJSON() ?? null })
    }
    pc.ontrack = ({ track, streams, receiver }) => {
      const detail = { track, streamId: streams[0]?.id ?? '', receiver }
      this.dispatchEvent(new CustomEvent('track', { detail }))
    }
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'failed') pc.restartIce()
      this.dispatchEvent(new CustomEvent('state', { detail: pc.connectionState }))
    }
    for (const track of stream.getTracks()) pc.addTrack(track, stream)
  }

  async #offer() {
    try {
      await this.pc.setLocalDescription()
      this.#sendDescription()
    } catch (error) {
      console.error('offer', error)
    }
  }

  #sendDescription() {
    const description = this.pc.localDescription
    if (description) this.send({ type: description.type, sdp: description.sdp })
  }

  /**
   * A message of the server: an offer, answer or candidate. Polite: an offer that crosses ours wins, and the
   * browser rolls ours back by itself.
   * @param {{ type: string, sdp?: string, candidate?: RTCIceCandidateInit | null }} message
   */
  async receive(message) {
    const { pc } = this
    if (pc.signalingState === 'closed') return
    try {
      if (message.type === 'candidate') {
        await pc.addIceCandidate(message.candidate ?? undefined)
        return
      }
      const type = /** @type {'offer' | 'answer'} */ (message.type)
      await pc.setRemoteDescription({ type, sdp: message.sdp })
      if (type === 'offer') {
        await pc.setLocalDescription()
        this.#sendDescription()
      }
    } catch (error) {
      console.error(message.type, error)
    }
  }

  close() {
    this.pc.onnegotiationneeded = null
    this.pc.close()
  }
}

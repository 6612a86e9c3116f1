/** One RTCPeerConnection with the server, negotiated as the polite peer of "perfect negotiation" (W3C). */

/** ms of 'disconnected' until ICE is restarted: short gaps heal by themselves */
const PATIENCE_MS = 1500
const FIRST_PAUSE_MS = 2000
const LONGEST_PAUSE_MS = 30_000

/**
 * Dispatches `track` (detail: { track, streamId, receiver }), `state` (detail: RTCPeerConnectionState).
 */
export class Call extends EventTarget {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #restartTimer
  #nextRestartMs = 0
  #pauseMs = FIRST_PAUSE_MS
  #onNetwork = () => this.#restartIn(0)

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
    pc.oniceconnectionstatechange = () => this.#onIceState()
    // Another network: the old way may be dead long before ICE notices.
    window.addEventListener('online', this.#onNetwork)
    pc.onconnectionstatechange = () => {
      this.dispatchEvent(new CustomEvent('state', { detail: pc.connectionState }))
    }
    for (const track of stream.getTracks()) pc.addTrack(track, stream)
  }

  #onIceState() {
    const state = this.pc.iceConnectionState
    if (state === 'connected' || state === 'completed') {
      clearTimeout(this.#restartTimer)
      this.#pauseMs = FIRST_PAUSE_MS
    } else if (state === 'disconnected') this.#restartIn(PATIENCE_MS)
    else if (state === 'failed') this.#restartIn(0)
  }

  /**
   * Restarts ICE, and again after ever longer pauses while that does not help. The server offers restarts too, which is
   * as good: who is first does not matter.
   * @param {number} ms
   */
  #restartIn(ms) {
    clearTimeout(this.#restartTimer)
    const waitMs = Math.max(ms, this.#nextRestartMs - performance.now())
    this.#restartTimer = setTimeout(() => this.#restart(), waitMs)
  }

  #restart() {
    const { pc } = this
    this.#noteRestart()
    this.#restartTimer = setTimeout(() => this.#onIceState(), this.#pauseMs)
    if (pc.signalingState !== 'stable') return
    // TURN credentials expire: the restart waits for fresh ones.
    if (pc.getConfiguration().iceServers?.some(({ credential }) => credential))
      this.send({ type: 'ice-servers' })
    else pc.restartIce()
  }

  #noteRestart() {
    this.#nextRestartMs = performance.now() + this.#pauseMs
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
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
   * A message of the server: an offer, answer or candidate, or ICE servers. Polite: an offer that crosses ours wins, and the
   * browser rolls ours back by itself.
   * @param {{ type: string, sdp?: string, candidate?: RTCIceCandidateInit | null, iceServers?: RTCIceServer[] }} message
   */
  async receive(message) {
    const { pc } = this
    if (pc.signalingState === 'closed') return
    try {
      if (message.type === 'candidate') {
        await pc.addIceCandidate(message.candidate ?? undefined)
        return
      }
      if (message.type === 'ice-servers') {
        pc.setConfiguration({ ...pc.getConfiguration(), iceServers: message.iceServers ?? [] })
        pc.restartIce()
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
    clearTimeout(this.#restartTimer)
    window.removeEventListener('online', this.#onNetwork)
    this.pc.oniceconnectionstatechange = null
    this.pc.onnegotiationneeded = null
    this.pc.close()
  }
}

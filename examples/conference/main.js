/**
 * The conference page: joins a room over WebSocket, sends camera and microphone, shows everybody else.
 * Room and name may stand in the address: /?room=tea-time&name=Ada, and with &autojoin=1 it joins at once.
 */
import { Call } from './call.js'
import { openLocalMedia } from './media.js'
import { Signaling } from './signaling.js'
import { Tiles } from './tiles.js'

const LEVEL_POLL_MS = 150
const FINAL_CLOSE_CODES = new Map([
  [1008, 'The server refused this page.'],
  [1009, 'The server refused a message of this page as too large.'],
  [4003, 'You were removed from the room.'],
  [4401, 'You are not allowed to enter this room.'],
])

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id))
const tiles = new Tiles($('grid'), /** @type {HTMLTemplateElement} */ ($('tile-template')))

/** What tests and the curious may look at in the console. */
const urchin = {
  /** @type {Call | null} */ call: null,
  /** @type {Signaling | null} */ signaling: null,
  /** @type {string} */ room: '',
  /** @type {string} */ participantId: '',
  /** @type {Map<string, Participant>} */ participants: new Map(),
  get pc() {
    return this.call?.pc ?? null
  },
}
Object.assign(window, { urchin })

/**
 * @typedef {object} Participant
 * @property {string} id
 * @property {string} name
 * @property {{ audio: boolean, video: boolean }} muted
 * @property {MediaStream} stream what we receive of it
 * @property {RTCRtpReceiver | null} audioReceiver
 */

let localStream = new MediaStream()
let ownName = ''
/** @type {string | null} */
let mediaProblem = null

// ---- Lobby

const query = new URLSearchParams(location.search)
const form = /** @type {HTMLFormElement} */ ($('join-form'))
const roomInput = /** @type {HTMLInputElement} */ ($('room'))
const nameInput = /** @type {HTMLInputElement} */ ($('name'))
roomInput.value = query.get('room') ?? decodeURIComponent(location.pathname.slice(1))
nameInput.value = query.get('name') ?? localStorage.getItem('urchin-name') ?? ''

form.addEventListener('submit', (event) => {
  event.preventDefault()
  join(roomInput.value.trim(), nameInput.value.trim())
})
if (query.has('autojoin') && form.checkValidity()) form.requestSubmit()
else (roomInput.value ? nameInput : roomInput).focus()

/**
 * @param {string} room
 * @param {string} name
 */
async function join(room, name) {
  localStorage.setItem('urchin-name', name)
  history.replaceState(null, '', `/?${new URLSearchParams({ room, name })}`)
  document.title = `${room} · Urchin`
  $('lobby').hidden = true
  $('call').hidden = false
  $('room-title').textContent = room
  urchin.room = room
  ownName = name

  const tile = tiles.add('local', name, { local: true })
  showNotice('Waiting for your camera and microphone …')
  const media = await openLocalMedia()
  localStream = media.stream
  mediaProblem = media.problem
  tile.show(localStream)
  updateLocalControls()
  showNotice('Connecting …')
  connect()
}

// ---- Signalling

function connect() {
  const url = new URL('/ws', location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const signaling = new Signaling(url.href)
  urchin.signaling = signaling
  signaling.addEventListener('open', () => {
    // A new session each time: the server knows nothing of an older one.
    endCall()
    const publish = localStream.getTracks().length > 0
    signaling.send({ type: 'join', room: urchin.room, name: ownName, publish })
  })
  signaling.addEventListener('close', (event) => {
    const { code } = /** @type {CustomEvent<{ code: number }>} */ (event).detail
    const final = FINAL_CLOSE_CODES.get(code)
    if (!final) return showNotice('The server can not be reached. Reconnecting …')
    signaling.stop()
    showNotice(final, 'Back', () => location.reload())
  })
  signaling.addEventListener('message', (event) => handle(/** @type {CustomEvent} */ (event).detail))
}

/** @param {any} message see docs/protocol.md */
function handle(message) {
  switch (message.type) {
    case 'joined':
      return onJoined(message)
    case 'participant-joined':
      return addParticipant(message.participant)
    case 'participant-left':
      return removeParticipant(message.participantId)
    case 'participant-muted':
      return onMuted(message)
    case 'offer':
    case 'answer':
    case 'candidate':
    case 'ice-servers':
      return urchin.call?.receive(message)
    case 'error':
      return onError(message)
  }
}

/** @param {any} message */
function onJoined(message) {
  urchin.participantId = message.participantId
  for (const participant of message.participants) addParticipant(participant)
  const signaling = /** @type {Signaling} */ (urchin.signaling)
  const call = new Call({
    iceServers: message.iceServers,
    stream: localStream,
    send: (reply) => signaling.send(reply),
  })
  urchin.call = call
  call.addEventListener('track', (event) => onTrack(/** @type {CustomEvent} */ (event).detail))
  call.addEventListener('state', (event) => onCallState(/** @type {CustomEvent} */ (event).detail))
  for (const kind of /** @type {const} */ (['audio', 'video'])) {
    const track = localTrack(kind)
    if (track && !track.enabled) signaling.send({ type: 'mute', kind, muted: true })
  }
  showNotice(mediaProblem)
  updateHeadCount()
}

/** @param {any} message */
function onError(message) {
  console.warn('server:', message.code, message.message)
  if (message.about === 'join') showNotice(message.message, 'Back', () => location.reload())
  if (message.code === 'ERR_MUTED_BY_ROOM') showNotice('You were muted by the room.')
}

function endCall() {
  urchin.call?.close()
  urchin.call = null
  for (const id of [...urchin.participants.keys()]) removeParticipant(id)
}

// ---- Participants

/** @param {{ id: string, name: string, muted: { audio: boolean, video: boolean } }} info */
function addParticipant({ id, name, muted }) {
  const known = urchin.participants.get(id)
  if (known) {
    Object.assign(known, { name, muted })
  } else {
    const stream = new MediaStream()
    urchin.participants.set(id, { id, name, muted, stream, audioReceiver: null })
    tiles.add(id, name).show(stream)
  }
  updateTile(id)
  updateHeadCount()
}

/** @param {string} id */
function removeParticipant(id) {
  urchin.participants.delete(id)
  tiles.remove(id)
  updateHeadCount()
}

/** @param {{ track: MediaStreamTrack, streamId: string, receiver: RTCRtpReceiver }} detail */
function onTrack({ track, streamId, receiver }) {
  const id = streamId.split('.')[0] ?? ''
  if (!urchin.participants.has(id)) addParticipant({ id, name: '', muted: { audio: false, video: false } })
  const participant = /** @type {Participant} */ (urchin.participants.get(id))
  // A recycled m-line brings the same track object back: take it from whoever had it before.
  for (const other of urchin.participants.values()) other.stream.removeTrack(track)
  for (const old of participant.stream.getTracks()) {
    if (old.kind === track.kind) participant.stream.removeTrack(old)
  }
  participant.stream.addTrack(track)
  if (track.kind === 'audio') participant.audioReceiver = receiver
  track.onmute = track.onunmute = () => updateTile(id)
  track.onended = () => {
    participant.stream.removeTrack(track)
    updateTile(id)
  }
  tiles.get(id)?.show(participant.stream)
  updateTile(id)
}

/** @param {{ participantId: string, kind: 'audio' | 'video', muted: boolean, by: string }} message */
function onMuted({ participantId, kind, muted, by }) {
  if (participantId === urchin.participantId) {
    if (by === 'room') setLocalMuted(kind, muted)
    return
  }
  const participant = urchin.participants.get(participantId)
  if (participant) participant.muted[kind] = muted
  updateTile(participantId)
}

/** @param {string} id */
function updateTile(id) {
  const participant = urchin.participants.get(id)
  const tile = tiles.get(id)
  if (!participant || !tile) return
  const [video] = participant.stream.getVideoTracks()
  tile.setVideoVisible(Boolean(video && !video.muted && !participant.muted.video))
  tile.setAudioMuted(participant.muted.audio)
}

function updateHeadCount() {
  const count = urchin.participants.size + 1
  $('head-count').textContent = count === 1 ? 'only you so far' : `${count} people`
}

/** @param {RTCPeerConnectionState} state */
function onCallState(state) {
  if (state === 'connected') showNotice(mediaProblem)
  if (state === 'disconnected') showNotice('The connection is unstable …')
  if (state === 'failed') showNotice('The media connection failed: the network may block it. Trying again …')
}

// ---- Own camera and microphone

/** @param {'audio' | 'video'} kind */
function localTrack(kind) {
  return localStream.getTracks().find((track) => track.kind === kind)
}

/**
 * @param {'audio' | 'video'} kind
 * @param {boolean} muted
 */
function setLocalMuted(kind, muted) {
  const track = localTrack(kind)
  if (!track) return
  track.enabled = !muted
  updateLocalControls()
}

/** @param {'audio' | 'video'} kind */
function toggle(kind) {
  const track = localTrack(kind)
  if (!track) return
  setLocalMuted(kind, track.enabled)
  urchin.signaling?.send({ type: 'mute', kind, muted: !track.enabled })
}

function updateLocalControls() {
  for (const kind of /** @type {const} */ (['audio', 'video'])) {
    const button = /** @type {HTMLButtonElement} */ ($(`toggle-${kind}`))
    const track = localTrack(kind)
    button.disabled = !track
    button.setAttribute('aria-pressed', String(Boolean(track?.enabled)))
  }
  const tile = tiles.get('local')
  tile?.setVideoVisible(Boolean(localTrack('video')?.enabled))
  tile?.setAudioMuted(!localTrack('audio')?.enabled)
}

$('toggle-audio').addEventListener('click', () => toggle('audio'))
$('toggle-video').addEventListener('click', () => toggle('video'))
document.addEventListener('keydown', (event) => {
  if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === 'm') toggle('audio')
  if (event.key === 'v') toggle('video')
})

$('leave').addEventListener('click', () => {
  urchin.signaling?.send({ type: 'leave' })
  urchin.signaling?.stop()
  endCall()
  for (const track of localStream.getTracks()) track.stop()
  tiles.clear()
  location.assign(`/?${new URLSearchParams({ room: urchin.room })}`)
})

$('copy-link').addEventListener('click', async () => {
  const link = new URL(`/?${new URLSearchParams({ room: urchin.room })}`, location.href)
  await navigator.clipboard.writeText(link.href).catch(() => prompt('The link to this room', link.href))
  const button = $('copy-link')
  button.textContent = 'Copied'
  setTimeout(() => {
    button.textContent = 'Copy link'
  }, 1500)
})

// ---- Who speaks

setInterval(async () => {
  const nowMs = performance.now()
  for (const { id, audioReceiver, muted } of urchin.participants.values()) {
    const level = muted.audio ? 0 : (audioReceiver?.getSynchronizationSources()[0]?.audioLevel ?? 0)
    tiles.get(id)?.setAudioLevel(level, nowMs)
  }
  const sender = urchin.pc?.getSenders().find(({ track }) => track?.kind === 'audio')
  if (!sender?.track?.enabled) return tiles.get('local')?.setAudioLevel(0, nowMs)
  for (const stat of (await sender.getStats()).values()) {
    if (stat.type === 'media-source') tiles.get('local')?.setAudioLevel(stat.audioLevel ?? 0, nowMs)
  }
}, LEVEL_POLL_MS)

// ---- Notices

/**
 * One line above the grid; null takes it away.
 * @param {string | null} text
 * @param {string} [actionText]
 * @param {() => void} [action]
 */
function showNotice(text, actionText, action) {
  $('notice').hidden = !text
  $('notice-text').textContent = text ?? ''
  const button = $('notice-action')
  button.hidden = !action
  button.textContent = actionText ?? ''
  button.onclick = action ?? null
}

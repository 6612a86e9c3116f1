/** The visitor's own camera and microphone, and clear words when they can't be had. */

const REASONS = {
  NotAllowedError: 'The browser was not allowed to use your camera or microphone.',
  NotFoundError: 'No camera or microphone was found.',
  NotReadableError: 'Your camera or microphone is in use by another program.',
  OverconstrainedError: 'Your camera can not deliver a picture that fits.',
  SecurityError: 'The browser blocks camera and microphone on this page.',
}

/**
 * Opens what there is: camera and microphone, else only one of them, else nothing.
 * @returns {Promise<{ stream: MediaStream, problem: string | null }>} an empty stream when nothing could be opened
 */
export async function openLocalMedia() {
  if (!navigator.mediaDevices?.getUserMedia) {
    const problem = 'Camera and microphone need a secure page: open it by https, or as http://localhost.'
    return { stream: new MediaStream(), problem }
  }
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { max: 30 } }
  /** @type {unknown} */
  let firstError = null
  for (const constraints of [{ audio, video }, { audio }, { video }]) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints)
      return { stream, problem: firstError ? describe(firstError, constraints) : null }
    } catch (error) {
      firstError ??= error
    }
  }
  return { stream: new MediaStream(), problem: describe(firstError, {}) }
}

/**
 * @param {unknown} error
 * @param {MediaStreamConstraints} opened
 */
function describe(error, opened) {
  const name = error instanceof Error ? error.name : ''
  const reason =
    REASONS[/** @type {keyof typeof REASONS} */ (name)] ?? 'Camera or microphone could not be opened.'
  if (opened.audio) return `${reason} You join with sound only.`
  if (opened.video) return `${reason} You join with picture only.`
  return `${reason} You can watch and listen.`
}

/** The grid of tiles: one per participant, as large as the window allows, with a ring around who speaks. */

const SPEAKING_LEVEL = 0.02 // of 1, as RTCRtpReceiver reports it
const SPEAKING_HOLD_MS = 600
const TILE_ASPECT = 4 / 3

export class Tiles {
  /** @type {HTMLElement} */ #grid
  /** @type {HTMLTemplateElement} */ #template
  /** @type {Map<string, Tile>} */ #tiles = new Map()

  /**
   * @param {HTMLElement} grid
   * @param {HTMLTemplateElement} template
   */
  constructor(grid, template) {
    this.#grid = grid
    this.#template = template
    new ResizeObserver(() => this.#arrange()).observe(grid)
  }

  /**
   * @param {string} id the participant's
   * @param {string} name
   * @param {{ local?: boolean }} [options]
   */
  add(id, name, { local = false } = {}) {
    const existing = this.#tiles.get(id)
    if (existing) return existing
    const fragment = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true))
    const element = /** @type {HTMLElement} */ (fragment.querySelector('.tile'))
    const tile = new Tile(element, id, name, local)
    this.#tiles.set(id, tile)
    this.#grid.append(element)
    this.#arrange()
    return tile
  }

  /** @param {string} id */
  get(id) {
    return this.#tiles.get(id)
  }

  /** @param {string} id */
  remove(id) {
    this.#tiles.get(id)?.element.remove()
    this.#tiles.delete(id)
    this.#arrange()
  }

  clear() {
    for (const id of [...this.#tiles.keys()]) this.remove(id)
  }

  get count() {
    return this.#tiles.size
  }

  /** Takes the number of columns that gives the largest tiles of a pleasant shape. */
  #arrange() {
    const count = Math.max(1, this.#tiles.size)
    const { clientWidth: width, clientHeight: height } = this.#grid
    let best = { columns: 1, size: 0 }
    for (let columns = 1; columns <= count; columns++) {
      const rows = Math.ceil(count / columns)
      const size = Math.min(width / columns, (height / rows) * TILE_ASPECT)
      if (size > best.size) best = { columns, size }
    }
    this.#grid.style.setProperty('--columns', String(best.columns))
  }
}

export class Tile {
  /** @type {HTMLElement} */ element
  /** @type {HTMLVideoElement} */ video
  #spokeAtMs = 0

  /**
   * @param {HTMLElement} element
   * @param {string} id
   * @param {string} name
   * @param {boolean} local
   */
  constructor(element, id, name, local) {
    this.element = element
    this.video = /** @type {HTMLVideoElement} */ (element.querySelector('video'))
    this.video.muted = local
    element.dataset.participant = id
    element.classList.add(local ? 'local' : 'remote')
    const label = /** @type {HTMLElement} */ (element.querySelector('.name'))
    label.textContent = local ? `${name} (you)` : name
    const avatar = /** @type {HTMLElement} */ (element.querySelector('.avatar'))
    avatar.textContent = [...name.trim()][0]?.toUpperCase() ?? '?'
  }

  /** @param {MediaStream} stream */
  show(stream) {
    if (this.video.srcObject !== stream) this.video.srcObject = stream
    // Browsers may refuse to start sound before the visitor has touched the page; a click does it then.
    this.video.play().catch(() => document.addEventListener('click', () => this.video.play(), { once: true }))
  }

  /** @param {boolean} visible */
  setVideoVisible(visible) {
    this.element.classList.toggle('has-video', visible)
  }

  /** @param {boolean} muted */
  setAudioMuted(muted) {
    const mark = /** @type {HTMLElement} */ (this.element.querySelector('.muted-mark'))
    mark.hidden = !muted
  }

  /**
   * @param {number} level 0..1
   * @param {number} nowMs
   */
  setAudioLevel(level, nowMs) {
    if (level > SPEAKING_LEVEL) this.#spokeAtMs = nowMs
    this.element.classList.toggle(
      'speaking',
      this.#spokeAtMs > 0 && nowMs - this.#spokeAtMs < SPEAKING_HOLD_MS,
    )
  }
}

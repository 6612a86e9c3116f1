/** What the page is built of: elements, words for numbers, and tables that change only where their values do. */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`no element ${id}`)
  return element
}

/**
 * @param {string} tag
 * @param {{ class?: string, text?: string, title?: string }} [options]
 * @param {...Node} children
 * @returns {HTMLElement}
 */
export function element(tag, { class: className, text, title } = {}, ...children) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  if (title) made.title = title
  made.append(...children)
  return made
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value))
  made.append(...children)
  return made
}

/**
 * Sets a text if it is another one: what somebody has selected stays selected.
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/** @typedef {{ key: string, cells: string[], class?: string }} Row */

/** Rows with keys under fixed headings. */
export class Table {
  /** @type {HTMLElement} */ #body
  /** @type {Map<string, HTMLElement>} */ #rows = new Map()
  #columns
  #emptyText

  /**
   * @param {HTMLElement} table
   * @param {string[]} headings those with a leading '#' hold numbers
   * @param {string} emptyText
   */
  constructor(table, headings, emptyText) {
    this.#columns = headings.map((heading) => ({
      name: heading.replace('#', ''),
      isNumber: heading.startsWith('#'),
    }))
    this.#emptyText = emptyText
    const row = element('tr')
    for (const { name, isNumber } of this.#columns) {
      const cell = element('th', { text: name, class: isNumber ? 'number' : '' })
      cell.setAttribute('scope', 'col')
      row.append(cell)
    }
    this.#body = element('tbody')
    table.replaceChildren(element('thead', {}, row), this.#body)
  }

  /** @param {Row[]} rows */
  show(rows) {
    const list =
      rows.length > 0 ? rows : [{ key: '', cells: this.#columns.map((_, i) => (i ? '' : this.#emptyText)) }]
    const kept = new Set(list.map(({ key }) => key))
    for (const [key, row] of this.#rows) {
      if (kept.has(key)) continue
      row.remove()
      this.#rows.delete(key)
    }
    for (const [index, { key, cells, class: className = '' }] of list.entries()) {
      const row = this.#rows.get(key) ?? this.#makeRow(key)
      if (this.#body.children[index] !== row) this.#body.insertBefore(row, this.#body.children[index] ?? null)
      if (row.className !== className) row.className = className
      for (const [i, text] of cells.entries()) setText(row.children[i], text)
    }
  }

  /** @param {string} key */
  #makeRow(key) {
    const row = element('tr')
    for (const { isNumber } of this.#columns) row.append(element('td', { class: isNumber ? 'number' : '' }))
    this.#rows.set(key, row)
    return row
  }
}

const units = ['', 'k', 'M', 'G', 'T']

/**
 * 1234567 → '1.23 M'.
 * @param {number} value
 * @param {string} unit
 */
function scaled(value, unit) {
  let rank = 0
  let number = value
  while (Math.abs(number) >= 999.5 && rank < units.length - 1) {
    number /= 1000
    rank += 1
  }
  const digits = rank === 0 || number >= 100 ? 0 : number >= 10 ? 1 : 2
  return `${number.toFixed(digits)} ${units[rank]}${unit}`
}

/** @param {number} value */
export const bitrateText = (value) => scaled(value, 'bit/s')

/** @param {number | undefined} value */
export const bytesText = (value) => (value === undefined ? '' : scaled(value, 'B'))

/** @param {number | undefined} value */
export const countText = (value) =>
  value === undefined ? '' : value.toLocaleString('en').replaceAll(',', ' ')

/** @param {number | undefined} seconds */
export const msText = (seconds) =>
  seconds === undefined ? '' : `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`

/**
 * '43 s', '5 min 12 s', '3 h 20 min'.
 * @param {number} ms
 */
export function durationText(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/**
 * A moment of a timeline: '12.3 ms', '4.21 s', '5:12 min'.
 * @param {number} ms
 */
export function momentText(ms) {
  if (ms < 1000) return `${Math.round(ms * 10) / 10} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`
  return durationText(ms)
}

/**
 * @param {{ address?: string, port?: number }} end
 */
export function addressText({ address = '', port }) {
  const host = address.includes(':') ? `[${address}]` : address
  return port === undefined ? host : `${host}:${port}`
}

/** A connection's timeline drawn: its phases as bars, its steps as marks on lanes of their own. */

import { momentText, svg } from './dom.js'

/** @typedef {{ ms: number, name: string, detail: string }} Step */
/** @typedef {{ from: number, to: number }} Range */

const lanes = [
  { name: 'Events', class: 'event', has: (/** @type {string} */ name) => name.startsWith('CONN_') },
  {
    name: 'ICE',
    class: 'ice',
    has: (/** @type {string} */ name) => /^(ice-|selected-pair|restart)/.test(name),
  },
  { name: 'Calls', class: 'call', has: (/** @type {string} */ name) => name !== 'log' && name !== 'dropped' },
  { name: 'Log', class: 'log', has: () => true },
]

const labelWidth = 58
const margin = 14
/** @type {Record<string, number>} */
const phaseRows = { gathering: 0, checking: 1, disconnected: 1, dtls: 2 }
const [phaseTop, phaseHeight] = [4, 16]
const laneTop = 114
const laneHeight = 26
const axisHeight = 22
const totalHeight = laneTop + lanes.length * laneHeight + axisHeight

/**
 * Draws into a place as wide as that is.
 * @param {HTMLElement} place
 * @param {Step[]} steps
 * @param {{ range: 'setup' | 'all', endMs: number }} view endMs: now, or when it ended
 */
export function drawTimeline(place, steps, { range, endMs }) {
  const width = Math.max(280, place.clientWidth)
  const span = range === 'all' ? { from: 0, to: Math.max(endMs, 1) } : setupSpan(steps, endMs)
  const left = width < 520 ? margin : labelWidth + margin
  const x = (/** @type {number} */ ms) =>
    left + ((ms - span.from) / (span.to - span.from)) * (width - left - margin)
  const shown = steps.filter(({ ms }) => ms >= span.from && ms <= span.to)
  const drawing = svg('svg', {
    width,
    height: totalHeight,
    viewBox: `0 0 ${width} ${totalHeight}`,
    role: 'img',
  })
  drawing.setAttribute('aria-label', 'Timeline; the table below has every step')
  drawing.append(
    ...axis(span, x, width),
    ...phases(steps, endMs)
      .filter(({ from, to }) => to >= span.from && from <= span.to)
      .flatMap((phase) => phaseBar(phase, span, x)),
    ...laneLines(width, left),
    ...labels(shown, x, width),
    ...marks(shown, x),
  )
  place.replaceChildren(drawing)
}

/**
 * From construction until a little after the last step of connecting.
 * @param {Step[]} steps
 * @param {number} endMs
 * @returns {Range}
 */
function setupSpan(steps, endMs) {
  const ready = steps.find(({ name }) => name === 'CONN_READY' || name === 'CONN_FAILED')
  const gathered = steps.find(({ name }) => name === 'CONN_GATHERED')
  const end = ready ? Math.max(ready.ms, Math.min(gathered?.ms ?? 0, ready.ms * 2)) : endMs
  return { from: 0, to: Math.max(end * 1.08, 10) }
}

/** @typedef {{ name: string, class: string, from: number, to: number }} Phase */

/**
 * @param {Step[]} steps
 * @param {number} endMs
 * @returns {Phase[]}
 */
function phases(steps, endMs) {
  /** @type {Phase[]} */
  const found = []
  /** @type {Map<string, Phase>} */
  const open = new Map()
  const begin = (/** @type {string} */ name, /** @type {string} */ className, /** @type {number} */ from) => {
    if (open.has(name)) return
    const phase = { name, class: className, from, to: endMs }
    open.set(name, phase)
    found.push(phase)
  }
  const end = (/** @type {string} */ name, /** @type {number} */ to) => {
    const phase = open.get(name)
    if (phase) phase.to = to
    open.delete(name)
  }
  for (const { ms, name, detail } of steps) {
    if (name === 'CONN_STARTED') begin('gathering', 'gathering', ms)
    if (name === 'CONN_GATHERED') end('gathering', ms)
    if (name === 'ice-state') {
      for (const phase of ['checking', 'disconnected']) if (phase !== detail) end(phase, ms)
      if (detail === 'checking' || detail === 'disconnected') begin(detail, detail, ms)
      if (detail === 'connected' && !steps.some((step) => step.name === 'CONN_READY' && step.ms < ms)) {
        begin('DTLS', 'dtls', ms)
      }
    }
    // It may begin before ICE is told to be connected, with the peer's first flight.
    if (detail === 'DTLSRTP Start') begin('DTLS', 'dtls', ms)
    if (name === 'CONN_READY') end('DTLS', ms)
    if (name === 'CONN_FAILED' || name === 'CONN_FINISHED')
      for (const phase of [...open.keys()]) end(phase, ms)
  }
  return found
}

/**
 * A bar, and its name in it or beside it.
 * @param {Phase} phase
 * @param {Range} span
 * @param {(ms: number) => number} x
 */
function phaseBar({ name, class: className, from, to }, span, x) {
  const [start, end] = [x(Math.max(from, span.from)), x(Math.min(to, span.to))]
  // They overlap: gathering may go on while pairs are checked and DTLS runs.
  const y = phaseTop + (phaseRows[className] ?? 0) * (phaseHeight + 3)
  const text = `${name} ${momentText(to - from)}`
  const length = text.length * 6.7
  const bar = svg(
    'rect',
    {
      class: `phase ${className}`,
      x: start.toFixed(1),
      y,
      width: Math.max(2, end - start).toFixed(1),
      height: phaseHeight,
      rx: 4,
    },
    svg('title', {}, text),
  )
  const isInside = end - start > length + 12
  const isRight = end + 6 + length < x(span.to)
  const at = isInside ? start + 6 : isRight ? end + 6 : start - 6 - length
  const words = { class: `phase-text${isInside ? ' inside' : ''}`, x: Math.max(2, at).toFixed(1), y: y + 12 }
  return [bar, svg('text', words, text)]
}

/**
 * @param {Range} span
 * @param {(ms: number) => number} x
 * @param {number} width
 */
function axis(span, x, width) {
  const wanted = Math.max(2, Math.floor(width / 110))
  const step = niceStep((span.to - span.from) / wanted)
  const bottom = laneTop + lanes.length * laneHeight
  const made = []
  for (let ms = Math.ceil(span.from / step) * step; ms <= span.to; ms += step) {
    const at = x(ms).toFixed(1)
    made.push(svg('line', { class: 'grid', x1: at, x2: at, y1: 0, y2: bottom }))
    made.push(svg('text', { class: 'axis', x: at, y: bottom + 16 }, ms === 0 ? '0' : momentText(ms)))
  }
  return made
}

/** @param {number} least */
function niceStep(least) {
  const minute = 60_000
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
  const long = [minute, 2 * minute, 5 * minute, 15 * minute, 60 * minute, 240 * minute, 1440 * minute]
  return (
    [...steps, ...long].find((step) => step >= least) ?? Math.ceil(least / (1440 * minute)) * 1440 * minute
  )
}

/**
 * @param {number} width
 * @param {number} left
 */
function laneLines(width, left) {
  return lanes.flatMap(({ name }, index) => {
    const y = laneTop + index * laneHeight + laneHeight / 2
    const line = svg('line', { class: 'lane', x1: left, x2: width - margin, y1: y, y2: y })
    return left > margin ? [line, svg('text', { class: 'lane-name', x: 4, y: y + 4 }, name)] : [line]
  })
}

/**
 * @param {Step[]} steps
 * @param {(ms: number) => number} x
 */
function marks(steps, x) {
  return steps.map(({ ms, name, detail }) => {
    const lane = lanes.findIndex(({ has }) => has(name))
    const isBad = name === 'CONN_FAILED' || /^(failed|disconnected)$/.test(detail)
    return svg(
      'circle',
      {
        class: `mark ${lanes[lane].class}${isBad ? ' bad' : ''}`,
        cx: x(ms).toFixed(1),
        cy: laneTop + lane * laneHeight + laneHeight / 2,
        r: lane === 3 ? 3 : 5,
      },
      svg('title', {}, `${momentText(ms)}  ${name}  ${detail}`),
    )
  })
}

/**
 * Names of the milestones, each where there is still room for it.
 * @param {Step[]} steps
 * @param {(ms: number) => number} x
 * @param {number} width
 */
function labels(steps, x, width) {
  const rows = [76, 90, 104].map((y) => ({ y, end: 0 }))
  const milestones = steps.filter(({ name }) => name.startsWith('CONN_') && name !== 'CONN_CANDIDATE')
  return milestones.flatMap(({ ms, name }) => {
    const text = name.replace('CONN_', '')
    const length = text.length * 6.6 + 8
    const at = Math.min(x(ms), width - margin - length)
    const row = rows.find(({ end }) => end <= at)
    if (!row) return []
    row.end = at + length
    const bottom = laneTop + laneHeight / 2
    return [
      svg('line', { class: 'leader', x1: x(ms).toFixed(1), x2: x(ms).toFixed(1), y1: row.y - 8, y2: bottom }),
      svg('text', { class: 'milestone', x: (at + 4).toFixed(1), y: row.y }, text),
    ]
  })
}

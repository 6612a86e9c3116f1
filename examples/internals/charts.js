/** Small charts of what changes: one line each over the last minutes, drawn anew with every answer of the server. */

import { bitrateText, element, msText, setText, svg } from './dom.js'

const historyMs = 180_000
/** What a chart is as wide as, at least. */
const leastMs = 60_000
const [width, height] = [240, 56]

/** @typedef {{ time: number, values: Record<string, number> }} Sample */

/**
 * What a sample is made of: counters become rates, the others are as they are.
 * @type {{ key: string, name: string, text: (value: number) => string, least: number }[]}
 */
const charts = [
  { key: 'in', name: 'Received', text: bitrateText, least: 10_000 },
  { key: 'out', name: 'Sent', text: bitrateText, least: 10_000 },
  { key: 'rtt', name: 'Round trip', text: (value) => msText(value), least: 0.01 },
  { key: 'loss', name: 'Incoming loss', text: (value) => `${(value * 100).toFixed(1)} %`, least: 0.02 },
]

/** The last minutes of one connection. */
export class History {
  /** @type {Sample[]} */
  samples = []
  /** @type {{ time: number, sent: number, received: number, packets: number, lost: number } | null} */
  #last = null

  /**
   * @param {number} time the server's
   * @param {any[]} stats
   */
  add(time, stats) {
    const transport = stats.find(({ type }) => type === 'transport')
    if (!transport || (this.#last && time <= this.#last.time)) return
    const pair = stats.find(({ id }) => id === transport.selectedCandidatePairId)
    const inbound = stats.filter(({ type }) => type === 'inbound-rtp')
    const now = {
      time,
      sent: transport.bytesSent ?? 0,
      received: transport.bytesReceived ?? 0,
      packets: sum(inbound, 'packetsReceived'),
      lost: sum(inbound, 'packetsLost'),
    }
    const last = this.#last
    this.#last = now
    if (!last) return
    /** @type {Record<string, number>} */
    const values = {
      in: rate(now.received - last.received, now.time - last.time),
      out: rate(now.sent - last.sent, now.time - last.time),
    }
    const rtt = pair?.currentRoundTripTime ?? transport.currentRoundTripTime
    if (rtt !== undefined) values.rtt = rtt
    const lost = Math.max(0, now.lost - last.lost)
    const packets = Math.max(0, now.packets - last.packets)
    if (lost + packets > 0) values.loss = lost / (lost + packets)
    this.samples.push({ time, values })
    while (this.samples[0].time < time - historyMs) this.samples.shift()
  }
}

/** The row of charts. */
export class Charts {
  /** @type {{ chart: typeof charts[number], value: HTMLElement, top: HTMLElement, drawing: SVGElement }[]} */
  #cards = []

  /** @param {HTMLElement} place */
  constructor(place) {
    for (const chart of charts) {
      const value = element('strong')
      const top = element('span', { class: 'muted' })
      const drawing = svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' })
      drawing.setAttribute('aria-hidden', 'true')
      const head = element('div', { class: 'chart-head' }, element('span', { text: chart.name }), value)
      place.append(element('figure', { class: `chart ${chart.key}` }, head, drawing, top))
      this.#cards.push({ chart, value, top, drawing })
    }
  }

  /** @param {Sample[]} samples */
  show(samples) {
    for (const { chart, value, top, drawing } of this.#cards) {
      const points = samples.flatMap(({ time, values }) =>
        values[chart.key] === undefined ? [] : [{ time, value: values[chart.key] }],
      )
      const last = points.at(-1)
      const most = Math.max(chart.least, ...points.map((point) => point.value))
      setText(value, last ? chart.text(last.value) : '–')
      setText(
        top,
        points.length > 1
          ? `at most ${chart.text(Math.max(...points.map((point) => point.value)))}`
          : 'waiting for values',
      )
      drawing.replaceChildren(...draw(points, most))
    }
  }
}

/**
 * @param {{ time: number, value: number }[]} points
 * @param {number} most
 * @returns {SVGElement[]}
 */
function draw(points, most) {
  const grid = [0.25, 0.5, 0.75].map((part) =>
    svg('line', { class: 'grid', x1: 0, x2: width, y1: height * part, y2: height * part }),
  )
  if (points.length < 2) return grid
  const end = points[points.length - 1].time
  const span = Math.max(leastMs, end - points[0].time)
  const place = (/** @type {{ time: number, value: number }} */ { time, value }) => {
    const x = width - ((end - time) / span) * width
    const y = height - 2 - (value / most) * (height - 6)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  }
  const line = points.map(place)
  const [firstX, lastX] = [line[0], line[line.length - 1]].map((point) => point.split(',')[0])
  return [
    ...grid,
    svg('polygon', { class: 'area', points: `${firstX},${height} ${line.join(' ')} ${lastX},${height}` }),
    svg('polyline', { class: 'line', points: line.join(' ') }),
  ]
}

/**
 * @param {number} bytes
 * @param {number} ms
 */
function rate(bytes, ms) {
  return Math.max(0, (bytes * 8000) / ms)
}

/**
 * @param {any[]} list
 * @param {string} name
 */
function sum(list, name) {
  return list.reduce((all, one) => all + (one[name] ?? 0), 0)
}

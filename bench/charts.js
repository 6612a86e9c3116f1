/** Bar charts as SVG that can be read on light and on dark pages. */

const WIDTH = 820
const LABELS = 260
const PLOT = WIDTH - LABELS - 70
const BAR = 14
const GAP = 12
const TOP = 66

const style = `
  svg { --paper: #ffffff; --ink: #1f2328; --faint: #6e7781; --grid: #d8dee4; --a: #0969da; --b: #8c959f; --c: #bf5700; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --grid: #30363d; --a: #58a6ff; --b: #6e7681; --c: #f0883e; }
  }
  .paper { fill: var(--paper); } text { fill: var(--ink); font: 13px sans-serif; }
  .title { font-size: 16px; font-weight: 600; } .faint { fill: var(--faint); font-size: 12px; }
  line { stroke: var(--grid); } .s0 { fill: var(--a); } .s1 { fill: var(--b); } .s2 { fill: var(--c); }
`

/**
 * Horizontal bars, each with its value, on an axis that begins at 0.
 * @param {object} chart
 * @param {string} chart.title
 * @param {string} chart.axis what is measured, in which unit
 * @param {string[]} chart.series up to three
 * @param {{ name: string, values: number[] }[]} chart.groups a value for each of the series
 * @param {number} [chart.digits] of the values
 */
export function barChart({ title, axis, series, groups, digits = 2 }) {
  const most = Math.max(...groups.flatMap(({ values }) => values))
  const step = tickStep(most)
  const end = Math.ceil(most / step) * step
  const groupHeight = series.length * BAR + GAP
  const bottom = TOP + groups.length * groupHeight
  /** @param {number} value */
  const x = (value) => LABELS + Math.round((value / end) * PLOT)
  const parts = [
    `<rect class="paper" width="100%" height="100%"/>`,
    text(12, 24, title, 'title'),
    ...legend(series),
  ]
  for (let tick = 0; tick <= end + step / 2; tick += step) {
    parts.push(`<line x1="${x(tick)}" y1="${TOP - 6}" x2="${x(tick)}" y2="${bottom}"/>`)
    parts.push(text(x(tick), bottom + 16, Number(tick.toFixed(6)).toLocaleString('en'), 'faint', 'middle'))
  }
  for (const [index, { name, values }] of groups.entries()) {
    const y = TOP + index * groupHeight
    parts.push(text(LABELS - 10, y + (series.length * BAR) / 2 + 4, name, '', 'end'))
    for (const [at, value] of values.entries()) {
      const width = Math.max(1, x(value) - LABELS)
      parts.push(
        `<rect class="s${at}" x="${LABELS}" y="${y + at * BAR}" width="${width}" height="${BAR - 2}"/>`,
        text(LABELS + width + 5, y + at * BAR + 10, value.toFixed(digits), 'faint'),
      )
    }
  }
  parts.push(text(LABELS + PLOT / 2, bottom + 36, axis, 'faint', 'middle'))
  const size = `width="${WIDTH}" height="${bottom + 48}" viewBox="0 0 ${WIDTH} ${bottom + 48}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">\n<style>${style}</style>\n${parts.join('\n')}\n</svg>\n`
}

/** @param {string[]} series */
function legend(series) {
  if (series.length < 2) return []
  let x = 12
  return series.flatMap((name, index) => {
    const at = x
    x += 40 + name.length * 7
    return [`<rect class="s${index}" x="${at}" y="36" width="12" height="12"/>`, text(at + 18, 47, name)]
  })
}

/** @param {number} most */
function tickStep(most) {
  const power = 10 ** Math.floor(Math.log10(most / 4))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => most / step <= 7) ?? power * 10
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {string} [name] of the class
 * @param {string} [anchor]
 */
function text(x, y, words, name = '', anchor = 'start') {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x}" y="${y}" class="${name}" text-anchor="${anchor}">${escaped}</text>`
}

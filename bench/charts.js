/** Bar charts as SVG that can be read on light and on dark pages. */

const WIDTH = 820
const LABELS = 260
const PLOT = WIDTH - LABELS - 70
const BAR = 14
const GAP = 12
const TOP = 66

// No custom properties: not everything that shows SVG knows them.
const style = `
  text { fill: #1f2328; font: 13px sans-serif; } .title { font-size: 16px; font-weight: 600; }
  .faint { fill: #59636e; font-size: 12px; } .paper { fill: #ffffff; } line { stroke: #d8dee4; }
  .s0 { fill: #0969da; } .s1 { fill: #8c959f; } .s2 { fill: #bf5700; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .faint { fill: #9198a1; } .paper { fill: #0d1117; } line { stroke: #30363d; }
    .s0 { fill: #58a6ff; } .s1 { fill: #6e7681; } .s2 { fill: #f0883e; }
  }
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

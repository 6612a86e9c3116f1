/** Tables and goals out of the benchmarks' results. */

/**
 * @typedef {object} Goal a row of the goals' table
 * @property {string} figure
 * @property {number} limit
 * @property {number | undefined} measured undefined: it was not, and there is no row
 * @property {number} [digits]
 * @property {string} [unit]
 * @property {string} [why] it can't be judged
 * @property {string} [beside] another figure to show
 */

/**
 * @param {string[]} header
 * @param {(string | number)[][]} rows
 */
export function table(header, rows) {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** @param {Goal[]} goals */
export function goalTable(goals) {
  const rows = goals
    .filter(({ measured }) => Number.isFinite(measured))
    .map(({ figure, limit, measured = 0, digits = 2, unit = '', why, beside }) => {
      const verdict = measured <= limit ? 'met' : 'not met'
      const space = unit ? ' ' : ''
      const value = `${measured.toFixed(digits)}${space}${unit}${beside ? ` (${beside})` : ''}`
      return [figure, `≤ ${limit}${space}${unit}`, value, why ? `not judged: ${why}` : verdict]
    })
  return table(['figure', 'goal', 'measured', ''], rows)
}

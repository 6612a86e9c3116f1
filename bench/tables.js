/** Tables, charts and goals out of the benchmarks' results. */

/**
 * @param {string[]} header
 * @param {(string | number)[][]} rows
 */
export function table(header, rows) {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/**
 * Horizontal bars, each with its value.
 * @param {string} title
 * @param {{ name: string, value: number }[]} bars
 */
export function chart(title, bars) {
  const most = Math.max(...bars.map(({ value }) => value))
  const rows = bars.map(({ name, value }, index) => {
    const y = 40 + index * 26
    const width = Math.max(1, Math.round((value / most) * 380))
    return (
      `<text x="250" y="${y + 14}" text-anchor="end">${name}</text>` +
      `<rect x="260" y="${y}" width="${width}" height="18" fill="#4878a8"/>` +
      `<text x="${266 + width}" y="${y + 14}">${value.toFixed(2)}</text>`
    )
  })
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="${50 + bars.length * 26}" ` +
    'font-family="sans-serif" font-size="13">\n<rect width="100%" height="100%" fill="#fff"/>\n' +
    `<text x="10" y="22" font-size="15">${title}</text>\n${rows.join('\n')}\n</svg>\n`
  )
}

/**
 * The goals that these results can judge: goal, measured, met or not.
 * @param {Record<string, any>} results by the case's name
 */
export function goals(results) {
  const { even50, chromium50, nice50, even1000, even100, even50x2, connectLite, connectNice, idle } = results
  const even = [even50]
  const chromium = [chromium50]
  /** @type {[string, number | undefined, number, number, any[]?][]} name, measured, limit, digits, runs it rests on */
  const judged = [
    ['lite, GCM, evenly spaced, N = 50: CPU per packet / floor', ratio(even50, 'floorUs'), 1.15, 2, even],
    ["Chromium's frames, N = 50 / floor with trains", ratio(chromium50, 'floorTrainsUs'), 1.25, 2, chromium],
    ["Chromium's frames, N = 50 / usual design", ratio(chromium50, 'libsrtpSendmsgUs'), 0.4, 2, chromium],
    [
      'nice / lite, evenly spaced, N = 50',
      nice50 && even50 && nice50.us / even50.us,
      1.2,
      2,
      [nice50, even50],
    ],
    ['N = 1000 / N = 100', even1000 && even100 && even1000.us / even100.us, 1.05, 2, [even1000, even100]],
    [
      'room over 2 workers / 1, CPU per packet',
      even50x2 && even50 && even50x2.us / even50.us,
      1.1,
      2,
      [even50x2, even50],
    ],
    ['added latency p50, µs', even50?.latencyUs.p50, 150, 0],
    ['added latency p99, µs', even50?.latencyUs.p99, 1200, 0],
    ['memory per connected lite viewer, KB', idle?.memoryKbPerViewer, 64, 1],
    ['joining, native CPU per viewer, ms', idle?.joinCpuMs, 1, 2],
    ['1,000 idle viewers, % of a core', idle && (idle.idleCores * 100 * 1000) / idle.viewers, 3, 2],
    ['loopback connect nice, median ms', connectNice?.connectMs.median, 30, 1],
    ['loopback connect lite, median ms', connectLite?.connectMs.median, 10, 1],
  ]
  const rows = judged
    .filter(([, value]) => value !== undefined && Number.isFinite(value))
    .map(([name, value, limit, digits, runs = []]) => {
      const number = value ?? 0
      const verdict = number <= limit ? 'met' : 'not met'
      return [
        name,
        `≤ ${limit}`,
        number.toFixed(digits),
        runs.every(isSound) ? verdict : 'no verdict: starved',
      ]
    })
  return table(['figure', 'goal', 'measured', ''], rows)
}

/**
 * A server that is starved builds up a backlog, and what is sent from a backlog leaves in long trains: cheap, and no
 * measure of anything.
 * @param {any} result
 */
function isSound(result) {
  return result.delivered >= 0.999 && result.latencyUs.p99 < 20_000
}

/**
 * @param {any} result
 * @param {string} floor
 */
function ratio(result, floor) {
  return result && result.us / result[floor]
}

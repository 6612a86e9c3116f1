/**
 * npm run bench [-- name ...]: builds and runs every section of the benchmarks (or the named sections or cases) and
 * prints tables; --write puts whole sections, the results as JSON and charts into docs/. --quick has few rounds. With --smoke
 * everything is brief and nothing is written: that is what npm test does.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import path from 'node:path'
import { buildAddon } from '../lib/setup/addon.js'
import { out, root } from './fanout.js'
import { goalTable } from './tables.js'

/**
 * @typedef {object} Options
 * @property {number} rounds
 * @property {boolean} isSmoke
 * @property {boolean} isQuick
 * @property {string[] | undefined} names only these cases; undefined: all
 */
/**
 * @typedef {object} Section a file of this folder that exports `section`
 * @property {string} name also that of its place in docs/performance.md
 * @property {string[]} names of its cases, which can be asked for one by one
 * @property {(options: Options) => Promise<any>} run returns its results, which go into the JSON file
 * @property {(results: any) => string} table
 * @property {(results: any) => import('./tables.js').Goal[]} goals
 * @property {(results: any) => Record<string, string>} charts SVG by file name
 */

// Each may be missing.
const files = ['forwarding', 'latency', 'connecting', 'js', 'peers']
const folder = path.join(root, 'docs', 'performance')
const record = path.join(folder, 'results.json')
const words = process.argv.slice(2)
const flags = words.filter((word) => word.startsWith('--'))
const named = words.filter((word) => !word.startsWith('--'))
const isSmoke = flags.includes('--smoke')
const isQuick = flags.includes('--quick')

await build()
const sections = await loadSections()
const chosen = chooseSections()
const load = loadavg()[0].toFixed(1)
/** @type {Record<string, any>} */
const results = {}
for (const section of chosen) {
  const names = named.includes(section.name) || named.length === 0 ? undefined : named
  results[section.name] = await section.run({
    rounds: isSmoke ? 1 : isQuick ? 3 : 9,
    isSmoke,
    isQuick,
    names,
  })
  if (Object.keys(results[section.name]).length > 0)
    console.log(`\n${section.table(results[section.name])}\n`)
  // One by one: a run that is broken off has not been for nothing.
  if (flags.includes('--write') && !isSmoke && !names) write(section)
}
if (isSmoke) {
  const script = path.join(root, 'bench', 'instructions.js')
  execFileSync(process.execPath, [script, '--smoke'], { stdio: 'inherit' })
} else {
  console.log(goalTable(chosen.flatMap((section) => section.goals(results[section.name]))))
}

/** The programs in C, and the addon when its sources have changed. */
async function build() {
  mkdirSync(out, { recursive: true })
  execFileSync('make', ['-s', '-j2', '-C', path.join(root, 'bench')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await buildAddon()
}

/** @returns {Promise<Section[]>} */
async function loadSections() {
  const loaded = []
  for (const name of files) {
    const file = path.join(root, 'bench', `${name}.js`)
    if (existsSync(file)) loaded.push((await import(file)).section)
  }
  return loaded
}

/** Those that are named, or have cases that are. */
function chooseSections() {
  const known = sections.flatMap(({ name, names }) => [name, ...names])
  const unknown = named.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`no ${unknown.join(', ')}; there are ${known.join(', ')}`)
  if (named.length === 0) return sections
  return sections.filter(({ name, names }) => [name, ...names].some((one) => named.includes(one)))
}

/**
 * Puts a section's results into docs/; others keep what they had.
 * @param {Section} section
 */
function write({ name, table, charts }) {
  const page = path.join(root, 'docs', 'performance.md')
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Linux ${release()}, Node ${process.version}, load average ${load} before`
  const earlier = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')).results : {}
  const all = { ...earlier, [name]: results[name] }
  const judged = sections.filter((one) => all[one.name]).flatMap((one) => one.goals(all[one.name]))
  const drawn = Object.entries(charts(results[name]))
  const images = drawn.map(([file]) => `\n\n![${path.parse(file).name}](performance/${file})`).join('')
  const contents = { machine, [name]: table(results[name]) + images, goals: goalTable(judged) }
  let text = readFileSync(page, 'utf8')
  for (const [place, content] of Object.entries(contents))
    text = text.replace(new RegExp(`(<!-- ${place} -->)[\\s\\S]*?(<!-- end -->)`), `$1\n\n${content}\n\n$2`)
  writeFileSync(page, text)
  mkdirSync(folder, { recursive: true })
  writeFileSync(record, `${JSON.stringify({ machine, results: all }, shorten, 2)}\n`)
  execFileSync(path.join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', record], {
    stdio: 'ignore',
  })
  for (const [file, svg] of drawn) writeFileSync(path.join(folder, file), svg)
}

/**
 * @param {string} _key
 * @param {any} value
 */
function shorten(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}

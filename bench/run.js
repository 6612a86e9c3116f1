/**
 * npm run bench [-- case ...]: builds and runs every benchmark (or those named), prints tables, and with --write puts
 * them, the results as JSON and charts into docs/. --full adds 1,000 viewers, --quick has 2 rounds. With --smoke two cases run briefly and
 * nothing is written: that is what npm test does.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chart, goals, table } from './tables.js'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'))
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const isSmoke = flags.includes('--smoke')
const rounds = flags.includes('--quick') ? 2 : 5
const isFull = flags.includes('--full') || named.length > 0
const pairCount = isSmoke ? 10 : 100
const recorded = path.join(root, 'bench', 'data', 'chromium.json')
const out = path.join(root, 'build', 'bench')

/**
 * @typedef {{ title: string, args: string[], full?: boolean }} Case
 * @type {Record<string, Case>}
 */
const cases = {
  connectLite: { title: 'connecting, lite', args: ['--viewers', '100', '--connect', '1', '--rounds', '1'] },
  connectNice: {
    title: 'connecting, nice',
    args: ['--viewers', '100', '--connect', '1', '--rounds', '1', '--ice', 'nice'],
  },
  even1: { title: 'evenly spaced, N = 1', args: even(1, 1000) },
  even10: { title: 'evenly spaced, N = 10', args: even(10, 1000) },
  even50: { title: 'evenly spaced, N = 50', args: even(50, 1000) },
  nice50: { title: 'evenly spaced, N = 50, nice', args: [...even(50, 1000), '--ice', 'nice'] },
  cm50: { title: 'evenly spaced, N = 50, CM_SHA1_80', args: [...even(50, 1000), '--profile', 'cm'] },
  even50x2: { title: 'evenly spaced, N = 50, 2 workers', args: [...even(50, 1000), '--workers', '2'] },
  audio50: { title: 'audio, N = 50', args: [...even(50, 20_000), '--size', '100', '--packets', '150'] },
  even100: { title: 'evenly spaced, N = 100', args: even(100, 2000) },
  even200: { title: 'evenly spaced, N = 200', args: even(200, 4000) },
  chromium50: { title: "Chromium's frames, N = 50", args: chromium(50) },
  chromiumNice50: { title: "Chromium's frames, N = 50, nice", args: [...chromium(50), '--ice', 'nice'] },
  chromium200: { title: "Chromium's frames, N = 200", args: chromium(200) },
  idle: {
    title: 'idle, 200 viewers',
    args: ['--viewers', '200', '--idle-ms', '5000', '--rounds', '1', '--packets', '50'],
  },
  even1000: { title: 'evenly spaced, N = 1000', args: even(1000, 20_000), full: true },
}
const smokeCases = {
  even50: { title: 'lite, briefly', args: ['--viewers', '5', '--rounds', '1', '--packets', '100'] },
  nice50: {
    title: 'nice, briefly',
    args: ['--viewers', '5', '--rounds', '1', '--packets', '100', '--ice', 'nice'],
  },
}

/**
 * @param {number} viewers
 * @param {number} intervalUs
 */
function even(viewers, intervalUs) {
  const packets = Math.min(1000, Math.round(1_000_000 / intervalUs))
  const words = ['--viewers', viewers, '--interval-us', intervalUs, '--packets', packets, '--rounds', rounds]
  return words.map(String)
}

/** @param {number} viewers */
function chromium(viewers) {
  return ['--viewers', String(viewers), '--steps', path.join(out, 'chromium.txt'), '--rounds', String(rounds)]
}

function build() {
  mkdirSync(out, { recursive: true })
  execFileSync('make', ['-s', '-j2', '-C', path.join(root, 'bench')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (!existsSync(recorded)) return
  const { steps } = JSON.parse(readFileSync(recorded, 'utf8'))
  const lines = steps.map((/** @type {number[]} */ step) => `${step.join(' ')}\n`)
  writeFileSync(path.join(out, 'chromium.txt'), lines.join(''))
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function runJson(program, args) {
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8', timeout: 300_000 }))
}

/** @returns {Record<string, any>} */
function runCases() {
  const chosen = Object.entries(isSmoke ? smokeCases : cases).filter(
    ([name, { full, args }]) =>
      (named.length === 0 || named.includes(name)) &&
      (isFull || !full) &&
      (!args.includes('--steps') || existsSync(recorded)),
  )
  /** @type {[string, any][]} */
  const results = []
  for (const [name, { title, args }] of chosen) {
    const result = runJson(path.join(out, 'fanout'), args)
    results.push([name, { title, ...result }])
    console.log(`${title}: ${result.us} µs per packet, floor ${result.floorUs}`)
  }
  return Object.fromEntries(results)
}

build()
const results = runCases()
const forwardTable = table(
  [
    'case',
    'CPU µs per packet',
    'floor',
    'floor, trains',
    'EVP + sendmsg',
    'libsrtp + sendmsg',
    'p50 / p99 µs',
    'arrived',
  ],
  Object.values(results).map((result) => [
    result.title,
    result.us.toFixed(2),
    result.floorUs.toFixed(2),
    result.floorTrainsUs.toFixed(2),
    result.evpSendmsgUs.toFixed(2),
    result.libsrtpSendmsgUs.toFixed(2),
    `${result.latencyUs.p50} / ${result.latencyUs.p99}`,
    `${(result.delivered * 100).toFixed(1)} %`,
  ]),
)
console.log(`\n${forwardTable}\n`)
if (isSmoke && Object.values(results).some(({ delivered }) => delivered < 0.5))
  throw new Error('packets did not arrive')
if (isSmoke) {
  const script = path.join(root, 'bench', 'instructions.js')
  execFileSync(process.execPath, [script, '--smoke'], { stdio: 'inherit' })
}
if (!isSmoke) console.log(`${goals(results)}\n`)

if (named.length === 0) {
  const script = path.join(root, 'bench', 'connect.js')
  const connect = runJson(process.execPath, ['--expose-gc', script, String(pairCount)])
  const connectTable = table(
    ['creation to both READY', 'CPU per connection', 'memory per connection'],
    [
      [
        `median ${connect.medianMs.toFixed(1)} ms, p95 ${connect.p95Ms.toFixed(1)} ms, p99 ${connect.p99Ms.toFixed(1)} ms`,
        `${connect.cpuMsPerConnection.toFixed(2)} ms`,
        `${connect.memoryKbPerConnection.toFixed(0)} KB`,
      ],
    ],
  )
  console.log(`Connecting from JS, ${pairCount} pairs\n\n${connectTable}\n`)
  if (flags.includes('--write')) writePage(connectTable)
}

/** @param {string} connectTable */
function writePage(connectTable) {
  const file = path.join(root, 'docs', 'performance.md')
  const folder = path.join(root, 'docs', 'performance')
  const load = `load average ${loadavg()[0]?.toFixed(1)}`
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Linux ${release()}, Node ${process.version}, ${load}`
  const text = readFileSync(file, 'utf8')
    .replace(/(<!-- machine -->)[\s\S]*?(<!-- end -->)/, `$1\n${machine}\n$2`)
    .replace(/(<!-- connect -->)[\s\S]*?(<!-- end -->)/, `$1\n\n${connectTable}\n\n$2`)
    .replace(/(<!-- fanout -->)[\s\S]*?(<!-- end -->)/, `$1\n\n${forwardTable}\n\n$2`)
    .replace(/(<!-- goals -->)[\s\S]*?(<!-- end -->)/, `$1\n\n${goals(results)}\n\n$2`)
  writeFileSync(file, text)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'results.json'), `${JSON.stringify({ machine, results }, null, 2)}\n`)
  const bars = Object.values(results).map(({ title, us }) => ({ name: title, value: us }))
  writeFileSync(path.join(folder, 'cpu.svg'), chart('CPU µs per forwarded packet', bars))
}

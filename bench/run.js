/**
 * npm run bench: builds and runs every benchmark, prints tables, and with --write puts them into docs/performance.md.
 * With --smoke everything runs once, briefly, and nothing is written: that is what npm test does.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const smoke = process.argv.includes('--smoke')
const rounds = smoke ? 1 : 5
const viewerCounts = smoke ? [5] : [1, 5, 20, 50]
const packetCount = smoke ? 200 : 2000
const pairCount = smoke ? 10 : 100

/** Builds bench/fanout.c with the core, optimised like a release. */
function buildFanout() {
  const out = path.join(root, 'build', 'bench')
  mkdirSync(out, { recursive: true })
  const floors = ['base', 'wire', 'transport', 'media', 'session', 'io']
  const sources = floors.flatMap((floor) => {
    const folder = path.join(root, 'csrc', floor)
    return readdirSync(folder)
      .filter((name) => name.endsWith('.c'))
      .map((name) => path.join(folder, name))
  })
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'nice', 'libsrtp2', 'openssl'], {
    encoding: 'utf8',
  })
  const program = path.join(out, 'fanout')
  execFileSync('gcc', [
    ...['-std=c17', '-O2', '-D_GNU_SOURCE', '-pthread', `-I${root}/csrc`, '-o', program],
    ...[path.join(root, 'bench', 'fanout.c'), ...sources],
    ...flags.trim().split(/\s+/),
  ])
  return program
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function runJson(program, args) {
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8', timeout: 300_000 }))
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/**
 * @param {string[]} header
 * @param {(string | number)[][]} rows
 */
function table(header, rows) {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const fanout = buildFanout()

const connect = runJson(process.execPath, [
  '--expose-gc',
  path.join(root, 'bench', 'connect.js'),
  String(pairCount),
])
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
console.log(`Connecting, ${pairCount} pairs\n\n${connectTable}\n`)

const rows = viewerCounts.map((viewers) => {
  const runs = Array.from({ length: rounds }, () => runJson(fanout, [String(viewers), String(packetCount)]))
  return [
    viewers,
    median(runs.map((run) => run.cpuUsPerPacket)).toFixed(2),
    median(runs.map((run) => run.floorUsPerPacket)).toFixed(2),
    median(runs.map((run) => run.ratio)).toFixed(2),
  ]
})
const fanoutTable = table(
  ['viewers', 'CPU µs per forwarded packet', 'bare encrypt-and-send, same run', 'ratio'],
  rows,
)
console.log(`Forwarding, 1200-byte packets, 500 a second, AEAD_AES_128_GCM\n\n${fanoutTable}\n`)

if (process.argv.includes('--write')) {
  const file = path.join(root, 'docs', 'performance.md')
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Linux ${release()}, Node ${process.version}`
  const text = readFileSync(file, 'utf8')
    .replace(/(<!-- machine -->)[\s\S]*?(<!-- end -->)/, `$1\n${machine}\n$2`)
    .replace(/(<!-- connect -->)[\s\S]*?(<!-- end -->)/, `$1\n\n${connectTable}\n\n$2`)
    .replace(/(<!-- fanout -->)[\s\S]*?(<!-- end -->)/, `$1\n\n${fanoutTable}\n\n$2`)
  writeFileSync(file, text)
}

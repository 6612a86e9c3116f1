/**
 * npm run bench:instructions: counts by callgrind what forwarding a packet takes and compares with what is on record.
 * --write puts the new count on record; --smoke, for npm test, allows for another OpenSSL or processor.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const tolerance = process.argv.includes('--smoke') ? 0.1 : 0.03
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const record = path.join(root, 'bench', 'data', 'instructions.json')
const out = path.join(root, 'build', 'bench')

if (!hasValgrind()) {
  console.log('instructions: valgrind is not installed, nothing was counted')
  process.exit(0)
}
execFileSync('make', ['-s', '-j2', '-C', path.join(root, 'bench'), '../build/bench/instructions'], {
  stdio: ['ignore', 'inherit', 'inherit'],
})
const profile = path.join(out, 'callgrind.out')
const forwarded = Number(
  execFileSync(
    'valgrind',
    [
      ...[
        '--tool=callgrind',
        '--toggle-collect=urchin_router_flush',
        `--callgrind-out-file=${profile}`,
        '-q',
      ],
      path.join(out, 'instructions'),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 120_000 },
  ),
)
const total = Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(profile, 'utf8'))?.[1])
const perPacket = Math.round(total / forwarded)
rmSync(profile)
if (process.argv.includes('--write')) {
  writeFileSync(record, `{ "perPacket": ${perPacket} }\n`)
  console.log(`instructions: ${perPacket} per forwarded packet, now on record`)
} else {
  const expected = JSON.parse(readFileSync(record, 'utf8')).perPacket
  const change = perPacket / expected - 1
  console.log(
    `instructions: ${perPacket} per forwarded packet, ${expected} on record (${(change * 100).toFixed(1)} %)`,
  )
  if (change > tolerance) throw new Error('forwarding has become dearer: find out why, or --write it')
}

function hasValgrind() {
  try {
    execFileSync('valgrind', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

// `npm test`: makes the machine ready, then runs every check, however many fail, and sums up.
//   node test/run.js              everything
//   node test/run.js lint c       only these groups: lint, c, js, e2e, natlab
// Only Node's own modules here: in a fresh clone there is no node_modules yet.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { prepare } from '../lib/setup/prepare.js'
import { main, root } from '../lib/setup/run.js'
import { whyNoLab } from './natlab/needs.js'

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} group
 * @property {() => [string, ...string[]] | undefined} command undefined: there is nothing to run
 * @property {NodeJS.ProcessEnv} [env]
 * @property {(output: string) => Counts} [count] the tests in its output; without it the step is one check
 * @property {number} [minutes] after so long it has failed
 * @property {() => string | undefined} [whyNot] why this machine can't run it: then it is left out, and that is said
 */
/** @typedef {{ passed: number, failed: number }} Counts */

const logs = join(root, 'build', 'test', 'logs')
const jobs = `-j${availableParallelism()}`

/** @type {Step[]} */
const steps = [
  {
    name: 'format and lint: biome',
    group: 'lint',
    command: () => bin('biome', 'check', '--error-on-warnings'),
  },
  { name: 'format: clang-format', group: 'lint', command: clangFormat },
  { name: 'lint: cppcheck', group: 'lint', command: cppcheck },
  { name: 'types: tsc, .d.ts up to date', group: 'lint', command: () => nodeScript('test/support/types.js') },
  {
    name: 'types: as users see them',
    group: 'lint',
    command: () => bin('tsc', '-p', 'test/types'),
  },
  {
    name: 'types: browser tests and pages',
    group: 'lint',
    command: () => bin('tsc', '-p', 'test/tsconfig.json'),
  },
  {
    name: 'house rules',
    group: 'lint',
    command: () => nodeTest('house-rules', ['test/structure']),
    count: countTap('house-rules'),
  },
  { name: 'C tests', group: 'c', command: () => make('test/csrc'), count: countCmocka },
  {
    name: 'C tests: address and undefined behaviour sanitizers',
    group: 'c',
    command: () => make('test/csrc', 'SANITIZE=address,undefined'),
    count: countCmocka,
  },
  {
    name: 'C tests: thread sanitizer',
    group: 'c',
    command: () => make('test/csrc', 'SANITIZE=thread', 'TESTS=io'),
    count: countCmocka,
  },
  { name: 'C fuzz targets, briefly', group: 'c', command: () => make('test/fuzz', 'smoke') },
  { name: 'native addon', group: 'build', command: () => nodeScript('lib/setup/build.js') },
  { name: 'JS tests', group: 'js', command: () => nodeTest('js', ['test/lib']), count: countTap('js') },
  ...bindingSteps(),
  { name: 'benchmarks, briefly', group: 'js', command: () => nodeScript('bench/run.js', '--smoke') },
  ...browserSteps(),
  {
    name: 'networks: NATs, firewalls, bad links',
    group: 'natlab',
    command: () => nodeTest('natlab', ['test/natlab']),
    count: countTap('natlab'),
    minutes: 15,
    whyNot: whyNoLab,
  },
]

await main(() => prepare({ tests: true }))

const groups = process.argv.slice(2)
const chosen = steps.filter((step) => groups.length === 0 || groups.includes(step.group) || isNeeded(step))
if (chosen.length === 0) throw new Error(`no such group: ${groups.join(' ')}`)
mkdirSync(logs, { recursive: true })
const startedMs = Date.now()
/** @type {string[]} */
const summary = []
const total = { passed: 0, failed: 0 }
for (const step of chosen) await runStep(step)
process.stdout.write(`\n${summary.join('\n')}\n\n`)
process.stdout.write(`${total.passed} passed, ${total.failed} failed (${seconds(startedMs)} s)\n`)
process.exit(total.failed === 0 ? 0 : 1)

/**
 * Everything over both kinds of ICE and both numbers of workers; of two combinations only what opens connections and
 * forwards between them.
 * @param {string} name
 * @param {string} group
 * @param {RegExp} core the files for those two
 * @param {(ice: string, workers: string) => NodeJS.ProcessEnv} envOf
 * @returns {Step[]}
 */
function combinations(name, group, core, envOf) {
  return [
    { ice: 'nice', workers: '3' },
    { ice: 'lite', workers: '1' },
    { ice: 'nice', workers: '1', only: core },
    { ice: 'lite', workers: '3', only: core },
  ].map(({ ice, workers, only }) => {
    const log = `${group}-${ice}-${workers}`
    const folder = group === 'e2e' ? 'test/e2e' : 'test/binding'
    return {
      name: `${name}, ICE ${ice}, workers ${workers}${only ? ': the core of them' : ''}`,
      group,
      command: () => nodeTest(log, [folder], only),
      env: envOf(ice, workers),
      count: countTap(log),
      minutes: 12,
    }
  })
}

function bindingSteps() {
  // What the others are about, the ends of processes and the functions of STUN, knows no kind of ICE.
  return combinations('binding tests', 'js', /(hostile|lite|native-worker)\.test\.js$/, (ice, workers) => ({
    URCHIN_TEST_ICE: ice,
    URCHIN_TEST_WORKERS: workers,
  }))
}

function browserSteps() {
  return combinations('browser tests', 'e2e', /conference\.test\.js$/, (ice, workers) => ({
    ...(ice === 'lite' && { URCHIN_ICE: 'lite' }),
    URCHIN_WORKERS: workers,
  }))
}

/**
 * JS and browser tests run on the addon.
 * @param {Step} step
 */
function isNeeded(step) {
  return step.group === 'build' && ['js', 'e2e', 'natlab'].some((group) => groups.includes(group))
}

/** @param {Step} step */
async function runStep(step) {
  const command = step.command()
  if (!command) {
    summary.push(`  -  ${step.name}: nothing to run`)
    return
  }
  const whyNot = step.whyNot?.()
  if (whyNot) {
    summary.push(`  -  ${step.name}: SKIPPED, ${whyNot}`)
    return
  }
  process.stdout.write(`\n=== ${step.name}\n`)
  const stepStartedMs = Date.now()
  const { code, output, isLate } = await runCommand(command, step)
  const counts = step.count ? step.count(output) : { passed: 0, failed: 0 }
  // A program that dies takes its own count with it, tests that nobody ran prove nothing, and any other step is one check.
  const isMissing = step.count && counts.passed === 0
  if ((code !== 0 || isMissing) && counts.failed === 0) counts.failed = 1
  if (code === 0 && !step.count) counts.passed = 1
  total.passed += counts.passed
  total.failed += counts.failed
  const mark = counts.failed === 0 ? 'ok ' : 'BAD'
  const tests = step.count ? `: ${counts.passed} passed, ${counts.failed} failed` : ''
  summary.push(
    `${mark}  ${step.name}${tests}${isLate ? ', stopped: too slow' : ''} (${seconds(stepStartedMs)} s)`,
  )
}

/**
 * Runs one program, showing its output and keeping it.
 * @param {[string, ...string[]]} command
 * @param {Step} step
 * @returns {Promise<{ code: number, output: string, isLate: boolean }>}
 */
function runCommand([program, ...args], step) {
  return new Promise((resolve) => {
    // A process group of its own, so that a step that is too slow takes its browsers with it.
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...step.env },
      detached: true,
    })
    /** @type {string[]} */
    const chunks = []
    let isLate = false
    const stop = () => stopGroup(child.pid)
    const timer = setTimeout(
      () => {
        isLate = true
        stop()
      },
      (step.minutes ?? 8) * 60_000,
    )
    const onSignal = () => {
      stop()
      process.exit(130)
    }
    process.once('SIGINT', onSignal)
    process.once('SIGTERM', onSignal)
    /** @param {number} code */
    const finish = (code) => {
      clearTimeout(timer)
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      resolve({ code, output: chunks.join(''), isLate })
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text) => {
        chunks.push(text)
        process.stdout.write(text)
      })
    }
    child.on('error', (error) => {
      process.stdout.write(`${program}: ${error.message}\n`)
      finish(127)
    })
    child.on('close', (code) => finish(code ?? 128))
  })
}

/** @param {number | undefined} pid */
function stopGroup(pid) {
  try {
    if (pid) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended in the meantime.
  }
}

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {[string, ...string[]]}
 */
function bin(name, ...args) {
  return [join(root, 'node_modules', '.bin', name), ...args]
}

/**
 * @param {string} path
 * @param {string[]} args
 * @returns {[string, ...string[]] | undefined}
 */
function nodeScript(path, ...args) {
  return existsSync(join(root, path)) ? [process.execPath, path, ...args] : undefined
}

/** @returns {[string, ...string[]] | undefined} */
function clangFormat() {
  const files = filesIn(['csrc', 'binding', 'test'], /\.(c|h|cc)$/)
  return files.length > 0 ? ['clang-format', '--dry-run', '-Werror', ...files] : undefined
}

/** @returns {[string, ...string[]]} */
function cppcheck() {
  const checks = [
    '--enable=warning,performance,portability',
    '--inline-suppr',
    '--error-exitcode=1',
    '--quiet',
  ]
  // Without their headers cppcheck knows no GLib or OpenSSL macro; it is told so, instead of reporting each one.
  const suppressed = ['--suppress=missingIncludeSystem', '--suppress=unknownMacro']
  return [
    'cppcheck',
    ...checks,
    ...suppressed,
    jobs.replace('-j', '-j '),
    '--std=c11',
    '-Icsrc',
    'csrc',
  ].flatMap((word) => word.split(' '))
}

/**
 * @param {string} folder
 * @param {string[]} args
 * @returns {[string, ...string[]] | undefined}
 */
function make(folder, ...args) {
  return existsSync(join(root, folder, 'Makefile'))
    ? ['make', '--no-print-directory', '-k', jobs, '-C', folder, ...args]
    : undefined
}

/**
 * @param {string} name of the file that keeps the result for counting
 * @param {string[]} folders
 * @param {RegExp} [pattern] of the files; default: all tests
 * @returns {[string, ...string[]] | undefined}
 */
function nodeTest(name, folders, pattern = /\.test\.js$/) {
  const files = filesIn(folders, pattern)
  if (files.length === 0) return undefined
  const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout']
  reporters.push('--test-reporter=tap', `--test-reporter-destination=${join(logs, `${name}.tap`)}`)
  return [process.execPath, '--test', '--test-concurrency=1', '--test-timeout=240000', ...reporters, ...files]
}

/**
 * @param {string} name
 * @returns {() => Counts}
 */
function countTap(name) {
  return () => {
    const path = join(logs, `${name}.tap`)
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    /** @param {string} what */
    const number = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
    return { passed: number('pass'), failed: number('fail') + number('cancelled') }
  }
}

/**
 * @param {string} output
 * @returns {Counts}
 */
function countCmocka(output) {
  /** @param {RegExp} pattern */
  const sum = (pattern) => [...output.matchAll(pattern)].reduce((all, match) => all + Number(match[1]), 0)
  return {
    passed: sum(/^\[ {2}PASSED {2}\] (\d+) test/gm),
    failed: sum(/^\[ {2}FAILED {2}\] (\d+) test/gm),
  }
}

/**
 * @param {string[]} folders
 * @param {RegExp} pattern
 * @returns {string[]} paths from the top directory, in a stable order
 */
function filesIn(folders, pattern) {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, String(path))),
    )
    .filter((path) => pattern.test(path) && !path.includes('node_modules'))
    .sort()
}

/** @param {number} sinceMs */
function seconds(sinceMs) {
  return Math.round((Date.now() - sinceMs) / 1000)
}

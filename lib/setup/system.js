// Sees to it that the system packages are there: by apt where we may, else by telling which ones to install.

import { readFileSync } from 'node:fs'
import { systemPackages } from '../system-packages.js'
import { probe, run, SetupError, say } from './run.js'

/** @typedef {'build' | 'run' | 'test'} Purpose what packages are needed for */

// Another apt (a fresh machine's unattended-upgrades) may hold the lock for minutes.
const aptOptions = ['-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3', '-q']
const installOptions = ['install', '-y', '--no-install-recommends']

/** What a build needs, asked of the tools themselves: holds on every distribution. */
const pkgConfigModules = ['nice', 'libsrtp2', 'openssl', 'glib-2.0']

/**
 * Installs the missing system packages of a Debian-like system, or throws a SetupError that names them.
 * @param {Purpose[]} purposes
 */
export async function installSystemPackages(purposes) {
  await installNeeded(purposes)
  if (purposes.includes('test')) await installExtra()
}

/** @param {Purpose[]} purposes */
async function installNeeded(purposes) {
  const isEnough = () => canBuild() && (!purposes.includes('test') || canTest())
  if (!probe('dpkg-query', ['--version']).ok) {
    if (isEnough()) return
    throw new SetupError(explain(purposes))
  }
  const missing = missingDebianPackages(purposes)
  if (missing.length === 0) return
  const sudo = findSudo()
  if (!sudo || !probe('apt-get', ['--version']).ok) {
    if (isEnough()) return
    throw new SetupError(explain(purposes, missing))
  }
  say(`system packages: installing ${missing.length} with apt-get: ${missing.join(' ')}`)
  if (!probe('apt-get', [...installOptions, '--dry-run', ...missing]).ok) await update(sudo)
  if (await apt(sudo, [...installOptions, ...missing])) return
  // Package lists age: files they name are gone from the mirror. One more try with fresh ones.
  await update(sudo)
  if (!(await apt(sudo, [...installOptions, ...missing]))) {
    throw new SetupError(
      `apt-get could not install them (its own message stands above).\n${explain(purposes, missing)}`,
    )
  }
}

/** What not every distribution and processor has: tests that want it are skipped without. */
async function installExtra() {
  if (!probe('dpkg-query', ['--version']).ok) return
  const sudo = findSudo()
  const offered = missingDebianPackages(['extra']).filter(
    (name) => probe('apt-get', [...installOptions, '--dry-run', name]).ok,
  )
  if (sudo && offered.length > 0) await apt(sudo, [...installOptions, ...offered])
}

/**
 * @param {(Purpose | 'extra')[]} purposes
 * @returns {string[]} packages that dpkg does not have
 */
export function missingDebianPackages(purposes) {
  const wanted = purposes.flatMap((purpose) => systemPackages.debian[purpose])
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's placeholders, not ours
  const { output } = probe('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...wanted])
  const installed = new Set()
  for (const line of output.split('\n')) {
    const [name, status] = line.split(' ')
    if (status === 'installed') installed.add(name)
  }
  return [...new Set(wanted)].filter((name) => !installed.has(name))
}

/**
 * The packages to install by hand, for each kind of system; the one we are on comes first.
 * @param {Purpose[]} purposes
 * @param {string[]} [missing] what is known to be missing here, on Debian and its relatives
 * @returns {string}
 */
export function explain(purposes, missing) {
  /** @param {keyof typeof systemPackages} system */
  const list = (system) =>
    [...new Set(purposes.flatMap((purpose) => systemPackages[system][purpose]))].join(' ')
  const commands = [
    ['debian', 'Debian, Ubuntu', `apt-get install ${list('debian')}`],
    ['fedora', 'Fedora', `dnf install ${list('fedora')}`],
    ['alpine', 'Alpine', `apk add ${list('alpine')}`],
    ['macos', 'macOS (Homebrew)', `brew install ${list('macos')}`],
  ]
  const here = currentSystem()
  commands.sort((a, b) => Number(b[0] === here) - Number(a[0] === here))
  const reason = missing
    ? `these system packages are missing, and installing them takes root (or sudo):\n  ${missing.join(' ')}`
    : 'system packages are missing, and they can be installed for you only on Debian or Ubuntu.'
  const lines = commands.map(([, name, command]) => `  ${name}:\n    ${command}`)
  return `${reason}\nInstall them as root, then run this again:\n${lines.join('\n')}`
}

/** Whether compilers and libraries are there, whatever package they came from. */
export function canBuild() {
  const tools = ['make', 'python3'].every((tool) => probe(tool, ['--version']).ok)
  const compiler = probe('c++', ['--version']).ok
  return tools && compiler && probe('pkg-config', ['--exists', ...pkgConfigModules]).ok
}

function canTest() {
  const tools = ['clang', 'clang-format', 'cppcheck'].every((tool) => probe(tool, ['--version']).ok)
  return tools && probe('pkg-config', ['--exists', 'cmocka']).ok
}

function currentSystem() {
  if (process.platform === 'darwin') return 'macos'
  try {
    const release = readFileSync('/etc/os-release', 'utf8')
    const ids = release.split('\n').filter((line) => /^ID(_LIKE)?=/.test(line))
    return ['debian', 'fedora', 'alpine'].find((name) => ids.some((line) => line.includes(name)))
  } catch {
    return undefined
  }
}

/** @returns {string[] | undefined} the words to put before a command to run it as root; undefined: we cannot */
function findSudo() {
  if (process.getuid?.() === 0) return []
  if (probe('sudo', ['-n', 'true']).ok) return ['sudo', '-n']
  // With a person at the terminal sudo can ask for the password itself.
  if (process.stdin.isTTY && probe('sudo', ['--version']).ok) return ['sudo']
  return undefined
}

/** @param {string[]} sudo */
async function update(sudo) {
  say('system packages: reading the package lists')
  // One broken third-party source fails the update as a whole; Debian's own lists may be fine all the same.
  if (!(await apt(sudo, ['update']))) say('apt-get update had errors; going on with what it got')
}

/**
 * @param {string[]} sudo
 * @param {string[]} args
 */
async function apt(sudo, args) {
  const command = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...aptOptions, ...args]
  return (await run(command[0], command.slice(1))) === 0
}

// Sees to it that node_modules holds what package-lock.json asks for.

import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root, run, SetupError, say } from './run.js'

/** @typedef {{ version?: string, dev?: boolean, optional?: boolean, devOptional?: boolean }} LockEntry */

/**
 * Runs `npm ci` unless what it would install is there already.
 * @param {{ dev: boolean }} options dev: also what only tests and development need
 */
export async function installModules({ dev }) {
  if (areModulesInstalled({ dev })) return
  // Whoever has the development modules keeps them: npm ci starts from an empty directory.
  const all = dev || existsSync(join(root, 'node_modules', 'typescript'))
  say(`npm packages: installing${all ? ', with those for development' : ''}`)
  const scope = all ? '--include=dev' : '--omit=dev'
  // --ignore-scripts: our own install script would build the addon, which is the next step here.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', scope]
  const { command, prefix } = findNpm()
  if ((await run(command, [...prefix, ...args])) !== 0) {
    throw new SetupError('npm ci failed (its own message stands above). Is the npm registry reachable?')
  }
}

/**
 * Compares what npm says it installed with the lock file.
 * @param {{ dev: boolean, folder?: string }} options folder: of the package
 * @returns {boolean}
 */
export function areModulesInstalled({ dev, folder = root }) {
  const wanted = readLock(join(folder, 'package-lock.json'))
  const present = readLock(join(folder, 'node_modules', '.package-lock.json'))
  if (!wanted || !present) return false
  return Object.entries(wanted).every(([path, entry]) => {
    // Optional ones are binaries for other platforms as well as for ours: npm chose among them.
    if (path === '' || entry.optional || entry.devOptional) return true
    if (entry.dev && !dev) return true
    return present[path]?.version === entry.version && existsSync(join(folder, path, 'package.json'))
  })
}

/**
 * @param {string} path
 * @returns {Record<string, LockEntry> | undefined}
 */
function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** The npm that started us, if one did: it need not be on the PATH. */
function findNpm() {
  const path = process.env.npm_execpath
  if (path && basename(path) === 'npm-cli.js') return { command: process.execPath, prefix: [path] }
  return { command: 'npm', prefix: [] }
}

// Builds the native addon with node-gyp, if its sources changed since the last build.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { root, run, SetupError, say } from './run.js'

/** @typedef {'release' | 'debug' | 'sanitize'} Flavour release: optimised; sanitize: debug with ASan and UBSan */

const sources = ['binding.gyp', 'binding', 'csrc', 'package-lock.json']

/**
 * Brings build/Release (or build/Debug) up to date.
 * @param {Flavour} [flavour]
 */
export async function buildAddon(flavour = 'release') {
  const folder = join(root, 'build', flavour === 'release' ? 'Release' : 'Debug')
  const stamp = join(folder, 'urchin.stamp')
  const inputs = hashInputs(flavour)
  if (existsSync(join(folder, 'urchin.node')) && readStamp(stamp) === inputs) return
  say(`native addon: compiling (${flavour}), about a minute`)
  rmSync(stamp, { force: true })
  const release = flavour === 'release' ? '--release' : '--debug'
  await nodeGyp(['configure', release, '--', `-Dsanitize=${flavour === 'sanitize' ? 1 : 0}`])
  await nodeGyp(['build', release, `--jobs=${availableParallelism()}`])
  mkdirSync(folder, { recursive: true })
  writeFileSync(stamp, inputs)
  say('native addon: built')
}

/**
 * Everything the addon is made from, as one digest.
 * @param {Flavour} flavour
 * @param {string} [folder] of the package
 * @returns {string}
 */
export function hashInputs(flavour, folder = root) {
  const hash = createHash('sha256')
  hash.update(`${flavour} ${process.version} ${process.platform} ${process.arch}`)
  for (const path of sources) hashPath(hash, folder, path)
  return hash.digest('hex')
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} folder
 * @param {string} path in the folder
 */
function hashPath(hash, folder, path) {
  const full = join(folder, path)
  if (!existsSync(full)) return
  if (statSync(full).isDirectory()) {
    for (const name of readdirSync(full).sort()) hashPath(hash, folder, `${path}/${name}`)
    return
  }
  hash.update(`\0${path}\0`).update(readFileSync(full))
}

/** @returns {string} where a package made for others keeps the addon for machines like this one */
export function prebuiltPath() {
  const isMusl = process.platform === 'linux' && !linkedToGlibc()
  return join(root, 'prebuilds', `${process.platform}-${process.arch}${isMusl ? '-musl' : ''}`, 'urchin.node')
}

function linkedToGlibc() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  return header.glibcVersionRuntime !== undefined
}

/** @param {string[]} args */
async function nodeGyp(args) {
  const program = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
  const prefix = headersPrefix()
  const options = prefix ? ['--loglevel=warn', `--nodedir=${prefix}`] : ['--loglevel=warn']
  if ((await run(process.execPath, [program, ...options, ...args])) !== 0) {
    throw new SetupError("the native addon did not build (the compiler's messages stand above)")
  }
}

/**
 * Node's headers where its packages and archives put them, so that node-gyp need not download them.
 * @returns {string | undefined}
 */
function headersPrefix() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? prefix : undefined
}

/** @param {string} path */
function readStamp(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

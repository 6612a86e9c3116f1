// Checks the JSDoc types of lib/ and that the committed lib/types/ says the same. `--write` brings lib/types/ up to date.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const committed = join(root, 'lib', 'types')
const isWriting = process.argv.includes('--write')
const target = isWriting ? committed : join(root, 'build', 'types')

rmSync(target, { recursive: true, force: true })
const tsc = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['--outDir', target], {
  cwd: root,
  stdio: 'inherit',
})
let status = tsc.status ?? 1
if (!isWriting) {
  const differences = compare()
  if (differences.length > 0) {
    console.error(
      `lib/types is not up to date; run \`npm run types\` and commit it:\n  ${differences.join('\n  ')}`,
    )
    status = 1
  }
}
process.exit(status)

/** @returns {string[]} paths that differ between lib/types and what tsc makes now */
function compare() {
  const paths = new Set([...list(committed), ...list(target)])
  return [...paths].sort().filter((path) => read(join(committed, path)) !== read(join(target, path)))
}

/** @param {string} folder */
function list(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.d.ts'))
}

/** @param {string} path */
function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

// Makes a fresh clone ready: system packages, npm packages, and (but for tests, where it is one of the checks) the
// native addon. Does nothing twice.

import { buildAddon } from './addon.js'
import { installModules } from './modules.js'
import { SetupError } from './run.js'
import { installSystemPackages } from './system.js'

/**
 * @param {{ tests: boolean }} options tests: also what `npm test` needs
 */
export async function prepare({ tests }) {
  checkNode()
  await installSystemPackages(tests ? ['build', 'run', 'test'] : ['build', 'run'])
  await installModules({ dev: tests })
  if (!tests) await buildAddon()
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new SetupError(`Node.js 20.19 or later is needed; this is ${process.version}`)
}

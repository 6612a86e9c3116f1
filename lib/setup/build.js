// `npm run build`, `build:debug`, `build:sanitize`: the native addon alone. `build:prebuilt` also puts the release build
// where the published package carries it.

import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildAddon, prebuiltPath } from './addon.js'
import { main, root } from './run.js'

const flavours = /** @type {const} */ (['release', 'debug', 'sanitize'])
const flavour = flavours.find((name) => process.argv.includes(`--${name}`)) ?? 'release'

await main(async () => {
  await buildAddon(flavour)
  if (!process.argv.includes('--prebuilt')) return
  const target = prebuiltPath()
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(join(root, 'build', 'Release', 'urchin.node'), target)
})

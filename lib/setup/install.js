// `npm install urchin-rtc`: takes the prebuilt addon if one fits this machine, else compiles it here.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildAddon } from './addon.js'
import { main, root, SetupError } from './run.js'
import { canBuild, explain } from './system.js'

const prebuilt = join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'urchin.node')

await main(async () => {
  if (existsSync(prebuilt)) return
  // Installing a dependency must not start apt behind its user's back: it says what is missing.
  if (!canBuild()) throw new SetupError(explain(['build', 'run']))
  await buildAddon()
})

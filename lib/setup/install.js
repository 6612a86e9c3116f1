// `npm install urchin-rtc`: takes the prebuilt addon if one fits this machine, else compiles it here.

import { existsSync } from 'node:fs'
import { buildAddon, prebuiltPath } from './addon.js'
import { main, SetupError } from './run.js'
import { canBuild, explain } from './system.js'

await main(async () => {
  if (existsSync(prebuiltPath())) return
  // Installing a dependency must not start apt behind its user's back: it says what is missing.
  if (!canBuild()) throw new SetupError(explain(['build', 'run']))
  await buildAddon()
})

// `npm run build`, `build:debug`, `build:sanitize`: the native addon alone.

import { buildAddon } from './addon.js'
import { main } from './run.js'

const flavours = /** @type {const} */ (['release', 'debug', 'sanitize'])
const flavour = flavours.find((name) => process.argv.includes(`--${name}`)) ?? 'release'

await main(() => buildAddon(flavour))

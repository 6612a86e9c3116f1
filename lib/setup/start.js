// `npm start`: makes the machine ready, then runs the conference server in this same process, so that signals reach it.

import { prepare } from './prepare.js'
import { main } from './run.js'

await main(() => prepare({ tests: false }))
await import('../main.js')

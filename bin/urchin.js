#!/usr/bin/env node
// The program `urchin`; see lib/cli.js.

import { main } from '../lib/cli.js'

process.exitCode = await main(process.argv.slice(2))

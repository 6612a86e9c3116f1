// The server program: reads its settings, serves, and ends on SIGINT and SIGTERM.

import { readConfig } from './config.js'
import { createConsoleLogger } from './console-logger.js'
import { UrchinError } from './errors.js'
import { createServer } from './server.js'

/** ms for closing; what has not closed by then is cut off by the process's end */
const closeTimeoutMs = 5000

try {
  const { logLevel, options } = readConfig(process.env)
  const logger = createConsoleLogger({ level: logLevel })
  const server = createServer({ ...options, logger })
  await server.listen()
  endOnSignal(server, logger)
  process.stdout.write(`${server.url}/\n`)
  if (options.internals !== false) process.stdout.write(`${server.url}/internals  what the connections do\n`)
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
}

/**
 * @param {import('./server.js').Server} server
 * @param {import('./console-logger.js').Logger} logger
 */
function endOnSignal(server, logger) {
  let isEnding = false
  for (const [signal, number] of /** @type {[NodeJS.Signals, number][]} */ ([
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ])) {
    process.on(signal, async () => {
      if (isEnding) process.exit(128 + number)
      isEnding = true
      logger.info({ signal }, 'closing')
      setTimeout(() => process.exit(0), closeTimeoutMs).unref()
      await server.close()
      logger.info('closed')
    })
  }
}

/** @param {any} error */
function explain(error) {
  if (error?.code === 'EADDRINUSE') {
    return `Port ${error.port} is in use by another program. Set PORT to use another one: PORT=8081 npm start`
  }
  if (error?.code === 'EACCES' && error.syscall === 'listen') {
    return `Port ${error.port} may not be opened by this user. Set PORT to one from 1024 up.`
  }
  if (error?.code === 'EADDRNOTAVAIL' || error?.code === 'ENOTFOUND') {
    return `HOST is no address of this machine: ${error.message}`
  }
  if (error instanceof UrchinError) return error.message
  return error?.stack ?? String(error)
}

// Loggers: the silent one that the library uses unless it is given another, and the readable one of the server program.
// Their shape is pino's: level methods that take (text) or (fields, text), and child(fields).

/**
 * What the library calls of a logger; pino fits.
 * @typedef {object} Logger
 * @property {LogMethod} debug
 * @property {LogMethod} info
 * @property {LogMethod} warn
 * @property {LogMethod} error
 * @property {(fields: Record<string, any>) => Logger} [child]
 */
/** @typedef {(fieldsOrText: any, text?: string) => void} LogMethod */

const levels = ['debug', 'info', 'warn', 'error', 'silent']

/** @type {Logger} */
export const silentLogger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLogger }

/**
 * Whether a word names a log level.
 * @param {string} level
 */
export function isLogLevel(level) {
  return levels.includes(level)
}

/**
 * A logger that writes one line per call: time, level, text, then the fields as key=value.
 * @param {{ level?: string, write?: (line: string) => void }} [options] level: 'debug', 'info' (default), 'warn',
 *   'error' or 'silent'; write: where lines go, stdout by default
 * @returns {Logger & { child: (fields: Record<string, any>) => Logger }}
 */
export function createConsoleLogger({
  level = 'info',
  write = (line) => void process.stdout.write(line),
} = {}) {
  const lowest = levels.indexOf(level)

  /** @param {Record<string, any>} bindings */
  const build = (bindings) => {
    /** @param {string} name @returns {LogMethod} */
    const method = (name) => (fieldsOrText, text) => {
      if (levels.indexOf(name) < lowest) return
      const isText = typeof fieldsOrText === 'string'
      const fields = isText ? bindings : { ...bindings, ...fieldsOrText }
      write(formatLine(name, isText ? fieldsOrText : (text ?? fields.msg ?? ''), fields))
    }
    return {
      debug: method('debug'),
      info: method('info'),
      warn: method('warn'),
      error: method('error'),
      /** @param {Record<string, any>} fields */
      child: (fields) => build({ ...bindings, ...fields }),
    }
  }
  return build({})
}

/**
 * @param {string} level
 * @param {string} text
 * @param {Record<string, any>} fields
 */
function formatLine(level, text, fields) {
  const time = new Date().toISOString().slice(11, 23)
  const pairs = Object.entries(fields)
    .filter(([key, value]) => key !== 'msg' && value !== undefined)
    .map(([key, value]) => ` ${key}=${formatValue(value)}`)
  return `${time} ${level.padEnd(5)} ${singleLine(text)}${pairs.join('')}\n`
}

/** @param {any} value */
function formatValue(value) {
  if (value instanceof Error) {
    const code = /** @type {any} */ (value).code
    return JSON.stringify(code ? `${code}: ${value.message}` : (value.stack ?? value.message))
  }
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[\s"]/.test(text) && typeof value !== 'object' ? JSON.stringify(text) : singleLine(text)
}

/**
 * Names come from strangers: nothing they write may start a line or reach the terminal as a control sequence.
 * @param {string} text
 */
function singleLine(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}

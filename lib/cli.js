// The program `urchin`: its words on the command line, what it prints and with which status it ends.

import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { invalid, UrchinError } from './errors.js'
import { discoverNat } from './nat/discover.js'
import { reportText } from './nat/report-text.js'

export const help = `urchin: WebRTC connections and media servers for Node.js

Usage
  urchin nat SERVER [options]   what kind of NAT is this? SERVER is a STUN server: a name or an
                                address, with :PORT if that is not 3478
  urchin --help | --version

Options of nat
  --json          print one JSON object (see docs/nat.md)
  --lifetime      also measure how long the NAT remembers a silent mapping; takes minutes
  --no-hairpin    do not test hairpinning
  --port N        examine this local port; any by default
  --address A     from this local address; by default the one that leads to the server
  --timeout S     how long each test waits for its answer, in seconds; 4 by default
  -4, -6          only over IPv4, only over IPv6

Status
  0  it was told    1  no answer over UDP    2  wrong words    3  it could not be done
`

/** @typedef {{ write: (text: string) => unknown }} Output */

const status = { ok: 0, blocked: 1, usage: 2, failure: 3 }

/**
 * @param {string[]} args without the program's name
 * @param {{ stdout?: Output, stderr?: Output, discover?: typeof discoverNat }} [environment]
 * @returns {Promise<number>} the exit status
 */
export async function main(args, environment = {}) {
  const { stdout = process.stdout, stderr = process.stderr, discover = discoverNat } = environment
  try {
    const words = parse(args)
    if (words.values.help) return print(stdout, help)
    if (words.values.version) return print(stdout, `${version()}\n`)
    const report = await discover(natOptions(words))
    stdout.write(words.values.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report))
    return report.classic === 'blocked' ? status.blocked : status.ok
  } catch (error) {
    stderr.write(`urchin: ${explain(error)}\n`)
    if (!isUsage(error)) return status.failure
    stderr.write('Try urchin --help\n')
    return status.usage
  }
}

/** @param {string[]} args */
function parse(args) {
  const words = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
      json: { type: 'boolean' },
      lifetime: { type: 'boolean' },
      'no-hairpin': { type: 'boolean' },
      port: { type: 'string' },
      address: { type: 'string' },
      timeout: { type: 'string' },
      ipv4: { type: 'boolean', short: '4' },
      ipv6: { type: 'boolean', short: '6' },
    },
  })
  const [command, ...rest] = words.positionals
  if (words.values.help || words.values.version) return words
  if (command === undefined) throw invalid('what to do?')
  if (command !== 'nat') throw invalid(`no such command: ${command}`)
  if (rest.length !== 1) throw invalid('nat wants one SERVER')
  return words
}

/**
 * @param {ReturnType<typeof parse>} words
 * @returns {import('./nat/discover.js').NatOptions}
 */
function natOptions({ values, positionals }) {
  if (values.ipv4 && values.ipv6) throw invalid('-4 or -6, not both')
  const family = values.ipv6 ? 6 : 4
  return {
    server: positionals[1],
    lifetime: values.lifetime ?? false,
    hairpin: !values['no-hairpin'],
    localAddress: values.address,
    localPort: values.port === undefined ? undefined : numberOf('--port', values.port),
    timeoutMs: values.timeout === undefined ? undefined : numberOf('--timeout', values.timeout) * 1000,
    family: values.ipv4 || values.ipv6 ? family : undefined,
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function numberOf(name, text) {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(number)) throw invalid(`${name} must be a number`)
  return number
}

/**
 * @param {Output} output
 * @param {string} text
 */
function print(output, text) {
  output.write(text)
  return status.ok
}

function version() {
  return createRequire(import.meta.url)('../package.json').version
}

/** @param {any} error */
function isUsage(error) {
  return error?.code === 'ERR_INVALID_ARGUMENT' || String(error?.code).startsWith('ERR_PARSE_ARGS')
}

/** @param {any} error */
function explain(error) {
  if (error instanceof UrchinError || isUsage(error)) return error.message
  return error?.stack ?? String(error)
}

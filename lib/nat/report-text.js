// What discoverNat() found, as plain text for a terminal.

/** @typedef {import('./discover.js').NatReport} NatReport */

const width = 78

/** @type {Record<string, string>} */
const mappingText = {
  none: 'none: the public address is the local one',
  'endpoint-independent': 'endpoint-independent: one public port for all destinations',
  'address-dependent': 'address-dependent: another public port for every address',
  'address-and-port-dependent': 'address- and port-dependent: another public port for every destination',
  unknown: 'not known',
}

/** @type {Record<string, string>} */
const filteringText = {
  'endpoint-independent': 'endpoint-independent: everybody gets in',
  'address-dependent': 'address-dependent: only addresses that we have sent to get in',
  'address-and-port-dependent': 'address- and port-dependent: only whom exactly we have sent to gets in',
  unknown: 'not known',
}

/** @type {Record<string, string>} */
const classicText = {
  open: 'none (open)',
  'full cone': 'full cone',
  restricted: 'restricted cone',
  'port restricted': 'port restricted cone',
  symmetric: 'symmetric',
  'symmetric firewall': 'none, but a firewall (symmetric firewall)',
  blocked: 'blocked: no answer over UDP',
}

/**
 * @param {NatReport} report
 * @returns {string} lines, the last one ended as well
 */
export function reportText(report) {
  const rows = report.classic === 'blocked' ? blockedRows(report) : rowsOf(report)
  const label = Math.max(...rows.map(([name]) => name.length))
  const lines = [
    headline(report),
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(label)}  ${value}`),
    '',
    'For calls',
    ...report.advice.flatMap((text) => wrap(text)),
  ]
  return `${lines.join('\n')}\n`
}

/** @param {NatReport} report */
function headline({ server, rttMs }) {
  const at = endpointText(server.address, server.port)
  const name = server.host === server.address ? at : `${printable(server.host)} (${at})`
  if (rttMs === null) return `${name} is silent.`
  const software = server.software ? ` by ${printable(server.software)}` : ''
  return `${name}${software} answers in ${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)} ms.`
}

/** @param {NatReport} report */
function blockedRows(report) {
  return [
    ['Local address', endpointText(report.localAddress, report.localPort)],
    ['NAT', classicText.blocked],
    ['TCP', report.tcpReachable ? 'the same server answers' : 'no answer either'],
  ]
}

/**
 * @param {NatReport} report
 * @returns {string[][]}
 */
function rowsOf(report) {
  const nat = classicText[report.classic] ?? (report.mapping === 'none' ? 'none' : 'of a kind not known')
  return [
    ['Local address', endpointText(report.localAddress, report.localPort)],
    ['Public address', endpointText(report.publicAddress ?? '?', report.publicPort ?? 0)],
    ['NAT', nat],
    ['Mapping', report.mapping === 'unknown' ? 'not known' : mappingText[report.mapping]],
    ['Filtering', filteringText[report.filtering]],
    ...(report.hairpinning === null ? [] : [['Hairpinning', report.hairpinning ? 'yes' : 'no']]),
    ...(report.bindingLifetimeSeconds === null ? [] : [['Mapping lasts', lifetimeText(report)]]),
  ]
}

/** @param {NatReport} report */
function lifetimeText({ bindingLifetimeSeconds, bindingLostSeconds }) {
  const survived = secondsText(bindingLifetimeSeconds ?? 0)
  if (bindingLostSeconds === null) return `${survived} of silence or longer`
  return `between ${survived} and ${secondsText(bindingLostSeconds)} of silence`
}

/** @param {number} seconds */
function secondsText(seconds) {
  return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`
}

/**
 * @param {string} address
 * @param {number} port
 */
function endpointText(address, port) {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/**
 * Breaks a sentence into lines with a dash before the first.
 * @param {string} text
 */
function wrap(text) {
  /** @type {string[]} */
  const lines = []
  let line = '  -'
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > width) {
      lines.push(line)
      line = '   '
    }
    line += ` ${word}`
  }
  return [...lines, line]
}

/**
 * The server's words may not reach the terminal as control sequences.
 * @param {string} text
 */
function printable(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?').slice(0, 127)
}

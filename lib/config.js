// Settings of the server program: environment variables, over those of a JSON file that URCHIN_CONFIG names.

import { readFileSync } from 'node:fs'
import { ClientIceServers } from './client-ice-servers.js'
import { checkOptions } from './connection-options.js'
import { isLogLevel } from './console-logger.js'
import { UrchinError } from './errors.js'
import { checkInternalsAccess } from './signal/internals.js'

/** @typedef {import('./server.js').ServerOptions} ServerOptions */

/**
 * One setting.
 * @typedef {object} Setting
 * @property {string} variable in the environment
 * @property {string} key in the file
 * @property {(text: string) => unknown} read the variable's text
 * @property {(value: any) => boolean} isValid
 * @property {string} what it must be
 */

const isPort = (/** @type {unknown} */ value) =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535
const isCount = (/** @type {unknown} */ value) =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1_000_000
const isText = (/** @type {unknown} */ value) => typeof value === 'string' && value !== ''
const isTextList = (/** @type {unknown} */ value) =>
  Array.isArray(value) && value.length > 0 && value.every(isText)
const isFlag = (/** @type {unknown} */ value) => typeof value === 'boolean'
const readNumber = (/** @type {string} */ text) => (/^\d{1,9}$/.test(text) ? Number(text) : text)
const readText = (/** @type {string} */ text) => text
const readList = (/** @type {string} */ text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
const readFlag = (/** @type {string} */ text) => ({ true: true, false: false })[text.toLowerCase()] ?? text
const readJson = (/** @type {string} */ text) => JSON.parse(text)

const port = { read: readNumber, isValid: isPort, what: 'a number from 1 to 65535' }
const count = { read: readNumber, isValid: isCount, what: 'a number from 1 to 1000000' }
const list = { read: readList, isValid: isTextList, what: 'a list, in the environment separated by commas' }
const flag = { read: readFlag, isValid: isFlag, what: 'true or false' }
const servers = {
  read: readJson,
  isValid: Array.isArray,
  what: 'a JSON list like [{"urls":"stun:192.0.2.1:3478"}]',
}
const text = { read: readText, isValid: isText, what: 'a text' }

/** @type {Setting[]} */
const settings = [
  {
    variable: 'PORT',
    key: 'port',
    read: readNumber,
    isValid: (value) => value === 0 || isPort(value),
    what: 'a number from 0 to 65535',
  },
  { variable: 'HOST', key: 'host', ...text },
  { variable: 'URCHIN_WORKERS', key: 'workers', ...count },
  { variable: 'URCHIN_ICE_SERVERS', key: 'iceServers', ...servers },
  { variable: 'URCHIN_CLIENT_ICE_SERVERS', key: 'clientIceServers', ...servers },
  { variable: 'URCHIN_TURN_URLS', key: 'turnUrls', ...list },
  { variable: 'URCHIN_TURN_SECRET', key: 'turnSecret', ...text },
  { variable: 'URCHIN_TURN_TTL_SECONDS', key: 'turnTtlSeconds', ...count },
  { variable: 'URCHIN_TURN_FOR_SERVER', key: 'turnForServer', ...flag },
  { variable: 'URCHIN_ICE', key: 'ice', ...text, what: 'nice or lite' },
  { variable: 'URCHIN_ICE_PORT', key: 'icePort', ...port },
  { variable: 'URCHIN_PORT_MIN', key: 'portMin', ...port },
  { variable: 'URCHIN_PORT_MAX', key: 'portMax', ...port },
  {
    variable: 'URCHIN_ANNOUNCED_ADDRESS',
    key: 'announcedAddress',
    ...list,
    isValid: (value) => Array.isArray(value) && value.length > 0,
    what: 'an IP address or several, or pairs local=public',
  },
  { variable: 'URCHIN_NETWORK_INTERFACES', key: 'networkInterfaces', ...list },
  { variable: 'URCHIN_IGNORED_INTERFACES', key: 'ignoredInterfaces', ...list },
  {
    variable: 'URCHIN_BLOCKED_NETWORKS',
    key: 'blockedNetworks',
    read: (value) => (value.toLowerCase() === 'none' ? [] : readList(value)),
    isValid: (value) => Array.isArray(value) && value.every(isText),
    what: "a list of networks like 10.0.0.0/8, or 'none'",
  },
  { variable: 'URCHIN_ICE_TCP', key: 'iceTcp', ...flag },
  { variable: 'URCHIN_ICE_AUTO_RESTART', key: 'iceAutoRestart', ...flag },
  { variable: 'URCHIN_TLS_CA_FILE', key: 'tlsCaFile', ...text },
  { variable: 'URCHIN_DISCONNECTED_TIMEOUT_MS', key: 'disconnectedTimeoutMs', ...count },
  { variable: 'URCHIN_CONSENT_TIMEOUT_MS', key: 'consentTimeoutMs', ...count },
  { variable: 'URCHIN_ICE_TRANSPORT_POLICY', key: 'iceTransportPolicy', ...text },
  { variable: 'URCHIN_CONNECT_TIMEOUT_MS', key: 'connectTimeoutMs', ...count },
  { variable: 'URCHIN_ALLOWED_ORIGINS', key: 'allowedOrigins', ...list },
  { variable: 'URCHIN_MAX_ROOMS', key: 'maxRooms', ...count },
  { variable: 'URCHIN_MAX_PARTICIPANTS', key: 'maxParticipants', ...count },
  { variable: 'URCHIN_STATIC_DIR', key: 'staticDir', ...text },
  {
    variable: 'URCHIN_INTERNALS',
    key: 'internals',
    read: (value) => ({ true: true, false: false })[value.toLowerCase()] ?? value,
    isValid: (value) => typeof value === 'boolean' || isText(value),
    what: "'local', true, false or a token",
  },
  {
    variable: 'LOG_LEVEL',
    key: 'logLevel',
    read: (value) => value.toLowerCase(),
    isValid: isLogLevel,
    what: 'debug, info, warn, error or silent',
  },
]

/**
 * Reads the settings. Variables that are empty count as absent.
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ logLevel: string, options: ServerOptions }}
 * @throws {UrchinError} ERR_CONFIG, with a message that names the setting and what is wrong with it
 */
export function readConfig(env) {
  const file = env.URCHIN_CONFIG ? readFile(env.URCHIN_CONFIG) : {}
  /** @type {Record<string, any>} */
  const values = {}
  for (const setting of settings) {
    const value = readSetting(setting, env, file)
    if (value !== undefined) values[setting.key] = value
  }
  return { logLevel: values.logLevel ?? 'info', options: toOptions(values) }
}

/**
 * @param {Setting} setting
 * @param {NodeJS.ProcessEnv} env
 * @param {Record<string, unknown>} file
 */
function readSetting({ variable, key, read, isValid, what }, env, file) {
  const given = env[variable]?.trim()
  const isFromFile = !given
  if (isFromFile && file[key] === undefined) return undefined
  // A list of one may be written as a text in the file as well.
  const isBareText = isFromFile && read === readList && typeof file[key] === 'string'
  let value
  try {
    value = isBareText ? readList(String(file[key])) : given ? read(given) : file[key]
  } catch {
    value = undefined
  }
  const name = isFromFile ? `${key} in ${env.URCHIN_CONFIG}` : variable
  if (!isValid(value)) throw bad(`${name} must be ${what}`)
  return value
}

/** Settings that are options of the server, and of its connections, under the same name. */
const serverKeys = [
  'port',
  'host',
  'workers',
  'iceServers',
  'clientIceServers',
  'allowedOrigins',
  'maxRooms',
  'maxParticipants',
  'staticDir',
  'internals',
]
const connectionKeys = [
  'ice',
  'icePort',
  'networkInterfaces',
  'ignoredInterfaces',
  'blockedNetworks',
  'iceTransportPolicy',
  'iceTcp',
  'iceAutoRestart',
  'connectTimeoutMs',
  'disconnectedTimeoutMs',
  'consentTimeoutMs',
]

/**
 * @param {Record<string, any>} values
 * @returns {ServerOptions}
 */
function toOptions(values) {
  const { portMin, portMax, announcedAddress, tlsCaFile, iceServers, internals } = values
  if ((portMin === undefined) !== (portMax === undefined)) {
    throw bad('URCHIN_PORT_MIN and URCHIN_PORT_MAX (portMin, portMax) go together')
  }
  const connection = withoutAbsent({
    ...pick(values, connectionKeys),
    portRange: portMin === undefined ? undefined : { min: portMin, max: portMax },
    announcedAddress: announcedAddress?.map(readAnnounced),
    tlsCa: tlsCaFile === undefined ? undefined : readPem(tlsCaFile),
  })
  const options = withoutAbsent({ ...pick(values, serverKeys), turn: toTurn(values), connection })
  try {
    checkOptions({ ...connection, iceServers })
    new ClientIceServers(options)
    if (internals !== undefined) checkInternalsAccess(internals)
  } catch (error) {
    throw bad(/** @type {Error} */ (error).message)
  }
  return options
}

/**
 * @param {Record<string, any>} values
 * @returns {import('./client-ice-servers.js').ServerTurn | undefined}
 */
function toTurn({ turnUrls, turnSecret, turnTtlSeconds, turnForServer }) {
  if ((turnUrls === undefined) !== (turnSecret === undefined)) {
    throw bad('URCHIN_TURN_URLS and URCHIN_TURN_SECRET (turnUrls, turnSecret) go together')
  }
  if (turnUrls === undefined) {
    if (turnTtlSeconds === undefined && turnForServer === undefined) return undefined
    throw bad(
      'URCHIN_TURN_TTL_SECONDS and URCHIN_TURN_FOR_SERVER need URCHIN_TURN_URLS and URCHIN_TURN_SECRET',
    )
  }
  const turn = { urls: turnUrls, secret: turnSecret }
  return withoutAbsent({ ...turn, ttlSeconds: turnTtlSeconds, forServer: turnForServer })
}

/** @param {unknown} value an address, 'local=public', or { local, public } */
function readAnnounced(value) {
  if (typeof value !== 'string' || !value.includes('=')) return value
  const [local, ...told] = value.split('=').map((part) => part.trim())
  return { local, public: told.join('=') }
}

/** @param {string} path */
function readPem(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw bad(`${path} (URCHIN_TLS_CA_FILE) can not be read: ${/** @type {Error} */ (error).message}`)
  }
}

/**
 * @param {Record<string, any>} values
 * @param {string[]} keys
 */
function pick(values, keys) {
  return Object.fromEntries(keys.map((key) => [key, values[key]]))
}

/**
 * @param {string} path
 * @returns {Record<string, unknown>}
 */
function readFile(path) {
  let value
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw bad(`${path} (URCHIN_CONFIG) can not be read: ${/** @type {Error} */ (error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(`${path} (URCHIN_CONFIG) must hold a JSON object`)
  }
  const known = settings.map(({ key }) => key)
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined) {
    throw bad(
      `${path} (URCHIN_CONFIG): unknown setting ${JSON.stringify(unknown)}; known are ${known.join(', ')}`,
    )
  }
  return value
}

/**
 * @template {object} T
 * @param {T} object
 * @returns {T} without keys whose value is undefined
 */
function withoutAbsent(object) {
  return /** @type {T} */ (
    Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
  )
}

/** @param {string} message */
function bad(message) {
  return new UrchinError('ERR_CONFIG', message)
}

// Loads the addon: the one place that touches the .node file.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UrchinError } from './errors.js'
import { systemPackages } from './system-packages.js'

/**
 * The commands of csrc/urchin.h, refused with an Error that has a `code`. Ids and request ids are positive integers.
 * @typedef {Record<string, (...args: any[]) => any>} NativeWorker
 */
/** @typedef {{ address: string, port: number, family: 4 | 6 }} StunAddress */
/**
 * A STUN message that came (RFC 8489, RFC 5780); an attribute that is not there is null.
 * @typedef {object} StunMessage
 * @property {'request' | 'indication' | 'success' | 'error'} class
 * @property {number} method 1: Binding
 * @property {Buffer} transaction
 * @property {StunAddress | null} mapped
 * @property {StunAddress | null} responseOrigin
 * @property {StunAddress | null} otherAddress
 * @property {{ code: number, reason: string | null } | null} error
 * @property {string | null} software
 * @property {number[]} unknown attributes that have to be understood, and are not
 */
/**
 * @typedef {object} StunRequest
 * @property {boolean} [changeIp]
 * @property {boolean} [changePort]
 * @property {number} [responsePort]
 * @property {string} [software]
 */
/**
 * @typedef {object} Native
 * @property {new (onEvents: (events: any[]) => void, logLevel: string, like?: NativeWorker) => NativeWorker} NativeWorker
 * @property {(wish: string) => string} chooseSrtpEngine who computes AES-GCM for connections from now on, in the whole
 *   process: 'off' (OpenSSL), 'auto' or a file of intel-ipsec-mb's. Returns the name of what is then used.
 * @property {(transaction: Uint8Array, request?: StunRequest) => Buffer} encodeStunRequest
 * @property {(datagram: Uint8Array) => StunMessage | null} decodeStun null: no STUN message
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Loads the addon, from a build in the package's folder (with URCHIN_DEBUG_BUILD in the environment its debug build) or
 * from the package's prebuilt binaries.
 * @param {string} [folder] the package's
 * @returns {Native}
 * @throws {UrchinError} ERR_NATIVE_LOAD: there is none, or a system package is missing; the message says what to do
 */
export function loadNative(folder = root) {
  const files = candidateFiles(folder).filter((file) => existsSync(file))
  const require = createRequire(import.meta.url)
  /** @type {unknown} */
  let cause
  for (const file of files) {
    try {
      return require(file)
    } catch (error) {
      cause ??= error
    }
  }
  const what = files.length === 0 ? 'has not been built' : `does not load: ${messageOf(cause)}`
  throw new UrchinError('ERR_NATIVE_LOAD', `The native part of Urchin ${what}\n\n${howToInstall()}`, {
    cause,
  })
}

/** @param {string} folder */
function candidateFiles(folder) {
  const flavour = process.env.URCHIN_DEBUG_BUILD ? 'Debug' : 'Release'
  const platform = `${process.platform}-${process.arch}`
  return [
    join(folder, 'build', flavour, 'urchin.node'),
    join(folder, 'prebuilds', platform, 'urchin.node'),
    join(folder, 'prebuilds', `${platform}-musl`, 'urchin.node'),
  ]
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error)
}

/** @returns {string} the commands that install what is missing, for each kind of system */
export function howToInstall() {
  const { debian, fedora, alpine, macos } = systemPackages
  return [
    'It needs these system packages, and then "npm rebuild urchin-rtc" (in a clone: "npm run build"):',
    `  Debian, Ubuntu: apt-get install ${debian.build.join(' ')}`,
    `  Fedora:         dnf install ${fedora.build.join(' ')}`,
    `  Alpine:         apk add ${alpine.build.join(' ')}`,
    `  macOS:          brew install ${macos.build.join(' ')}`,
  ].join('\n')
}

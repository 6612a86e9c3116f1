// ICE-lite: the options that choose it, and the one port that all lite connections of an environment share.

import { invalid, UrchinError } from './errors.js'

/** The port unless `icePort` says another: below those that systems give out by themselves. */
export const defaultIcePort = 20_000

/**
 * @param {{ ice?: unknown, icePort?: unknown, iceTransportPolicy?: unknown }} options
 * @returns {number} 0: full ICE
 * @throws {UrchinError} ERR_INVALID_ARGUMENT
 */
export function checkLite({ ice = 'nice', icePort, iceTransportPolicy }) {
  if (ice !== 'nice' && ice !== 'lite') throw invalid("ice must be 'nice' or 'lite'")
  if (ice === 'nice') {
    if (icePort !== undefined) throw invalid("icePort is for ice: 'lite'")
    return 0
  }
  if (iceTransportPolicy === 'relay')
    throw invalid("ice: 'lite' has no relays: iceTransportPolicy must be 'all'")
  const port = icePort ?? defaultIcePort
  if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65535) {
    throw invalid('icePort must be a number from 1 to 65535')
  }
  return Number(port)
}

let claimed = 0

/**
 * Holds an environment to its first lite connection's port.
 * @param {number} port
 * @throws {UrchinError} ERR_ICE_PORT_CONFLICT
 */
export function claimIcePort(port) {
  if (claimed !== 0 && claimed !== port) {
    throw new UrchinError(
      'ERR_ICE_PORT_CONFLICT',
      `icePort is ${claimed} in this process: lite connections share one port, it can not be ${port} as well`,
    )
  }
  claimed = port
}

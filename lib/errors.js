// The one error class of the library: every failure that a caller can meet has a stable `code`.

/**
 * An error with a stable `code` ('ERR_…') to branch on; the message is for people and may change. docs/api.md and
 * docs/protocol.md list the codes.
 */
export class UrchinError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, options) {
    super(message, options)
    this.name = 'UrchinError'
    /** @type {string} */
    this.code = code
  }
}

/**
 * For arguments and options that are wrong.
 * @param {string} message names it
 */
export function invalid(message) {
  return new UrchinError('ERR_INVALID_ARGUMENT', message)
}

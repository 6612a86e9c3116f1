// Random bytes for names and secrets. The system's generator is asked for a block at a time: a call for each few bytes
// would cost more than all else that is done with them.

import { randomFillSync } from 'node:crypto'

const block = Buffer.alloc(4096)
let used = block.length

/**
 * Bytes that nobody else gets, from a generator fit for keys.
 * @param {number} size 1 to 4096
 * @returns {Buffer} the caller's own
 */
export function randomBytes(size) {
  if (size > block.length - used) {
    randomFillSync(block)
    used = 0
  }
  const given = block.subarray(used, used + size)
  const bytes = Buffer.from(given)
  given.fill(0)
  used += size
  return bytes
}

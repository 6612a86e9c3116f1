// The error class: what callers may rely on.

import assert from 'node:assert/strict'
import test from 'node:test'
import { UrchinError } from '../../lib/errors.js'

test('an UrchinError has a code, a message, a name and a cause', () => {
  const cause = new Error('below')
  const error = new UrchinError('ERR_X', 'what happened', { cause })
  assert.ok(error instanceof Error)
  assert.deepEqual(
    [error.code, error.message, error.name, error.cause],
    ['ERR_X', 'what happened', 'UrchinError', cause],
  )
})

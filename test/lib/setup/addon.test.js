// When does the addon have to be compiled? When anything that it is made from has changed.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { hashInputs } from '../../../lib/setup/addon.js'

/** @type {string} */
let folder
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'urchin-addon-'))
  mkdirSync(join(folder, 'csrc', 'wire'), { recursive: true })
  mkdirSync(join(folder, 'lib'))
  writeFileSync(join(folder, 'binding.gyp'), '{}')
  writeFileSync(join(folder, 'csrc', 'wire', 'rtp.c'), 'int a;')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('the same sources give the same digest, another flavour another one', () => {
  assert.equal(hashInputs('release', folder), hashInputs('release', folder))
  assert.notEqual(hashInputs('release', folder), hashInputs('sanitize', folder))
})

test('a changed, added, renamed or removed C file changes it', () => {
  const digests = new Set([hashInputs('release', folder)])
  writeFileSync(join(folder, 'csrc', 'wire', 'rtp.c'), 'int b;')
  digests.add(hashInputs('release', folder))
  writeFileSync(join(folder, 'csrc', 'wire', 'stun.c'), '')
  digests.add(hashInputs('release', folder))
  rmSync(join(folder, 'csrc', 'wire', 'stun.c'))
  writeFileSync(join(folder, 'csrc', 'wire', 'turn.c'), '')
  digests.add(hashInputs('release', folder))
  rmSync(join(folder, 'csrc', 'wire'), { recursive: true })
  digests.add(hashInputs('release', folder))
  assert.equal(digests.size, 5)
})

test('a changed JS file does not', () => {
  const before = hashInputs('release', folder)
  writeFileSync(join(folder, 'lib', 'index.js'), '// new')
  assert.equal(hashInputs('release', folder), before)
})

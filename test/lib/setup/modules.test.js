// When does npm ci have to run? When node_modules does not hold what the lock file says.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { areModulesInstalled } from '../../../lib/setup/modules.js'

const lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/ws': { version: '8.23.0' },
    'node_modules/typescript': { version: '7.0.2', dev: true },
    'node_modules/@typescript/other-platform': { version: '7.0.2', dev: true, optional: true },
  },
}

/** @type {string} */
let folder
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'urchin-modules-'))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** @param {Record<string, { version: string }>} packages as npm writes them down after installing */
function install(packages) {
  for (const path of Object.keys(packages)) {
    mkdirSync(join(folder, path), { recursive: true })
    writeFileSync(join(folder, path, 'package.json'), '{}')
  }
  writeFileSync(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }))
}

test('a fresh clone has nothing', () => {
  assert.equal(areModulesInstalled({ dev: false, folder }), false)
})

test('without the development modules it is ready to run, not to test', () => {
  install({ 'node_modules/ws': { version: '8.23.0' } })
  assert.equal(areModulesInstalled({ dev: false, folder }), true)
  assert.equal(areModulesInstalled({ dev: true, folder }), false)
})

test('packages for other platforms are not missed', () => {
  install({ 'node_modules/ws': { version: '8.23.0' }, 'node_modules/typescript': { version: '7.0.2' } })
  assert.equal(areModulesInstalled({ dev: true, folder }), true)
})

test('another version than the locked one counts as missing', () => {
  install({ 'node_modules/ws': { version: '8.22.0' } })
  assert.equal(areModulesInstalled({ dev: false, folder }), false)
})

test('a package deleted by hand counts as missing', () => {
  install({ 'node_modules/ws': { version: '8.23.0' } })
  rmSync(join(folder, 'node_modules', 'ws'), { recursive: true })
  assert.equal(areModulesInstalled({ dev: false, folder }), false)
})

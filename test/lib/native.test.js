// Loading the addon where it is missing, broken, or lacks a library: an error that says what to do.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { howToInstall, loadNative } from '../../lib/native.js'

const folder = mkdtempSync(join(tmpdir(), 'urchin-native-'))
after(() => rmSync(folder, { recursive: true }))

test('the addon loads, as often as it is asked for', () => {
  assert.equal(typeof loadNative().NativeWorker, 'function')
  assert.equal(loadNative(), loadNative())
})

test('a package that was never built says how to build it', () => {
  assert.throws(
    () => loadNative(folder),
    (error) => {
      assert.equal(error.code, 'ERR_NATIVE_LOAD')
      assert.match(error.message, /has not been built/)
      for (const command of ['apt-get install', 'dnf install', 'apk add', 'brew install']) {
        assert.ok(error.message.includes(command), command)
      }
      return true
    },
  )
})

test('an addon that does not load tells why', () => {
  mkdirSync(join(folder, 'build', 'Release'), { recursive: true })
  writeFileSync(join(folder, 'build', 'Release', 'urchin.node'), 'not a shared object')
  assert.throws(
    () => loadNative(folder),
    (error) => {
      assert.equal(error.code, 'ERR_NATIVE_LOAD')
      assert.match(error.message, /does not load: .*urchin\.node/)
      assert.ok(error.cause instanceof Error)
      return true
    },
  )
})

test('the advice names the libraries', () => {
  assert.match(howToInstall(), /libnice-dev/)
  assert.match(howToInstall(), /libsrtp2-dev/)
})

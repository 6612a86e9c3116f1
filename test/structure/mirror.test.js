// The tests mirror the sources: whoever looks for the test of a file finds it under the same name.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathsIn } from './sources.js'

/** Sources that have no test of their own, each with what tests it. */
const testedElsewhere = {
  'lib/index.js': 'every test that imports the package',
  'lib/main.js': 'test/e2e',
  'lib/setup/build.js': 'npm test builds by the same function',
  'lib/setup/install.js': 'npm test builds by the same function',
  'lib/setup/prepare.js': 'npm test starts with it',
  'lib/setup/run.js': 'npm test runs by it',
  'lib/setup/start.js': 'test/e2e',
}

const sources = pathsIn(['csrc', 'lib'])
const tests = new Set(pathsIn(['test']))

test('each C file has its test, named after it or after the noun it begins with', () => {
  const untested = sources
    .filter((path) => path.endsWith('.c'))
    .filter((path) => !prefixes(path.slice(0, -2)).some((stem) => tests.has(`test/${stem}_test.c`)))
  assert.deepEqual(untested, [])
})

test('each JS file has its test', () => {
  const untested = sources
    .filter((path) => path.endsWith('.js') && !(path in testedElsewhere))
    .filter((path) => !tests.has(`test/${path.replace(/\.js$/, '.test.js')}`))
  assert.deepEqual(untested, [])
})

test('each C test has the floor it tests', () => {
  const floors = new Set(sources.filter((path) => path.startsWith('csrc/')).map((path) => path.split('/')[1]))
  const lost = [...tests].filter((path) => /_test\.c$/.test(path) && !floors.has(path.split('/')[2]))
  assert.deepEqual(lost, [])
})

test('no folder or file for things that have no name', () => {
  const nameless = [...sources, ...tests, ...pathsIn(['binding', 'examples', 'bench'])].filter((path) =>
    /(^|[/_.-])(utils?|helpers?|misc|common|stuff)([/_.-]|$)/.test(path),
  )
  assert.deepEqual(nameless, [])
})

/**
 * 'csrc/transport/srtp_libsrtp' gives itself and 'csrc/transport/srtp'.
 * @param {string} stem
 */
function prefixes(stem) {
  const folder = stem.slice(0, stem.lastIndexOf('/') + 1)
  const words = stem.slice(folder.length).split('_')
  return words.map((_, count) => folder + words.slice(0, count + 1).join('_'))
}

// The tests mirror the sources: whoever looks for the test of a file finds it under the same name.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathsIn } from './sources.js'

/** Sources without a test of their own name, each with the test (or the folder of tests) that goes through it. */
const testedThrough = {
  'csrc/io/commands.c': 'test/csrc/io/worker_test.c',
  'csrc/io/execute.c': 'test/csrc/io/worker_test.c',
  'csrc/io/glib_log.c': 'test/csrc/io/ice_nice_test.c',
  'csrc/io/glib_source.c': 'test/csrc/io/ice_nice_test.c',
  'csrc/io/nice_address.c': 'test/csrc/io/ice_nice_test.c',
  'csrc/io/nice_candidate.c': 'test/csrc/io/ice_nice_test.c',
  'csrc/io/nice_config.c': 'test/csrc/io/ice_nice_test.c',
  'csrc/io/nice_remote.c': 'test/csrc/io/ice_nice_test.c',
  'csrc/io/nice_stats.c': 'test/csrc/io/nice_generation_test.c',
  'csrc/io/nice_servers.c': 'test/csrc/io/turn_test.c',
  'csrc/media/format.c': 'test/csrc/session/forward_test.c',
  'csrc/media/packet.c': 'test/csrc/session/forward_test.c',
  'csrc/media/receiver.c': 'test/csrc/session/forward_test.c',
  'csrc/media/sender.c': 'test/csrc/session/forward_test.c',
  'csrc/session/connection.c': 'test/csrc/session/lifetime_test.c',
  'csrc/session/connection_demux.c': 'test/csrc/session/demux_test.c',
  'csrc/session/connection_rtcp_in.c': 'test/csrc/session/rtcp_test.c',
  'csrc/session/connection_rtcp_out.c': 'test/csrc/session/rtcp_test.c',
  'csrc/session/connection_stats.c': 'test/csrc/session/forward_test.c',
  'csrc/session/connection_streams.c': 'test/csrc/session/lifetime_test.c',
  'csrc/session/router.c': 'test/csrc/session/forward_test.c',
  'csrc/session/ssrc_map.c': 'test/csrc/session/demux_test.c',
  'csrc/transport/cert.c': 'test/csrc/transport/dtls_test.c',
  'csrc/transport/event.c': 'test/csrc/transport/transport_test.c',
  'csrc/transport/openssl_check.c': 'test/binding',
  'lib/connection-life.js': 'test/lib/connection-native.test.js',
  'lib/connection-negotiation.js': 'test/lib/connection.test.js',
  'lib/index.js': 'test/binding',
  'lib/main.js': 'test/e2e',
  'lib/setup/build.js': 'test/e2e/start.test.js',
  'lib/setup/install.js': 'test/e2e/start.test.js',
  'lib/setup/prepare.js': 'test/e2e/start.test.js',
  'lib/setup/run.js': 'test/lib/setup/system.test.js',
  'lib/setup/start.js': 'test/e2e/start.test.js',
}

const sources = pathsIn(['csrc', 'lib'])
const tests = new Set(pathsIn(['test']))

test('each C file has its test, named after it or after the noun it begins with', () => {
  const untested = sources
    .filter((path) => path.endsWith('.c') && !(path in testedThrough))
    .filter((path) => !prefixes(path.slice(0, -2)).some((stem) => tests.has(`test/${stem}_test.c`)))
  assert.deepEqual(untested, [])
})

test('each JS file has its test', () => {
  const untested = sources
    .filter((path) => path.endsWith('.js') && !(path in testedThrough))
    .filter((path) => !tests.has(`test/${path.replace(/\.js$/, '.test.js')}`))
  assert.deepEqual(untested, [])
})

test('the list of those tested through others is true', () => {
  const stale = Object.entries(testedThrough).filter(
    ([source, through]) =>
      !sources.includes(source) ||
      ![...tests].some((path) => path === through || path.startsWith(`${through}/`)),
  )
  assert.deepEqual(stale, [])
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

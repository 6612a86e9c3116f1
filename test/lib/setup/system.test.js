// System packages are installed with apt when they are missing, never otherwise. The dpkg-query, apt-get and sudo here are
// shell scripts in a folder that is the whole PATH: apt-get writes down how it was called, and "installs" into a file.

import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { SetupError } from '../../../lib/setup/run.js'
import { explain, installSystemPackages } from '../../../lib/setup/system.js'
import { systemPackages } from '../../../lib/system-packages.js'

const wanted = [...systemPackages.debian.build, ...systemPackages.debian.run]
const { PATH } = process.env

/** @type {string} */
let folder
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'urchin-system-'))
  for (const tool of ['sh', 'env', 'cat', 'grep']) symlinkSync(`/usr/bin/${tool}`, join(folder, tool))
  process.env.PATH = folder
  mock.method(process, 'getuid', () => 0)
})
afterEach(() => {
  mock.restoreAll()
  process.env.PATH = PATH
  rmSync(folder, { recursive: true })
})

/**
 * @param {string} name
 * @param {string} body
 */
function writeTool(name, body) {
  writeFileSync(join(folder, name), `#!/bin/sh\ncd ${folder}\n${body}\n`)
  chmodSync(join(folder, name), 0o755)
}

/** @param {{ installed: string[], listsAreOld?: boolean, fails?: boolean }} machine */
function makeDebian({ installed, listsAreOld = false, fails = false }) {
  writeFileSync(join(folder, 'installed'), installed.map((name) => `${name} installed\n`).join(''))
  if (!listsAreOld) writeFileSync(join(folder, 'lists'), '')
  writeTool('dpkg-query', 'cat installed')
  writeTool(
    'apt-get',
    `case "$*" in
      --version) exit ;;
      *--dry-run*) [ -e lists ]; exit ;;
      *update*) echo update >> calls; : > lists; exit ;;
    esac
    echo "$@" >> calls
    exit ${fails ? 100 : 0}`,
  )
}

/** @returns {string[]} how apt-get was called, without dry runs */
function aptCalls() {
  const path = join(folder, 'calls')
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}

test('nothing missing: apt-get is not called', async () => {
  makeDebian({ installed: wanted })
  await installSystemPackages(['build', 'run'])
  assert.deepEqual(aptCalls(), [])
})

test('only what is missing is installed, without asking and without reading the package lists again', async () => {
  makeDebian({ installed: wanted.filter((name) => name !== 'make' && name !== 'g++') })
  await installSystemPackages(['build', 'run'])
  const [call, ...more] = aptCalls()
  assert.deepEqual(more, [])
  assert.match(call, /install -y --no-install-recommends g\+\+ make$/)
})

test('a machine that never read the package lists reads them first', async () => {
  makeDebian({ installed: [], listsAreOld: true })
  await installSystemPackages(['build', 'run'])
  const calls = aptCalls()
  assert.equal(calls[0], 'update')
  assert.match(calls[1], / install /)
  assert.equal(calls.length, 2)
})

test('what only some distributions have is installed for tests where apt-get offers it, and else forgotten', async () => {
  const needed = [...wanted, ...systemPackages.debian.test]
  makeDebian({ installed: needed })
  await installSystemPackages(['build', 'run'])
  assert.deepEqual(aptCalls(), [])
  await installSystemPackages(['build', 'run', 'test'])
  assert.match(aptCalls().join(), /install -y --no-install-recommends libipsec-mb1$/)
  rmSync(join(folder, 'calls'))
  makeDebian({ installed: needed, listsAreOld: true })
  rmSync(join(folder, 'lists'))
  await installSystemPackages(['build', 'run', 'test'])
  assert.deepEqual(aptCalls(), [])
})

test('apt-get fails: a second try with fresh lists, then a message that names the packages', async () => {
  makeDebian({ installed: [], fails: true })
  await assert.rejects(installSystemPackages(['build', 'run']), (error) => {
    assert.ok(error instanceof SetupError)
    assert.match(error.message, /libnice-dev/)
    return true
  })
  assert.deepEqual(
    aptCalls().map((call) => / install |^update$/.exec(call)?.[0]),
    [' install ', 'update', ' install '],
  )
})

test('not root, but sudo without a password: apt-get runs by it', async () => {
  mock.method(process, 'getuid', () => 1000)
  makeDebian({ installed: [] })
  writeTool(
    'sudo',
    '[ "$1" = -n ] && shift; [ "$1" = true ] || echo sudo >> calls; [ "$1" = true ] || exec "$@"',
  )
  await installSystemPackages(['build', 'run'])
  assert.equal(aptCalls()[0], 'sudo')
  assert.match(aptCalls()[1], / install /)
})

test('not root and no sudo: the message says what is missing and how to get it', async () => {
  mock.method(process, 'getuid', () => 1000)
  makeDebian({ installed: ['make'] })
  await assert.rejects(
    installSystemPackages(['build', 'run']),
    /missing, and installing them takes root[^:]*:\n {2}g\+\+ /,
  )
  assert.deepEqual(aptCalls(), [])
})

test('no apt: the packages of every kind of system', async () => {
  await assert.rejects(installSystemPackages(['build', 'run', 'test']), (error) => {
    assert.ok(error instanceof SetupError)
    for (const command of ['apt-get install', 'dnf install', 'apk add', 'brew install']) {
      assert.ok(error.message.includes(command), command)
    }
    assert.match(error.message, /libcmocka-dev/)
    return true
  })
})

test('the lists name no package twice', () => {
  for (const line of explain(['build', 'run', 'test']).split('\n')) {
    const words = line.trim().split(' ').slice(2)
    assert.equal(new Set(words).size, words.length, line)
  }
})

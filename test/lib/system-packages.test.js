// The package lists cover the same purposes on each kind of system.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemPackages } from '../../lib/system-packages.js'

for (const [system, lists] of Object.entries(systemPackages)) {
  test(`${system}: packages to build, to run and to test, with plausible names`, () => {
    assert.deepEqual(
      Object.keys(lists)
        .filter((purpose) => purpose !== 'extra')
        .sort(),
      ['build', 'run', 'test'],
    )
    for (const names of Object.values(lists)) {
      assert.ok(names.length > 0)
      for (const name of names) assert.match(name, /^[a-z0-9][a-z0-9+.@-]*$/)
    }
    assert.ok(lists.build.some((name) => name.includes('libnice')))
  })
}

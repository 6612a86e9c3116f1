// No leftovers in what is committed: notes to oneself, code in comments, tests that are switched off.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourcesIn } from './sources.js'

const self = 'test/structure/wording.test.js'
const sources = sourcesIn(['csrc', 'binding', 'lib', 'test', 'examples', 'bench', 'docs', '.ci'], /./).filter(
  (source) => source.path !== self && !source.text.includes('\0'),
)

const rules = [
  { what: 'notes to oneself', pattern: /\b(TODO|FIXME|XXX|HACK)\b/ },
  { what: 'a debugger left in', pattern: /^\s*debugger\b/, only: /\.js$/ },
  { what: 'a test that hides the others', pattern: /\b(test|it|describe)\.only\(/, only: /\.test\.js$/ },
  { what: 'C code in a comment', pattern: /^\s*\/\/.*;\s*$/, only: /\.[ch]$/ },
  { what: "someone's own paths", pattern: /(^|[\s'"`])\/(home|root|work)\//, only: /\.(c|h|cc|js|md|json)$/ },
]

for (const { what, pattern, only } of rules) {
  test(`no ${what}`, () => {
    const found = sources
      .filter((source) => !only || only.test(source.path))
      .flatMap((source) =>
        source.lines.flatMap((line, index) =>
          pattern.test(line) ? [`${source.path}:${index + 1}: ${line.trim()}`] : [],
        ),
      )
    assert.deepEqual(found, [])
  })
}

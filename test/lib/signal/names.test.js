// Names as they may be shown to others.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanName } from '../../../lib/signal/names.js'

for (const [given, shown] of /** @type {[unknown, string][]} */ ([
  ['Ada', 'Ada'],
  ['  Ada   Lovelace ', 'Ada Lovelace'],
  ['a\u0000b\nc\u009b2J', 'a b c 2J'],
  ['\u202eevil\u2066', 'evil'],
  ['<b>ÿ 李 👩‍💻</b>', '<b>ÿ 李 👩‍💻</b>'],
  ['half \ud83d', 'half'],
  [' \n ', ''],
  ['', ''],
  [undefined, ''],
  [7, ''],
  [{ toString: () => 'x' }, ''],
  ['x'.repeat(100_000), 'x'.repeat(64)],
  ['👩'.repeat(65), '👩'.repeat(64)],
])) {
  test(`${JSON.stringify(given)?.slice(0, 40)} is shown as ${JSON.stringify(shown).slice(0, 40)}`, () => {
    assert.equal(cleanName(given), shown)
  })
}

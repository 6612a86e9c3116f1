// Log lines: one per step, whatever a peer wrote.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionLog } from '../../lib/log.js'

test('a line has the id in front, and stays one line', () => {
  /** @type {string[]} */
  const lines = []
  const logger = /** @type {any} */ ({ debug: (/** @type {string} */ line) => lines.push(line) })
  new ConnectionLog(logger, 'x').write('debug', 'candidate\r\nid: y, message: forged\u2028\x1b[31m')
  assert.deepEqual(lines, ['id: x, message: candidate  id: y, message: forged  [31m'])
  new ConnectionLog(logger, 'x').write('debug', 'a'.repeat(5000))
  assert.ok(lines[1].length < 1100)
})

test('without a logger it is silent', () => new ConnectionLog(undefined, 'x').write('error', 'nothing'))

test('each line is a step of the timeline, under its own name where it has one', () => {
  const log = new ConnectionLog(undefined, 'x')
  log.write('info', 'a line\nof two')
  log.write('info', 'iceState: connected', { name: 'ice-state', detail: 'connected' })
  log.write('info', 'known otherwise', null)
  assert.deepEqual(
    log.timeline.steps.map(({ name, detail }) => [name, detail]),
    [
      ['log', 'a line of two'],
      ['ice-state', 'connected'],
    ],
  )
})

// The server's readable log.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConsoleLogger, isLogLevel, silentLogger } from '../../lib/console-logger.js'
import { UrchinError } from '../../lib/errors.js'

/** @param {string} [level] */
function capture(level) {
  /** @type {string[]} */
  const lines = []
  const logger = createConsoleLogger({ level, write: (line) => lines.push(line) })
  // The time is cut off.
  return { logger, texts: () => lines.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} /, '')) }
}

test('one line per call: level, text, fields', () => {
  const { logger, texts } = capture('debug')
  logger.info('started')
  logger.warn({ room: 'tea', count: 2, absent: undefined, name: 'Ada L', list: ['a b'] }, 'something')
  logger.child({ room: 'tea' }).debug({ id: 1 }, 'below')
  assert.deepEqual(texts(), [
    'info  started\n',
    'warn  something room=tea count=2 name="Ada L" list=["a b"]\n',
    'debug below room=tea id=1\n',
  ])
})

test('only from the level up', () => {
  const { logger, texts } = capture('warn')
  for (const level of /** @type {const} */ (['debug', 'info', 'warn', 'error'])) logger[level](level)
  assert.deepEqual(texts(), ['warn  warn\n', 'error error\n'])
  const silent = capture('silent')
  silent.logger.error('x')
  assert.deepEqual(silent.texts(), [])
})

test('nothing that strangers write makes a line or a control sequence of its own', () => {
  const { logger, texts } = capture()
  logger.info({ name: 'x\n00:00 error\u001b[2J', list: ['\u009b'] }, 'a\r\nb\u2028c')
  const [line, ...more] = texts()
  assert.deepEqual(more, [])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028]/)
})

test('errors are shown by their code, faults with their stack', () => {
  const { logger, texts } = capture()
  logger.error({ err: new UrchinError('ERR_SDP_SYNTAX', 'bad') }, 'refused')
  logger.error({ err: new TypeError('oops') }, 'failed')
  const [refused, failed] = texts()
  assert.equal(refused, 'error refused err="ERR_SDP_SYNTAX: bad"\n')
  assert.match(failed, /TypeError: oops\\n +at /)
})

test('levels and silence', () => {
  assert.ok(isLogLevel('debug') && isLogLevel('silent'))
  assert.ok(!isLogLevel('loud'))
  silentLogger.error('x')
  assert.equal(silentLogger.child?.({}), silentLogger)
})

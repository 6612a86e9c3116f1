// What a connection tells: order, and what follows what.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ConnectionNews } from '../../lib/connection-news.js'

function make() {
  const connection = new EventEmitter()
  const news = new ConnectionNews(connection, /** @type {any} */ ({ write() {} }))
  /** @type {any[]} */
  const heard = []
  connection.on('event', ({ code }) => heard.push(code))
  connection.on('track', () => heard.push('track'))
  return { connection, news, heard }
}

test('nothing is told inside the call that caused it', async () => {
  const { news, heard } = make()
  news.tell(101, '')
  assert.deepEqual(heard, [])
  await turn()
  assert.deepEqual(heard, [101])
})

test('nothing but CONN_FINISHED after CONN_FAILED, nothing after CONN_FINISHED', async () => {
  const { news, heard, connection } = make()
  const track = new EventEmitter()
  track.on('ended', () => heard.push('ended'))
  news.tell(102, '')
  news.tell(500, '', { code: 'ERR_X', detail: '' })
  news.tell(104, '')
  news.tell(500, '')
  news.tellNamed('track', {})
  news.tellOf(track, 'ended')
  news.tell(105, '')
  news.tell(105, '')
  news.tell(102, '')
  assert.ok(news.isFailed && news.isFinished)
  connection.on('failed', ({ reason }) => assert.equal(reason.code, 'ERR_X'))
  await turn()
  assert.deepEqual(heard, [102, 500, 'ended', 105])
  assert.equal(news.state, 105)
})

test('the state is that of what has been heard', async () => {
  const { connection, news } = make()
  assert.equal(news.state, 101)
  /** @type {number[]} */
  const states = []
  connection.on('event', () => states.push(news.state))
  for (const code of [101, 102, 201, 202, 103, 203, 104]) news.tell(code, '')
  assert.equal(news.state, 101)
  await turn()
  assert.deepEqual(states, [101, 102, 102, 102, 103, 103, 104])
})

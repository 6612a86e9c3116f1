// Life and death of the addon in real processes: however a process or thread ends, it ends as Node says it should.

import assert from 'node:assert/strict'
import test from 'node:test'
import { run } from './run.js'

test('the process ends by itself when every connection is closed', async () => {
  const { code, signal, stdout, stderr } = await run('ends-by-itself')
  assert.deepEqual({ code, signal, stdout }, { code: 0, signal: null, stdout: 'closed' }, stderr)
})

test('process.exit() amid handshakes ends the process with its code', async () => {
  for (let round = 0; round < 5; round++) {
    const { code, signal, stderr } = await run('exits-while-connecting')
    assert.deepEqual({ code, signal }, { code: 7, signal: null }, stderr)
  }
})

// One process in ten crashed: exit() takes OpenSSL and the other libraries apart, and our threads were still using them.
test('process.exit() ends the process well even when an exit listener throws', async () => {
  for (let round = 0; round < 10; round++) {
    const { code, signal, stderr } = await run('exit-listener-throws')
    assert.deepEqual({ code, signal }, { code: 7, signal: null }, stderr)
    assert.match(stderr, /from an exit listener/)
  }
})

test('SIGINT ends a process with open connections', async () => {
  const { code, signal, stderr } = await run('waits-for-signal', {
    onOutput: (child, output) => output.includes('ready') && child.kill('SIGINT'),
  })
  assert.deepEqual({ code, signal }, { code: null, signal: 'SIGINT' }, stderr)
})

test('what listeners throw reaches uncaughtException, and no event is lost', async () => {
  const { code, stdout, stderr } = await run('listener-throws')
  assert.equal(code, 0, stderr)
  const { caught, codes } = JSON.parse(stdout)
  assert.equal(codes[0], 101)
  assert.equal(codes.at(-1), 105)
  assert.ok(codes.includes(104))
  assert.equal(caught, codes.length + 1)
})

test('an exception that nobody catches ends the process like any other', async () => {
  const { code, signal, stderr } = await run('listener-throws-uncaught')
  assert.deepEqual({ code, signal }, { code: 1, signal: null })
  assert.match(stderr, /nobody catches this/)
})

test('worker_threads load the addon, connect, and end or are terminated, in and out', async () => {
  const { code, signal, stdout, stderr } = await run('worker-threads')
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr)
  assert.deepEqual(JSON.parse(stdout), { failures: 0, stats: true })
})

test('process.exit() on the main thread takes worker_threads with traffic along', async () => {
  for (let round = 0; round < 3; round++) {
    const { code, signal, stderr } = await run('exits-above-threads')
    assert.deepEqual({ code, signal }, { code: 7, signal: null }, stderr)
  }
})

test('a worker_thread ends itself amid its traffic: process.exit(), an uncaught exception', async () => {
  const { code, signal, stdout, stderr } = await run('threads-end-themselves')
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr)
  assert.equal(stdout, 'error: from a listener, exit: 7, throw: 1')
})

test('a connection that is collected unclosed is reported and closed', async () => {
  const { code, signal, stdout, stderr } = await run('collected', { flags: ['--expose-gc'] })
  assert.deepEqual({ code, signal, stdout }, { code: 0, signal: null, stdout: 'URCHIN_UNCLOSED' }, stderr)
})

// A test that awaited 'failed' of an unanswered offer was cancelled now and then: the garbage collector had taken the
// connection together with the function that awaited it, and nothing was left to keep the process running.
test('a connection whose failure is awaited is not collected before it comes', async () => {
  const { code, signal, stdout, stderr } = await run('awaited', { flags: ['--expose-gc'] })
  assert.deepEqual({ code, signal, stdout }, { code: 0, signal: null, stdout: 'ERR_CONNECT_TIMEOUT' }, stderr)
})

test('500 connections opened and closed leave no descriptor, thread or memory behind', async () => {
  const { code, stdout, stderr } = await run('open-and-close', { flags: ['--expose-gc'] })
  assert.equal(code, 0, stderr)
  const { before, after } = JSON.parse(stdout)
  assert.equal(after.fds, before.fds)
  assert.equal(after.threads, before.threads)
  // 500 connections at 200 KB each would be 100 MB; the heaps of Node and of the C library breathe by a tenth of that.
  assert.ok(after.rssKb - before.rssKb < 25_000, `grew by ${after.rssKb - before.rssKb} KB`)
})

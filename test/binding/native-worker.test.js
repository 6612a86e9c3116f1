// NativeWorker without lib/worker.js around it: what it does with callers and moments that this never gives it.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { loadNative } from '../../lib/native.js'
import { run } from './run.js'

const { NativeWorker } = loadNative()

/** @type {any[]} */
let events
/** @type {import('../../lib/native.js').NativeWorker} */
let worker
beforeEach(() => {
  events = []
  worker = new NativeWorker((batch) => events.push(...batch), 'info')
  worker.ref()
})
afterEach(() => worker.close())

/** Resolves when the worker has answered a request. */
async function answer(/** @type {number} */ requestId) {
  while (!events.some((event) => event.requestId === requestId)) await new Promise(setImmediate)
  return events.find((event) => event.requestId === requestId)
}

test('the constructor checks its arguments', () => {
  for (const args of [[], [5, 'info'], [() => {}], [() => {}, 'loud'], [() => {}, 5]]) {
    assert.throws(() => Reflect.construct(NativeWorker, args), { code: 'ERR_INVALID_ARGUMENT' })
  }
  assert.throws(() => Reflect.apply(NativeWorker, undefined, []), TypeError)
  assert.throws(() => worker.gather.call({}, 1, 1, {}), TypeError)
})

test('after close() every command is refused, and close() again does nothing', () => {
  worker.close()
  worker.close()
  worker.ref()
  worker.unref()
  assert.throws(() => worker.getStats(1, 1), { code: 'ERR_CLOSED' })
  assert.throws(() => worker.setLogLevel('info'), { code: 'ERR_CLOSED' })
  assert.throws(() => worker.fingerprint(), { code: 'ERR_CLOSED' })
})

test('request ids and ids are whole numbers below 2^53; only a request id, "no source" and "of the worker" may be 0', () => {
  for (const bad of [undefined, null, '1', -1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, {}, 1n]) {
    assert.throws(() => worker.getStats(bad, 1), { code: 'ERR_INVALID_ARGUMENT', message: /requestId/ })
    assert.throws(() => worker.closeConnection(1, bad), {
      code: 'ERR_INVALID_ARGUMENT',
      message: /connectionId/,
    })
    assert.throws(() => worker.setSenderSource(1, 1, bad, []), {
      code: 'ERR_INVALID_ARGUMENT',
      message: /receiverId/,
    })
  }
  assert.throws(() => worker.pauseSender(1, 0, true), { code: 'ERR_INVALID_ARGUMENT', message: /senderId/ })
  worker.getStats(0, 1)
  worker.setSenderSource(0, 1, 0, [])
})

test('the largest id comes back as it was', async () => {
  const requestId = 2 ** 53 - 1
  worker.getStats(requestId, 2 ** 53 - 1)
  assert.deepEqual(await answer(requestId), {
    type: 'result',
    connectionId: 2 ** 53 - 1,
    requestId,
    code: 'ERR_NOT_FOUND',
  })
})

// A list was measured once and then read to an end that was looked up anew: a getter of an element which appended to the
// list wrote beyond the 32 codecs of the C struct and brought the process down.
test('a list that grows while it is read does not overflow', async () => {
  const codec = { payloadType: 96, codec: 'av1', clockRateHz: 90_000 }
  /** @type {object[]} */
  const codecs = []
  codecs.push({
    ...codec,
    get payloadType() {
      while (codecs.length < 10_000) codecs.push(codec)
      return 96
    },
  })
  worker.addReceiver(1, 1, 2, { format: { kind: 'video', mid: '0', codecs } })
  assert.equal((await answer(1)).code, 'ERR_NOT_FOUND')
  assert.equal(codecs.length, 10_000)
})

// The worker was looked at before the arguments were read: a getter that closed it left the command with a freed one.
test('a worker that is closed while a command reads its arguments refuses the command', () => {
  const credentials = {
    get ufrag() {
      worker.close()
      return 'aaaaaaaa'
    },
    pwd: 'a'.repeat(24),
    controlling: true,
  }
  assert.throws(() => worker.gather(1, 1, credentials), { code: 'ERR_CLOSED' })
})

// Node-API swallows what a thread-safe function's callback throws, with a deprecation warning.
test('what onEvents throws reaches uncaughtException, and the next events come', async () => {
  const { code, stdout, stderr } = await run('on-events-throws')
  assert.deepEqual({ code, stdout }, { code: 0, stdout: '2 calls, 2 caught' }, stderr)
  assert.equal(stderr, '')
})

test('onEvents may close the worker', async () => {
  let calls = 0
  const { promise, resolve } = deferred()
  const closer = new NativeWorker(() => {
    calls++
    closer.close()
    setImmediate(resolve)
  }, 'info')
  closer.ref()
  for (let requestId = 1; requestId <= 1000; requestId++) closer.getStats(requestId, 5)
  await promise
  assert.equal(calls, 1)
})

test('a flood of answers comes completely and in order, and other work goes on meanwhile', async () => {
  const total = 20_000
  let ticks = 0
  const ticker = setInterval(() => ticks++, 1)
  let sent = 0
  while (sent < total) {
    try {
      worker.getStats(sent + 1, 5)
      sent++
    } catch (error) {
      assert.equal(/** @type {any} */ (error).code, 'ERR_FULL')
      await new Promise(setImmediate)
    }
  }
  await answer(total)
  clearInterval(ticker)
  assert.deepEqual(
    events.map((event) => event.requestId),
    Array.from({ length: total }, (_, index) => index + 1),
  )
  assert.ok(ticks > 0)
})

// Wake-ups that are left over when the environment ends were delivered into it when no JS may run any more: building
// the event failed, and so did throwing that: the process aborted.
test('events left over at the end of the process do not abort it', async () => {
  const { code, signal, stderr } = await run('events-left-over')
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr)
})

test('worker_threads are terminated in the midst of their events', async () => {
  const { code, signal, stdout, stderr } = await run('terminated-midst')
  assert.deepEqual({ code, signal, stdout }, { code: 0, signal: null, stdout: '40 terminated' }, stderr)
})

test('workers that are collected, closed or not, with their events under way', async () => {
  const { code, signal, stdout, stderr } = await run('collected-workers', { flags: ['--expose-gc'] })
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr)
  const { before, after } = JSON.parse(stdout)
  assert.deepEqual(after, before)
})

test('a process that waits for an answer does not end before it', async () => {
  const { code, signal, stdout, stderr } = await run('waits-for-answer')
  assert.deepEqual({ code, signal, stdout }, { code: 0, signal: null, stdout: 'ERR_NOT_FOUND' }, stderr)
})

function deferred() {
  /** @type {(value?: any) => void} */
  let resolve = () => {}
  const promise = new Promise((done) => {
    resolve = done
  })
  return { promise, resolve }
}

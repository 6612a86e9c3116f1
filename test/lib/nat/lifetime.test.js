// The search for a lifetime, on a pretended NAT; the sockets' part is tested by discover.test.js.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { searchLifetime } from '../../../lib/nat/lifetime.js'

/**
 * A NAT that forgets after some time; waiting costs no time here, but its order is that of real waits.
 * @param {number} lifetime
 */
function forgetting(lifetime) {
  /** @type {number[]} */
  const asked = []
  const isAlive = async (/** @type {number} */ seconds) => {
    asked.push(seconds)
    return seconds <= lifetime
  }
  return { asked, isAlive }
}

test('the lifetime is enclosed, whatever it is', async () => {
  for (const lifetime of [1, 4.9, 5, 29, 30, 31, 64, 120, 180, 299.9]) {
    const { asked, isAlive } = forgetting(lifetime)
    const { survivedSeconds, lostSeconds } = await searchLifetime(isAlive, 300)
    assert.ok(lostSeconds !== null && survivedSeconds <= lifetime && lifetime < lostSeconds, `${lifetime}`)
    assert.ok(lostSeconds - survivedSeconds <= Math.max(lifetime, 2.4) / 8, `${lifetime}: ${lostSeconds}`)
    assert.ok(asked.length <= 16)
  }
})

test('a lifetime beyond the longest wait is told as such', async () => {
  const { asked, isAlive } = forgetting(1000)
  assert.deepEqual(await searchLifetime(isAlive, 300), { survivedSeconds: 300, lostSeconds: null })
  assert.equal(Math.max(...asked), 300)
})

test('with the first loss longer waits end', async () => {
  let stopped = 0
  const isAlive = (/** @type {number} */ seconds, /** @type {AbortSignal} */ stop) =>
    seconds <= 10
      ? Promise.resolve(true)
      : seconds < 25
        ? Promise.resolve(false)
        : new Promise((_, reject) => {
            stop.addEventListener('abort', () => {
              stopped++
              reject(stop.reason)
            })
          })
  const { survivedSeconds, lostSeconds } = await searchLifetime(/** @type {any} */ (isAlive), 300)
  assert.ok(lostSeconds !== null && survivedSeconds <= 10 && lostSeconds > 10)
  assert.ok(stopped > 0)
})

test('a failure is passed on', async () => {
  await assert.rejects(
    searchLifetime(async () => Promise.reject(new Error('no socket')), 300),
    /no socket/,
  )
})

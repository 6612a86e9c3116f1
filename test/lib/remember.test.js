// Answers that are worked out once for each object and word.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remember } from '../../lib/remember.js'

test('works once for each object and word, and again for another', () => {
  let count = 0
  const answer = remember((/** @type {string[]} */ list, word) => {
    count += 1
    return [...list, word]
  })
  const list = ['a']
  assert.deepEqual(answer(list, 'x'), ['a', 'x'])
  assert.equal(answer(list, 'x'), answer(list, 'x'))
  assert.equal(count, 1)
  assert.deepEqual(answer(list, 'y'), ['a', 'y'])
  assert.deepEqual(answer(list), ['a', ''])
  assert.notEqual(answer(['a'], 'x'), answer(list, 'x'))
  assert.equal(count, 4)
})

test('for two objects it is used twice, and an error is no answer', () => {
  const pair = remember((/** @type {object} */ one) =>
    remember((/** @type {object} */ other) => [one, other]),
  )
  const [a, b] = [{}, {}]
  assert.equal(pair(a)(b), pair(a)(b))
  assert.notEqual(pair(a)(b), pair(b)(a))
  let count = 0
  const fails = remember(() => {
    count += 1
    throw new Error('no')
  })
  for (let i = 0; i < 2; i++) assert.throws(() => fails(a))
  assert.equal(count, 2)
})

// Files of at most 600 lines, C functions of at most 60, and a first line that says what a file is for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourcesIn } from './sources.js'

const folders = ['csrc', 'binding', 'lib', 'test', 'examples', 'bench', '.ci']
const sources = sourcesIn(folders, /\.(c|h|cc|js|css|html)$/)

test('no file is longer than 600 lines', () => {
  const long = sources
    .filter((source) => source.lines.length > 601)
    .map((source) => `${source.path}: ${source.lines.length - 1}`)
  assert.deepEqual(long, [])
})

test('no C function of csrc/ and binding/ is longer than 60 lines', () => {
  const long = sourcesIn(['csrc', 'binding'], /\.(c|cc)$/).flatMap((source) => {
    let start = 0
    return source.lines.flatMap((line, index) => {
      if (line === '{') start = index
      const length = index - start - 1
      const isEnd = line === '}' && start > 0
      if (!isEnd) return []
      const name = source.lines[start - 1].trim()
      start = 0
      return length > 60 ? [`${source.path}: ${name}: ${length}`] : []
    })
  })
  assert.deepEqual(long, [])
})

test('each file opens by saying what it is for', () => {
  const all = sourcesIn(['csrc', 'binding', 'lib', 'test', 'bench'], /\.(c|h|cc|js)$/)
  const paths = new Set(all.map((source) => source.path))
  const silent = all
    // A header says it for its .c as well.
    .filter((source) => !paths.has(source.path.replace(/\.cc?$/, '.h')) || source.path.endsWith('.h'))
    .filter((source) => !/^(#!.*\n)?\s*(\/\*|\/\/)/.test(source.text))
    .map((source) => source.path)
  assert.deepEqual(silent, [])
})

// The lock file once lacked the packages for other platforms (the registry it was made with had none of them), and
// `npm ci` refused it on every fresh machine: "package.json and package-lock.json are not in sync".

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'))
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

test('the lock file holds every package that another one in it names', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter(
        (name) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`],
      )
      .map((name) => `${path || 'package.json'} needs ${name}`),
  )
  assert.deepEqual(missing, [])
})

test('the lock file is of this package.json', () => {
  const { dependencies, devDependencies } = lock.packages['']
  assert.deepEqual(
    { dependencies, devDependencies },
    {
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    },
  )
})

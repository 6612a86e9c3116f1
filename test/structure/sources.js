// The project's source files, for the checks in this folder.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** @typedef {{ path: string, text: string, lines: string[] }} Source path: from the top directory, with slashes */

/**
 * @param {string[]} folders
 * @param {RegExp} pattern of the path
 * @returns {Source[]}
 */
export function sourcesIn(folders, pattern) {
  return pathsIn(folders)
    .filter((path) => pattern.test(path))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, lines: text.split('\n') }
    })
}

/**
 * @param {string[]} folders
 * @returns {string[]}
 */
export function pathsIn(folders) {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
    )
    .filter((path) => !path.startsWith('lib/types/') && !path.startsWith('test/data/'))
    .sort()
}

// Runs the programs that setup needs, showing what they print, and the errors it can end with.
// Only Node's own modules: in a fresh clone there is no node_modules yet.

import { spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's top directory. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Setup cannot go on, for a reason that the person at the keyboard can act on; shown without a stack. */
export class SetupError extends Error {
  name = 'SetupError'
}

/**
 * Prints one line about what setup is doing.
 * @param {string} text
 */
export function say(text) {
  process.stdout.write(`urchin: ${text}\n`)
}

/**
 * Runs a program with its output passed through, and waits for it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} its exit code; 127 when it could not be started, 128 when a signal ended it
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: options.env ?? process.env })
    child.on('error', () => resolve(127))
    child.on('close', (code) => resolve(code ?? 128))
  })
}

/**
 * Runs a program silently.
 * @param {string} command
 * @param {string[]} args
 * @returns {{ ok: boolean, output: string }} output is its stdout
 */
export function probe(command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  return { ok: result.status === 0, output: result.stdout ?? '' }
}

/**
 * Runs a setup step as a program's whole purpose: a SetupError becomes a message and exit code 1.
 * @param {() => Promise<unknown>} step
 */
export async function main(step) {
  try {
    await step()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`\nurchin: ${error.message}\n`)
    process.exit(1)
  }
}

// Runs a program of fixtures/ to its end.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const LIVENESS_MS = 120_000

/**
 * @param {string} name
 * @param {{ flags?: string[], onOutput?: (child: import('node:child_process').ChildProcess, output: string) => void }} [options]
 */
export async function run(name, { flags = [], onOutput } = {}) {
  const file = fileURLToPath(new URL(`./fixtures/${name}.js`, import.meta.url))
  const child = spawn(process.execPath, [...flags, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIVENESS_MS,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    onOutput?.(child, stdout)
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [code, signal] = await once(child, 'close')
  return { code, signal, stdout: stdout.trim(), stderr }
}

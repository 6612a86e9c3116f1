/** What a process and its threads have used, from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of one thread. @param {number} pid @param {number | string} thread @returns {number} microseconds */
export function threadCpuUs(pid, thread) {
  return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000
}

/** CPU time of all its threads. @param {number} pid @returns {number} microseconds */
export function processCpuUs(pid) {
  let sum = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) sum += threadCpuUs(pid, thread)
  return sum
}

/** CPU time by the threads' names, the main thread as `main`. @param {number} pid @returns {Record<string, number>} microseconds */
export function cpuByThread(pid) {
  /** @type {Record<string, number>} */
  const sums = {}
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const isMain = Number(thread) === pid
    const name = isMain ? 'main' : readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim()
    sums[name] = (sums[name] ?? 0) + threadCpuUs(pid, thread)
  }
  return sums
}

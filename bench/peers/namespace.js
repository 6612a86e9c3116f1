/**
 * Runs the calling program again in a network namespace with one interface that is not loopback: Janus takes no
 * addresses of loopback, and its sockets keep to their interface, so that the clients' addresses have to be there too.
 * Nothing leaves the namespace, and packets between its own addresses are delivered as those on loopback are.
 */
import { spawnSync } from 'node:child_process'

export const outsideAddress = '127.2.0.1'

const setup = [
  'ip link set lo up',
  'ip link add bench0 type veth peer name bench1',
  `ip addr add ${outsideAddress}/32 dev bench0`,
  'ip link set bench1 up',
  'ip link set bench0 up',
  'ip route add local 127.1.0.0/16 dev bench0 table local',
].join(' && ')

/** Returns at once where namespaces can not be had (not root), and inside of one; else it ends the process. */
export function enterNamespace() {
  if (process.env.BENCH_NAMESPACE) return
  const env = { ...process.env, BENCH_NAMESPACE: '1' }
  const canHave = spawnSync('unshare', ['-n', 'sh', '-c', setup], { stdio: 'ignore' }).status === 0
  if (!canHave) return
  const words = ['-n', 'sh', '-c', `${setup} && exec "$0" "$@"`, process.execPath, ...process.argv.slice(1)]
  process.exit(spawnSync('unshare', words, { env, stdio: 'inherit' }).status ?? 1)
}

export function isInNamespace() {
  return process.env.BENCH_NAMESPACE === '1'
}

// What the NAT laboratory needs of the machine, and whether it is here. Only Node's own modules.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs, each with the Debian package that has it. */
const programs = {
  bash: 'bash',
  ip: 'iproute2',
  nft: 'nftables',
  turnserver: 'coturn',
  openssl: 'openssl',
  sysctl: 'procps',
  cc: 'gcc',
}

/** Everything that a lab does to the kernel, in a namespace that is gone again afterwards. */
const trial = `
set -e
n=urchin-trial-$$
ip netns add "$n"
trap 'ip netns del "$n"' EXIT
ip -n "$n" link add br0 type bridge
ip -n "$n" link add v0 type veth peer name v1
ip netns exec "$n" nft -f - <<END
table ip nat {
  chain zone { type filter hook prerouting priority -300; ct zone set 1; }
  chain post { type nat hook postrouting priority 100; oifname v0 masquerade fully-random; }
}
table netdev loss {
  chain in { type filter hook ingress device "v0" priority 0; numgen random mod 100 < 10 drop; }
}
END
`

/**
 * Why there can be no lab on this machine.
 * @returns {string | undefined} undefined: there can
 */
export function whyNoLab() {
  if (process.platform !== 'linux') return 'network namespaces are a matter of Linux'
  if (process.getuid?.() !== 0) return 'it must run as root'
  const missing = Object.entries(programs).filter(([program]) => !isInstalled(program))
  if (missing.length > 0) {
    return `missing: ${missing.map(([program, name]) => `${program} (Debian: ${name})`).join(', ')}`
  }
  const { status, stderr } = spawnSync('bash', ['-c', trial], { encoding: 'utf8', env: environment() })
  const said = stderr.trim().split('\n', 1)[0]
  return status === 0 ? undefined : `this machine lets nobody build networks: ${said}`
}

/** The environment with the directories where system programs are. */
export function environment() {
  return { ...process.env, PATH: `${process.env.PATH}${delimiter}/usr/sbin${delimiter}/sbin`, LC_ALL: 'C' }
}

/** @param {string} program */
function isInstalled(program) {
  const folders = String(environment().PATH).split(delimiter)
  return folders.some((folder) => existsSync(join(folder, program)))
}

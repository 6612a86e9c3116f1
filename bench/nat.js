/**
 * How long connecting takes across each kind of network, in the laboratory of test/natlab (root and its programs are
 * needed): from the offer being asked for to both READY, signalling included, and from the answer being there. Calls
 * run one after the other. Prints a table, or with --json one line of JSON.
 *
 *   node bench/nat.js [RUNS] [--json]
 */
import { Agents, Call, showPair } from '../test/natlab/calls.js'
import { kinds, Lab } from '../test/natlab/lab.js'
import { whyNoLab } from '../test/natlab/needs.js'

const runs = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 10)
const isJson = process.argv.includes('--json')
/** Who is at the other end: a server with a public address, and somebody at home. */
const peers = /** @type {const} */ (['none', 'port'])

const why = whyNoLab()
if (why) {
  console.log(isJson ? JSON.stringify({ skipped: why }) : `skipped: ${why}`)
  process.exit(0)
}

const lab = await Lab.up({ anone: 'none', aport: 'port', ...sidesOf(kinds) })
const agents = new Agents(lab)
await agents.start(...lab.sides)
try {
  const rows = []
  for (const kind of kinds) for (const peer of peers) rows.push(await measure(kind, peer))
  console.log(isJson ? JSON.stringify({ runs, rows }) : tableOf(rows))
} finally {
  await agents.end()
  lab.down()
}

/** @param {readonly import('../test/natlab/lab.js').Kind[]} all */
function sidesOf(all) {
  return Object.fromEntries(all.map((kind) => [`k${kind}`, kind]))
}

/**
 * @param {import('../test/natlab/lab.js').Kind} kind
 * @param {'none' | 'port'} peer
 */
async function measure(kind, peer) {
  const connectMs = []
  const punchingMs = []
  const ways = new Set()
  let failed = 0
  // The first one warms up both processes.
  for (let run = -1; run < runs; run++) {
    const options = (/** @type {string} */ side) => ({
      iceServers: lab.iceServers(side),
      tlsCa: lab.certificate,
    })
    const [from, to] = [`k${kind}`, `a${peer}`]
    const call = await Call.start(agents.in(from), agents.in(to), {
      offerer: options(from),
      answerer: options(to),
    })
    try {
      const tookMs = await call.ready()
      if (run >= 0) {
        connectMs.push(tookMs)
        punchingMs.push(call.punchingMs)
        ways.add(showPair(call.offerer.find('ready')?.value))
      }
    } catch {
      failed++
    } finally {
      await call.close()
    }
  }
  const sorted = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)
  const at = (/** @type {number[]} */ values, /** @type {number} */ share) =>
    sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
  return {
    kind,
    peer,
    medianMs: at(connectMs, 0.5),
    p95Ms: at(connectMs, 0.95),
    medianFromAnswerMs: at(punchingMs, 0.5),
    failed,
    pairs: [...ways].join(', '),
  }
}

/** @param {Awaited<ReturnType<typeof measure>>[]} rows */
function tableOf(rows) {
  const header = ['network', 'towards', 'median', 'p95', 'from the answer', 'failed', 'pair at READY']
  const cells = rows.map((row) => [
    row.kind,
    row.peer,
    `${row.medianMs.toFixed(0)} ms`,
    `${row.p95Ms.toFixed(0)} ms`,
    `${row.medianFromAnswerMs.toFixed(0)} ms`,
    row.failed,
    row.pairs,
  ])
  return [header, header.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

/** CPU per forwarded packet: the cases, each beside its floors, and those that are compared in turns. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { barChart } from './charts.js'
import { Fanout, median, out, ratioOf, ratioToFloor, root, takeTurns, whyUnsound } from './fanout.js'
import { table } from './tables.js'

/** @typedef {{ title: string, args: string[] }} Case */
/** @typedef {import('./fanout.js').Round} Round */
/** @typedef {Record<string, { title: string, rounds: Round[] }>} Results */

const nice = ['--ice', 'nice']
// Where it is not installed, its file may be told.
const ipsecMb = process.env.URCHIN_IPSEC_MB || 'auto'
const audio = ['--audio', '--size', '100', '--interval-us', '20000']

/**
 * Each group is open at the same time and takes turns.
 * @type {Record<string, Case>[]}
 */
const groups = [
  {
    even50: { title: 'evenly spaced, N = 50', args: even(50, 1000) },
    nice50: { title: 'evenly spaced, N = 50, nice', args: [...even(50, 1000), ...nice] },
    multi50: { title: 'evenly spaced, N = 50, ipsec-mb', args: [...even(50, 1000), '--engine', ipsecMb] },
    cm50: { title: 'evenly spaced, N = 50, CM_SHA1_80', args: [...even(50, 1000), '--profile', 'cm'] },
  },
  {
    even100: { title: 'evenly spaced, N = 100', args: even(100, 2000) },
    even1000: { title: 'evenly spaced, N = 1000', args: even(1000, 20_000) },
  },
  {
    free50: { title: 'evenly spaced, N = 50, on any core', args: [...even(50, 1000), '--pin', 'no'] },
    free50x2: { title: 'evenly spaced, N = 50, 2 workers', args: [...even(50, 1000), '--workers', '2'] },
  },
  {
    chromium50: { title: "Chromium's frames, N = 50", args: chromium(50) },
    chromiumNice50: { title: "Chromium's frames, N = 50, nice", args: [...chromium(50), ...nice] },
    chromium10: { title: "Chromium's frames, N = 10", args: chromium(10) },
    chromium200: { title: "Chromium's frames, N = 200", args: chromium(200) },
  },
  {
    even1: { title: 'evenly spaced, N = 1', args: even(1, 1000) },
    even10: { title: 'evenly spaced, N = 10', args: even(10, 1000) },
    even200: { title: 'evenly spaced, N = 200', args: even(200, 4000) },
    audio50: {
      title: 'audio of 1, N = 50',
      args: ['--viewers', '50', ...audio, '--packets', '50', '--round-us', '1000000'],
    },
    audioAtOnce50: { title: 'audio of 20 at once, N = 50', args: audioOf20(0) },
    audioSpread50: { title: 'audio of 20 spread, N = 50', args: audioOf20(1000) },
  },
]
/** @type {Record<string, Case>[]} */
const smokeGroups = [
  {
    even50: { title: 'lite, briefly', args: ['--viewers', '5', '--packets', '100'] },
    nice50: { title: 'nice, briefly', args: ['--viewers', '5', '--packets', '100', ...nice] },
    audioAtOnce50: { title: 'audio, briefly', args: ['--viewers', '2', ...audioOf20(0).slice(2)] },
  },
]

/**
 * @param {number} viewers
 * @param {number} intervalUs
 */
function even(viewers, intervalUs) {
  const words = ['--viewers', viewers, '--interval-us', intervalUs, '--packets', 300_000 / intervalUs]
  return words.map(String)
}

/** @param {number} viewers */
function chromium(viewers) {
  return ['--viewers', String(viewers), '--steps', path.join(out, 'chromium.txt'), '--round-us', '1000000']
}

/** @param {number} spreadUs from one publisher's packet to the next one's */
function audioOf20(spreadUs) {
  return [
    '--viewers',
    '50',
    '--publishers',
    '20',
    ...audio,
    '--packets',
    '15',
    '--spread-us',
    String(spreadUs),
  ]
}

function writeSteps() {
  const { steps } = JSON.parse(readFileSync(path.join(root, 'bench', 'data', 'chromium.json'), 'utf8'))
  const lines = steps.map((/** @type {number[]} */ step) => `${step.join(' ')}\n`)
  writeFileSync(path.join(out, 'chromium.txt'), lines.join(''))
}

/**
 * @param {Record<string, Case>} group
 * @param {number} rounds
 * @returns {Promise<Results>}
 */
async function runGroup(group, rounds) {
  /** @type {Record<string, Fanout>} */
  const variants = {}
  try {
    for (const [name, { args }] of Object.entries(group)) {
      const variant = await Fanout.open(args)
      if (args.includes('--engine') && variant.ready.engine === 'OpenSSL') variant.close()
      else variants[name] = variant
    }
    const results = await takeTurns(variants, rounds)
    return Object.fromEntries(
      Object.entries(results).map(([name, measured]) => [
        name,
        { title: group[name].title, rounds: measured },
      ]),
    )
  } finally {
    for (const variant of Object.values(variants)) variant.close()
  }
}

/**
 * @param {Round[]} rounds
 * @param {string} floor
 */
const floorOf = (rounds, floor) => median(rounds.map(({ floors = {} }) => floors[floor]))
/** @param {Round[]} rounds */
const costOf = (rounds) => median(rounds.map(({ us }) => us))

/** @type {import('./run.js').Section} */
export const section = {
  name: 'forwarding',

  async run({ rounds, isSmoke, names }) {
    if (existsSync(path.join(root, 'bench', 'data', 'chromium.json'))) writeSteps()
    /** @type {Results} */
    const results = {}
    for (const group of isSmoke ? smokeGroups : groups) {
      const chosen = Object.entries(group).filter(([name]) => !names || names.includes(name))
      if (chosen.length === 0) continue
      const measured = await runGroup(Object.fromEntries(chosen), rounds)
      for (const { title, rounds: all } of Object.values(measured))
        console.log(
          `${title}: ${costOf(all).toFixed(2)} µs per packet, ` +
            `${ratioToFloor(all, 'batch')?.toFixed(2)} × floor ${whyUnsound(all) ?? ''}`,
        )
      Object.assign(results, measured)
    }
    const lost = Object.values(results).filter(({ rounds: [first] }) => first.delivered < 0.5)
    if (isSmoke && lost.length > 0) throw new Error('packets did not arrive')
    return results
  },

  names: groups.flatMap((group) => Object.keys(group)),

  table(/** @type {Results} */ results) {
    const header = ['case', 'CPU µs per packet', '/ floor', 'floor', 'floor, trains', 'floor, paced']
    return table(
      [...header, 'EVP + sendmsg', 'libsrtp + sendmsg', ''],
      Object.values(results).map(({ title, rounds }) => [
        title,
        costOf(rounds).toFixed(2),
        (ratioToFloor(rounds, 'batch') ?? 0).toFixed(2),
        ...['batch', 'trains', 'paced', 'evpSendmsg', 'libsrtpSendmsg'].map((floor) =>
          floorOf(rounds, floor).toFixed(2),
        ),
        whyUnsound(rounds) ?? '',
      ]),
    )
  },

  goals(/** @type {Results} */ results) {
    const { even50, multi50, nice50, even100, even1000, free50, free50x2, chromium50, chromiumNice50 } =
      results
    /**
     * @param {string} figure
     * @param {number} limit
     * @param {number | undefined} measured
     * @param {(Results[string] | undefined)[]} cases it rests on
     */
    const goal = (figure, limit, measured, ...cases) => ({
      figure,
      limit,
      measured,
      why: cases.map((one) => one && whyUnsound(one.rounds)).find((why) => why),
    })
    const trains = ratioToFloor(chromium50?.rounds, 'trains')
    const usual = ratioToFloor(chromium50?.rounds, 'libsrtpSendmsg')
    return [
      goal(
        'evenly spaced, N = 50: CPU per packet / floor',
        1.15,
        ratioToFloor(even50?.rounds, 'batch'),
        even50,
      ),
      goal('the same with ipsec-mb', 1, ratioToFloor(multi50?.rounds, 'batch'), multi50),
      goal("Chromium's frames, N = 50 / floor with trains", 1.25, trains, chromium50),
      goal("Chromium's frames, N = 50 / usual design", 0.4, usual, chromium50),
      goal('nice / lite, evenly spaced', 1.2, ratioOf(nice50?.rounds, even50?.rounds), nice50, even50),
      goal(
        "nice / lite, Chromium's frames",
        1.2,
        ratioOf(chromiumNice50?.rounds, chromium50?.rounds),
        chromiumNice50,
        chromium50,
      ),
      goal(
        'N = 1000 / N = 100, per packet',
        1.05,
        ratioOf(even1000?.rounds, even100?.rounds),
        even1000,
        even100,
      ),
      goal(
        'room over 2 workers / 1, CPU per packet',
        1.1,
        ratioOf(free50x2?.rounds, free50?.rounds),
        free50x2,
        free50,
      ),
    ]
  },

  charts(/** @type {Results} */ results) {
    // One viewer pays for every waking by itself: its bar would make all others small.
    const shown = Object.values(results).filter(({ title }) => !title.endsWith('N = 1'))
    return {
      'cpu.svg': barChart({
        title: 'CPU per forwarded packet',
        axis: 'µs of CPU (less is better)',
        series: ['Urchin', 'floor, trains', 'usual design (libsrtp + sendmsg)'],
        groups: shown.map(({ title, rounds }) => ({
          name: title,
          values: [costOf(rounds), floorOf(rounds, 'trains'), floorOf(rounds, 'libsrtpSendmsg')],
        })),
      }),
    }
  },
}

// An agent of `natlab matrix`: two of them meet by the files that the environment names, without trickling.

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Party } from './party.js'

/** How long a pair may still give way to a better one before it is told. */
const settlingMs = 1500
/** How long the end goes on answering the other one's checks. */
const lingeringMs = 3000

/**
 * @param {NodeJS.ProcessEnv} env see natlab --help
 * @returns {Promise<number>} the exit status
 */
export async function meetByFiles(env) {
  const isOffer = env.NATLAB_ROLE === 'offer'
  const untilMs = Date.now() + Number(env.NATLAB_TIMEOUT ?? 25) * 1000
  let isReady = false
  let hasFailed = false
  const { connection } = new Party(options(env), ({ event, value }) => {
    if (event === 'sdp') publish(String(env.NATLAB_LOCAL), value)
    if (event === 'ready') isReady = true
    if (event === 'failed') hasFailed = true
  })
  if (isOffer) connection.createOffer({ audio: true, video: true })
  await connection.setRemoteSdp(await remote(String(env.NATLAB_REMOTE), untilMs))
  while (!isReady && !hasFailed && Date.now() < untilMs) await sleep(20)
  if (isReady) await sleep(settlingMs)
  const pair = connection.getSelectedPair()
  if (!isReady || hasFailed || !pair) return 1
  const [local, far] = [pair.local, pair.remote].map(
    ({ type, address, port, protocol }) => `${type}@${address}:${port}/${protocol}`,
  )
  console.log(`RESULT local=${pair.local.type} remote=${pair.remote.type} L=${local} R=${far}`)
  await sleep(lingeringMs)
  await connection.close()
  return 0
}

/** @param {NodeJS.ProcessEnv} env */
function options(env) {
  const turn = (env.NATLAB_TURN ?? '').split(' ').filter(Boolean)
  const iceServers = [
    { urls: `stun:${env.NATLAB_STUN}` },
    ...(turn.length > 0 ? [{ urls: turn, username: env.NATLAB_USER, credential: env.NATLAB_PASS }] : []),
  ]
  const tlsCa = env.NATLAB_CA && readFileSync(env.NATLAB_CA, 'utf8')
  return { iceServers, trickle: false, iceTcp: env.NATLAB_ICE_TCP === '1', ...(tlsCa && { tlsCa }) }
}

/**
 * @param {string} path
 * @param {string} text
 */
function publish(path, text) {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

/**
 * @param {string} path
 * @param {number} untilMs
 */
async function remote(path, untilMs) {
  for (;;) {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      if (Date.now() > untilMs) throw new Error('the other end never wrote its description')
      await sleep(20)
    }
  }
}

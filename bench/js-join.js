/**
 * What joining costs: viewers come one after the other with a browser's offer (audio and video), until each has its first
 * packet; CPU per viewer of the main thread, Node's helpers and the worker, without the first 50, which also pay for
 * compiling; and the growth of the resident memory. Two ways: through the whole server by WHEP, and a connection by
 * itself. Prints one line of JSON.
 *
 *   node bench/js-join.js [VIEWERS] [FLAG FOR THE SERVER'S NODE]...
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Clients, root, writeEvenSteps } from './peers/clients.js'
import { cpuByThread } from './peers/cpu.js'
import { asker, end, poster, start } from './peers/servers.js'

const viewers = Number(process.argv[2] ?? 200)
const flags = process.argv.slice(3)
const warmUp = 50

/** @param {Clients} clients a browser's offer in these clients' name */
function browserOffer(clients) {
  return readFileSync(path.join(root, 'test', 'data', 'sdp', 'chromium-offer-recvonly.sdp'), 'utf8')
    .replace(/^a=ice-ufrag:\S+/gm, `a=ice-ufrag:${clients.ufrag}`)
    .replace(/^a=ice-pwd:\S+/gm, `a=ice-pwd:${clients.pwd}`)
    .replace(/^a=fingerprint:\S+ \S+/gm, `a=fingerprint:sha-256 ${clients.fingerprint}`)
    .replace(/^a=setup:\S+/gm, 'a=setup:active')
}

/** @param {number} pid */
function cpu(pid) {
  const { main, node = 0, ...rest } = cpuByThread(pid)
  const worker = Object.entries(rest).reduce(
    (sum, [name, us]) => sum + (name.startsWith('urchin') ? us : 0),
    0,
  )
  return { main, helpers: node, worker }
}

/**
 * @param {NodeJS.MemoryUsage} before
 * @param {NodeJS.MemoryUsage} after
 * @returns {NodeJS.MemoryUsage} in KB
 */
function growth(before, after) {
  const names = /** @type {(keyof NodeJS.MemoryUsage)[]} */ (Object.keys(after))
  const entries = names.map((name) => [name, (after[name] - before[name]) / 1024])
  return Object.fromEntries(entries)
}

/** @param {'whep' | 'api'} way */
async function measure(way) {
  const clients = await new Clients().start()
  const { child, hello } = await start('../js-join-server.js', [], ['--expose-gc', ...flags])
  const pid = child.pid ?? 0
  const ask = asker(child)
  const post = poster(hello.url)
  const answer = (/** @type {string} */ text) => (way === 'whep' ? post('whep', text) : ask('api', text))
  const all = warmUp + viewers
  const first = clients.reserve(all + 1)
  const offer = browserOffer(clients)
  await clients.connect(first, await post('whip', clients.offer('sendonly')))

  const join = async (/** @type {number} */ from, /** @type {number} */ count) => {
    for (let i = from; i < from + count; i++) await clients.connect(first + i, await answer(offer))
    const { arrived } = await clients.send({
      publisher: first,
      viewers: [first + from, count],
      steps: 'js-join',
    })
    if (arrived < count) throw new Error(`${count - arrived} viewers got nothing`)
  }
  await join(1, warmUp)
  await sleep(500)
  for (let i = 0; i < 100; i++) await ask('echo', offer)
  const beforeEcho = cpu(pid)
  for (let i = 0; i < 200; i++) await ask('echo', offer)
  const echoUs = (cpu(pid).main - beforeEcho.main) / 200
  const memory = await ask('memory')
  const before = cpu(pid)
  await join(1 + warmUp, viewers)
  const after = cpu(pid)
  await sleep(500)
  const grown = growth(memory, await ask('memory'))
  const perViewer = (/** @type {number} */ number) => Number((number / viewers).toFixed(3))
  const mainUs = after.main - before.main - (way === 'api' ? echoUs * viewers : 0)
  const result = {
    mainMs: perViewer(mainUs / 1000),
    helpersMs: perViewer((after.helpers - before.helpers) / 1000),
    workerMs: perViewer((after.worker - before.worker) / 1000),
    residentKb: perViewer(grown.rss),
    // The JS heap's pages, with room that is free; and what lives in them.
    heapPagesKb: perViewer(grown.heapTotal),
    heapKb: perViewer(grown.heapUsed),
    otherKb: perViewer(grown.rss - grown.heapTotal),
    echoMs: Number((echoUs / 1000).toFixed(3)),
  }
  await end(child)
  await clients.close()
  return result
}

writeEvenSteps('js-join', { count: 3, intervalUs: 1000 })
console.log(JSON.stringify({ viewers, whep: await measure('whep'), api: await measure('api') }))

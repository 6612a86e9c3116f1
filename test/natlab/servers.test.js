// STUN and TURN servers of all sorts: ways to reach them, ones that are dead, unknown, refuse, or vanish in a call;
// links that lose packets; IPv6.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agents, Call, showPair, wayOf } from './calls.js'
import { Lab } from './lab.js'
import { whyNoLab } from './needs.js'
import { nowMs } from './party.js'

/** @typedef {import('./calls.js').Options} Options */
/** @typedef {import('./calls.js').End} End */

const skip = whyNoLab()
const deadStun = { urls: 'stun:203.0.113.66:3478' }
const unknownStun = { urls: 'stun:nowhere.natlab:3478' }

describe('servers and links', { skip }, () => {
  /** @type {Lab} */
  let lab
  /** @type {Agents} */
  let agents
  /** @type {string[]} */
  const figures = []
  before(async () => {
    lab = await Lab.up({
      n: 'none',
      p: 'port',
      q: 'port',
      y: 'sym',
      t: 'tls443',
      v: 'v6only',
      w: 'v6only',
      d: 'dual',
      e: 'dual',
      g: 'port',
      h: 'port',
      i: 'port',
    })
    agents = new Agents(lab)
    await agents.start(...lab.sides)
  })
  after(async () => {
    console.log(['\nfrom the offer being asked for to both READY', ...figures].join('\n  '))
    await agents?.end()
    lab?.down()
  })

  /**
   * Starts a call between two sides, which ends with the test.
   * @param {import('node:test').TestContext} t
   * @param {[string, Options?]} offerer
   * @param {[string, Options?]} answerer
   */
  const start = async (t, [a, first], [b, second]) => {
    const ca = { tlsCa: lab.certificate }
    const call = await Call.start(agents.in(a), agents.in(b), {
      offerer: { iceServers: lab.iceServers(a), ...ca, ...first },
      answerer: { iceServers: lab.iceServers(b), ...ca, ...second },
    })
    t.after(() => call.close())
    return call
  }

  /**
   * Waits until both ends of a call are READY, and notes how long that took.
   * @param {string} what
   * @param {Call} call
   * @param {number} limitMs
   */
  const connect = async (what, call, limitMs) => {
    const tookMs = await call.ready(limitMs)
    const [pair] = await call.pairs()
    figures.push(`${what}: ${Math.round(tookMs)} ms, ${showPair(pair)}`)
    return pair
  }

  describe('side by side', { concurrency: 4 }, () => {
    describe('TURN and nothing else', { concurrency: true }, () => {
      for (const way of /** @type {const} */ (['udp', 'tcp', 'tls'])) {
        for (const isBoth of [false, true]) {
          test(`over ${way}, ${isBoth ? 'both ends' : 'one end'}`, async (t) => {
            /** @type {Options} */
            const relayed = {
              iceTransportPolicy: 'relay',
              iceServers: lab.iceServers('p', { stun: false, turn: [way] }),
            }
            const call = await start(t, ['p', relayed], ['n', isBoth ? relayed : {}])
            const pair = await connect(`TURN over ${way}, ${isBoth ? 'both' : 'one'}`, call, 10_000)
            assert.equal(pair?.local.type, 'relay')
            if (isBoth) assert.equal((await call.answerer.look()).pair?.local.type, 'relay')
            const candidates = call.offerer.candidates.filter((line) => !line.includes(' typ relay '))
            assert.deepEqual(candidates, [], 'no other candidates are told')
          })
        }
      }

      test('over TLS, where only TCP to port 443 gets out, by the name in its certificate', async (t) => {
        const iceServers = [
          { urls: 'turns:server.natlab:443?transport=tcp', username: 'natlab', credential: 'natlab' },
        ]
        const pair = await connect(
          'TURN over TLS by name',
          await start(t, ['t', { iceServers }], ['n']),
          10_000,
        )
        assert.equal(pair?.local.type, 'relay')
      })

      test('over TLS with a certificate that nobody vouches for: no way, and the reason says why', async (t) => {
        const call = await start(
          t,
          [
            't',
            { iceServers: lab.iceServers('t', { turn: ['tls'] }), tlsCa: undefined, connectTimeoutMs: 6000 },
          ],
          ['n', { iceServers: [] }],
        )
        const { code, detail } = await whyFailed(call.offerer)
        const told = call.offerer.find('ice-candidate-error')
        assert.equal(told?.value.url, 'turns:203.0.113.10:443?transport=tcp', call.story())
        assert.match(told.value.errorText, /certificate/i)
        assert.match(`${code} ${detail}`, /certificate/i)
      })
    })

    test('a wrong TURN password: no way, and the reason says which server and that the credentials may be wrong', async (t) => {
      const refused = lab.iceServers('y', { turn: ['udp'], credential: 'wrong' })
      const call = await start(
        t,
        ['y', { iceServers: refused, connectTimeoutMs: 6000 }],
        ['p', { iceServers: lab.iceServers('p', { turn: [] }) }],
      )
      const { code, detail } = await whyFailed(call.offerer)
      const told = call.offerer.find('ice-candidate-error')
      assert.deepEqual(
        [told?.value.url, told?.value.errorCode],
        // libnice keeps the server's 401 to itself.
        ['turn:203.0.113.10:3478?transport=udp', 701],
        call.story(),
      )
      assert.match(`${code} ${detail}`, /credentials are wrong/)
      assert.match(detail, /203\.0\.113\.10/)
    })

    test('a dead STUN server beside a live one delays nothing', async (t) => {
      const iceServers = [deadStun, ...lab.iceServers('p', { turn: [] })]
      const call = await start(t, ['p', { iceServers }], ['q', { iceServers }])
      const pair = await connect('dead STUN server and a live one, port and port', call, 10_000)
      assert.equal(wayOf([pair ?? null]), 'direct')
      assertNotAwaited(call)
    })

    test('STUN servers that are all dead or have no address delay no host candidates', async (t) => {
      const iceServers = [deadStun, unknownStun]
      const call = await start(t, ['n', { iceServers }], ['n', { iceServers }])
      await connect('only dead STUN servers, none and none', call, 10_000)
      assertNotAwaited(call)
    })

    test('a STUN server whose name is unknown beside a live one', async (t) => {
      const iceServers = [unknownStun, ...lab.iceServers('p', { turn: [] })]
      const call = await start(t, ['p', { iceServers }], ['q', { iceServers }])
      await connect('unknown STUN name and a live server, port and port', call, 10_000)
      assertNotAwaited(call)
    })

    test('a link that loses 10 % of all packets: 20 of 20 calls', async (t) => {
      await lab.impair('g', 'loss=10')
      await lab.impair('h', 'loss=10')
      try {
        const some = await Promise.all(Array.from({ length: 20 }, () => start(t, ['g'], ['h'])))
        const tookMs = await Promise.all(some.map((call) => call.ready(15_000)))
        tookMs.sort((a, b) => a - b)
        figures.push(
          `10 % loss, 20 calls: median ${Math.round(tookMs[10])}, worst ${Math.round(tookMs[19])} ms`,
        )
        await sleep(1500)
        const relayed = []
        for (const call of some) if (wayOf(await call.pairs()) !== 'direct') relayed.push(call.story())
        assert.deepEqual(relayed, [], 'all are direct')
      } finally {
        await lab.impair('g', 'off')
        await lab.impair('h', 'off')
      }
    })

    test('a link with 100 ms of delay, jitter and bursts of losses', async (t) => {
      await lab.impair('i', 'delay=50', 'jitter=10', 'loss=5', 'burst=4', 'seed=7')
      try {
        await connect('bad link', await start(t, ['i'], ['q']), 10_000)
      } finally {
        await lab.impair('i', 'off')
      }
    })

    for (const [a, b] of [
      ['v', 'w'],
      ['v', 'd'],
      ['d', 'e'],
      ['n', 'v'],
    ]) {
      test(`IPv6 between ${a} and ${b}`, async (t) => {
        const call = await start(t, [a], [b])
        await connect(`${a} and ${b}`, call, 5000)
        await sleep(1000)
        const [pair] = await call.pairs()
        assert.match(String(pair?.local.address), /^2001:db8:/)
        assert.equal(wayOf([pair]), 'direct')
      })
    }
  })

  test('a TURN server that vanishes in a call and comes back: so does the call', {
    timeout: 90_000,
  }, async (t) => {
    const call = await start(t, ['y'], ['p'])
    const pair = await connect('sym and port', call, 10_000)
    assert.equal(wayOf([pair ?? null]), 'relay')
    await sleep(2000)
    const sinceMs = nowMs()
    await lab.natlab('server', 'stop')
    try {
      await Promise.any(
        call.ends.map((end) =>
          end.when('ice-state', { accept: (state) => state === 'disconnected', sinceMs, timeoutMs: 10_000 }),
        ),
      )
    } finally {
      await lab.natlab('server', 'start')
    }
    const backMs = nowMs()
    for (const end of call.ends) {
      await end.when('ice-state', {
        accept: (state) => state === 'connected',
        sinceMs,
        timeoutMs: 25_000,
      })
    }
    figures.push(`TURN server back, until both are connected again: ${Math.round(nowMs() - backMs)} ms`)
  })

  test('a TURN server that vanishes for good: failed, with a reason', { timeout: 90_000 }, async (t) => {
    const call = await start(t, ['y'], ['p'])
    await connect('sym and port', call, 10_000)
    await lab.natlab('server', 'stop')
    try {
      const { code } = await whyFailed(call.offerer, 60_000)
      assert.match(code, /^ERR_ICE_/)
    } finally {
      await lab.natlab('server', 'start')
    }
  })
})

/**
 * READY came while the server that never answers was still being asked.
 * @param {Call} call
 */
function assertNotAwaited(call) {
  for (const end of call.ends) {
    const readyMs = Number(end.find('ready')?.atMs)
    assert.ok(readyMs < (end.find('gathered')?.atMs ?? Number.POSITIVE_INFINITY), end.story())
  }
}

/**
 * @param {End} end
 * @param {number} [timeoutMs]
 * @returns {Promise<{ code: string, detail: string }>}
 */
async function whyFailed(end, timeoutMs = 15_000) {
  const { value } = await end.failed(timeoutMs)
  return value
}

// The worker in JS over the real core: commands, answers, events, and every argument that may be wrong.

import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { Worker } from '../../lib/worker.js'

const worker = new Worker()
const config = { addresses: ['127.0.0.1'], connectTimeoutMs: 30_000 }
const credentials = { ufrag: 'abcdefgh', pwd: 'a'.repeat(24), controlling: true }
const candidate = {
  foundation: '1',
  component: 1,
  protocol: 'udp',
  priority: 1000,
  address: '192.0.2.1',
  port: 5000,
  type: 'host',
}
const remote = {
  ufrag: 'hgfedcba',
  pwd: 'b'.repeat(24),
  dtlsRole: 'client',
  fingerprints: [worker.fingerprint],
}
const codec = { payloadType: 96, codec: 'vp8', clockRateHz: 90_000, nack: true }
const format = { kind: 'video', mid: '0', codecs: [codec], extIds: { mid: 1 } }
const receiver = { format, ssrcs: [1, 2], rid: '', maxBitrateBps: 1_000_000 }
const sender = { format, ssrc: 1234, cname: 'name' }

/** @type {number[]} */
const opened = []
after(() => Promise.all(opened.map((id) => worker.closeConnection(id))))

/** @param {(event: any) => void} [onEvent] */
function open(onEvent = () => {}) {
  const id = worker.openConnection(config, onEvent)
  opened.push(id)
  return id
}

/** A copy of `value` with the field at `path` set to `bad`; a bad of undefined takes the field out. */
function withField(value, [key, ...rest], bad) {
  const copy = Array.isArray(value) ? [...value] : { ...value }
  copy[key] = rest.length > 0 ? withField(copy[key], rest, bad) : bad
  return copy
}

test('the fingerprint is a SHA-256 in upper-case hex with colons', () => {
  assert.equal(worker.fingerprint.algorithm, 'sha-256')
  assert.match(worker.fingerprint.value, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
})

test('gathering tells host candidates between started and gathered', async () => {
  /** @type {any[]} */
  const events = []
  const { promise, resolve } = deferred()
  const id = open((event) => {
    if (event.type === 'log') return
    events.push(event)
    if (event.type === 'gathered') resolve()
  })
  await worker.gather(id, credentials)
  await promise
  assert.deepEqual(
    events.map(({ type }) => type),
    ['started', 'candidate', 'hosts-gathered', 'gathered'],
  )
  const found = events[1].candidate
  assert.equal(found.type, 'host')
  assert.equal(found.address, '127.0.0.1')
  assert.equal(found.protocol, 'udp')
  assert.ok(found.port > 0 && found.priority > 0)
})

test('closed is the last event, and closeConnection resolves after it', async () => {
  /** @type {string[]} */
  const types = []
  const id = worker.openConnection(config, ({ type }) => types.push(type))
  worker.gather(id, credentials)
  const twice = worker.closeConnection(id)
  await worker.closeConnection(id)
  await twice
  assert.equal(types.at(-1), 'closed')
  await worker.closeConnection(id)
  await assert.rejects(worker.getStats(id), { code: 'ERR_NOT_FOUND' })
})

test('ids that nobody has are refused by every command', async () => {
  const gone = 999_999_999
  for (const promise of [
    worker.gather(gone, credentials),
    worker.setRemote(gone, remote),
    worker.addCandidate(gone, candidate),
    worker.endCandidates(gone),
    worker.restartIce(gone, credentials),
    worker.setAddresses(gone, ['127.0.0.1']),
    worker.getStats(gone),
    worker.updateReceiver(gone, gone, receiver),
    worker.removeReceiver(gone, gone),
    worker.pauseReceiver(gone, true),
    worker.requestKeyframe(gone),
    worker.updateSender(gone, gone, sender),
    worker.removeSender(gone, gone),
    worker.setSenderSource(gone, 0, []),
    worker.pauseSender(gone, true),
  ]) {
    await assert.rejects(promise, { code: 'ERR_NOT_FOUND' })
  }
})

test('statistics name transport, receivers and senders', async () => {
  const id = open()
  const receiverId = worker.addReceiver(id, receiver)
  const senderId = worker.addSender(id, sender)
  await worker.setSenderSource(senderId, receiverId, [{ from: 96, to: 96 }])
  const { transport, receivers, senders } = await worker.getStats(id)
  assert.equal(transport.dtlsState, 'new')
  assert.equal(receivers[receiverId].packetsReceived, 0)
  assert.equal(senders[senderId].ssrc, 1234)
})

test('a wrong type, range or length in any field is refused by name, and nothing has happened', async () => {
  const id = open()
  const notText = [5, null, {}, true]
  const notNumber = ['5', null, {}, Number.NaN, -1, 1.5, 2 ** 53]
  const notList = ['x', null, {}, 5]
  const notFlag = ['x', null, 1]
  /** @type {[(value: any) => unknown, any, [string[], any[]][]][]} call, a good argument, and what makes it bad */
  const table = [
    [
      (value) => worker.openConnection(value, () => {}),
      {
        ...config,
        servers: [{ isTurn: true, protocol: 'udp', host: 'h', port: 1, username: 'u', credential: 'c' }],
      },
      [
        [['addresses'], [...notList, [], [5], ['x'.repeat(100)], undefined]],
        [['portMin'], [...notNumber, 70_000, 5]],
        [['portMax'], notNumber],
        [['relayOnly'], notFlag],
        [['tcp'], notFlag],
        [['connectTimeoutMs'], [...notNumber, 10 ** 9]],
        [['disconnectedTimeoutMs'], [...notNumber, 10 ** 9]],
        [['consentTimeoutMs'], [...notNumber, 10 ** 9]],
        [['tlsCa'], [...notText, '', 'x'.repeat(300_000)]],
        [['servers'], [...notList, [5]]],
        [['servers', '0', 'isTurn'], notFlag],
        [
          ['servers', '0', 'protocol'],
          ['sctp', 5, undefined],
        ],
        [
          ['servers', '0', 'host'],
          [...notText, '', 'x'.repeat(300), undefined],
        ],
        [
          ['servers', '0', 'port'],
          [...notNumber, 0, 65_536],
        ],
        [
          ['servers', '0', 'username'],
          [...notText, ''],
        ],
        [
          ['servers', '0', 'credential'],
          [...notText, '', 'x'.repeat(600)],
        ],
      ],
    ],
    [
      ({ addresses }) => worker.setAddresses(id, addresses),
      { addresses: ['127.0.0.1'] },
      [[['addresses'], [...notList, [], [5], ['x'.repeat(100)], undefined]]],
    ],
    [
      (value) => worker.gather(id, value),
      credentials,
      [
        [['ufrag'], [...notText, 'abc', 'x'.repeat(257), 'a\0bcdef', undefined]],
        [['pwd'], [...notText, 'short', undefined]],
        [['controlling'], notFlag],
      ],
    ],
    [
      (value) => worker.setRemote(id, value),
      remote,
      [
        [['ufrag'], [...notText, '', undefined]],
        [['pwd'], [...notText, '', undefined]],
        [['iceLite'], notFlag],
        [['dtlsRole'], ['actpass', 5, undefined]],
        [['fingerprints'], [...notList, [], [5], Array(9).fill(worker.fingerprint), undefined]],
        [
          ['fingerprints', '0', 'algorithm'],
          ['sha-1', 'md5', 5],
        ],
        [
          ['fingerprints', '0', 'value'],
          [...notText, 'AB:CD', worker.fingerprint.value.replace(':', 'x')],
        ],
      ],
    ],
    [
      (value) => worker.addCandidate(id, value),
      candidate,
      [
        [['foundation'], [...notText, '', 'x'.repeat(33), undefined]],
        [['component'], [2, 'x', 0]],
        [['protocol'], ['sctp', 5, 'tcp', undefined]],
        [['priority'], [...notNumber, 2 ** 32]],
        [['address'], [...notText, '', 'x'.repeat(64), undefined]],
        [['port'], [...notNumber, 65_536]],
        [['type'], ['other', 5, undefined]],
        [['relatedAddress'], [5, 'x'.repeat(64)]],
        [['relatedPort'], [...notNumber, 65_536]],
      ],
    ],
    [
      (value) => worker.addReceiver(id, value),
      receiver,
      [
        [['format'], [5, null, [], undefined]],
        [
          ['format', 'kind'],
          ['data', 5, undefined],
        ],
        [
          ['format', 'mid'],
          [...notText, 'x'.repeat(17), undefined],
        ],
        [
          ['format', 'codecs'],
          [...notList, [5], Array(33).fill(codec)],
        ],
        [
          ['format', 'codecs', '0', 'payloadType'],
          [...notNumber, 128, undefined],
        ],
        [
          ['format', 'codecs', '0', 'codec'],
          ['mp3', 5, undefined],
        ],
        [
          ['format', 'codecs', '0', 'clockRateHz'],
          [...notNumber, 0, undefined],
        ],
        [['format', 'codecs', '0', 'nack'], notFlag],
        [['format', 'codecs', '0', 'pli'], notFlag],
        [['format', 'codecs', '0', 'fir'], notFlag],
        [['format', 'codecs', '0', 'transportCc'], notFlag],
        [['format', 'codecs', '0', 'remb'], notFlag],
        [
          ['format', 'extIds'],
          [5, 'x', []],
        ],
        [
          ['format', 'extIds', 'mid'],
          [...notNumber, 256],
        ],
        [['ssrcs'], [...notList, Array(9).fill(1), ['x'], [-1], [2 ** 32]]],
        [['rid'], [...notText, 'x'.repeat(17)]],
        [['maxBitrateBps'], [...notNumber, 2 ** 32]],
      ],
    ],
    [
      (value) => worker.addSender(id, value),
      sender,
      [
        [['format'], [5, undefined]],
        [['ssrc'], [...notNumber, 0, 2 ** 32, undefined]],
        [['cname'], [...notText, '', 'x'.repeat(64), undefined]],
      ],
    ],
    [
      (value) => worker.pauseReceiver(1, value.paused),
      { paused: true },
      [[['paused'], [...notFlag, undefined]]],
    ],
    [
      (value) => worker.pauseSender(1, value.paused),
      { paused: true },
      [[['paused'], [...notFlag, undefined]]],
    ],
    [
      (value) => worker.setSenderSource(1, 0, value.map),
      { map: [{ from: 1, to: 2 }] },
      [
        [['map'], ['x', null, {}, 5, Array(129).fill({ from: 1, to: 1 })]],
        [
          ['map', '0', 'from'],
          [...notNumber, 128, undefined],
        ],
        [
          ['map', '0', 'to'],
          [...notNumber, 128, undefined],
        ],
      ],
    ],
    [(value) => worker.endCandidates(value.id), { id }, [[['id'], [...notNumber, 0, undefined]]]],
  ]
  let refused = 0
  for (const [call, good, fields] of table) {
    for (const [path, bads] of fields) {
      for (const bad of bads) {
        assert.throws(
          () => call(withField(good, path, bad)),
          { code: 'ERR_INVALID_ARGUMENT' },
          `${path.join('.')} = ${JSON.stringify(bad)}`,
        )
        refused++
      }
    }
  }
  assert.ok(refused > 300)
  for (const bad of [undefined, null, 5, 'x', []]) {
    assert.throws(() => worker.gather(id, bad), { code: 'ERR_INVALID_ARGUMENT' })
  }
  await worker.gather(id, credentials)
  const { transport } = await worker.getStats(id)
  assert.equal(transport.remoteCandidatesRefused, 0)
})

test('getters that throw come back as that exception', () => {
  const trap = {
    get ufrag() {
      throw new Error('from a getter')
    },
  }
  assert.throws(() => worker.gather(opened[0], trap), /from a getter/)
})

test('a full command queue is an error, not a stall', async () => {
  const id = open()
  /** @type {Promise<void>[]} */
  const sent = []
  let code
  try {
    for (let i = 0; i < 200_000; i++) sent.push(worker.endCandidates(id).catch(() => {}))
  } catch (error) {
    code = error.code
  }
  // The worker may be fast enough to keep up; if it is not, this is what the caller sees.
  if (code !== undefined) assert.equal(code, 'ERR_FULL')
  await Promise.all(sent)
  assert.equal((await worker.getStats(id)).transport.dtlsState, 'new')
})

test('close() rejects what is unanswered and ends what is open; another worker goes on', async () => {
  const other = new Worker()
  const id = other.openConnection(config, () => {})
  const unanswered = other.gather(id, credentials)
  const closing = other.closeConnection(id)
  other.close()
  other.close()
  await assert.rejects(unanswered, { code: 'ERR_CLOSED' })
  await closing
  assert.throws(() => other.getStats(id), { code: 'ERR_CLOSED' })
  assert.equal(await other.closeConnection(id), undefined)
  assert.notEqual(other.fingerprint.value, worker.fingerprint.value)
})

/** A promise and what resolves it. */
function deferred() {
  let resolve = () => {}
  const promise = new Promise((done) => {
    resolve = () => done(undefined)
  })
  return { promise, resolve }
}

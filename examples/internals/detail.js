/** Everything about one connection: how it stands, the way its packets take, its rates, candidates and streams. */

import { Charts, History } from './charts.js'
import {
  addressText,
  byId,
  bytesText,
  countText,
  durationText,
  element,
  momentText,
  msText,
  setText,
  Table,
} from './dom.js'
import { hints } from './hints.js'
import { drawTimeline } from './timeline.js'

/** @typedef {{ id: string, type: string, address?: string, port?: number, [name: string]: any }} Stats */

const secondary = new Set(['id', 'type', 'timestamp', 'transportId'])

export class Detail {
  #charts = new Charts(byId('charts'))
  /** @type {Map<string, History>} by connection id */
  #histories = new Map()
  /** @type {'setup' | 'all'} */
  #range = 'setup'
  /** @type {any} */
  #shown = null
  #steps = new Table(byId('steps'), ['#Time', 'Step', 'Detail'], 'none')
  #pairs = new Table(
    byId('pairs'),
    ['Local', 'Remote', 'State', '#Requests', '#Answers', '#RTT', '#Sent', '#Received'],
    'none known yet',
  )
  #locals = new Table(byId('locals'), ['Type', 'Address', 'Protocol', '#Priority', 'Origin'], 'none yet')
  #remotes = new Table(byId('remotes'), ['Type', 'Address', 'Protocol', '#Priority', 'Origin'], 'none yet')
  #streams = new Table(
    byId('streams'),
    ['Stream', 'm-line', '#SSRC', '#Packets', '#Bytes', '#Lost', '#Jitter', '#NACK', '#PLI', '#RTT'],
    'none',
  )
  #everything = new Table(byId('everything'), ['Object', 'Value', ''], 'none')

  constructor() {
    for (const button of document.querySelectorAll('[data-range]')) {
      button.addEventListener('click', () => this.#choose(/** @type {HTMLElement} */ (button).dataset.range))
    }
    new ResizeObserver(() => this.#draw()).observe(byId('timeline'))
  }

  /**
   * @param {any} connection as the server tells it, or null
   * @param {number} time the server's
   */
  show(connection, time) {
    byId('nothing').hidden = connection !== null
    byId('shown').hidden = connection === null
    this.#shown = connection && { ...connection, time }
    if (!connection) return
    const stats = new Map(connection.stats.map((/** @type {Stats} */ one) => [one.id, one]))
    const transport = stats.get('transport') ?? {}
    this.#showHead(connection, time)
    showFailure(connection.failure)
    showPath(connection, stats)
    showFacts(facts(connection, transport, stats))
    this.#showRates(connection, time)
    this.#showTables(connection.stats, stats)
    this.#steps.show(
      connection.timeline.map((/** @type {any} */ { ms, name, detail }, /** @type {number} */ i) => ({
        key: String(i),
        cells: [momentText(ms), name, detail],
        class: /^CONN_/.test(name) ? 'milestone' : '',
      })),
    )
    setText(byId('step-count'), `(${connection.timeline.length})`)
    this.#draw()
  }

  /**
   * @param {any} connection
   * @param {number} time
   */
  #showHead({ participant, room, connectionId, state, failure, createdAt, endedAt }, time) {
    setText(byId('title'), participant?.name || kindName(participant?.kind) || 'Nobody yet')
    const badge = byId('state')
    const word = failure ? 'FAILED' : state.replace('CONN_', '')
    setText(badge, word)
    badge.className = `badge ${word.toLowerCase()}`
    const age = durationText((endedAt ?? time) - createdAt)
    const words = [
      room ? `room ${room}` : 'no room',
      kindName(participant?.kind),
      endedAt ? `ended after ${age}` : `for ${age}`,
      `since ${new Date(createdAt).toLocaleTimeString()}`,
      connectionId && `id ${connectionId}`,
    ]
    setText(byId('subtitle'), words.filter(Boolean).join(' · '))
  }

  /**
   * @param {any} connection
   * @param {number} time
   */
  #showRates({ id, stats, endedAt }, time) {
    const history = this.#histories.get(id) ?? new History()
    this.#histories.set(id, history)
    if (this.#histories.size > 50) this.#histories.delete(String(this.#histories.keys().next().value))
    if (endedAt === null) history.add(time, stats)
    byId('charts').hidden = endedAt !== null && history.samples.length === 0
    this.#charts.show(history.samples)
  }

  /**
   * @param {Stats[]} list
   * @param {Map<string, Stats>} byStatsId
   */
  #showTables(list, byStatsId) {
    const of = (/** @type {string} */ type) => list.filter((one) => one.type === type)
    const selected = byStatsId.get('transport')?.selectedCandidatePairId
    const rank = (/** @type {Stats} */ pair) =>
      pair.id === selected
        ? 0
        : 1 + ['succeeded', 'in-progress', 'waiting', 'frozen', 'failed'].indexOf(pair.state)
    const pairs = of('candidate-pair').sort((a, b) => rank(a) - rank(b))
    this.#pairs.show(pairs.map((pair) => pairRow(pair, byStatsId, pair.id === selected)))
    const pair = byStatsId.get(selected)
    this.#locals.show(of('local-candidate').map((one) => candidateRow(one, pair?.localCandidateId)))
    this.#remotes.show(of('remote-candidate').map((one) => candidateRow(one, pair?.remoteCandidateId)))
    this.#streams.show([...of('inbound-rtp'), ...of('outbound-rtp')].map(streamRow))
    this.#everything.show(
      list.flatMap((one) =>
        Object.entries(one)
          .filter(([name]) => !secondary.has(name))
          .map(([name, value], i) => ({
            key: `${one.id} ${name}`,
            cells: [
              i === 0 ? one.id : '',
              name,
              typeof value === 'object' ? JSON.stringify(value) : String(value),
            ],
            class: i === 0 ? 'first' : '',
          })),
      ),
    )
  }

  /** @param {string | undefined} range */
  #choose(range) {
    this.#range = range === 'all' ? 'all' : 'setup'
    for (const button of document.querySelectorAll('[data-range]')) {
      const isChosen = /** @type {HTMLElement} */ (button).dataset.range === this.#range
      button.setAttribute('aria-pressed', String(isChosen))
    }
    this.#draw()
  }

  #draw() {
    if (!this.#shown) return
    const { timeline, createdAt, endedAt, time } = this.#shown
    drawTimeline(byId('timeline'), timeline, { range: this.#range, endMs: (endedAt ?? time) - createdAt })
  }
}

/** @param {{ code: string, detail: string } | null} failure */
function showFailure(failure) {
  byId('failure').hidden = failure === null
  if (!failure) return
  setText(byId('failure-code'), failure.code)
  setText(byId('failure-detail'), failure.detail)
  setText(byId('failure-hint'), hints[failure.code] ?? '')
}

/**
 * @param {any} connection
 * @param {Map<string, Stats>} stats
 */
function showPath({ pair }, stats) {
  const place = byId('path')
  if (!pair) {
    place.replaceChildren(element('p', { class: 'hint', text: 'No pair is selected.' }))
    return
  }
  const selected = stats.get(stats.get('transport')?.selectedCandidatePairId)
  const rtt = msText(selected?.currentRoundTripTime)
  const local = stats.get(selected?.localCandidateId)
  const way = [pair.local.protocol.toUpperCase(), rtt].filter(Boolean).join(' · ')
  place.replaceChildren(
    end('here', pair.local, local?.url ?? ''),
    element('span', { class: 'way', text: way }),
    end('there', pair.remote, ''),
  )
}

/**
 * @param {string} side
 * @param {{ type: string, address: string, port: number }} candidate
 * @param {string} note
 */
function end(side, candidate, note) {
  return element(
    'div',
    { class: `end ${side}` },
    element('span', { class: `type ${candidate.type}`, text: candidate.type }),
    element('code', { text: addressText(candidate) }),
    element('span', { class: 'muted', text: note }),
  )
}

/**
 * @param {any} connection
 * @param {any} transport
 * @param {Map<string, Stats>} stats
 * @returns {[string, string][]}
 */
function facts(connection, transport, stats) {
  const selected = stats.get(transport.selectedCandidatePairId)
  const certificate = /** @type {any} */ (stats.get('certificate-remote'))
  const dropped = ['srtpAuthFailed', 'srtpReplayed', 'srtpMalformed', 'unknownDropped', 'stunDropped']
  const drops = dropped.reduce((all, name) => all + (transport[name] ?? 0), 0)
  /** @type {[string, string][]} */
  const list = [
    ['ICE', [connection.iceState, transport.iceRole].filter(Boolean).join(', ')],
    ['Our ufrag', transport.iceLocalUsernameFragment ?? ''],
    ['Round trip', msText(selected?.currentRoundTripTime ?? transport.currentRoundTripTime)],
    ['Pair changes', countText(transport.selectedCandidatePairChanges)],
    ['DTLS', [transport.dtlsState, transport.dtlsRole].filter(Boolean).join(', ')],
    ['DTLS cipher', transport.dtlsCipher ?? ''],
    ['SRTP', transport.srtpCipher ?? ''],
    ['Received', `${bytesText(transport.bytesReceived)}, ${countText(transport.packetsReceived)} packets`],
    ['Sent', `${bytesText(transport.bytesSent)}, ${countText(transport.packetsSent)} packets`],
    ['Packets refused', transport.bytesReceived === undefined ? '' : countText(drops)],
    [
      "Peer's certificate",
      certificate ? `${certificate.fingerprintAlgorithm} ${certificate.fingerprint}` : '',
    ],
  ]
  return list
}

/** @param {[string, string][]} list */
function showFacts(list) {
  const place = byId('facts')
  if (place.children.length !== list.length) {
    place.replaceChildren(
      ...list.map(([name]) => element('div', {}, element('dt', { text: name }), element('dd'))),
    )
  }
  for (const [index, [, value]] of list.entries()) {
    const target = place.children[index].children[1]
    setText(target, value || '–')
    target.setAttribute('title', value)
  }
}

/**
 * @param {Stats} pair
 * @param {Map<string, Stats>} stats
 * @param {boolean} isSelected
 */
function pairRow(pair, stats, isSelected) {
  const [local, remote] = [pair.localCandidateId, pair.remoteCandidateId].map((id) => stats.get(id))
  const words = [pair.state, pair.nominated ? 'nominated' : '', isSelected ? 'selected' : '']
  return {
    key: pair.id,
    class: isSelected ? 'selected' : pair.state,
    cells: [
      candidateText(local),
      candidateText(remote),
      words.filter(Boolean).join(', '),
      countText(pair.requestsSent),
      countText(pair.responsesReceived),
      msText(pair.currentRoundTripTime),
      bytesText(pair.bytesSent),
      bytesText(pair.bytesReceived),
    ],
  }
}

/** @param {Stats | undefined} candidate */
function candidateText(candidate) {
  return candidate ? `${candidate.candidateType}  ${addressText(candidate)}` : '?'
}

/**
 * @param {Stats} candidate
 * @param {string | undefined} selectedId
 */
function candidateRow(candidate, selectedId) {
  const { id, candidateType, protocol, tcpType, priority, relatedAddress, relatedPort } = candidate
  const origin = [
    candidate.url,
    candidate.relayProtocol && `over ${candidate.relayProtocol}`,
    candidate.announcedAddresses && `told as ${candidate.announcedAddresses.join(', ')}`,
    relatedAddress && `from ${addressText({ address: relatedAddress, port: relatedPort })}`,
  ]
  return {
    key: id,
    class: id === selectedId ? 'selected' : '',
    cells: [
      candidateType,
      addressText(candidate),
      tcpType ? `${protocol} ${tcpType}` : protocol,
      priority === undefined ? '' : String(priority),
      origin.filter(Boolean).join(', '),
    ],
  }
}

/** @param {Stats} stream */
function streamRow(stream) {
  const isIn = stream.type === 'inbound-rtp'
  const paused = stream.paused ? ', paused' : ''
  return {
    key: stream.id,
    cells: [
      `${isIn ? '↓' : '↑'} ${stream.kind ?? ''}${paused}`,
      stream.mid ?? '',
      String(stream.ssrc ?? ''),
      countText(isIn ? stream.packetsReceived : stream.packetsSent),
      bytesText(isIn ? stream.bytesReceived : stream.bytesSent),
      countText(stream.packetsLost),
      msText(stream.jitter),
      countText(stream.nackCount),
      countText(stream.pliCount),
      stream.roundTripTime ? msText(stream.roundTripTime) : '',
    ],
  }
}

/** @param {string | undefined} kind */
export function kindName(kind) {
  if (kind === 'whip') return 'WHIP publisher'
  if (kind === 'whep') return 'WHEP viewer'
  return kind === 'page' ? 'page' : ''
}

// Candidates and candidate pairs as W3C statistics: what the core reports, with what is known here where it says nothing.

import { isIP } from 'node:net'

/** @typedef {import('../sdp/candidate.js').Candidate} Candidate */
/** @typedef {import('../worker.js').IceServerConfig} IceServerConfig */
/** @typedef {'local' | 'remote'} Side */
/** @typedef {{ id: string, type: string, fields: Record<string, any> }} Item */

/** What a pair of the core's says in terms of this file. */
const pairWords = ['localCandidate', 'remoteCandidate', 'remoteAddress', 'remotePort', 'selected']

export class IceStats {
  /** @type {Map<string, Item>} */
  #items = new Map()
  /** Ids by the core's numbers. @type {Record<Side, Map<number, string>>} */
  #numbers = { local: new Map(), remote: new Map() }
  /** @type {string | undefined} of the pair that packets take */
  selectedId

  /**
   * @param {import('../worker.js').NativeStats} values
   * @param {{ pair: { local: Candidate, remote: Candidate } | null, candidates?: Candidate[],
   *   servers?: IceServerConfig[] }} known
   */
  constructor(values, { pair, candidates = [], servers = [] }) {
    const { transport, localCandidates = {}, remoteCandidates = {}, candidatePairs = {} } = values
    this.#addNumbered('local', withServer(withAnnounced(localCandidates, candidates), servers))
    this.#addNumbered('remote', remoteCandidates)
    if (this.#numbers.local.size === 0) {
      for (const candidate of candidates) this.#addCandidate('local', fieldsOf(candidate))
    }
    for (const fields of Object.values(candidatePairs)) this.#addPair(fields, transport)
    if (pair && this.selectedId === undefined) this.#addKnownPair(pair, transport)
  }

  /** @returns {Iterable<Item>} */
  get all() {
    return this.#items.values()
  }

  /**
   * @param {Side} side
   * @param {Record<string, any>} group
   */
  #addNumbered(side, group) {
    for (const [number, fields] of Object.entries(group)) {
      this.#numbers[side].set(Number(number), this.#addCandidate(side, fields))
    }
  }

  /**
   * Numbers begin anew with each ICE restart; what a candidate is stays the same, so that makes its id.
   * @param {Side} side
   * @param {Record<string, any>} fields
   * @returns {string}
   */
  #addCandidate(side, fields) {
    const { candidateType, protocol, tcpType, address, port } = fields
    const way = tcpType ? `${protocol}-${tcpType}` : protocol
    const id = `${side}-${candidateType}-${way}-${address}-${port}`
    if (!this.#items.has(id)) this.#items.set(id, { id, type: `${side}-candidate`, fields })
    return id
  }

  /**
   * @param {Record<string, any>} native
   * @param {Record<string, any>} transport
   */
  #addPair(native, transport) {
    const local = this.#numbers.local.get(native.localCandidateId ?? native.localCandidate)
    const remote =
      this.#numbers.remote.get(native.remoteCandidateId ?? native.remoteCandidate) ??
      this.#addUnsignalled(native)
    const rest = Object.fromEntries(Object.entries(native).filter(([name]) => !pairWords.includes(name)))
    const isSelected = Boolean(native.selected)
    const id = pairId(local, remote)
    this.#items.set(id, {
      id,
      type: 'candidate-pair',
      fields: {
        ...(isSelected ? ofTransport(transport, rest) : {}),
        ...rest,
        nominated: Boolean(native.nominated),
        localCandidateId: local,
        remoteCandidateId: remote,
      },
    })
    if (isSelected) this.selectedId = id
  }

  /**
   * RFC 8445 7.3.1.3: an address that only the peer's checks told of.
   * @param {Record<string, any>} native
   */
  #addUnsignalled({ remoteAddress: address, remotePort: port, protocol = 'udp' }) {
    if (address === undefined) return undefined
    return this.#addCandidate('remote', { candidateType: 'prflx', protocol, address, port })
  }

  /**
   * The pair that was told last, where the core names none (any more).
   * @param {{ local: Candidate, remote: Candidate }} pair
   * @param {Record<string, any>} transport
   */
  #addKnownPair(pair, transport) {
    const local = this.#addCandidate('local', fieldsOf(pair.local))
    const remote = this.#addCandidate('remote', fieldsOf(pair.remote))
    const id = pairId(local, remote)
    this.selectedId = id
    if (this.#items.has(id)) return
    const fields = { ...ofTransport(transport, {}), state: 'succeeded', nominated: true }
    const ends = { localCandidateId: local, remoteCandidateId: remote }
    this.#items.set(id, { id, type: 'candidate-pair', fields: { ...fields, ...ends } })
  }
}

/**
 * Host candidates with the addresses that the peer is told in place of theirs.
 * @param {Record<string, any>} group the core's candidates
 * @param {Candidate[]} candidates as the peer was told
 */
function withAnnounced(group, candidates) {
  const own = new Set(Object.values(group).map(({ address }) => address))
  const foreign = candidates.filter(({ type, address }) => type === 'host' && !own.has(address))
  if (foreign.length === 0) return group
  return Object.fromEntries(
    Object.entries(group).map(([number, fields]) => {
      const addresses = foreign.filter((one) => isSameSocket(one, fields)).map(({ address }) => address)
      return [number, addresses.length > 0 ? { ...fields, announcedAddresses: addresses } : fields]
    }),
  )
}

/**
 * Relayed candidates with the server they are from, where it can be no other.
 * @param {Record<string, any>} group the core's candidates
 * @param {IceServerConfig[]} servers
 */
function withServer(group, servers) {
  const relays = servers.filter(({ isTurn }) => isTurn)
  if (relays.length !== 1) return group
  const [{ protocol, host, port }] = relays
  const name = host.includes(':') ? `[${host}]` : host
  const url = `${protocol === 'tls' ? 'turns' : 'turn'}:${name}:${port}?transport=${protocol === 'udp' ? 'udp' : 'tcp'}`
  return Object.fromEntries(
    Object.entries(group).map(([number, fields]) => [
      number,
      fields.candidateType === 'relay' ? { url, relayProtocol: protocol, ...fields } : fields,
    ]),
  )
}

/**
 * @param {Candidate} told
 * @param {Record<string, any>} fields
 */
function isSameSocket({ protocol, port, address }, fields) {
  const isSame = protocol === fields.protocol && port === fields.port
  return isSame && fields.candidateType === 'host' && isIP(address) === isIP(fields.address ?? '')
}

/**
 * @param {string | undefined} local
 * @param {string | undefined} remote
 */
function pairId(local, remote) {
  return `pair-${local?.slice('local-'.length)}-${remote?.slice('remote-'.length)}`
}

/**
 * What the transport counts is the selected pair's, unless that counts for itself.
 * @param {Record<string, any>} transport
 * @param {Record<string, any>} own
 */
function ofTransport(transport, own) {
  const { currentRoundTripTime, totalRoundTripTime } = transport
  if (own.bytesSent !== undefined) return { currentRoundTripTime, totalRoundTripTime }
  const { bytesSent, bytesReceived, packetsSent, packetsReceived } = transport
  return {
    currentRoundTripTime,
    totalRoundTripTime,
    bytesSent,
    bytesReceived,
    packetsSent,
    packetsReceived,
  }
}

/** @param {Candidate} candidate */
function fieldsOf({ type, component: _, ...fields }) {
  return { candidateType: type, ...fields }
}

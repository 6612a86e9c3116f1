// The peer's candidates on their way to the core: kept until its description is there, told apart by generation, without
// duplicates and with a limit (RFC 8838, RFC 8840).

import { BlockedNetworks, isUnusableAddress } from './blocked-networks.js'
import { canonicalAddress } from './ip-address.js'
import { parseCandidate } from './sdp/candidate.js'

/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {import('./sdp/candidate.js').ParsedCandidate} ParsedCandidate */
/** @typedef {'useless' | 'blocked' | 'stale' | 'duplicate' | 'tooMany'} Reason */
/** @typedef {{ mid?: string, index?: number }} Section the m-line that a candidate was signalled for */

/** Candidates of one generation that are used; RFC 8445 19.5: a flood of them is an attack. */
const maxCandidates = 100
/** Generations of the past that are remembered. */
const maxPast = 16
/** Candidates whose fate is logged; from then on they are only counted. */
const maxLogged = 1000

export class RemoteCandidates {
  #log
  #forward
  #end
  /** @type {string | null} */
  #ufrag = null
  /** @type {Set<string>} ufrags of earlier generations */
  #past = new Set()
  /** Of a generation whose description has not come yet. @type {{ candidate: ParsedCandidate, section: Section }[]} */
  #early = []
  /** @type {{ section: Section, ufrag: string | undefined }[]} */
  #earlyEnds = []
  /** @type {Set<string>} */
  #seen = new Set()
  #hasEnded = false
  /** Mids whose candidates are for transports that BUNDLE does away with. @type {Set<string>} */
  #spareMids = new Set()
  /** Mids of the m-lines. @type {string[]} */
  #mids = []
  #blocked
  #usesTcp
  #logged = 0
  /** Candidates that were not used, by reason. @type {Record<Reason, number>} */
  ignored = { useless: 0, blocked: 0, stale: 0, duplicate: 0, tooMany: 0 }

  /**
   * @param {{ log: import('./log.js').ConnectionLog, forward: (candidate: Candidate) => void, end: () => void,
   *   blockedNetworks?: readonly string[], usesTcp?: boolean }} fields
   */
  constructor({ log, forward, end, blockedNetworks = [], usesTcp = false }) {
    this.#log = log
    this.#blocked = new BlockedNetworks(blockedNetworks)
    this.#usesTcp = usesTcp
    this.#forward = forward
    this.#end = end
  }

  /**
   * A description named the peer's credentials.
   * @param {string} ufrag
   */
  setGeneration(ufrag) {
    if (ufrag === this.#ufrag) return
    if (this.#ufrag !== null) this.#past.add(this.#ufrag)
    // A peer may come back to earlier credentials (it should not: RFC 8839 5.4).
    this.#past.delete(ufrag)
    if (this.#past.size > maxPast) this.#past.delete(/** @type {string} */ (this.#past.values().next().value))
    this.#ufrag = ufrag
    this.#seen.clear()
    this.#hasEnded = false
    const early = this.#early
    const ends = this.#earlyEnds
    this.#early = []
    this.#earlyEnds = []
    for (const { candidate, section } of early) this.add(candidate, section)
    for (const { section, ufrag } of ends) this.#takeEnd(section, ufrag)
  }

  /**
   * An offer may bring candidates for each of its m-lines, of which bundling leaves one (RFC 9143 7.2).
   * @param {string | undefined} tagged the m-line whose candidates count
   * @param {string[]} bundle mids of our answer; none when the peer answered
   * @param {string[]} mids of all m-lines of our answer
   */
  setBundle(tagged, bundle, mids) {
    this.#mids = mids
    const isKept = tagged !== undefined && bundle.includes(tagged)
    this.#spareMids = new Set(isKept ? bundle.filter((mid) => mid !== tagged) : [])
  }

  /**
   * Takes what an SDP holds.
   * @param {{ candidates: string[], hasEnded: boolean }} transport
   */
  addAll({ candidates, hasEnded }) {
    for (const line of candidates.slice(0, 256)) {
      try {
        this.take({ line })
      } catch (error) {
        // RFC 8839 5.1: an unknown or malformed line inside an SDP is no reason to refuse the rest.
        this.#log.write('debug', `candidate ignored: ${/** @type {Error} */ (error).message}`)
      }
    }
    if (hasEnded) this.end()
  }

  /**
   * Takes one that was signalled.
   * @param {import('./connection-arguments.js').CheckedCandidate} checked
   * @throws {import('./errors.js').UrchinError} ERR_CANDIDATE_SYNTAX
   */
  take({ line, mid, index, ufrag }) {
    if (line === '') {
      this.#log.write('debug', 'end of remote candidates', {
        name: 'add-remote-candidate',
        detail: 'no more',
      })
      this.#takeEnd({ mid, index }, ufrag)
      return
    }
    const isLogged = this.#logged < maxLogged
    if (isLogged) {
      this.#logged += 1
      const section = `mid: ${mid ?? ''}, sdpMLine: ${index ?? ''}`
      this.#log.write('debug', `Adding remote Candidate, candidate: ${line}, ${section}`, {
        name: 'add-remote-candidate',
        detail: line,
      })
    }
    const candidate = parseCandidate(line)
    candidate.ufrag ??= ufrag
    const reason = this.add(candidate, { mid, index })
    if (reason && isLogged) this.#log.write('debug', `remote candidate ignored: ${reason}`)
  }

  /**
   * @param {ParsedCandidate} candidate
   * @param {Section} section
   * @returns {Reason | null} why it is neither used nor kept
   */
  add(candidate, section) {
    if (!this.#isUsable(candidate)) return this.#ignore('useless')
    if (this.#blocked.has(candidate.address)) return this.#ignore('blocked')
    const { ufrag } = candidate
    if (ufrag !== undefined && this.#past.has(ufrag)) return this.#ignore('stale')
    if (this.#ufrag === null || (ufrag !== undefined && ufrag !== this.#ufrag)) {
      if (this.#early.length >= maxCandidates) return this.#ignore('tooMany')
      this.#early.push({ candidate, section })
      return null
    }
    if (this.#isSpare(section)) return this.#ignore('useless')
    const { protocol, tcpType = '', address, port, type } = candidate
    const key = [protocol, tcpType, canonicalAddress(address), port, type].join(' ')
    if (this.#seen.has(key)) return this.#ignore('duplicate')
    if (this.#seen.size >= maxCandidates) return this.#ignore('tooMany')
    this.#seen.add(key)
    const { addressKind: _, ufrag: __, ...bare } = candidate
    this.#forward(bare)
    return null
  }

  /** The peer has no more candidates. */
  end() {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#end()
  }

  /**
   * RFC 8840 8.2: the end may be told for each m-line.
   * @param {Section} section
   * @param {string | undefined} ufrag
   */
  #takeEnd(section, ufrag) {
    if (ufrag !== undefined && this.#past.has(ufrag)) return
    if (this.#ufrag === null || (ufrag !== undefined && ufrag !== this.#ufrag)) {
      if (this.#earlyEnds.length < maxCandidates) this.#earlyEnds.push({ section, ufrag })
    } else if (!this.#isSpare(section)) this.end()
  }

  /** @param {Section} section */
  #isSpare({ mid, index }) {
    const name = mid ?? (index === undefined ? undefined : this.#mids[index])
    return name !== undefined && this.#spareMids.has(name)
  }

  /** @param {Reason} reason */
  #ignore(reason) {
    this.ignored[reason] += 1
    return reason
  }

  /**
   * Component 2 is of no use under rtcp-mux; a name hides an address that the peer's own checks will show (and resolving
   * names that strangers choose is not for a server).
   * @param {ParsedCandidate} candidate
   */
  #isUsable({ protocol, tcpType, component, addressKind, address, port }) {
    // RFC 6544 4.5: one over TCP says which end opens the connection.
    const isSpoken = protocol === 'udp' || (this.#usesTcp && tcpType !== undefined)
    return isSpoken && component === 1 && addressKind === 'ip' && port !== 0 && !isUnusableAddress(address)
  }
}

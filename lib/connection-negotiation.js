// Offer and answer of a connection: what lib/sdp decides is carried out in the core, told, and sent when it can be.

import { ConnectionDescriptions } from './connection-descriptions.js'
import { UrchinError } from './errors.js'
import { CONN_SDP_PROCESSED } from './events.js'
import { NegotiationNeed } from './negotiation-need.js'
import { guessType, parseSdp, SdpSession } from './sdp/session.js'
import { taggedSection, writeSdp } from './sdp/write.js'

/** @typedef {import('./connection-media.js').ConnectionMedia} ConnectionMedia */
/** @typedef {import('./sdp/session.js').Applied} Applied */
/** @typedef {import('./sdp/write.js').LocalDescription} LocalDescription */

/** @typedef {{ from: Record<string, unknown>, text: string }} Written */
/**
 * @typedef {object} NegotiationFields
 * @property {import('./worker.js').Worker} worker
 * @property {import('./connection-news.js').ConnectionNews} news
 * @property {import('./log.js').ConnectionLog} log
 * @property {import('./connection-order.js').ConnectionOrder} order
 * @property {import('./connection-ice.js').ConnectionIce} ice
 * @property {import('./ice-auto-restart.js').IceAutoRestart} restarts
 * @property {{ native: { litePort?: number }, trickle: boolean, polite: boolean, isPolitenessOpen: boolean }} options
 * @property {string} sessionId digits
 * @property {string} cname
 * @property {() => boolean} isOpen neither closed nor failed
 * @property {() => void} tellNeed an offer is needed
 */

export class ConnectionNegotiation {
  #fields
  #descriptions
  #need
  #connectionId = 0
  /** @type {ConnectionMedia | null} */
  #media = null
  #remoteSdp = ''
  #peerTrickles = true
  #offeredFirst = false
  /** Our offer that waits for its answer. @type {{ isRestart: boolean, isAutomatic: boolean } | null} */
  #open = null
  /** A restart that was taken back is still due. */
  #mustRestart = false
  /** Our last text, and from what: events and callers ask for the same one several times. @type {Written | null} */
  #written = null

  /** @param {NegotiationFields} fields */
  constructor(fields) {
    this.#fields = fields
    const { news, ice, sessionId, tellNeed } = fields
    this.session = new SdpSession(sessionId)
    this.#descriptions = new ConnectionDescriptions({
      news,
      localIce: () => ice.local,
      write: (description) => this.#write(description),
    })
    this.#need = new NegotiationNeed({
      news,
      isNeeded: (isForced) => this.canOffer && (isForced || this.session.needsNegotiation()),
      tell: tellNeed,
    })
  }

  /**
   * @param {number} connectionId of the connection in the core
   * @param {ConnectionMedia} media
   */
  open(connectionId, media) {
    this.#connectionId = connectionId
    this.#media = media
  }

  /** Our latest description with the candidates found so far; '' before there is one. */
  get localSdp() {
    const { latest } = this.#descriptions
    return latest ? this.#write(latest) : ''
  }

  /** The peer's latest description; '' before there is one. */
  get remoteSdp() {
    return this.#remoteSdp
  }

  /** Whether the first offer was ours. */
  get offeredFirst() {
    return this.#offeredFirst
  }

  /** The m-line that our candidates belong to. */
  get taggedSection() {
    return taggedSection(/** @type {LocalDescription} */ (this.#descriptions.latest))
  }

  /** Whether a negotiation is over and another could begin. */
  get canOffer() {
    return (
      this.#fields.isOpen() &&
      this.#descriptions.areAllSent &&
      this.session.transport !== null &&
      this.session.signalingState === 'stable'
    )
  }

  /**
   * @param {import('./connection.js').OfferOptions} options
   * @param {{ isAutomatic?: boolean }} [origin] isAutomatic: nobody asked for it
   * @returns {Promise<string>}
   */
  createOffer({ iceRestart, ...wishes }, { isAutomatic = false } = {}) {
    const { ice, log, options } = this.#fields
    const description = this.session.createOffer(wishes)
    this.#need.reset({ isOurs: true })
    log.write('debug', 'creating offer', { name: 'create-offer' })
    this.#descriptions.add(description)
    const isRestart = ice.isStarted && (iceRestart === true || this.#mustRestart)
    this.#open = { isRestart, isAutomatic }
    this.#mustRestart = false
    if (!ice.isStarted) {
      this.#offeredFirst = true
      // RFC 8445 6.1.1: the offerer controls, but a lite agent never does.
      ice.gather(!options.native.litePort)
    } else if (isRestart) ice.restart()
    return this.#announce(description, true).sent
  }

  /**
   * @param {string} text
   * @param {'offer' | 'answer' | undefined} type
   * @returns {Promise<string>}
   */
  async setRemote(text, type) {
    const { news, log, options } = this.#fields
    try {
      if (news.isFailed) throw new UrchinError('ERR_INVALID_STATE', 'The connection failed')
      const kind = type ?? guessType(text, this.session.signalingState)
      log.write('debug', `setting remote SDP, type: ${kind}`, { name: 'set-remote-sdp', detail: kind })
      const description = parseSdp(text)
      if (description.transport?.isIceLite && options.native.litePort) {
        throw new UrchinError('ERR_NOT_SUPPORTED', 'Both sides are ICE-lite: nobody would check the way')
      }
      const isGlare = kind === 'offer' && this.session.signalingState === 'have-local-offer'
      const applied =
        kind === 'offer'
          ? this.session.applyOffer(description, { isPolite: this.#isPolite })
          : this.session.applyAnswer(description)
      if (isGlare) this.#takeBack(applied)
      return await this.#apply(text, applied)
    } catch (error) {
      log.write('warn', `remote SDP not set, error: ${/** @type {any} */ (error).code}`)
      throw error
    }
  }

  get #isPolite() {
    const { options } = this.#fields
    // Two that were told nothing would both insist on the restarts that they offer by themselves, for ever.
    return (
      options.polite || (options.isPolitenessOpen && !this.#offeredFirst && this.#open?.isAutomatic === true)
    )
  }

  /**
   * Both sides offered at once, and ours gives way.
   * @param {Applied} applied the peer's
   */
  #takeBack(applied) {
    const { ice, log } = this.#fields
    log.write('info', 'glare: our offer gives way')
    this.#descriptions.forgetOffer()
    if (this.#open?.isRestart) {
      ice.rollBack()
      this.#mustRestart = !applied.isRestart
    }
    if (!this.#open?.isAutomatic || this.#mustRestart) this.#need.force()
    this.#open = null
  }

  /**
   * @param {string} text
   * @param {Applied} applied
   * @returns {Promise<string>}
   */
  async #apply(text, applied) {
    const { news, order, log, restarts } = this.#fields
    const isRestart = applied.answer ? applied.isRestart : this.#open?.isRestart
    this.#open = null
    this.#remoteSdp = text
    this.#peerTrickles = applied.isTrickle
    this.#need.reset({ isOurs: false })
    const answered = this.#answer(applied)
    const media = /** @type {ConnectionMedia} */ (this.#media)
    order.begin()
    try {
      media.sync(this.session.media)
      await this.#applyTransport(applied)
      log.write('debug', 'SDP processed', null)
      news.tell(CONN_SDP_PROCESSED, text)
      if (answered) answered.entry.isApplied = true
    } catch (error) {
      if (answered) this.#descriptions.drop(answered.entry, /** @type {Error} */ (error))
      throw error
    } finally {
      const { added, ended } = media.takeChanges()
      for (const track of ended) news.tellOf(track, 'ended')
      for (const track of added) news.tellNamed('track', track)
      order.end()
      if (isRestart) restarts.completed()
      this.release()
    }
    return answered ? answered.sent : new Promise((resolve) => news.afterwards(() => resolve('')))
  }

  /** @param {Applied} applied */
  #answer({ answer, isRestart }) {
    const { ice } = this.#fields
    const current = this.session.transport
    const mids = answer?.sections.map(({ mid }) => mid) ?? []
    ice.candidates.setBundle(current?.mid, answer?.bundle ?? [], mids)
    if (!answer) return null
    this.#descriptions.add(answer)
    // RFC 8445 6.1.1: the offerer controls, but a lite agent never does.
    if (!ice.isStarted) ice.gather(current?.isIceLite ?? false)
    else if (isRestart) ice.restart()
    return this.#announce(answer, false)
  }

  /** @param {Applied} applied */
  async #applyTransport({ transport, role }) {
    const { worker, ice } = this.#fields
    const current = this.session.transport
    if (!transport) {
      if (current) ice.candidates.addAll(current)
      await null
      return
    }
    const { ufrag, pwd, isIceLite, fingerprints } = transport
    const remote = { ufrag, pwd, iceLite: isIceLite, dtlsRole: role, fingerprints }
    const taken = worker.setRemote(this.#connectionId, remote)
    ice.candidates.setGeneration(ufrag)
    ice.candidates.addAll(transport)
    await taken
  }

  /** Sends and asks for what is possible now. */
  release() {
    this.#descriptions.release()
    this.checkNeed()
    this.#fields.restarts.check()
  }

  /** Something changed that may need an offer. */
  checkNeed() {
    this.#need.check()
  }

  /** @param {Error} error why nothing can be sent any more */
  drop(error) {
    this.#descriptions.dropAll(error)
  }

  /**
   * @param {LocalDescription} description
   * @param {boolean} isApplied
   */
  #announce(description, isApplied) {
    // RFC 8838 16, "half trickle": a peer that takes no later candidates gets them all at once.
    const isFull = !this.#fields.options.trickle || !this.#peerTrickles
    return this.#descriptions.announce(description, { isApplied, isFull })
  }

  /** @param {LocalDescription} description */
  #write(description) {
    const { ice, worker, cname, options } = this.#fields
    const { ufrag, pwd, candidates, hasAll: hasEnded } = ice.local
    const from = { description, ufrag, pwd, count: candidates.length, hasEnded }
    if (!this.#written || !isSame(this.#written.from, from)) {
      const { fingerprint } = worker
      const isLite = Boolean(options.native.litePort)
      const transport = { ufrag, pwd, fingerprint, cname, candidates, hasEnded, isLite }
      this.#written = { from, text: writeSdp(description, transport) }
    }
    return this.#written.text
  }
}

/**
 * @param {Record<string, unknown>} a
 * @param {Record<string, unknown>} b with the same names
 */
function isSame(a, b) {
  return Object.keys(a).every((name) => a[name] === b[name])
}

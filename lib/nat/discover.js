// discoverNat(): which NAT stands between this machine and a STUN server, by the tests of RFC 5780 4.

import { UrchinError } from '../errors.js'
import { adviceFor, classicName, filteringOf, mappingOf } from './behaviour.js'
import { testHairpinning } from './hairpin.js'
import { measureLifetime } from './lifetime.js'
import { checkOptions } from './options.js'
import { answersOverTcp, isRefused } from './silence.js'
import { localAddressTowards, parseServer, resolveServer } from './stun-server.js'
import { isSameAddress, StunSocket } from './stun-socket.js'

/** @typedef {import('./options.js').NatOptions} NatOptions */
/** @typedef {import('./options.js').NatSettings} NatSettings */
/** @typedef {import('./stun-server.js').Endpoint} Endpoint */
/** @typedef {import('./stun-socket.js').Answer} Answer */
/**
 * @typedef {object} NatServer
 * @property {string} host as it was given
 * @property {string} address
 * @property {number} port
 * @property {string | null} software its own name for itself
 * @property {{ address: string, port: number } | null} otherAddress
 * @property {boolean} canDiscover it does RFC 5780; without that only the public address, and whether there is a NAT, can be told
 */
/**
 * What is between us and the server. `null`: not known.
 * @typedef {object} NatReport
 * @property {string} localAddress
 * @property {number} localPort
 * @property {string | null} publicAddress
 * @property {number | null} publicPort
 * @property {import('./behaviour.js').Mapping} mapping
 * @property {import('./behaviour.js').Filtering} filtering
 * @property {import('./behaviour.js').ClassicName} classic the name of RFC 3489; 'blocked': no answer over UDP
 * @property {boolean | null} hairpinning null also without a NAT
 * @property {number | null} bindingLifetimeSeconds the longest silence that a mapping survived
 * @property {number | null} bindingLostSeconds the shortest that it did not; null: it survived the longest that was tried
 * @property {boolean | null} tcpReachable the server answers over TCP; asked only when it is silent over UDP
 * @property {NatServer} server
 * @property {number | null} rttMs
 * @property {string[]} advice what it means for calls, for people
 */

/** The silence after which it is worth asking why. */
const silenceMs = 1000

/**
 * Finds out which kind of NAT or firewall stands between this machine and a STUN server. Takes about timeoutMs, with `lifetime`
 * up to twice its seconds more. No answer over UDP is an outcome ('blocked'), no error.
 * @param {NatOptions} options
 * @returns {Promise<NatReport>}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT (at once); ERR_STUN_RESOLVE, ERR_STUN_NO_ROUTE, ERR_STUN_BIND, ERR_STUN_REFUSED (nothing
 *   listens there), ERR_STUN_REJECTED (an error response), ERR_ABORTED (reject)
 */
export function discoverNat(options) {
  const settings = checkOptions(options)
  return discover(settings, parseServer(settings.server))
}

/**
 * @param {NatSettings} settings
 * @param {{ host: string, port: number }} named
 */
async function discover(settings, named) {
  const { signal, family } = settings
  if (signal.aborted) throw new UrchinError('ERR_ABORTED', 'The discovery was aborted')
  const routes = []
  for (const server of await resolveServer(named, { family, signal })) {
    const localAddress = settings.localAddress ?? (await localAddressTowards(server))
    if (localAddress) routes.push({ server, localAddress })
  }
  if (routes.length === 0) {
    throw new UrchinError('ERR_STUN_NO_ROUTE', `There is no route to ${named.host} from here`)
  }
  /** @type {NatReport | undefined} */
  let report
  for (const route of routes) {
    report = await examine(route, named.host, settings)
    if (report.classic !== 'blocked') break
  }
  return /** @type {NatReport} */ (report)
}

/**
 * @param {{ server: Endpoint, localAddress: string }} route
 * @param {string} host
 * @param {NatSettings} settings
 * @returns {Promise<NatReport>}
 */
async function examine({ server, localAddress }, host, settings) {
  const { localPort, timeoutMs, signal } = settings
  const local = { address: localAddress, port: localPort, family: server.family }
  const socket = await StunSocket.open(local, signal)
  try {
    const asked = { local: socket.local, server, host }
    const { answer, tcpReachable } = await firstAnswer(socket, server, timeoutMs)
    if (!answer) return reportOf(asked, { answer, tcpReachable })
    refuseErrors(answer, host)
    const others = { server, localAddress, timeoutMs, signal }
    const hasNat = mappingOf(socket.local, [answer.message.mapped]) !== 'none'
    const [behaviour, hairpinning, lifetime] = await Promise.all([
      testBehaviour(socket, { server, answer, timeoutMs }),
      settings.hairpin && hasNat
        ? testHairpinning({ ...others, timeoutMs: Math.min(timeoutMs, 2000) })
        : null,
      settings.lifetimeSeconds > 0
        ? measureLifetime({ ...others, maxSeconds: settings.lifetimeSeconds })
        : null,
    ])
    return reportOf(asked, { answer, behaviour, hairpinning, lifetime })
  } finally {
    socket.close()
  }
}

/**
 * RFC 5780 4.2: is there UDP at all?
 * @param {StunSocket} socket
 * @param {Endpoint} server
 * @param {number} timeoutMs
 * @returns {Promise<{ answer: Answer | null, tcpReachable: boolean | null }>}
 */
async function firstAnswer(socket, server, timeoutMs) {
  const stop = new AbortController()
  const asked = socket.request(server, { timeoutMs })
  const why = whySilent(server, timeoutMs, stop.signal)
  // A refusal ends the wait; that it answers over TCP does not.
  const refusal = why.then(() => asked)
  try {
    const answer = await Promise.race([asked, refusal])
    if (answer) return { answer, tcpReachable: null }
    return { answer, tcpReachable: await why }
  } finally {
    stop.abort()
  }
}

/**
 * @param {Endpoint} server
 * @param {number} timeoutMs
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether it answers over TCP
 */
async function whySilent(server, timeoutMs, signal) {
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(silenceMs, timeoutMs / 2))
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve(undefined)
    })
  })
  if (signal.aborted) return false
  const leftMs = Math.min(2000, timeoutMs)
  const [refused, answers] = await Promise.all([isRefused(server, leftMs), answersOverTcp(server, leftMs)])
  if (refused && !answers) {
    throw new UrchinError('ERR_STUN_REFUSED', `No STUN server listens on ${nameOf(server)}`)
  }
  return answers
}

/**
 * RFC 5780 4.3 and 4.4 on one local port. Filtering first: nothing may have been sent to the server's other address then.
 * @param {StunSocket} socket
 * @param {{ server: Endpoint, answer: Answer, timeoutMs: number }} options
 */
async function testBehaviour(socket, { server, answer, timeoutMs }) {
  const first = answer.message.mapped
  const other = usableOther(answer.message.otherAddress, server)
  if (!other) {
    return { mapping: mappingOf(socket.local, [first]), filtering: /** @type {const} */ ('unknown'), other }
  }
  const otherPort = { ...server, port: other.port }
  const otherAddress = { ...other, port: server.port }
  const [fromOther, fromPort] = await Promise.all([
    socket.request(server, { changeIp: true, changePort: true, from: [other, server], timeoutMs }),
    socket.request(server, { changePort: true, from: [otherPort, server], timeoutMs }),
  ])
  const [second, third] = await Promise.all([
    socket.request(otherAddress, { timeoutMs }),
    socket.request(other, { timeoutMs }),
  ])
  const changed = [fromOther, fromPort].map((one) => isChanged(one, server))
  // An answer that refuses, or comes from where it was asked, is one of a server that does not change addresses.
  const isUnwilling = [fromOther, fromPort].some((one, index) => one !== null && !changed[index])
  const isAlive = second !== null || third !== null || changed[0]
  return {
    mapping: mappingOf(socket.local, [first, second?.message.mapped ?? null, third?.message.mapped ?? null]),
    filtering: filteringOf({
      fromOtherAddress: changed[0],
      fromOtherPort: changed[1],
      canAsk: isAlive && !isUnwilling,
    }),
    other: isAlive && !isUnwilling ? other : null,
  }
}

/**
 * @param {Answer | null} answer
 * @param {Endpoint} server
 */
function isChanged(answer, server) {
  if (answer?.message.class !== 'success') return false
  return answer.from.port !== server.port || !isSameAddress(answer.from.address, server.address)
}

/**
 * RFC 5780 7.4: another address and another port, of the same family. It comes from the server, so that it could also point to
 * somebody who is not to be asked.
 * @param {Endpoint | null} other
 * @param {Endpoint} server
 */
function usableOther(other, server) {
  if (!other || other.family !== server.family || other.port === 0 || other.port === server.port) return null
  if (isSameAddress(other.address, server.address)) return null
  const isLoopback = (/** @type {string} */ address) => /^(127\.|::1$)/.test(address)
  if (isLoopback(other.address) && !isLoopback(server.address)) return null
  return /^(0\.|22[4-9]\.|2[3-5]\d\.|::$|ff)/.test(other.address) ? null : other
}

/**
 * @param {Answer} answer
 * @param {string} host
 */
function refuseErrors({ message }, host) {
  const { error } = message
  if (message.class === 'error') {
    throw new UrchinError(
      'ERR_STUN_REJECTED',
      `${host} answers with error ${error?.code ?? '?'} ${error?.reason ?? ''}`,
    )
  }
  if (!message.mapped) throw new UrchinError('ERR_STUN_REJECTED', `${host} does not tell the public address`)
}

/**
 * @param {{ local: Endpoint, server: Endpoint, host: string }} asked
 * @param {{ answer: Answer | null, tcpReachable?: boolean | null, hairpinning?: boolean | null,
 *   behaviour?: Awaited<ReturnType<typeof testBehaviour>>, lifetime?: import('./lifetime.js').Lifetime | null }} found
 * @returns {NatReport}
 */
function reportOf({ local, server, host }, found) {
  const { answer, behaviour, lifetime, tcpReachable = null, hairpinning = null } = found
  const message = answer?.message
  const { mapping = 'unknown', filtering = 'unknown' } = behaviour ?? {}
  const classic = answer ? classicName(mapping, filtering) : 'blocked'
  const canDiscover = Boolean(behaviour?.other)
  const otherAddress = message?.otherAddress ?? null
  return {
    localAddress: local.address,
    localPort: local.port,
    publicAddress: message?.mapped?.address ?? null,
    publicPort: message?.mapped?.port ?? null,
    mapping,
    filtering,
    classic,
    hairpinning,
    bindingLifetimeSeconds: rounded(lifetime?.survivedSeconds),
    bindingLostSeconds: rounded(lifetime?.lostSeconds),
    tcpReachable,
    server: {
      host,
      address: server.address,
      port: server.port,
      software: message?.software ?? null,
      otherAddress: otherAddress && { address: otherAddress.address, port: otherAddress.port },
      canDiscover,
    },
    rttMs: rounded(answer?.rttMs),
    advice: adviceFor({ classic, mapping, hairpinning, tcpReachable, canDiscover }),
  }
}

/** @param {number | null | undefined} value */
function rounded(value) {
  return value == null ? null : Math.round(value * 100) / 100
}

/** @param {Endpoint} server */
function nameOf({ address, port, family }) {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`
}

// What the answers say about a NAT: mapping and filtering in the words of RFC 4787 and RFC 5780, the classic names of
// RFC 3489, and what that means for calls. Pure.

import { isSame } from './stun-socket.js'

/** @typedef {import('./stun-server.js').Endpoint} Endpoint */
/** @typedef {'none' | 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'unknown'} Mapping */
/** @typedef {'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'unknown'} Filtering */
/** @typedef {'open' | 'full cone' | 'restricted' | 'port restricted' | 'symmetric' | 'symmetric firewall' | 'blocked' | 'unknown'} ClassicName */

/**
 * RFC 5780 4.3: how the public address depends on whom we talk to.
 * @param {Endpoint} local
 * @param {(Endpoint | null)[]} publics as seen by the server's first address; by its other one on the same port; by that on its
 *   other port. null: not known
 * @returns {Mapping}
 */
export function mappingOf(local, [first, second, third]) {
  if (!first) return 'unknown'
  if (isSame(first, local)) return 'none'
  if (second && isSame(first, second)) return 'endpoint-independent'
  if (!second || !third) return 'unknown'
  return isSame(second, third) ? 'address-dependent' : 'address-and-port-dependent'
}

/**
 * RFC 5780 4.4: who may send to a public address that was made by talking to the server's first address.
 * @param {{ fromOtherAddress: boolean, fromOtherPort: boolean, canAsk: boolean }} came canAsk: the server does as it is asked,
 *   and its other address is alive; without that silence proves nothing
 * @returns {Filtering}
 */
export function filteringOf({ fromOtherAddress, fromOtherPort, canAsk }) {
  if (fromOtherAddress) return 'endpoint-independent'
  if (!canAsk) return 'unknown'
  return fromOtherPort ? 'address-dependent' : 'address-and-port-dependent'
}

/**
 * The name of RFC 3489 5.
 * @param {Mapping} mapping
 * @param {Filtering} filtering
 * @returns {ClassicName}
 */
export function classicName(mapping, filtering) {
  if (mapping === 'address-dependent' || mapping === 'address-and-port-dependent') return 'symmetric'
  if (mapping === 'unknown' || filtering === 'unknown') return 'unknown'
  if (mapping === 'none') return filtering === 'endpoint-independent' ? 'open' : 'symmetric firewall'
  if (filtering === 'endpoint-independent') return 'full cone'
  return filtering === 'address-dependent' ? 'restricted' : 'port restricted'
}

/** @type {Record<ClassicName, string[]>} */
const meaning = {
  open: [
    'No NAT, and everybody can reach this port: calls are direct with every peer.',
    'A media server can run here without STUN or TURN.',
  ],
  'symmetric firewall': [
    'No NAT, but only those get in whom we have sent something first: both sides send at once, as ICE does, and most calls are direct.',
    'TURN is needed only with peers behind a symmetric NAT whose next port nobody can tell, and with those that cannot use UDP.',
  ],
  'full cone': [
    'One public port for all, open to everybody once it is used: calls are direct with every peer that can use UDP.',
    'ICE needs a STUN server to tell the public address to the peer.',
  ],
  restricted: [
    'One public port for all, open to those addresses that we have sent something to: hole punching works with every peer that can use UDP.',
    'ICE needs a STUN server to tell the public address to the peer.',
  ],
  'port restricted': [
    'One public port for all, open to those ports that we have sent something to: hole punching works with every peer but one behind a symmetric NAT.',
    'TURN is needed against symmetric NATs and peers that cannot use UDP.',
  ],
  symmetric: [
    'Another public port for every destination: hole punching works with peers that are open, full cone or restricted.',
    'TURN is needed against port restricted and symmetric NATs and symmetric firewalls.',
  ],
  blocked: [
    'No answer came over UDP: without UDP no call is direct, but over ICE-TCP with a peer that can be reached so.',
    'TURN over TCP, best over TLS on port 443, is needed for every other call.',
  ],
  unknown: [],
}

/**
 * What people should know, one sentence or two each.
 * @param {{ classic: ClassicName, mapping: Mapping, hairpinning: boolean | null, tcpReachable: boolean | null,
 *   canDiscover: boolean }} found
 * @returns {string[]}
 */
export function adviceFor({ classic, mapping, hairpinning, tcpReachable, canDiscover }) {
  const advice = [...meaning[classic]]
  if (classic === 'blocked' && tcpReachable) {
    advice.push('The same server answers over TCP, so it is UDP that something on the way drops.')
  }
  if (classic === 'blocked' && !tcpReachable) {
    advice.push('Nor did it answer over TCP: it may also be the server that is down; try another one.')
  }
  if (classic === 'unknown') advice.push(unknownMeaning(mapping))
  if (classic !== 'blocked' && !canDiscover) {
    advice.push(
      'This server cannot do RFC 5780 (it has no second address): it takes another one to tell more.',
    )
  }
  if (hairpinning === false) {
    advice.push(
      'No hairpinning: two peers behind this NAT meet by their local addresses, not by the public one.',
    )
  }
  return advice
}

/** @param {Mapping} mapping */
function unknownMeaning(mapping) {
  if (mapping === 'none') return 'No NAT. Whether a firewall lets others in could not be found out.'
  if (mapping === 'endpoint-independent') {
    return 'One public port for all: hole punching works with most peers. Who gets in could not be found out.'
  }
  return 'There is a NAT, of a kind that could not be found out. Plan for TURN.'
}

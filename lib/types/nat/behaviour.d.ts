export type Endpoint = import('./stun-server.js').Endpoint;
export type Mapping = 'none' | 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'unknown';
export type Filtering = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'unknown';
export type ClassicName = 'open' | 'full cone' | 'restricted' | 'port restricted' | 'symmetric' | 'symmetric firewall' | 'blocked' | 'unknown';
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
export declare function mappingOf(local: Endpoint, [first, second, third]: (Endpoint | null)[]): Mapping;
/**
 * RFC 5780 4.4: who may send to a public address that was made by talking to the server's first address.
 * @param {{ fromOtherAddress: boolean, fromOtherPort: boolean, canAsk: boolean }} came canAsk: the server does as it is asked,
 *   and its other address is alive; without that silence proves nothing
 * @returns {Filtering}
 */
export declare function filteringOf({ fromOtherAddress, fromOtherPort, canAsk }: {
    fromOtherAddress: boolean;
    fromOtherPort: boolean;
    canAsk: boolean;
}): Filtering;
/**
 * The name of RFC 3489 5.
 * @param {Mapping} mapping
 * @param {Filtering} filtering
 * @returns {ClassicName}
 */
export declare function classicName(mapping: Mapping, filtering: Filtering): ClassicName;
/**
 * What people should know, one sentence or two each.
 * @param {{ classic: ClassicName, mapping: Mapping, hairpinning: boolean | null, tcpReachable: boolean | null,
 *   canDiscover: boolean }} found
 * @returns {string[]}
 */
export declare function adviceFor({ classic, mapping, hairpinning, tcpReachable, canDiscover }: {
    classic: ClassicName;
    mapping: Mapping;
    hairpinning: boolean | null;
    tcpReachable: boolean | null;
    canDiscover: boolean;
}): string[];

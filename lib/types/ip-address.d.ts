export type Network = {
    address: string;
    prefix: number;
    family: 'ipv4' | 'ipv6';
};
/** @typedef {{ address: string, prefix: number, family: 'ipv4' | 'ipv6' }} Network */
/**
 * The one spelling of an address, without a zone.
 * @param {string} address an IP address
 */
export declare function canonicalAddress(address: string): string;
/**
 * The IPv4 address that a translator or the system itself would send to in place of an IPv6 one: mapped and compatible
 * (RFC 4291 2.5.5), translated (RFC 2765), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056).
 * @param {string} address
 * @returns {string | null} null: none
 */
export declare function embeddedV4(address: string): string | null;
/**
 * @param {string} text an address, or address/prefix
 * @returns {Network | null} null: neither
 */
export declare function parseNetwork(text: string): Network | null;

/**
 * What a server blocks by default: itself, and what is reached over the same cable only (cloud metadata among it). Private
 * networks are not in it: people in the same building are real. The forms of these as IPv6 addresses are blocked too.
 * @param {readonly string[]} addresses that the server's connections use: one that uses loopback has its clients there
 */
export declare function serverBlockedNetworks(addresses: readonly string[]): string[];
/**
 * @param {unknown} value
 * @returns {string[]}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function checkBlockedNetworks(value: unknown): string[];
/** A set of networks. */
export declare class BlockedNetworks {
    #private;
    /** @param {readonly string[]} networks checked ones */
    constructor(networks: readonly string[]);
    /**
     * Whether an address, or the IPv4 address that it stands for, is in one of them.
     * @param {string} address
     */
    has(address: string): boolean;
}
/**
 * Whether no peer can be at an address.
 * @param {string} address
 */
export declare function isUnusableAddress(address: string): boolean;

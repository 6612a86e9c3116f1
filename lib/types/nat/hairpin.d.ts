export type Endpoint = import('./stun-server.js').Endpoint;
/** @typedef {import('./stun-server.js').Endpoint} Endpoint */
/**
 * Two sockets learn their public addresses and send to each other's, both at once, so that filters open as in hole punching.
 * @param {{ server: Endpoint, localAddress: string, timeoutMs: number, signal?: AbortSignal }} options timeoutMs: of each of the two steps
 * @returns {Promise<boolean | null>} null: there is no NAT, or its public addresses could not be learnt
 */
export declare function testHairpinning({ server, localAddress, timeoutMs, signal }: {
    server: Endpoint;
    localAddress: string;
    timeoutMs: number;
    signal?: AbortSignal;
}): Promise<boolean | null>;

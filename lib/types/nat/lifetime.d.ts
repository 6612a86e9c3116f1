export type Endpoint = import('./stun-server.js').Endpoint;
export type Lifetime = {
    survivedSeconds: number;
    lostSeconds: number | null;
};
/**
 * @param {{ server: Endpoint, localAddress: string, maxSeconds: number, signal: AbortSignal }} options
 * @returns {Promise<Lifetime | null>} null: the server can't do that
 */
export declare function measureLifetime({ server, localAddress, maxSeconds, signal }: {
    server: Endpoint;
    localAddress: string;
    maxSeconds: number;
    signal: AbortSignal;
}): Promise<Lifetime | null>;
/**
 * Narrows the lifetime down in two rounds, first by halves from the longest time down, then between the two that are left. A
 * round ends with the first loss: all longer ones are lost as well.
 * @param {(seconds: number, stop: AbortSignal) => Promise<boolean>} isAlive
 * @param {number} maxSeconds
 * @returns {Promise<Lifetime>}
 */
export declare function searchLifetime(isAlive: (seconds: number, stop: AbortSignal) => Promise<boolean>, maxSeconds: number): Promise<Lifetime>;

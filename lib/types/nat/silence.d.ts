export type Endpoint = import('./stun-server.js').Endpoint;
/**
 * Whether the server's machine says that nothing listens on that port (ICMP port unreachable).
 * @param {Endpoint} server
 * @param {number} timeoutMs
 * @returns {Promise<boolean>} false also when nothing is said
 */
export declare function isRefused({ address, port, family }: Endpoint, timeoutMs: number): Promise<boolean>;
/**
 * Whether the server answers a Binding request over TCP.
 * @param {Endpoint} server
 * @param {number} timeoutMs
 * @returns {Promise<boolean>}
 */
export declare function answersOverTcp({ address, port }: Endpoint, timeoutMs: number): Promise<boolean>;

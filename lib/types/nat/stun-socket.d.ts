export type Endpoint = import('./stun-server.js').Endpoint;
export type StunMessage = import('../native.js').StunMessage;
export type Answer = {
    message: StunMessage;
    from: Endpoint;
    rttMs: number;
};
export type RequestOptions = {
    changeIp?: boolean;
    changePort?: boolean;
    responsePort?: number;
    /**
     * whose answers count; by default the one asked
     */
    from?: Endpoint[];
    /**
     * sends the request, while the answer is awaited here
     */
    via?: StunSocket;
    /**
     * the request itself is what should arrive here, from anywhere
     */
    isEcho?: boolean;
    timeoutMs: number;
};
export type Pending = {
    settle: (answer: Answer | null) => void;
    fail: (error: Error) => void;
    options: RequestOptions;
    from: Endpoint[];
    sentMs: number;
    timer: NodeJS.Timeout | undefined;
};
export declare class StunSocket {
    #private;
    /** @type {Endpoint} */
    local: Endpoint;
    /**
     * Use StunSocket.open().
     * @param {import('node:dgram').Socket} socket bound
     * @param {AbortSignal} [signal]
     */
    constructor(socket: import('node:dgram').Socket, signal?: AbortSignal);
    /**
     * @param {{ address: string, port?: number, family: 4 | 6 }} local port 0 or missing: any
     * @param {AbortSignal} [signal] closes it; what is pending rejects with ERR_ABORTED
     * @returns {Promise<StunSocket>}
     * @throws {UrchinError} ERR_STUN_BIND (rejects)
     */
    static open({ address, port, family }: {
        address: string;
        port?: number;
        family: 4 | 6;
    }, signal?: AbortSignal): Promise<StunSocket>;
    /**
     * Sends a Binding request until it is answered.
     * @param {Endpoint} to
     * @param {RequestOptions} options
     * @returns {Promise<Answer | null>} a success or error response; null after timeoutMs without one
     * @throws {UrchinError} ERR_STUN_BIND, ERR_CLOSED, ERR_ABORTED (rejects)
     */
    request(to: Endpoint, options: RequestOptions): Promise<Answer | null>;
    /** What is pending rejects with ERR_CLOSED. */
    close(): void;
}
/**
 * @param {{ address: string, port: number } | null} a
 * @param {{ address: string, port: number } | null} b
 */
export declare function isSame(a: {
    address: string;
    port: number;
} | null, b: {
    address: string;
    port: number;
} | null): boolean;
/**
 * Whether two texts name the same address, zone ids aside.
 * @param {string} a
 * @param {string} b
 */
export declare function isSameAddress(a: string, b: string): boolean;

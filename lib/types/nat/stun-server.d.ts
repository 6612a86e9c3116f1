export type Endpoint = {
    address: string;
    port: number;
    family: 4 | 6;
};
/**
 * Reads 'stun:stun.example.org:3478', the same without its scheme or port, or an address ('192.0.2.1', '[2001:db8::1]:3478').
 * @param {unknown} text
 * @returns {{ host: string, port: number }}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function parseServer(text: unknown): {
    host: string;
    port: number;
};
/**
 * Looks up a server's addresses.
 * @param {{ host: string, port: number }} server
 * @param {{ family?: 4 | 6, signal?: AbortSignal, timeoutMs?: number }} [options] family: only such addresses
 * @returns {Promise<Endpoint[]>} at most one of each family, in the resolver's order
 * @throws {UrchinError} ERR_STUN_RESOLVE (rejects)
 */
export declare function resolveServer({ host, port }: {
    host: string;
    port: number;
}, { family, signal, timeoutMs }?: {
    family?: 4 | 6;
    signal?: AbortSignal;
    timeoutMs?: number;
}): Promise<Endpoint[]>;
/**
 * The local address that packets to a remote one leave from. Sends nothing.
 * @param {Endpoint} remote
 * @returns {Promise<string | null>} null: no route leads there
 */
export declare function localAddressTowards({ address, port, family }: Endpoint): Promise<string | null>;

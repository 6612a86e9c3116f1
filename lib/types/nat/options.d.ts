export type NatOptions = {
    /**
     * 'stun.example.org', 'stun.example.org:3478', an address, or a stun: URL
     */
    server: string;
    /**
     * by default the one that the route to the server leaves from
     */
    localAddress?: string;
    /**
     * by default any
     */
    localPort?: number;
    /**
     * measure how long a mapping is remembered; true: up to 300 s
     */
    lifetime?: boolean | {
        maxSeconds: number;
    };
    /**
     * false: do not test hairpinning
     */
    hairpin?: boolean;
    /**
     * how long each test waits for its answer; 4000 by default
     */
    timeoutMs?: number;
    /**
     * only this kind of addresses; by default that of localAddress, else the first that answers
     */
    family?: 4 | 6;
    signal?: AbortSignal;
};
export type NatSettings = {
    server: string;
    localAddress: string | undefined;
    localPort: number;
    /**
     * 0: not asked
     */
    lifetimeSeconds: number;
    hairpin: boolean;
    timeoutMs: number;
    family: 4 | 6 | undefined;
    signal: AbortSignal;
};
/**
 * @param {NatOptions} options
 * @returns {NatSettings}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function checkOptions(options: NatOptions): NatSettings;

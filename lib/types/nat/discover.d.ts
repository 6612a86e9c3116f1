export type NatOptions = import('./options.js').NatOptions;
export type NatSettings = import('./options.js').NatSettings;
export type Endpoint = import('./stun-server.js').Endpoint;
export type Answer = import('./stun-socket.js').Answer;
export type NatServer = {
    /**
     * as it was given
     */
    host: string;
    address: string;
    port: number;
    /**
     * its own name for itself
     */
    software: string | null;
    otherAddress: {
        address: string;
        port: number;
    } | null;
    /**
     * it does RFC 5780; without that only the public address, and whether there is a NAT, can be told
     */
    canDiscover: boolean;
};
export type NatReport = {
    localAddress: string;
    localPort: number;
    publicAddress: string | null;
    publicPort: number | null;
    mapping: import('./behaviour.js').Mapping;
    filtering: import('./behaviour.js').Filtering;
    /**
     * the name of RFC 3489; 'blocked': no answer over UDP
     */
    classic: import('./behaviour.js').ClassicName;
    /**
     * null also without a NAT
     */
    hairpinning: boolean | null;
    /**
     * the longest silence that a mapping survived
     */
    bindingLifetimeSeconds: number | null;
    /**
     * the shortest that it did not; null: it survived the longest that was tried
     */
    bindingLostSeconds: number | null;
    /**
     * the server answers over TCP; asked only when it is silent over UDP
     */
    tcpReachable: boolean | null;
    server: NatServer;
    rttMs: number | null;
    /**
     * what it means for calls, for people
     */
    advice: string[];
};
/**
 * Finds out which kind of NAT or firewall stands between this machine and a STUN server. Takes about timeoutMs, with `lifetime`
 * up to twice its seconds more. No answer over UDP is an outcome ('blocked'), no error.
 * @param {NatOptions} options
 * @returns {Promise<NatReport>}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT (at once); ERR_STUN_RESOLVE, ERR_STUN_NO_ROUTE, ERR_STUN_BIND, ERR_STUN_REFUSED (nothing
 *   listens there), ERR_STUN_REJECTED (an error response), ERR_ABORTED (reject)
 */
export declare function discoverNat(options: NatOptions): Promise<NatReport>;

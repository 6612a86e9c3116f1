export type IceServer = import('./ice-servers.js').IceServer;
export type AnnouncedAddress = import('./announced-addresses.js').AnnouncedAddress;
export type ConnectionOptions = {
    /**
     * for logs; made up if absent
     */
    id?: string;
    iceServers?: IceServer[];
    /**
     * local UDP ports; any if absent
     */
    portRange?: {
        min: number;
        max: number;
    };
    /**
     * names ('eth0', 'eth*'), addresses, networks ('10.0.0.0/8'), or beginnings of
     * addresses ('192.168.'); all but loopback and link-local if absent
     */
    networkInterfaces?: string[];
    /**
     * the same, of what is not used
     */
    ignoredInterfaces?: string[];
    /**
     * told to the peer in place of the local addresses of
     * its family, or of the one that is named with it
     */
    announcedAddress?: AnnouncedAddress | AnnouncedAddress[];
    /**
     * default 'all'
     */
    iceTransportPolicy?: 'all' | 'relay';
    /**
     * default true: CONN_SDP does not wait for STUN and TURN
     */
    trickle?: boolean;
    /**
     * default false: ICE-TCP candidates too (RFC 6544)
     */
    iceTcp?: boolean;
    /**
     * default true: offers an ICE restart by itself when ICE is disconnected or the local
     * addresses change
     */
    iceAutoRestart?: boolean;
    /**
     * from gathering to CONN_READY; default 30000, 0: none
     */
    connectTimeoutMs?: number;
    /**
     * silence until ICE is 'disconnected'; default 4500; of 'lite' 6500, or 13000 while
     * the peer sends nothing regularly
     */
    disconnectedTimeoutMs?: number;
    /**
     * silence until it has failed (RFC 7675); default 30000
     */
    consentTimeoutMs?: number;
    /**
     * PEM certificates trusted for turns:, beside the system's
     */
    tlsCa?: string;
    /**
     * default none: candidates of the peer in these networks are ignored
     */
    blockedNetworks?: string[];
    /**
     * default 'nice'; 'lite': ICE-lite (RFC 8445) on one port that all such connections share
     */
    ice?: 'nice' | 'lite';
    /**
     * of 'lite', UDP and with iceTcp TCP too; default 20000, one for all lite connections of a
     * process
     */
    icePort?: number;
    /**
     * default false: at glare, give way to the peer's offer
     */
    polite?: boolean;
    /**
     * pino's shape; silent if absent
     */
    logger?: import('./console-logger.js').Logger;
    /**
     * for tests
     */
    worker?: any;
};
export type CheckedOptions = {
    native: import('./worker.js').ConnectionConfig;
    /**
     * of local addresses
     */
    choice: import('./local-addresses.js').AddressChoice;
    announced: import('./announced-addresses.js').Announced[];
    blockedNetworks: string[];
    iceAutoRestart: boolean;
    trickle: boolean;
    polite: boolean;
    /**
     * nothing was said about it
     */
    isPolitenessOpen: boolean;
};
/**
 * @param {ConnectionOptions} options
 * @returns {CheckedOptions}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
 */
export declare function checkOptions(options: ConnectionOptions): CheckedOptions;

import { UrchinError } from './errors.js';
export type IceServer = {
    /**
     * stun:host:port, turn:host:port?transport=udp|tcp, turns:host:port
     */
    urls: string | string[];
    /**
     * TURN only
     */
    username?: string;
    /**
     * TURN only
     */
    credential?: string;
};
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
     * names or addresses; all but loopback and link-local if absent
     */
    networkInterfaces?: string[];
    /**
     * told to the peer in place of the local addresses of its family
     */
    announcedAddress?: string | string[];
    /**
     * default 'all'
     */
    iceTransportPolicy?: 'all' | 'relay';
    /**
     * default true: CONN_SDP does not wait for STUN and TURN
     */
    trickle?: boolean;
    /**
     * default false
     */
    iceTcp?: boolean;
    /**
     * from gathering to CONN_READY; default 30000, 0: none
     */
    connectTimeoutMs?: number;
    /**
     * default 'nice'
     */
    ice?: 'nice' | 'lite';
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
export type NativeServer = {
    isTurn: boolean;
    protocol: 'udp' | 'tcp' | 'tls';
    host: string;
    port: number;
    username?: string;
    credential?: string;
};
export type CheckedOptions = {
    native: import('./worker.js').ConnectionConfig;
    announced: string[];
    trickle: boolean;
    polite: boolean;
};
/**
 * @param {ConnectionOptions} options
 * @returns {CheckedOptions}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
 */
export declare function checkOptions(options: ConnectionOptions): CheckedOptions;
/**
 * @param {string[] | undefined} wanted names or addresses
 * @returns {string[]}
 */
export declare function localAddresses(wanted: string[] | undefined): string[];
/** @param {string} message */
export declare function invalid(message: string): UrchinError;

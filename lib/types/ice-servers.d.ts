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
export type NativeServer = import('./worker.js').IceServerConfig;
/**
 * @param {unknown} list
 * @returns {NativeServer[]}
 * @throws {UrchinError} ERR_INVALID_ARGUMENT, ERR_NOT_SUPPORTED
 */
export declare function checkIceServers(list: unknown): NativeServer[];

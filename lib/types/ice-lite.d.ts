/** The port unless `icePort` says another: below those that systems give out by themselves. */
export declare const defaultIcePort = 20000;
/**
 * @param {{ ice?: unknown, icePort?: unknown, iceTransportPolicy?: unknown }} options
 * @returns {number} 0: full ICE
 * @throws {UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function checkLite({ ice, icePort, iceTransportPolicy }: {
    ice?: unknown;
    icePort?: unknown;
    iceTransportPolicy?: unknown;
}): number;
/**
 * Holds an environment to its first lite connection's port.
 * @param {number} port
 * @throws {UrchinError} ERR_ICE_PORT_CONFLICT
 */
export declare function claimIcePort(port: number): void;

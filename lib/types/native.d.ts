export type NativeWorker = Record<string, (...args: any[]) => any>;
export type StunAddress = {
    address: string;
    port: number;
    family: 4 | 6;
};
export type StunMessage = {
    class: 'request' | 'indication' | 'success' | 'error';
    /**
     * 1: Binding
     */
    method: number;
    transaction: Buffer;
    mapped: StunAddress | null;
    responseOrigin: StunAddress | null;
    otherAddress: StunAddress | null;
    error: {
        code: number;
        reason: string | null;
    } | null;
    software: string | null;
    /**
     * attributes that have to be understood, and are not
     */
    unknown: number[];
};
export type StunRequest = {
    changeIp?: boolean;
    changePort?: boolean;
    responsePort?: number;
    software?: string;
};
export type Native = {
    NativeWorker: new (onEvents: (events: any[]) => void, logLevel: string, like?: NativeWorker) => NativeWorker;
    /**
     * who computes AES-GCM for connections from now on, in the whole
     * process: 'off' (OpenSSL), 'auto' or a file of intel-ipsec-mb's. Returns the name of what is then used.
     */
    chooseSrtpEngine: (wish: string) => string;
    encodeStunRequest: (transaction: Uint8Array, request?: StunRequest) => Buffer;
    /**
     * null: no STUN message
     */
    decodeStun: (datagram: Uint8Array) => StunMessage | null;
};
/**
 * Loads the addon, from a build in the package's folder (with URCHIN_DEBUG_BUILD in the environment its debug build) or
 * from the package's prebuilt binaries.
 * @param {string} [folder] the package's
 * @returns {Native}
 * @throws {UrchinError} ERR_NATIVE_LOAD: there is none, or a system package is missing; the message says what to do
 */
export declare function loadNative(folder?: string): Native;
/** @returns {string} the commands that install what is missing, for each kind of system */
export declare function howToInstall(): string;

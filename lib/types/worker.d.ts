export type NativeWorker = import('./native.js').NativeWorker;
export type IceServerConfig = {
    isTurn: boolean;
    protocol: 'udp' | 'tcp' | 'tls';
    /**
     * an address or a name
     */
    host: string;
    port: number;
    /**
     * TURN only
     */
    username?: string;
    /**
     * TURN only
     */
    credential?: string;
};
export type ConnectionConfig = {
    servers?: IceServerConfig[];
    /**
     * local addresses to gather on, at least one
     */
    addresses: string[];
    /**
     * ICE-lite on this shared port; 0 or missing: full ICE
     */
    litePort?: number;
    /**
     * 0 or missing: any
     */
    portMin?: number;
    portMax?: number;
    relayOnly?: boolean;
    tcp?: boolean;
    /**
     * of silence until ICE is disconnected; 0: the default
     */
    disconnectedTimeoutMs?: number;
    /**
     * of silence until ICE has failed; 0: 30 s
     */
    consentTimeoutMs?: number;
    /**
     * PEM, trusted for TURN over TLS beside the system's
     */
    tlsCa?: string;
    /**
     * from gather to ready; 0: none
     */
    connectTimeoutMs?: number;
};
export type Candidate = {
    foundation: string;
    /**
     * always 1
     */
    component: number;
    protocol: 'udp' | 'tcp';
    tcpType?: 'active' | 'passive' | 'so';
    priority: number;
    address: string;
    port: number;
    type: 'host' | 'srflx' | 'prflx' | 'relay';
    relatedAddress?: string;
    relatedPort?: number;
};
export type RemoteConfig = {
    ufrag: string;
    pwd: string;
    iceLite?: boolean;
    /**
     * ours
     */
    dtlsRole: 'client' | 'server';
    /**
     * alternatives
     */
    fingerprints: {
        algorithm: string;
        value: string;
    }[];
};
export type FormatCodec = {
    payloadType: number;
    codec: 'opus' | 'pcmu' | 'pcma' | 'vp8' | 'vp9' | 'h264' | 'av1' | 'other';
    clockRateHz: number;
    nack?: boolean;
    pli?: boolean;
    fir?: boolean;
    transportCc?: boolean;
    remb?: boolean;
};
export type Format = {
    kind: 'audio' | 'video';
    mid: string;
    codecs: FormatCodec[];
    extIds?: {
        mid?: number;
        rid?: number;
        audioLevel?: number;
        absSendTime?: number;
        transportCc?: number;
        videoOrientation?: number;
        absCaptureTime?: number;
        dependencyDescriptor?: number;
    };
};
export type ReceiverConfig = {
    format: Format;
    ssrcs?: number[];
    rid?: string;
    maxBitrateBps?: number;
};
export type SenderConfig = {
    format: Format;
    ssrc: number;
    cname: string;
};
export type PayloadMapEntry = {
    from: number;
    to: number;
};
export type NativeStats = {
    transport: Record<string, any>;
    receivers: Record<string, any>;
    senders: Record<string, any>;
    localCandidates?: Record<string, any>;
    remoteCandidates?: Record<string, any>;
    candidatePairs?: Record<string, any>;
};
export type WorkerEvent = {
    type: string;
    [field: string]: any;
};
export type Request = {
    resolve: (value: any) => void;
    reject: (error: Error) => void;
};
/**
 * All connections of a worker are told 'network-changed' when this machine's addresses become others.
 *
 * Commands are queued in call order, so none has to be awaited before the next. Each returns a promise that rejects
 * with an UrchinError; wrong arguments throw at once, with code ERR_INVALID_ARGUMENT.
 */
export declare class Worker {
    #private;
    /** What other workers name it by in imports and exports; negative: it takes no part in them. */
    number: any;
    /** Of the certificate that all connections of this worker use. */
    fingerprint: Readonly<{
        algorithm: "sha-256";
        value: any;
    }>;
    /**
     * Is told when the worker has too much to do, or less than before: its level, 0 to 4, and how many of its connections
     * get no video.
     * @type {((news: { level: number, shed: number }) => void) | null}
     */
    onOverload: ((news: {
        level: number;
        shed: number;
    }) => void) | null;
    /** @param {Worker} [like] has the same certificate, and ids that differ from this one's */
    constructor(like?: Worker);
    /**
     * Ends every connection and waits for the worker's thread, two seconds at most. No more events come, what is still
     * unanswered rejects with ERR_CLOSED, and so does every later command.
     */
    close(): void;
    /** @param {'debug' | 'info' | 'warn' | 'error' | 'silent'} level of the log events that are made */
    setLogLevel(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): void;
    /**
     * @param {ConnectionConfig} config
     * @param {(event: WorkerEvent) => void} onEvent gets every event up to 'closed'
     * @returns {number} the connection's id
     */
    openConnection(config: ConnectionConfig, onEvent: (event: WorkerEvent) => void): number;
    /**
     * What ufrags begin with, for checks on a port that workers share find theirs by it.
     * @param {number} _connectionId
     * @returns {string} a base64 digit, or nothing
     */
    ufragPrefix(_connectionId: number): string;
    /**
     * @param {number} connectionId
     * @param {{ ufrag: string, pwd: string, controlling: boolean }} credentials ours
     * @returns {Promise<void>}
     */
    gather(connectionId: number, credentials: {
        ufrag: string;
        pwd: string;
        controlling: boolean;
    }): Promise<void>;
    /**
     * @param {number} connectionId
     * @param {RemoteConfig} remote
     * @returns {Promise<void>}
     */
    setRemote(connectionId: number, remote: RemoteConfig): Promise<void>;
    /**
     * @param {number} connectionId
     * @param {Candidate} candidate
     * @returns {Promise<void>}
     */
    addCandidate(connectionId: number, candidate: Candidate): Promise<void>;
    /**
     * @param {number} connectionId
     * @returns {Promise<void>}
     */
    endCandidates(connectionId: number): Promise<void>;
    /**
     * @param {number} connectionId
     * @param {{ ufrag: string, pwd: string }} credentials the new ones, ours
     * @returns {Promise<void>}
     */
    restartIce(connectionId: number, credentials: {
        ufrag: string;
        pwd: string;
    }): Promise<void>;
    /**
     * For the next gather or restart.
     * @param {number} connectionId
     * @param {string[]} addresses local, numeric, 1 to 64
     * @returns {Promise<void>}
     */
    setAddresses(connectionId: number, addresses: string[]): Promise<void>;
    /**
     * @param {number} connectionId
     * @returns {Promise<void>} settles after its 'closed' event was delivered
     */
    closeConnection(connectionId: number): Promise<void>;
    /**
     * @param {number} connectionId
     * @returns {Promise<NativeStats>} receivers and senders by their ids
     */
    getStats(connectionId: number): Promise<NativeStats>;
    /** @returns {Promise<Record<string, number>>} the worker's own figures */
    getLoad(): Promise<Record<string, number>>;
    /**
     * @param {number} connectionId
     * @param {ReceiverConfig} config
     * @returns {number} the receiver's id
     */
    addReceiver(connectionId: number, config: ReceiverConfig): number;
    /**
     * @param {number} connectionId
     * @param {number} receiverId
     * @param {ReceiverConfig} config
     * @returns {Promise<void>}
     */
    updateReceiver(connectionId: number, receiverId: number, config: ReceiverConfig): Promise<void>;
    /**
     * @param {number} connectionId
     * @param {number} receiverId
     * @returns {Promise<void>}
     */
    removeReceiver(connectionId: number, receiverId: number): Promise<void>;
    /**
     * @param {number} receiverId
     * @param {boolean} paused
     * @returns {Promise<void>}
     */
    pauseReceiver(receiverId: number, paused: boolean): Promise<void>;
    /**
     * @param {number} receiverId
     * @returns {Promise<void>}
     */
    requestKeyframe(receiverId: number): Promise<void>;
    /**
     * @param {number} connectionId
     * @param {SenderConfig} config
     * @returns {number} the sender's id
     */
    addSender(connectionId: number, config: SenderConfig): number;
    /**
     * @param {number} connectionId
     * @param {number} senderId
     * @param {SenderConfig} config
     * @returns {Promise<void>}
     */
    updateSender(connectionId: number, senderId: number, config: SenderConfig): Promise<void>;
    /**
     * @param {number} connectionId
     * @param {number} senderId
     * @returns {Promise<void>}
     */
    removeSender(connectionId: number, senderId: number): Promise<void>;
    /**
     * @param {number} senderId
     * @param {number} receiverId 0: no source
     * @param {readonly PayloadMapEntry[]} payloadMap
     * @returns {Promise<void>}
     */
    setSenderSource(senderId: number, receiverId: number, payloadMap: readonly PayloadMapEntry[]): Promise<void>;
    /**
     * @param {number} senderId
     * @param {boolean} paused
     * @returns {Promise<void>}
     */
    pauseSender(senderId: number, paused: boolean): Promise<void>;
    /**
     * Sends a receiver's packets to another worker, once each.
     * @param {number} receiverId one of this worker's
     * @param {number} toNumber the other worker's
     * @param {boolean} isWanted
     * @returns {Promise<void>}
     */
    exportReceiver(receiverId: number, toNumber: number, isWanted: boolean): Promise<void>;
    /**
     * Makes another worker's receiver known here under its id, as a source for senders.
     * @param {number} receiverId
     * @param {number} fromNumber the receiver's worker
     * @param {ReceiverConfig} config the receiver's
     * @returns {Promise<void>}
     */
    addImport(receiverId: number, fromNumber: number, config: ReceiverConfig): Promise<void>;
    /**
     * @param {number} receiverId
     * @param {ReceiverConfig} config
     * @returns {Promise<void>}
     */
    updateImport(receiverId: number, config: ReceiverConfig): Promise<void>;
    /**
     * Senders of it are left without a source.
     * @param {number} receiverId
     * @returns {Promise<void>}
     */
    removeImport(receiverId: number): Promise<void>;
}

import { EventEmitter } from 'node:events';
import { Worker } from './worker.js';
export type ConnectionConfig = import('./worker.js').ConnectionConfig;
export type ReceiverConfig = import('./worker.js').ReceiverConfig;
export type SenderConfig = import('./worker.js').SenderConfig;
export type WorkerEvent = import('./worker.js').WorkerEvent;
export type PooledConnection = {
    worker: Worker;
    receivers: Set<number>;
    senders: Set<number>;
};
export type PooledReceiver = {
    worker: Worker;
    config: ReceiverConfig;
    isPaused: boolean;
    /**
     * by worker: its senders of this receiver
     */
    imports: Map<Worker, Set<number>>;
};
export type Overload = {
    /**
     * the level rose, or fell
     */
    code: 'WORKER_OVERLOAD' | 'WORKER_RELIEVED';
    /**
     * which of them: its place in `loads`
     */
    worker: number;
    /**
     * 0: none, to 4: no video is forwarded
     */
    level: number;
    /**
     * of this worker
     */
    connections: number;
    /**
     * how many of these get no video now; audio goes on
     */
    shedding: number;
};
export type PooledSender = {
    worker: Worker;
    source: number;
};
/**
 * How many threads carry the connections of this JS environment, at most. Each is started when connections come and
 * none is idle.
 * @param {number} count 1 to 32; before it is called, as many as the machine has cores
 * @throws {UrchinError} ERR_INVALID_ARGUMENT; ERR_INVALID_STATE: more are running already
 */
export declare function setWorkerLimit(count: number): void;
/** Has Worker's methods, for all workers together. */
export declare class WorkerPool {
    #private;
    /** Of the certificate that all connections use. */
    fingerprint: Readonly<{
        algorithm: "sha-256";
        value: any;
    }>;
    /** 'overload' (Overload) of the environment's pool. @type {EventEmitter<{ overload: [Overload] }>} */
    static news: EventEmitter<{
        overload: [Overload];
    }>;
    /** The environment's pool: started by the first call, stopped when the environment ends. */
    static get(): WorkerPool;
    /** The environment's pool if it runs. */
    static get running(): WorkerPool | null;
    /** As setWorkerLimit(). @param {number} count */
    static setLimit(count: number): void;
    /**
     * @param {number} limit workers at most
     * @param {(overload: Overload) => void} [onOverload]
     */
    constructor(limit: number, onOverload?: (overload: Overload) => void);
    /** Ends every connection and worker, as Worker.close() does. WorkerPool.get() starts another pool. */
    close(): void;
    /** In the order in which they were started. @returns {readonly Worker[]} */
    get workers(): readonly Worker[];
    /** How many workers run, and how many connections each has. */
    get loads(): number[];
    /** @returns {Promise<Record<string, number>[]>} each worker's own figures */
    getLoads(): Promise<Record<string, number>[]>;
    /** @param {'debug' | 'info' | 'warn' | 'error' | 'silent'} level of the log events that are made */
    setLogLevel(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): void;
    /**
     * @param {ConnectionConfig} config
     * @param {(event: WorkerEvent) => void} onEvent gets every event up to 'closed'
     * @returns {number} the connection's id
     */
    openConnection(config: ConnectionConfig, onEvent: (event: WorkerEvent) => void): number;
    /** @param {number} connectionId */
    ufragPrefix(connectionId: number): string;
    /** @param {number} connectionId @param {{ ufrag: string, pwd: string, controlling: boolean }} credentials ours */
    gather(connectionId: number, credentials: {
        ufrag: string;
        pwd: string;
        controlling: boolean;
    }): Promise<void>;
    /** @param {number} connectionId @param {import('./worker.js').RemoteConfig} remote */
    setRemote(connectionId: number, remote: import('./worker.js').RemoteConfig): Promise<void>;
    /** @param {number} connectionId @param {import('./worker.js').Candidate} candidate */
    addCandidate(connectionId: number, candidate: import('./worker.js').Candidate): Promise<void>;
    /** @param {number} connectionId */
    endCandidates(connectionId: number): Promise<void>;
    /** @param {number} connectionId @param {{ ufrag: string, pwd: string }} credentials the new ones, ours */
    restartIce(connectionId: number, credentials: {
        ufrag: string;
        pwd: string;
    }): Promise<void>;
    /** @param {number} connectionId @param {string[]} addresses */
    setAddresses(connectionId: number, addresses: string[]): Promise<void>;
    /** @param {number} connectionId */
    closeConnection(connectionId: number): Promise<void>;
    /** @param {number} connectionId */
    getStats(connectionId: number): Promise<import("./worker.js").NativeStats>;
    /**
     * @param {number} connectionId
     * @param {ReceiverConfig} config
     * @returns {number} the receiver's id
     */
    addReceiver(connectionId: number, config: ReceiverConfig): number;
    /** @param {number} connectionId @param {number} receiverId @param {ReceiverConfig} config */
    updateReceiver(connectionId: number, receiverId: number, config: ReceiverConfig): Promise<void>;
    /** @param {number} connectionId @param {number} receiverId */
    removeReceiver(connectionId: number, receiverId: number): Promise<void>;
    /** @param {number} receiverId @param {boolean} paused */
    pauseReceiver(receiverId: number, paused: boolean): Promise<void>;
    /** @param {number} receiverId */
    requestKeyframe(receiverId: number): Promise<void>;
    /**
     * @param {number} connectionId
     * @param {SenderConfig} config
     * @returns {number} the sender's id
     */
    addSender(connectionId: number, config: SenderConfig): number;
    /** @param {number} connectionId @param {number} senderId @param {SenderConfig} config */
    updateSender(connectionId: number, senderId: number, config: SenderConfig): Promise<void>;
    /** @param {number} connectionId @param {number} senderId */
    removeSender(connectionId: number, senderId: number): Promise<void>;
    /**
     * @param {number} senderId
     * @param {number} receiverId 0: no source
     * @param {readonly import('./worker.js').PayloadMapEntry[]} payloadMap
     * @returns {Promise<void>}
     */
    setSenderSource(senderId: number, receiverId: number, payloadMap: readonly import('./worker.js').PayloadMapEntry[]): Promise<void>;
    /** @param {number} senderId @param {boolean} paused */
    pauseSender(senderId: number, paused: boolean): Promise<void>;
}

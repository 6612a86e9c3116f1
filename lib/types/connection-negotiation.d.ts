import { SdpSession } from './sdp/session.js';
export type ConnectionMedia = import('./connection-media.js').ConnectionMedia;
export type Applied = import('./sdp/session.js').Applied;
export type LocalDescription = import('./sdp/write.js').LocalDescription;
export type Written = {
    from: Record<string, unknown>;
    text: string;
};
export type NegotiationFields = {
    worker: import('./worker.js').Worker;
    news: import('./connection-news.js').ConnectionNews;
    log: import('./log.js').ConnectionLog;
    order: import('./connection-order.js').ConnectionOrder;
    ice: import('./connection-ice.js').ConnectionIce;
    restarts: import('./ice-auto-restart.js').IceAutoRestart;
    options: {
        native: {
            litePort?: number;
        };
        trickle: boolean;
        polite: boolean;
        isPolitenessOpen: boolean;
    };
    /**
     * digits
     */
    sessionId: string;
    cname: string;
    /**
     * neither closed nor failed
     */
    isOpen: () => boolean;
    /**
     * an offer is needed
     */
    tellNeed: () => void;
};
/** @typedef {import('./connection-media.js').ConnectionMedia} ConnectionMedia */
/** @typedef {import('./sdp/session.js').Applied} Applied */
/** @typedef {import('./sdp/write.js').LocalDescription} LocalDescription */
/** @typedef {{ from: Record<string, unknown>, text: string }} Written */
/**
 * @typedef {object} NegotiationFields
 * @property {import('./worker.js').Worker} worker
 * @property {import('./connection-news.js').ConnectionNews} news
 * @property {import('./log.js').ConnectionLog} log
 * @property {import('./connection-order.js').ConnectionOrder} order
 * @property {import('./connection-ice.js').ConnectionIce} ice
 * @property {import('./ice-auto-restart.js').IceAutoRestart} restarts
 * @property {{ native: { litePort?: number }, trickle: boolean, polite: boolean, isPolitenessOpen: boolean }} options
 * @property {string} sessionId digits
 * @property {string} cname
 * @property {() => boolean} isOpen neither closed nor failed
 * @property {() => void} tellNeed an offer is needed
 */
export declare class ConnectionNegotiation {
    #private;
    session: SdpSession;
    /** @param {NegotiationFields} fields */
    constructor(fields: NegotiationFields);
    /**
     * @param {number} connectionId of the connection in the core
     * @param {ConnectionMedia} media
     */
    open(connectionId: number, media: ConnectionMedia): void;
    /** Our latest description with the candidates found so far; '' before there is one. */
    get localSdp(): string;
    /** The peer's latest description; '' before there is one. */
    get remoteSdp(): string;
    /** Whether the first offer was ours. */
    get offeredFirst(): boolean;
    /** The m-line that our candidates belong to. */
    get taggedSection(): {
        mid: string;
        index: number;
    };
    /** Whether a negotiation is over and another could begin. */
    get canOffer(): boolean;
    /**
     * @param {import('./connection.js').OfferOptions} options
     * @param {{ isAutomatic?: boolean }} [origin] isAutomatic: nobody asked for it
     * @returns {Promise<string>}
     */
    createOffer({ iceRestart, ...wishes }: import('./connection.js').OfferOptions, { isAutomatic }?: {
        isAutomatic?: boolean;
    }): Promise<string>;
    /**
     * @param {string} text
     * @param {'offer' | 'answer' | undefined} type
     * @returns {Promise<string>}
     */
    setRemote(text: string, type: 'offer' | 'answer' | undefined): Promise<string>;
    /** Sends and asks for what is possible now. */
    release(): void;
    /** Something changed that may need an offer. */
    checkNeed(): void;
    /** @param {Error} error why nothing can be sent any more */
    drop(error: Error): void;
}

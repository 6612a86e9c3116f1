export type LocalDescription = import('./sdp/write.js').LocalDescription;
export type Unsent = {
    description: LocalDescription;
    /**
     * it must hold every candidate
     */
    isFull: boolean;
    /**
     * the remote description that it answers has been told
     */
    isApplied: boolean;
    resolve: (sdp: string) => void;
    reject: (error: Error) => void;
};
/** @typedef {import('./sdp/write.js').LocalDescription} LocalDescription */
/**
 * A description on its way.
 * @typedef {object} Unsent
 * @property {LocalDescription} description
 * @property {boolean} isFull it must hold every candidate
 * @property {boolean} isApplied the remote description that it answers has been told
 * @property {(sdp: string) => void} resolve
 * @property {(error: Error) => void} reject
 */
export declare class ConnectionDescriptions {
    #private;
    /**
     * @param {{ news: import('./connection-news.js').ConnectionNews, localIce: () => import('./local-ice.js').LocalIce,
     *   write: (description: LocalDescription) => string }} fields
     */
    constructor({ news, localIce, write }: {
        news: import('./connection-news.js').ConnectionNews;
        localIce: () => import('./local-ice.js').LocalIce;
        write: (description: LocalDescription) => string;
    });
    /** The latest description; null before there is one. */
    get latest(): import("./sdp/write.js").LocalDescription | null;
    get areAllSent(): boolean;
    /** @param {LocalDescription} description */
    add(description: LocalDescription): void;
    /**
     * Tells a description as soon as it can be sent.
     * @param {LocalDescription} description
     * @param {{ isApplied: boolean, isFull: boolean }} conditions
     * @returns {{ entry: Unsent, sent: Promise<string> }}
     */
    announce(description: LocalDescription, conditions: {
        isApplied: boolean;
        isFull: boolean;
    }): {
        entry: Unsent;
        sent: Promise<string>;
    };
    /** Tells what can be sent now. */
    release(): void;
    /** Our offer gave way to the peer's, whose answer is the latest now: back to the one before. */
    forgetOffer(): void;
    /**
     * @param {Unsent} entry
     * @param {Error} error
     */
    drop(entry: Unsent, error: Error): void;
    /** @param {Error} error why nothing can be sent any more */
    dropAll(error: Error): void;
}

export declare class NegotiationNeed {
    #private;
    /**
     * @param {{ news: import('./connection-news.js').ConnectionNews, isNeeded: (isForced: boolean) => boolean,
     *   tell: () => void }} fields isNeeded: whether an offer can be made now and would change something (or is forced)
     */
    constructor({ news, isNeeded, tell }: {
        news: import('./connection-news.js').ConnectionNews;
        isNeeded: (isForced: boolean) => boolean;
        tell: () => void;
    });
    /** An offer of ours was given up: another has to come whatever is in it. */
    force(): void;
    /** A negotiation took place, so what was told before is past. @param {{ isOurs: boolean }} offer */
    reset({ isOurs }: {
        isOurs: boolean;
    }): void;
    /** Something changed. */
    check(): void;
}

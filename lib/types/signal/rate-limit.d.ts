/** See above. */
export declare class RateLimit {
    #private;
    /**
     * @param {{ perSecond: number, burst: number, now?: () => number }} options now: milliseconds
     */
    constructor({ perSecond, burst, now }: {
        perSecond: number;
        burst: number;
        now?: () => number;
    });
    /** Takes one. @returns {boolean} false: there is none left */
    take(): boolean;
}

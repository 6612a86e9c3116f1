export type AddressView = {
    /**
     * that the current generation was gathered on
     */
    used: readonly string[];
    /**
     * that it could be gathered on now
     */
    present: readonly string[];
    /**
     * the local one of the selected pair; null: unknown, or there is no pair
     */
    selected: string | null;
};
export type AutoRestartFields = {
    /**
     * no negotiation is under way
     */
    canOffer: () => boolean;
    isFirstOfferer: () => boolean;
    look: () => AddressView;
    /**
     * makes the offer; calls restarted()
     */
    offer: (cause: string) => void;
};
export type Cause = 'silence' | 'network';
/**
 * @typedef {object} AddressView
 * @property {readonly string[]} used that the current generation was gathered on
 * @property {readonly string[]} present that it could be gathered on now
 * @property {string | null} selected the local one of the selected pair; null: unknown, or there is no pair
 */
/**
 * @typedef {object} AutoRestartFields
 * @property {() => boolean} canOffer no negotiation is under way
 * @property {() => boolean} isFirstOfferer
 * @property {() => AddressView} look
 * @property {(cause: string) => void} offer makes the offer; calls restarted()
 */
/** @typedef {'silence' | 'network'} Cause */
export declare class IceAutoRestart {
    #private;
    /** @param {AutoRestartFields} fields */
    constructor(fields: AutoRestartFields);
    /** @param {string} state of ICE, in the W3C's words */
    changeState(state: string): void;
    /** The addresses of this machine may have changed. */
    changeNetwork(): void;
    /** ICE is being restarted, whoever wants it. */
    restarted(): void;
    /** A negotiation that restarted ICE is over: now it has to show whether it helps. */
    completed(): void;
    /** Something changed that may have been in the way. */
    check(): void;
    /** For good. */
    stop(): void;
}

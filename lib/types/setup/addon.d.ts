export type Flavour = 'release' | 'debug' | 'sanitize';
/**
 * Brings build/Release (or build/Debug) up to date.
 * @param {Flavour} [flavour]
 */
export declare function buildAddon(flavour?: Flavour): Promise<void>;
/**
 * Everything the addon is made from, as one digest.
 * @param {Flavour} flavour
 * @param {string} [folder] of the package
 * @returns {string}
 */
export declare function hashInputs(flavour: Flavour, folder?: string): string;
/** @returns {string} where a package made for others keeps the addon for machines like this one */
export declare function prebuiltPath(): string;

export type NativeWorker = Record<string, (...args: any[]) => any>;
export type Native = {
    NativeWorker: new (onEvents: (events: any[]) => void, logLevel: string) => NativeWorker;
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

export type LockEntry = {
    version?: string;
    dev?: boolean;
    optional?: boolean;
    devOptional?: boolean;
};
/** @typedef {{ version?: string, dev?: boolean, optional?: boolean, devOptional?: boolean }} LockEntry */
/**
 * Runs `npm ci` unless what it would install is there already.
 * @param {{ dev: boolean }} options dev: also what only tests and development need
 */
export declare function installModules({ dev }: {
    dev: boolean;
}): Promise<void>;
/**
 * Compares what npm says it installed with the lock file.
 * @param {{ dev: boolean, folder?: string }} options folder: of the package
 * @returns {boolean}
 */
export declare function areModulesInstalled({ dev, folder }: {
    dev: boolean;
    folder?: string;
}): boolean;

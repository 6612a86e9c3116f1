export type Purpose = 'build' | 'run' | 'test';
/**
 * Installs the missing system packages of a Debian-like system, or throws a SetupError that names them.
 * @param {Purpose[]} purposes
 */
export declare function installSystemPackages(purposes: Purpose[]): Promise<void>;
/**
 * @param {(Purpose | 'extra')[]} purposes
 * @returns {string[]} packages that dpkg does not have
 */
export declare function missingDebianPackages(purposes: (Purpose | 'extra')[]): string[];
/**
 * The packages to install by hand, for each kind of system; the one we are on comes first.
 * @param {Purpose[]} purposes
 * @param {string[]} [missing] what is known to be missing here, on Debian and its relatives
 * @returns {string}
 */
export declare function explain(purposes: Purpose[], missing?: string[]): string;
/** Whether compilers and libraries are there, whatever package they came from. */
export declare function canBuild(): boolean;

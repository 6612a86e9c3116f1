/** The package's top directory. */
export declare const root: string;
/** Setup cannot go on, for a reason that the person at the keyboard can act on; shown without a stack. */
export declare class SetupError extends Error {
    name: string;
}
/**
 * Prints one line about what setup is doing.
 * @param {string} text
 */
export declare function say(text: string): void;
/**
 * Runs a program with its output passed through, and waits for it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} its exit code; 127 when it could not be started, 128 when a signal ended it
 */
export declare function run(command: string, args: string[], options?: {
    env?: NodeJS.ProcessEnv;
}): Promise<number>;
/**
 * Runs a program silently.
 * @param {string} command
 * @param {string[]} args
 * @returns {{ ok: boolean, output: string }} output is its stdout
 */
export declare function probe(command: string, args: string[]): {
    ok: boolean;
    output: string;
};
/**
 * Runs a setup step as a program's whole purpose: a SetupError becomes a message and exit code 1.
 * @param {() => Promise<unknown>} step
 */
export declare function main(step: () => Promise<unknown>): Promise<void>;

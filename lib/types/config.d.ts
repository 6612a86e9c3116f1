export type ServerOptions = import('./server.js').ServerOptions;
export type Setting = {
    /**
     * in the environment
     */
    variable: string;
    /**
     * in the file
     */
    key: string;
    /**
     * the variable's text
     */
    read: (text: string) => unknown;
    isValid: (value: any) => boolean;
    /**
     * it must be
     */
    what: string;
};
/**
 * Reads the settings. Variables that are empty count as absent.
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ logLevel: string, options: ServerOptions }}
 * @throws {UrchinError} ERR_CONFIG, with a message that names the setting and what is wrong with it
 */
export declare function readConfig(env: NodeJS.ProcessEnv): {
    logLevel: string;
    options: ServerOptions;
};

export type Logger = {
    debug: LogMethod;
    info: LogMethod;
    warn: LogMethod;
    error: LogMethod;
    child?: (fields: Record<string, any>) => Logger;
};
export type LogMethod = (fieldsOrText: any, text?: string) => void;
/** @type {Logger} */
export declare const silentLogger: Logger;
/**
 * Whether a word names a log level.
 * @param {string} level
 */
export declare function isLogLevel(level: string): boolean;
/**
 * A logger that writes one line per call: time, level, text, then the fields as key=value.
 * @param {{ level?: string, write?: (line: string) => void }} [options] level: 'debug', 'info' (default), 'warn',
 *   'error' or 'silent'; write: where lines go, stdout by default
 * @returns {Logger & { child: (fields: Record<string, any>) => Logger }}
 */
export declare function createConsoleLogger({ level, write, }?: {
    level?: string;
    write?: (line: string) => void;
}): Logger & {
    child: (fields: Record<string, any>) => Logger;
};

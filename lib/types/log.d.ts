import { Timeline } from './timeline.js';
export type Logger = import('./console-logger.js').Logger;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** @typedef {import('./console-logger.js').Logger} Logger */
/** @typedef {'debug' | 'info' | 'warn' | 'error'} LogLevel */
export declare class ConnectionLog {
    #private;
    timeline: Timeline;
    /**
     * @param {Logger | undefined} logger
     * @param {string} id
     */
    constructor(logger: Logger | undefined, id: string);
    /**
     * @param {LogLevel} level
     * @param {string} message never holds keys or passwords
     * @param {{ name: string, detail?: string } | null} [step] as the timeline has it; null: it has this step already
     */
    write(level: LogLevel, message: string, step?: {
        name: string;
        detail?: string;
    } | null): void;
    /**
     * For commands that nobody awaits: one that fails was overtaken by the connection's end, or is a fault of the core's.
     * @param {any} error
     */
    onError: (error: any) => void;
}

export declare class ConnectionOrder {
    #private;
    /** @param {(event: any) => void} handle */
    constructor(handle: (event: any) => void);
    /** @param {any} event */
    receive(event: any): void;
    /** A command was given whose answer matters. */
    begin(): void;
    /** Its answer has been told. */
    end(): void;
    /** Nothing is waited for any longer. */
    flush(): void;
}

/**
 * @param {{ tests: boolean }} options tests: also what `npm test` needs
 */
export declare function prepare({ tests }: {
    tests: boolean;
}): Promise<void>;

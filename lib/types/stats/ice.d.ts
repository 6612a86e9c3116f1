export type Candidate = import('../sdp/candidate.js').Candidate;
export type IceServerConfig = import('../worker.js').IceServerConfig;
export type Side = 'local' | 'remote';
export type Item = {
    id: string;
    type: string;
    fields: Record<string, any>;
};
export declare class IceStats {
    #private;
    /** @type {string | undefined} of the pair that packets take */
    selectedId: string | undefined;
    /**
     * @param {import('../worker.js').NativeStats} values
     * @param {{ pair: { local: Candidate, remote: Candidate } | null, candidates?: Candidate[],
     *   servers?: IceServerConfig[] }} known
     */
    constructor(values: import('../worker.js').NativeStats, { pair, candidates, servers }: {
        pair: {
            local: Candidate;
            remote: Candidate;
        } | null;
        candidates?: Candidate[];
        servers?: IceServerConfig[];
    });
    /** @returns {Iterable<Item>} */
    get all(): Iterable<Item>;
}

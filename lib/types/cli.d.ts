import { discoverNat } from './nat/discover.js';
export declare const help = "urchin: WebRTC connections and media servers for Node.js\n\nUsage\n  urchin nat SERVER [options]   what kind of NAT is this? SERVER is a STUN server: a name or an\n                                address, with :PORT if that is not 3478\n  urchin --help | --version\n\nOptions of nat\n  --json          print one JSON object (see docs/nat.md)\n  --lifetime      also measure how long the NAT remembers a silent mapping; takes minutes\n  --no-hairpin    do not test hairpinning\n  --port N        examine this local port; any by default\n  --address A     from this local address; by default the one that leads to the server\n  --timeout S     how long each test waits for its answer, in seconds; 4 by default\n  -4, -6          only over IPv4, only over IPv6\n\nStatus\n  0  it was told    1  no answer over UDP    2  wrong words    3  it could not be done\n";
export type Output = {
    write: (text: string) => unknown;
};
/**
 * @param {string[]} args without the program's name
 * @param {{ stdout?: Output, stderr?: Output, discover?: typeof discoverNat }} [environment]
 * @returns {Promise<number>} the exit status
 */
export declare function main(args: string[], environment?: {
    stdout?: Output;
    stderr?: Output;
    discover?: typeof discoverNat;
}): Promise<number>;

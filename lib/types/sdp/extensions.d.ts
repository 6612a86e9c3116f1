export type ExtensionName = 'mid' | 'rid' | 'audioLevel' | 'absSendTime' | 'transportCc' | 'videoOrientation' | 'absCaptureTime' | 'dependencyDescriptor';
export type ExtensionIds = Partial<Record<ExtensionName, number>>;
export type Extension = {
    id: number;
    uri: string;
    /**
     * as seen by the one who wrote the line
     */
    direction: Direction;
};
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
/** @param {Direction} direction */
export declare function sends(direction: Direction): direction is "sendonly" | "sendrecv";
/** @param {Direction} direction */
export declare function receives(direction: Direction): direction is "recvonly" | "sendrecv";
/**
 * @param {boolean} send
 * @param {boolean} receive
 * @returns {Direction}
 */
export declare function toDirection(send: boolean, receive: boolean): Direction;
/**
 * The same direction seen from the other side.
 * @param {Direction} direction
 */
export declare function invert(direction: Direction): Direction;
/**
 * What we would like to use on an m-line, with the ids we like best.
 * @param {'audio' | 'video'} kind
 * @param {Direction} direction ours
 * @returns {Extension[]}
 */
export declare function defaultExtensions(kind: 'audio' | 'video', direction: Direction): Extension[];
/**
 * What an answer says to the extensions of an offer.
 * @param {'audio' | 'video'} kind
 * @param {readonly Extension[]} theirs
 * @param {Direction} direction ours
 * @returns {readonly Extension[]}
 */
export declare function acceptExtensions(kind: 'audio' | 'video', theirs: readonly Extension[], direction: Direction): readonly Extension[];
export type Accept = (theirs: readonly Extension[], kind?: string) => readonly Extension[];
/**
 * Ids by name, as the core takes them, of those extensions that work in one way.
 * @param {readonly Extension[]} extensions as our own description says them
 * @param {'send' | 'receive'} way
 * @returns {ExtensionIds}
 */
export declare function extensionIds(extensions: readonly Extension[], way: 'send' | 'receive'): ExtensionIds;

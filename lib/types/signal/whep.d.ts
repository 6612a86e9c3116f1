export type MediaKind = import('../participant.js').MediaKind;
/** @typedef {import('../participant.js').MediaKind} MediaKind */
/** @type {import('./http-sessions.js').Protocol} */
export declare const whep: import('./http-sessions.js').Protocol;

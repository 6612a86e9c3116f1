export type WebRtcConnection = import('../connection.js').WebRtcConnection;
/** @typedef {import('../connection.js').WebRtcConnection} WebRtcConnection */
/**
 * Applies an offer and gives the answer with all candidates; with those there are when gathering takes too long (a STUN
 * server that does not answer must not keep anybody waiting).
 * @param {Pick<WebRtcConnection, 'setRemoteSdp' | 'getLocalSdp'>} connection made with trickle: false
 * @param {string} offer
 * @param {number} timeoutMs
 * @returns {Promise<string>}
 * @throws {UrchinError} what setRemoteSdp rejects with; ERR_TIMEOUT without any candidate in time
 */
export declare function answerOffer(connection: Pick<WebRtcConnection, 'setRemoteSdp' | 'getLocalSdp'>, offer: string, timeoutMs: number): Promise<string>;

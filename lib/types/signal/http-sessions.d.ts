export type IncomingMessage = import('./http.js').IncomingMessage;
export type ServerResponse = import('./http.js').ServerResponse;
export type WebRtcConnection = import('../connection.js').WebRtcConnection;
export type Participant = import('../participant.js').Participant;
export type Description = import('../sdp/parse.js').Description;
export type Server = import('../server.js').Server;
export type Protocol = {
    kind: 'whip' | 'whep';
    /**
     * throws an HttpError
     */
    checkOffer: (offer: Description) => void;
    /**
     * before it is looked at; takes any text
     */
    adaptOffer?: (offer: string) => string;
    /**
     * before the offer is applied; its result
     * goes to joinOptions and joined
     */
    prepare: (connection: WebRtcConnection, offer: Description) => any;
    joinOptions: (query: URLSearchParams, sessions: HttpSessions) => import('../participant.js').ParticipantOptions;
    joined: (participant: Participant, prepared: any) => void;
};
export type Session = {
    id: string;
    kind: 'whip' | 'whep';
    room: string;
    participant: Participant;
    connection: WebRtcConnection;
    /**
     * of the ICE session
     */
    etag: string;
    /**
     * the peer's last whole offer
     */
    offer: string;
    /**
     * PATCHes are taken one after the other
     */
    turn: Promise<unknown>;
};
/** The sessions of one server. */
export declare class HttpSessions {
    #private;
    /** @param {Server} server */
    constructor(server: Server);
    /** @param {string} id */
    find(id: string): Session | undefined;
    /**
     * Answers a request below /whip/ or /whep/.
     * @param {IncomingMessage} request
     * @param {ServerResponse} response
     * @param {{ protocol: Protocol, room: string, sessionId: string | null, query: URLSearchParams }} target
     *   sessionId: null for the endpoint
     * @throws {HttpError | UrchinError}
     */
    handle(request: IncomingMessage, response: ServerResponse, target: {
        protocol: Protocol;
        room: string;
        sessionId: string | null;
        query: URLSearchParams;
    }): Promise<void>;
}

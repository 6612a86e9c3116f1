export { WebRtcConnection } from './connection.js';
export { createConsoleLogger } from './console-logger.js';
export { UrchinError } from './errors.js';
export { CONN_CANDIDATE, CONN_FAILED, CONN_FINISHED, CONN_GATHERED, CONN_INITIAL, CONN_READY, CONN_SDP, CONN_SDP_PROCESSED, CONN_STARTED, } from './events.js';
export { Participant } from './participant.js';
export { Room } from './room.js';
export { createServer, Server } from './server.js';
export { LocalTrack, RemoteTrack } from './track.js';

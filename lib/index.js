// What the package exports.

/** @typedef {import('./connection.js').ConnectionOptions} ConnectionOptions */
/** @typedef {import('./connection.js').ConnectionEvent} ConnectionEvent */
/** @typedef {import('./connection.js').OfferOptions} OfferOptions */
/** @typedef {import('./connection.js').CandidateInit} CandidateInit */
/** @typedef {import('./connection-options.js').IceServer} IceServer */
/** @typedef {import('./sdp/candidate.js').Candidate} Candidate */
/** @typedef {import('./stats.js').Stats} Stats */
/** @typedef {import('./console-logger.js').Logger} Logger */
/** @typedef {import('./nat/discover.js').NatOptions} NatOptions */
/** @typedef {import('./nat/discover.js').NatReport} NatReport */
/** @typedef {import('./room.js').RoomOptions} RoomOptions */
/** @typedef {import('./server.js').ServerOptions} ServerOptions */
/** @typedef {import('./workers.js').Overload} Overload */
/** @typedef {import('./workers.js').WorkerStats} WorkerStats */

export { WebRtcConnection } from './connection.js'
export { createConsoleLogger } from './console-logger.js'
export { UrchinError } from './errors.js'
export {
  CONN_CANDIDATE,
  CONN_FAILED,
  CONN_FINISHED,
  CONN_GATHERED,
  CONN_INITIAL,
  CONN_READY,
  CONN_SDP,
  CONN_SDP_PROCESSED,
  CONN_STARTED,
} from './events.js'
export { discoverNat } from './nat/discover.js'
export { Participant } from './participant.js'
export { Room } from './room.js'
export { createServer, Server } from './server.js'
export { LocalTrack, RemoteTrack } from './track.js'
export { createTurnCredentials } from './turn-credentials.js'
export { setWorkerLimit } from './worker-pool.js'
export { workers } from './workers.js'

// Which connections stay alive by themselves, and what happens to those that are forgotten.

/** @typedef {import('./connection.js').WebRtcConnection} WebRtcConnection */

/** Closes connections that nobody can reach any more. */
const unclosed = new FinalizationRegistry(
  (/** @type {{ worker: any, connectionId: number, id: string }} */ held) => {
    process.emitWarning(`WebRtcConnection ${held.id} was garbage-collected without close()`, {
      code: 'URCHIN_UNCLOSED',
    })
    held.worker.closeConnection(held.connectionId).catch(() => {})
  },
)

/**
 * Connections on which something can still happen by itself. Like a socket, such a one lives on when only its own
 * listeners know it; one that waits for its owner with no listener for 'failed', or has failed, does not.
 * @type {Set<WebRtcConnection>}
 */
const active = new Set()

/**
 * A connection was opened in the core.
 * @param {WebRtcConnection} connection
 * @param {{ worker: any, connectionId: number, id: string }} held
 */
export function watchConnection(connection, held) {
  unclosed.register(connection, held, connection)
}

/**
 * @param {WebRtcConnection} connection
 * @param {boolean} isActive something can still happen on it by itself
 */
export function keepConnection(connection, isActive) {
  if (isActive) active.add(connection)
  else active.delete(connection)
}

/**
 * It is closed.
 * @param {WebRtcConnection} connection
 */
export function forgetConnection(connection) {
  unclosed.unregister(connection)
  active.delete(connection)
}

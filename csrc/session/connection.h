/*
 * One WebRTC connection: its transport, the receivers and senders on it, and the RTCP that
 * keeps them alive. No socket, thread or clock; one worker owns it.
 */
#ifndef URCHIN_SESSION_CONNECTION_H
#define URCHIN_SESSION_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/format.h"
#include "session/router.h"
#include "transport/transport.h"

/* One RTP stream that the peer will send on an m-line. */
struct urchin_receiver_config {
	struct urchin_format format;
	uint32_t ssrcs[8]; /* from a=ssrc; may be empty: then mid, rid or payload type tell */
	size_t ssrc_count;
	char rid[URCHIN_RID_CAP]; /* "" when there is none */
	uint32_t max_bitrate_bps; /* told to the peer by REMB when it has no transport-cc; 0: a default */
};

/* One RTP stream that we send on an m-line. */
struct urchin_sender_config {
	struct urchin_format format;
	uint32_t ssrc;
	char cname[URCHIN_CNAME_CAP];
};

struct urchin_connection_callbacks {
	/* connection_id is filled in. Pointers in the event are handed over. */
	void (*on_event)(void *owner, struct urchin_event *event);
	/* deadline_us() may have become earlier. */
	void (*on_deadline)(void *owner);
	/* The transport is gone and CLOSED was told: free the connection after this turn. */
	void (*on_closed)(void *owner);
};

struct urchin_connection;

/* `router` must outlive the connection. Copies everything it needs. Returns NULL when out of memory or ICE refuses. */
struct urchin_connection *urchin_connection_new(uint64_t id, const struct urchin_transport_config *config,
						struct urchin_router *router,
						const struct urchin_connection_callbacks *callbacks, void *owner);
/* Frees receivers, senders and transport; only after on_closed. */
void urchin_connection_free(struct urchin_connection *connection);

/* For gather, set_remote, candidates, restart, close. Owned by the connection. */
struct urchin_transport *urchin_connection_transport(struct urchin_connection *connection);

/* Sends BYE for every sender, then closes the transport. Idempotent. */
void urchin_connection_close(struct urchin_connection *connection, uint64_t now_us);

/* The ids are the caller's, unique in the router; so are a connection's senders' SSRCs in it. Return 0, URCHIN_EEXIST,
 * URCHIN_EINVAL, URCHIN_EFULL, URCHIN_ENOMEM.
 */
int urchin_connection_add_receiver(struct urchin_connection *connection, uint64_t receiver_id,
				   const struct urchin_receiver_config *config, uint64_t now_us);
int urchin_connection_add_sender(struct urchin_connection *connection, uint64_t sender_id,
				 const struct urchin_sender_config *config, uint64_t now_us);
/* A renegotiation changed payload types, extension ids or SSRCs; the stream and its links stay. */
int urchin_connection_update_receiver(struct urchin_connection *connection, uint64_t receiver_id,
				      const struct urchin_receiver_config *config, uint64_t now_us);
int urchin_connection_update_sender(struct urchin_connection *connection, uint64_t sender_id,
				    const struct urchin_sender_config *config, uint64_t now_us);
/* Removing a receiver leaves its senders without a source; removing a sender sends BYE. Return 0 or URCHIN_ENOTFOUND.
 */
int urchin_connection_remove_receiver(struct urchin_connection *connection, uint64_t receiver_id, uint64_t now_us);
int urchin_connection_remove_sender(struct urchin_connection *connection, uint64_t sender_id, uint64_t now_us);

/* The worker has too much to do (or not any more): nothing but audio and RTCP goes out. Also of senders to come. */
void urchin_connection_shed_video(struct urchin_connection *connection, bool is_shed, uint64_t now_us);

void urchin_connection_tick(struct urchin_connection *connection, uint64_t now_us);
uint64_t urchin_connection_deadline_us(const struct urchin_connection *connection, uint64_t now_us);

/* Adds the transport's, receivers' and senders' values. Returns 0 or URCHIN_ENOMEM. */
int urchin_connection_add_stats(const struct urchin_connection *connection, struct urchin_stats *stats,
				uint64_t now_us);

#endif

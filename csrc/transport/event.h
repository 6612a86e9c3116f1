/*
 * What a connection tells its owner. Made on the connection's worker, handed
 * through the event queue, freed by the reader with urchin_event_clear().
 */
#ifndef URCHIN_TRANSPORT_EVENT_H
#define URCHIN_TRANSPORT_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "transport/candidate.h"

enum urchin_event_type {
	URCHIN_EVENT_RESULT,           /* object_id: request id; code: 0 or urchin_err */
	URCHIN_EVENT_STARTED,          /* ICE starts gathering (first time and at each restart) */
	URCHIN_EVENT_CANDIDATE,        /* pair->local: a local candidate */
	URCHIN_EVENT_HOSTS_GATHERED,   /* every host candidate has been told; servers may still answer */
	URCHIN_EVENT_GATHERED,         /* every local candidate has been told */
	URCHIN_EVENT_ICE_STATE,        /* code: urchin_ice_state */
	URCHIN_EVENT_SELECTED_PAIR,    /* pair */
	URCHIN_EVENT_READY,            /* the DTLS handshake is verified and done; once per DTLS association */
	URCHIN_EVENT_FAILED,           /* code: urchin_reason; text: detail. Nothing but CLOSED follows */
	URCHIN_EVENT_PEER_CLOSED,      /* the peer sent close_notify */
	URCHIN_EVENT_CLOSED,           /* the connection is gone; the last event of its id */
	URCHIN_EVENT_STATS,            /* object_id: request id; stats */
	URCHIN_EVENT_ICE_SERVER_ERROR, /* code: STUN error code or 701; text: the server's URL, a space, what happened
					*/
	URCHIN_EVENT_NETWORK_CHANGED,  /* of no connection: this machine's addresses are others now */
	URCHIN_EVENT_OVERLOAD, /* of no connection: code: level, 0..4; object_id: connections without video now */
	URCHIN_EVENT_RECEIVER_ACTIVE, /* object_id: receiver id; code: 0. Its first packet arrived */
	URCHIN_EVENT_LOG,             /* code: urchin_log_level; text */
};

enum urchin_log_level { URCHIN_LOG_DEBUG, URCHIN_LOG_INFO, URCHIN_LOG_WARN, URCHIN_LOG_ERROR };

/* Why a connection failed; JS shows it as event.reason.code. */
enum urchin_reason {
	URCHIN_REASON_NONE,
	URCHIN_REASON_CONNECT_TIMEOUT,  /* ERR_CONNECT_TIMEOUT: detail names the stage it hung in */
	URCHIN_REASON_ICE_GATHER,       /* ERR_ICE_GATHER: no local candidate could be had */
	URCHIN_REASON_ICE_PORTS,        /* ERR_ICE_PORTS_EXHAUSTED: the port range is used up */
	URCHIN_REASON_ICE_PORT_IN_USE,  /* ERR_ICE_PORT_IN_USE: the shared port of ICE-lite */
	URCHIN_REASON_ICE_FAILED,       /* ERR_ICE_FAILED: no candidate pair works */
	URCHIN_REASON_ICE_CONSENT,      /* ERR_ICE_CONSENT_LOST: the peer stopped answering */
	URCHIN_REASON_DTLS_FINGERPRINT, /* ERR_DTLS_FINGERPRINT */
	URCHIN_REASON_DTLS_CERTIFICATE, /* ERR_DTLS_CERTIFICATE: the peer sent none */
	URCHIN_REASON_DTLS_HANDSHAKE,   /* ERR_DTLS_HANDSHAKE: alert or protocol error */
	URCHIN_REASON_DTLS_TIMEOUT,     /* ERR_DTLS_TIMEOUT */
	URCHIN_REASON_SRTP_PROFILE,     /* ERR_SRTP_PROFILE: no common protection profile */
	URCHIN_REASON_INTERNAL,         /* ERR_INTERNAL */
};

/* Returns the stable name of a reason ("ERR_ICE_FAILED", ...); static storage. */
const char *urchin_reason_name(enum urchin_reason reason);

/*
 * One statistics value. Entries of the same group and object belong together.
 * `name` and `text` point to static storage; when text is not NULL it is the value.
 */
enum urchin_stat_group {
	URCHIN_STAT_TRANSPORT,
	URCHIN_STAT_RECEIVER,
	URCHIN_STAT_SENDER,
	URCHIN_STAT_LOCAL_CANDIDATE,
	URCHIN_STAT_REMOTE_CANDIDATE,
	URCHIN_STAT_CANDIDATE_PAIR,
};

struct urchin_stat {
	enum urchin_stat_group group;
	uint64_t object_id; /* receiver or sender id; candidates and pairs are numbered from 1; 0 for the transport */
	const char *name;   /* camelCase, W3C webrtc-stats name where there is one */
	double value;
	const char *text;
};

struct urchin_stats {
	struct urchin_stat *items;
	size_t count;
	size_t cap;
	struct urchin_stats_text *texts; /* copies that urchin_stats_add_text() made */
};

/* Appends one value. Returns 0 or URCHIN_ENOMEM. */
int urchin_stats_add(struct urchin_stats *stats, enum urchin_stat_group group, uint64_t object_id, const char *name,
		     double value, const char *text);

/* Appends a text value that is copied and lives as long as `stats`. Returns 0 or URCHIN_ENOMEM. */
int urchin_stats_add_text(struct urchin_stats *stats, enum urchin_stat_group group, uint64_t object_id,
			  const char *name, const char *text);

/* Frees what the stats own and leaves them empty. A zeroed struct is empty too. */
void urchin_stats_clear(struct urchin_stats *stats);

struct urchin_event {
	enum urchin_event_type type;
	uint64_t connection_id;
	uint64_t object_id;
	int32_t code;
	uint32_t generation;                /* ICE generation: 0, then +1 by each restart */
	char *text;                         /* heap, or NULL */
	struct urchin_candidate_pair *pair; /* heap, or NULL */
	struct urchin_stats *stats;         /* heap, or NULL */
};

/* Frees what the event owns and zeroes it. */
void urchin_event_clear(struct urchin_event *event);

#endif

/* The transport's struct, shared by transport.c (what happens) and transport_stats.c (what is told about it). */
#ifndef URCHIN_TRANSPORT_TRANSPORT_INTERNAL_H
#define URCHIN_TRANSPORT_TRANSPORT_INTERNAL_H

#include "transport/transport.h"

#define URCHIN_ICE_TEXT_CAP 257 /* RFC 8839 5.4: ufrag and pwd have up to 256 characters */
#define URCHIN_FINGERPRINTS_MAX 8

/* Cut when there are more. */
#define URCHIN_SERVER_ERRORS_CAP 320

/* Packets and bytes, in the W3C sense: everything that ICE carries for us but its own STUN. */
struct urchin_transport_counters {
	uint64_t packets_sent;
	uint64_t bytes_sent;
	uint64_t packets_received;
	uint64_t bytes_received;
	uint64_t unknown_dropped; /* neither DTLS nor RTP */
	uint64_t stun_dropped;
	uint64_t early_media_dropped; /* before READY */
	uint64_t late_dropped;        /* after the end */
	uint64_t srtp_malformed;
	uint64_t srtp_auth_failed;
	uint64_t srtp_replayed;
	uint64_t srtp_errors;
	uint64_t send_early_dropped; /* not ready */
	uint64_t send_protect_failed;
	uint64_t send_ice_failed;
	uint64_t candidates_refused;
	uint64_t pair_changes;
};

/* What every packet needs stands first. */
struct urchin_transport {
	struct urchin_ice *ice; /* NULL after it told on_closed */
	struct urchin_srtp *srtp;
	bool dtls_started;
	bool is_ready;
	bool peer_closed;
	bool has_failed;
	bool is_closing;
	struct urchin_transport_counters counters;

	struct urchin_transport_callbacks callbacks;
	void *owner;
	struct urchin_dtls *dtls;
	enum urchin_log_level log_level;
	char server_errors[URCHIN_SERVER_ERRORS_CAP]; /* what STUN and TURN servers did not do, for failures of ICE */
	uint32_t generation;

	bool has_gathered;            /* gather() succeeded */
	bool in_gather;               /* inside the backend's gather or restart */
	bool gathered_early;          /* on_gathered came inside it */
	size_t local_candidate_count; /* of this generation */
	uint64_t connect_timeout_us;
	uint64_t connect_deadline_us;

	bool has_remote;     /* set_remote() was called at least once */
	bool remote_is_due;  /* we restarted: the peer's new credentials are still to come */
	bool restart_is_due; /* the peer restarted: its credentials are here, our restart is still to come */
	bool remote_is_lite;
	bool remote_ended; /* end of candidates was told */
	char remote_ufrag[URCHIN_ICE_TEXT_CAP];
	char remote_pwd[URCHIN_ICE_TEXT_CAP];
	enum urchin_dtls_role role;
	struct urchin_fingerprint *fingerprints;
	size_t fingerprint_count;
	struct urchin_candidate *kept; /* candidates before set_remote(), URCHIN_REMOTE_CANDIDATES_MAX, or NULL */
	size_t kept_count;
	size_t remote_candidate_count; /* of this generation, kept ones too */

	enum urchin_ice_state ice_state;
	bool was_connected; /* ICE was, at least once */
	bool has_pair;
	struct urchin_candidate_pair pair;
	bool grace_wanted; /* the next tick sets the deadline: ICE callbacks carry no time */
	uint64_t grace_deadline_us;

	unsigned int dtls_log_count;
};

/* Whether the owner still wants to hear of anything but CLOSED. */
bool urchin_transport_is_alive(const struct urchin_transport *transport);

/* Tells an event of the current generation. The owner may close the transport inside: ask is_alive() afterwards. */
void urchin_transport_tell(struct urchin_transport *transport, struct urchin_event event);
void urchin_transport_tell_deadline(struct urchin_transport *transport);
void urchin_transport_tell_gathered(struct urchin_transport *transport);

/* Tells a LOG event unless the level is below the transport's. */
__attribute__((format(printf, 3, 4))) void urchin_transport_log(struct urchin_transport *transport,
								enum urchin_log_level level, const char *format, ...);

/* Tells FAILED, once; nothing but CLOSED follows. */
void urchin_transport_fail(struct urchin_transport *transport, enum urchin_reason reason, const char *detail);

/* Starts the handshake as soon as the peer is known and reachable; harmless before and after. */
void urchin_transport_start_dtls(struct urchin_transport *transport);

/*
 * Starts or stops the time that a failed ICE has to recover. While the peer may still bring candidates (RFC 8838 8)
 * and nothing ever worked, the connect timeout alone decides.
 */
void urchin_transport_update_grace(struct urchin_transport *transport);

/* "host", ...; static storage. */
const char *urchin_candidate_type_name(enum urchin_candidate_type type);

#endif

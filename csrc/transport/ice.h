/*
 * What a connection needs from ICE (RFC 8445): the interface of every backend.
 * io/ice_nice implements it with libnice. One component (BUNDLE, rtcp-mux).
 * A backend is used on its worker's thread only.
 */
#ifndef URCHIN_TRANSPORT_ICE_H
#define URCHIN_TRANSPORT_ICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/candidate.h"

#define URCHIN_ICE_DATAGRAM_CAP 1536 /* bytes of the largest datagram that carries media */

enum urchin_ice_state {
	URCHIN_ICE_NEW,
	URCHIN_ICE_CHECKING,
	URCHIN_ICE_CONNECTED,
	URCHIN_ICE_DISCONNECTED,
	URCHIN_ICE_FAILED,
	URCHIN_ICE_CLOSED,
};

enum urchin_turn_protocol { URCHIN_TURN_UDP, URCHIN_TURN_TCP, URCHIN_TURN_TLS };

/* One STUN or TURN server; host is an address or a DNS name. */
struct urchin_ice_server {
	bool is_turn;
	enum urchin_turn_protocol turn_protocol;
	const char *host;
	uint16_t port;
	const char *username; /* TURN only, else NULL */
	const char *credential;
};

struct urchin_ice_config {
	const struct urchin_ice_server *servers;
	size_t server_count;
	const char *const *addresses; /* local numeric addresses to gather on; at least one */
	size_t address_count;
	uint16_t lite_port; /* ICE-lite on this port, shared with other connections; 0: full ICE */
	uint16_t port_min;  /* 0: any */
	uint16_t port_max;
	bool relay_only;
	bool tcp;                         /* ICE-TCP candidates too, passive and active */
	uint64_t disconnected_timeout_us; /* silence until DISCONNECTED; 0: the default */
	uint64_t consent_timeout_us;      /* silence until FAILED (RFC 7675 5.1); 0: 30 s */
	const char *tls_ca;               /* PEM, trusted for TURN over TLS beside the system's; NULL: none */
};

/* A STUN or TURN server that gave no candidate. */
struct urchin_ice_server_error {
	const struct urchin_ice_server *server; /* valid during the call */
	uint16_t code;    /* STUN error code, or 701: not reached (W3C webrtc, icecandidateerror) */
	const char *text; /* what was tried and went wrong */
};

struct urchin_stats;

/* What a backend tells its owner. None may be fired inside urchin_ice_ops calls other than gather and restart. */
struct urchin_ice_callbacks {
	void (*on_candidate)(void *owner, const struct urchin_candidate *candidate);
	void (*on_gathered)(void *owner);
	void (*on_state)(void *owner, enum urchin_ice_state state);
	void (*on_selected_pair)(void *owner, const struct urchin_candidate_pair *pair);
	/* A datagram of the peer that is not STUN, from an address that passed a check. May be modified in place. */
	void (*on_packet)(void *owner, uint8_t *bytes, size_t len, uint64_t now_us);
	/* At most once per server and generation. */
	void (*on_server_error)(void *owner, const struct urchin_ice_server_error *error);
	/* After close(): the backend is freed, nothing follows. */
	void (*on_closed)(void *owner);
};

struct urchin_ice;

struct urchin_ice_ops {
	/*
	 * Starts gathering with our credentials. Host candidates are told before it returns, the others later.
	 * Returns 0; URCHIN_EFULL when the port range is used up; URCHIN_EEXIST when the
	 * shared port is in use; URCHIN_ELIBRARY when no address works.
	 */
	int (*gather)(struct urchin_ice *ice, const char *ufrag, const char *pwd, bool controlling);
	/* The peer's credentials (1..256 characters each) of the current generation. Returns 0 or an error. */
	int (*set_remote)(struct urchin_ice *ice, const char *ufrag, const char *pwd, bool is_lite);
	/* Returns 0, URCHIN_EINVAL (unusable candidate, ignored) or URCHIN_EFULL. */
	int (*add_candidate)(struct urchin_ice *ice, const struct urchin_candidate *candidate);
	/* The peer has no more candidates in this generation. */
	int (*end_candidates)(struct urchin_ice *ice);
	/* Local addresses for the next gather() or restart(), copied. NULL: the backend has only those of its config.
	 */
	int (*set_addresses)(struct urchin_ice *ice, const char *const *addresses, size_t count);
	/* New local credentials, new generation, candidates told again; the old pair stays usable meanwhile. */
	int (*restart)(struct urchin_ice *ice, const char *ufrag, const char *pwd);
	/* Sends one datagram over the selected pair. Returns 0, URCHIN_ESTATE (no pair) or URCHIN_ESYSTEM (dropped). */
	int (*send)(struct urchin_ice *ice, const uint8_t *bytes, size_t len);
	/* Adds candidates, pairs and the checks' counters. NULL: there are none. Returns 0 or URCHIN_ENOMEM. */
	int (*add_stats)(const struct urchin_ice *ice, struct urchin_stats *stats, uint64_t now_us);
	/*
	 * For many datagrams in a row: memory of URCHIN_ICE_DATAGRAM_CAP bytes to write the next one into, valid until
	 * the next call of the backend; NULL: it can't be sent. commit() sends its first `len` bytes, at the end of the
	 * turn at the latest, and returns as send() does. is_video: it is dropped before others when there is no room.
	 */
	uint8_t *(*reserve)(struct urchin_ice *ice);
	int (*commit)(struct urchin_ice *ice, size_t len, bool is_video);
	/*
	 * Asks for memory that reserve() will need, one pointer further with each step (0, 1); the backend's first
	 * URCHIN_ICE_HOT_LEN bytes have been asked for. Never called after close(). NULL: there is no more.
	 */
	void (*prefetch)(const struct urchin_ice *ice, int step);
	/* Closes asynchronously; on_closed follows, always, but never inside this call. */
	void (*close)(struct urchin_ice *ice);
};

#define URCHIN_ICE_HOT_LEN 192 /* where backends keep what each packet needs */

/* First member of every backend's struct. */
struct urchin_ice {
	const struct urchin_ice_ops *ops;
};

#endif

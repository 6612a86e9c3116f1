/*
 * The way that packets take between two ICE agents once an agent has found one, over UDP sockets of our own:
 * consent (RFC 7675), the silence of a peer, NAT rebindings, and moving to a better pair than the one that was
 * nominated first. A state machine without sockets, threads or clocks; the agent that found the first pair
 * (the "backend": libnice) goes on answering the peer's checks.
 *
 * Checks sent here carry transaction ids that begin with `tag`, so that whoever owns the sockets can tell their answers
 * from the backend's. Relayed and TCP pairs go through the backend (local index URCHIN_ICE_PATH_BACKEND): checks can't
 * be sent there, so silence on them is judged by packets heard and by what the backend says.
 */
#ifndef URCHIN_TRANSPORT_ICE_PATH_H
#define URCHIN_TRANSPORT_ICE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "transport/candidate.h"

#define URCHIN_ICE_PATH_BACKEND (-1)
#define URCHIN_ICE_PATH_LOCALS_MAX 64   /* local addresses */
#define URCHIN_ICE_PATH_REMOTES_MAX 128 /* remote addresses known: 100 signalled ones and some learned */

struct urchin_ice_path;

enum urchin_ice_liveness {
	URCHIN_ICE_ALIVE,  /* the peer answers */
	URCHIN_ICE_SILENT, /* nothing was heard for disconnected_timeout_us; packets are still sent */
	URCHIN_ICE_DEAD,   /* consent is gone (RFC 7675 5.1): nothing may be sent. A later nomination revives it */
};

struct urchin_ice_path_config {
	uint32_t tag;        /* first 4 bytes (big endian) of our transaction ids */
	uint64_t tiebreaker; /* RFC 8445 16.1 */
	bool is_controlling;
	uint64_t disconnected_timeout_us; /* silence until SILENT; 0: 4.5 s */
	uint64_t consent_timeout_us;      /* silence until DEAD; 0: 30 s (RFC 7675 5.1) */
	uint64_t relay_patience_us;       /* how long direct pairs have before a relayed one is taken; 0: 600 ms */
	uint64_t (*random64)(void);       /* for transaction ids and jitter */
};

struct urchin_ice_path_way {
	int local; /* or URCHIN_ICE_PATH_BACKEND */
	struct urchin_addr remote;
	uint32_t number; /* another one with each change, never 0 */
};

/* May not call back into the path, but for urchin_ice_path_current(). */
struct urchin_ice_path_callbacks {
	/* Send a STUN message from local socket `local` (an index >= 0). Failing sends are the same as lost ones. */
	void (*send)(void *owner, int local, const struct urchin_addr *remote, const uint8_t *bytes, size_t len);
	/*
	 * Packets go this way from now on: a first nomination was accepted, a better pair took over, or the peer moved.
	 * local: index, or URCHIN_ICE_PATH_BACKEND. `remote_type` is what that address is to us.
	 */
	void (*on_path)(void *owner, int local, const struct urchin_addr *remote,
			enum urchin_candidate_type remote_type);
	void (*on_liveness)(void *owner, enum urchin_ice_liveness liveness);
	/* urchin_ice_path_deadline_us() may have become earlier. */
	void (*on_deadline)(void *owner);
};

/* `random64` and callbacks are required. Returns NULL when out of memory. */
struct urchin_ice_path *urchin_ice_path_new(const struct urchin_ice_path_config *config,
					    const struct urchin_ice_path_callbacks *callbacks, void *owner);
void urchin_ice_path_free(struct urchin_ice_path *path);

/* Our and the peer's credentials of this generation (1..256 characters, copied). Returns 0, URCHIN_EINVAL, _ENOMEM. */
int urchin_ice_path_set_local(struct urchin_ice_path *path, const char *ufrag, const char *pwd);
int urchin_ice_path_set_remote(struct urchin_ice_path *path, const char *ufrag, const char *pwd);
void urchin_ice_path_set_controlling(struct urchin_ice_path *path, bool is_controlling);

/* A local UDP socket (host base). Indexes are the caller's, 0..LOCALS_MAX-1. */
int urchin_ice_path_add_local(struct urchin_ice_path *path, int local, const struct urchin_addr *addr,
			      uint32_t priority);
/* The socket is gone (its interface vanished): no path over it any more. */
void urchin_ice_path_remove_local(struct urchin_ice_path *path, int local, uint64_t now_us);

/*
 * An address the peer may have: signalled (any type), or learned by the backend from an authenticated check (prflx).
 * Known addresses are only updated. Returns 0 or URCHIN_EFULL.
 */
int urchin_ice_path_add_remote(struct urchin_ice_path *path, const struct urchin_addr *addr,
			       enum urchin_candidate_type type, uint32_t priority, uint64_t now_us);

/*
 * The backend began its checks. While there is no path and we control, direct pairs are checked here too, and the first
 * that answers is nominated (RFC 8445 8.1.1; a better one has 50 ms to answer): libnice nominates a lone pair only when
 * all others have failed. In the other role nothing changes.
 */
void urchin_ice_path_seek(struct urchin_ice_path *path, uint64_t now_us);

/*
 * The backend selected a pair. A direct one is taken at once when we are controlled or have none or a worse one; a
 * relayed one (is_relayed: either end) at once when no direct pair can be formed, else relay_patience_us after the last
 * direct address was signalled, and direct pairs are checked meanwhile; afterwards direct pairs go on being checked for
 * 10 s, and the controlling side nominates and moves.
 */
void urchin_ice_path_nominate(struct urchin_ice_path *path, int local, const struct urchin_addr *remote,
			      enum urchin_candidate_type remote_type, bool is_relayed, uint64_t now_us);

/* A STUN answer whose transaction begins with our tag. Malformed, unauthenticated or unknown ones are counted only. */
void urchin_ice_path_feed(struct urchin_ice_path *path, int local, const struct urchin_addr *remote,
			  const uint8_t *bytes, size_t len, uint64_t now_us);

/*
 * A packet that is not STUN came in. Returns true when it is from an address that passed a check (pass it on), false
 * when it is from elsewhere: the address is then probed (bounded), because a NAT may have given the peer a new one.
 */
bool urchin_ice_path_hear(struct urchin_ice_path *path, int local, const struct urchin_addr *remote, uint64_t now_us);

/* Something authenticated of the peer arrived through the backend's relayed or TCP pair. */
void urchin_ice_path_hear_backend(struct urchin_ice_path *path, uint64_t now_us);
/* The backend's own consent checks failed (is_alive false) or work again, on its selected pair. */
void urchin_ice_path_set_backend_alive(struct urchin_ice_path *path, bool is_alive, uint64_t now_us);

/* Asks for the memory that the next function reads. */
void urchin_ice_path_prefetch(const struct urchin_ice_path *path);
/* The way packets go now, valid until the path's next call. NULL while there is none or consent is gone. */
const struct urchin_ice_path_way *urchin_ice_path_current(const struct urchin_ice_path *path);

void urchin_ice_path_tick(struct urchin_ice_path *path, uint64_t now_us);
uint64_t urchin_ice_path_deadline_us(const struct urchin_ice_path *path); /* URCHIN_NEVER_US: none */

struct urchin_ice_path_stats {
	uint64_t checks_sent;      /* STUN requests */
	uint64_t answers_received; /* authenticated */
	uint64_t answers_dropped;  /* malformed, wrong integrity, unknown transaction, wrong address */
	uint64_t probes_limited;   /* unknown sources not probed because of the limit */
	uint64_t last_answer_us;   /* 0: never */
	uint64_t rtt_us;           /* of the last answer on the current path; 0: none yet */
	uint64_t total_rtt_us;
	uint32_t path_changes;
};
void urchin_ice_path_get_stats(const struct urchin_ice_path *path, struct urchin_ice_path_stats *stats);

/* What is known of one pair, for statistics. Returns the number of pairs written, at most cap. */
struct urchin_ice_path_pair {
	int local;
	struct urchin_addr remote;
	enum urchin_candidate_type remote_type;
	enum {
		URCHIN_ICE_PAIR_WAITING,
		URCHIN_ICE_PAIR_IN_PROGRESS,
		URCHIN_ICE_PAIR_SUCCEEDED,
		URCHIN_ICE_PAIR_FAILED
	} state;
	bool is_nominated;
	uint64_t checks_sent;
	uint64_t answers_received;
	uint64_t rtt_us;
};
size_t urchin_ice_path_get_pairs(const struct urchin_ice_path *path, struct urchin_ice_path_pair *pairs, size_t cap);

#endif

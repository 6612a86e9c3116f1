/*
 * The lite side of ICE (RFC 8445 2.5, 7.3) for one connection: answers the peer's checks, learns from them where the
 * peer is and which way packets go, and judges by them whether it is still there and wants packets (RFC 7675).
 * A state machine without sockets, threads or clocks. Always controlled; a peer that is lite too is the caller's to
 * refuse, since then nobody would check anything.
 */
#ifndef URCHIN_TRANSPORT_ICE_LITE_H
#define URCHIN_TRANSPORT_ICE_LITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "transport/ice.h"
#include "wire/stun.h"

#define URCHIN_ICE_LITE_FLOWS_MAX 8 /* ways of one connection that passed a check */

/* Where a datagram came from and answers go: the caller's socket or TCP connection, and the peer's address. */
struct urchin_ice_way {
	uint32_t link;
	struct urchin_addr remote;
};

bool urchin_ice_way_equal(const struct urchin_ice_way *a, const struct urchin_ice_way *b);

struct urchin_ice_lite_config {
	uint64_t
	    disconnected_timeout_us; /* silence until DISCONNECTED; 0: 6.5 s, or 13 s of a peer that is quiet anyway */
	uint64_t consent_timeout_us; /* without a check until FAILED (RFC 7675 5.1); 0: 30 s */
};

/* May not call back into the machine. Ways are valid during the call. */
struct urchin_ice_lite_callbacks {
	/* Send an answer. */
	void (*send)(void *owner, const struct urchin_ice_way *way, const uint8_t *bytes, size_t len);
	/* A check was valid: what comes this way is ours. False: it can't be had; the check stays unanswered. */
	bool (*on_flow)(void *owner, const struct urchin_ice_way *way);
	void (*on_flow_gone)(void *owner, const struct urchin_ice_way *way);
	/* Packets go this way from now on. `priority` is what the peer's check said. */
	void (*on_path)(void *owner, const struct urchin_ice_way *way, uint32_t priority);
	/* CONNECTED, DISCONNECTED, FAILED: nothing may be sent any more. */
	void (*on_state)(void *owner, enum urchin_ice_state state);
	/* A generation ended: its checks need not be handed over any more. */
	void (*on_ufrag_gone)(void *owner, const char *ufrag);
	/* urchin_ice_lite_deadline_us() may have become earlier. */
	void (*on_deadline)(void *owner);
};

struct urchin_ice_lite;

/* All callbacks are required. Returns NULL when out of memory. */
struct urchin_ice_lite *urchin_ice_lite_new(const struct urchin_ice_lite_config *config,
					    const struct urchin_ice_lite_callbacks *callbacks, void *owner);
/* Tells nothing. NULL is allowed. */
void urchin_ice_lite_free(struct urchin_ice_lite *lite);

/*
 * Our credentials (1..256 characters, copied): of the first generation, or of a new one (RFC 8445 9). Those of the
 * generation that packets go by are answered until the new one has a way of its own; on_ufrag_gone may follow inside.
 * Returns 0, URCHIN_EINVAL or URCHIN_ENOMEM.
 */
int urchin_ice_lite_set_local(struct urchin_ice_lite *lite, const char *ufrag, const char *pwd);

/* Forgets its credentials, telling on_ufrag_gone for each; no check is valid any more. */
void urchin_ice_lite_end(struct urchin_ice_lite *lite);

/* A STUN message with a USERNAME that begins with an ufrag of ours; `stun` was read from `bytes`. */
void urchin_ice_lite_feed(struct urchin_ice_lite *lite, const struct urchin_ice_way *way,
			  const struct urchin_stun *stun, const uint8_t *bytes, uint64_t now_us);

/* A packet that is no check. Returns false when it came by a way that passed none: it must be dropped. */
bool urchin_ice_lite_hear(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, uint64_t now_us);

/* Whether nothing came this way for a second: another connection with a valid check may have it. */
bool urchin_ice_lite_is_silent(const struct urchin_ice_lite *lite, const struct urchin_ice_way *way, uint64_t now_us);

/* The way is gone: its TCP connection ended, or it belongs to another connection now. on_flow_gone is not told. */
void urchin_ice_lite_remove_way(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, uint64_t now_us);

/* The way packets go. Returns NULL while there is none or consent is gone. */
const struct urchin_ice_way *urchin_ice_lite_current(const struct urchin_ice_lite *lite);

void urchin_ice_lite_tick(struct urchin_ice_lite *lite, uint64_t now_us);
uint64_t urchin_ice_lite_deadline_us(const struct urchin_ice_lite *lite); /* URCHIN_NEVER_US: none */

struct urchin_ice_lite_stats {
	uint64_t checks_received; /* valid ones */
	uint64_t answers_sent;    /* to those */
	uint64_t errors_sent;
	uint64_t errors_limited;  /* not sent: too many in a second */
	uint64_t unauthenticated; /* without integrity, or with a wrong one */
	uint64_t replayed;        /* seen before, from elsewhere */
	uint64_t ignored;         /* neither checks nor keep-alives */
	uint64_t flows_evicted;
	uint32_t path_changes;
	uint64_t last_check_us; /* 0: never */
};
void urchin_ice_lite_get_stats(const struct urchin_ice_lite *lite, struct urchin_ice_lite_stats *stats);

/* One way that passed a check, for statistics. */
struct urchin_ice_lite_flow {
	struct urchin_ice_way way;
	uint32_t priority;
	uint64_t checks_received;
	bool is_current;
	bool is_nominated;
};
/* Returns how many were written, at most `cap`. */
size_t urchin_ice_lite_get_flows(const struct urchin_ice_lite *lite, struct urchin_ice_lite_flow *flows, size_t cap);

#endif

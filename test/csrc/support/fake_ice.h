/*
 * An ICE backend for tests: two ends joined by a link in memory, moved by the test in fake time.
 *
 *	struct fake_ice_link *link = fake_ice_link_new();
 *	config.ice_new = fake_ice_new;                      // in urchin_transport_config
 *	config.ice_factory_owner = fake_ice_end(link, 0);   // the other transport: fake_ice_end(link, 1)
 *	... gather, set_remote with the other's credentials, ...
 *	fake_ice_pump(link, now_us);                        // callbacks fire in here
 *	... close both, pump until on_closed, free the transports ...
 *	fake_ice_link_free(link);
 *
 * gather() tells one host candidate at once. Everything else waits for a pump: GATHERED, CHECKING (after set_remote),
 * CONNECTED and the selected pair (once each end has the credentials that the other one gathered with), datagrams, and
 * on_closed after close. Candidates are counted, not needed.
 */
#ifndef URCHIN_TEST_SUPPORT_FAKE_ICE_H
#define URCHIN_TEST_SUPPORT_FAKE_ICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/ice.h"

struct fake_ice_link;
struct fake_ice_end;

/* What happens to one datagram. */
struct fake_ice_fate {
	int copies; /* 0: lost, 1: delivered, 2: twice, ... */
	uint64_t delay_us;
};

/* from: index of the sending end. */
typedef struct fake_ice_fate (*fake_ice_filter)(void *owner, int from, const uint8_t *bytes, size_t len);

struct fake_ice_link *fake_ice_link_new(void);
/* Both backends must be gone (never made, or closed and pumped). */
void fake_ice_link_free(struct fake_ice_link *link);

/* index 0 or 1; owned by the link. */
struct fake_ice_end *fake_ice_end(struct fake_ice_link *link, int index);

/* The urchin_ice_factory; factory_owner is a struct fake_ice_end. Fails (NULL) while end->refuse_new is set. */
struct urchin_ice *fake_ice_new(void *factory_owner, const struct urchin_ice_config *config,
				const struct urchin_ice_callbacks *callbacks, void *owner);

/* Decides the fate of each datagram; NULL (the start): one copy, at once. */
void fake_ice_set_filter(struct fake_ice_link *link, fake_ice_filter filter, void *owner);

/* Fires what is due at now_us, the results of these callbacks included. Returns true when anything happened. */
bool fake_ice_pump(struct fake_ice_link *link, uint64_t now_us);

/* When the next delayed datagram is due; UINT64_MAX: none. Undelayed things wait for any pump. */
uint64_t fake_ice_deadline_us(const struct fake_ice_link *link);

/* Hands bytes to one end as if the peer had sent them, at once. */
void fake_ice_inject(struct fake_ice_end *end, const uint8_t *bytes, size_t len, uint64_t now_us);

/* Tells the end's owner an ICE state, at once. */
void fake_ice_set_state(struct fake_ice_end *end, enum urchin_ice_state state);

/* Knobs and counters of one end; all zero at first. */
struct fake_ice_end {
	struct fake_ice_link *link;
	int index;
	bool refuse_new;     /* fake_ice_new() returns NULL */
	int gather_error;    /* gather() returns it */
	bool gather_at_once; /* on_gathered inside gather(), as a host-only backend does */
	bool no_candidates;  /* gathering finds none */
	bool hold_gathered;  /* on_gathered waits until cleared */
	bool hold_checks;    /* stays in CHECKING until cleared */
	bool connects_alone; /* gets its pair before the other end has the credentials */
	bool send_fails;     /* send() returns URCHIN_ESYSTEM */
	size_t prefetched;
	size_t prefetched_late; /* after close() */
	size_t committed_video; /* datagrams that may be dropped first, and others */
	size_t committed_other;
	size_t added_candidates;
	size_t ended_candidates;
	size_t set_remotes;
	size_t restarts;
	size_t sent;         /* datagrams */
	size_t largest_sent; /* bytes */
	char remote_ufrag[257];
	struct urchin_candidate last_candidate;
	struct fake_ice *ice; /* NULL: none, or closed */
};

#endif

/*
 * Server-reflexive addresses (RFC 8445 5.1.1.2) by Binding requests of our own: from each local socket to each STUN
 * server. A state machine on the loop's timer; the sockets are the owner's.
 */
#ifndef URCHIN_IO_NICE_DISCOVERY_H
#define URCHIN_IO_NICE_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/loop.h"

/* None may free the discovery; clear() may be called inside. */
struct urchin_nice_discovery_callbacks {
	void (*send)(void *owner, int local, const struct urchin_addr *to, const uint8_t *bytes, size_t len);
	void (*on_mapped)(void *owner, int local, size_t server, const struct urchin_addr *mapped);
	/* None of the server's queries was answered well; once per server. code: STUN error code, or 701. */
	void (*on_failed)(void *owner, size_t server, uint16_t code, const char *text);
	/* Every query that was asked has ended. */
	void (*on_done)(void *owner);
};

struct urchin_nice_query;

struct urchin_nice_discovery {
	struct urchin_loop *loop;
	uint32_t tag;
	struct urchin_nice_discovery_callbacks callbacks;
	void *owner;
	struct urchin_nice_query *queries;
	struct urchin_loop_timer timer;
	struct urchin_loop_task done_task;
};

/* tag: the first 4 bytes (big endian) of every transaction id. */
void urchin_nice_discovery_init(struct urchin_nice_discovery *discovery, struct urchin_loop *loop, uint32_t tag,
				const struct urchin_nice_discovery_callbacks *callbacks, void *owner);

/* Begins to ask; nothing is told inside but `send`. Returns 0 or URCHIN_ENOMEM. */
int urchin_nice_discovery_ask(struct urchin_nice_discovery *discovery, int local, size_t server,
			      const struct urchin_addr *to, uint64_t now_us);

/* Returns whether the STUN message belongs to a query; others are somebody else's. */
bool urchin_nice_discovery_feed(struct urchin_nice_discovery *discovery, int local, const struct urchin_addr *from,
				const uint8_t *bytes, size_t len, uint64_t now_us);

/* Ends everything without a callback. A zeroed discovery is cleared already. */
void urchin_nice_discovery_clear(struct urchin_nice_discovery *discovery);

#endif

/*
 * The STUN and TURN servers of one agent. Host names are looked up here, without waiting: libnice 0.1.21 never ends
 * gathering when a name can't be resolved.
 */
#ifndef URCHIN_IO_NICE_SERVERS_H
#define URCHIN_IO_NICE_SERVERS_H

#include <nice/agent.h>
#include <stdbool.h>
#include <stddef.h>

#include "transport/ice.h"

struct urchin_nice_lookup;

struct urchin_nice_servers {
	NiceAgent *agent;
	guint stream_id;
	bool has_ipv4; /* a local address of this family is gathered on */
	bool has_ipv6;
	/* A look-up ended. relays: TURN servers added, for which the agent now gathers (again). */
	void (*on_lookup)(void *owner, size_t relays);
	void *owner;
	struct urchin_nice_lookup *lookups;
	GCancellable *cancellable;
	size_t pending;
	size_t turn_count;
	bool has_stun;
	bool stun_failed;
};

/*
 * Tells the agent the servers with numeric addresses and prepares the look-ups of the others; agent, stream_id,
 * has_ipv4, has_ipv6, on_lookup and owner are set before. Returns 0 or URCHIN_ENOMEM.
 */
int urchin_nice_servers_init(struct urchin_nice_servers *servers, const struct urchin_ice_config *config);

/* Starts the look-ups on the thread-default context, where on_lookup is called later. */
void urchin_nice_servers_start(struct urchin_nice_servers *servers);

/* Ends look-ups and frees everything; on_lookup is not called any more. */
void urchin_nice_servers_clear(struct urchin_nice_servers *servers);

/* Whether gathering needs TURN over TCP, whose sockets come and go. */
bool urchin_nice_servers_use_tcp(const struct urchin_ice_config *config);

#endif

/* The inside of a connection on the shared port, for its files: life, statistics. */
#ifndef URCHIN_IO_ICE_SHARED_INTERNAL_H
#define URCHIN_IO_ICE_SHARED_INTERNAL_H

#include "io/ice_shared.h"

#define URCHIN_ICE_SHARED_ADDRESSES_MAX 32

/* A local address that the connection has the port of. */
struct ice_shared_local {
	uint32_t link;
	bool has_tcp;
	struct urchin_addr addr;
};

/* A candidate of the peer: only its name for an address counts, since nothing is sent before a check came. */
struct ice_shared_remote {
	struct urchin_addr addr;
	enum urchin_candidate_type type;
	enum urchin_candidate_protocol protocol;
	uint32_t priority;
};

struct ice_shared_counters {
	uint64_t packets_received;
	uint64_t bytes_received;
	uint64_t packets_sent; /* but for those of the egress */
	uint64_t bytes_sent;
	uint64_t send_failed;
	uint64_t strangers_dropped; /* by a way that is known, but not valid any more */
};

/* What every packet needs stands first. */
struct ice_shared {
	struct urchin_ice base;
	struct urchin_mux_user user;
	struct urchin_ice_home *home;
	bool is_closing;
	bool has_way;
	struct urchin_ice_way way;
	struct urchin_egress_way egress; /* its counters are those of all UDP ways of this connection */

	struct urchin_ice_lite *lite;
	struct urchin_ice_callbacks callbacks;
	void *owner;
	struct urchin_addr *addresses; /* to gather on next */
	size_t address_count;
	uint16_t port;
	bool tcp;
	bool is_gathered;
	enum urchin_ice_state state;
	struct ice_shared_local *locals;
	size_t local_count;
	struct ice_shared_remote *remotes;
	size_t remote_count;
	uint8_t *tcp_buffer; /* URCHIN_ICE_DATAGRAM_CAP, once packets go by TCP */
	struct urchin_loop_timer timer;
	struct urchin_loop_task state_task;
	struct urchin_loop_task finish_task;
	struct ice_shared_counters counters;
};

struct urchin_candidate urchin_ice_shared_local(const struct ice_shared *ice, size_t index, bool is_tcp);
struct urchin_candidate_pair urchin_ice_shared_pair(const struct ice_shared *ice, const struct urchin_ice_way *way,
						    uint32_t priority);
int urchin_ice_shared_add_stats(const struct urchin_ice *base, struct urchin_stats *stats, uint64_t now_us);

#endif

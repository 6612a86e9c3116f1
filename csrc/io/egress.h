/*
 * What a worker sends in one turn: datagrams are written into one arena and leave together, those of one destination
 * and size as one UDP_SEGMENT train. Sealing many packets and then sending many is cheaper than taking turns, and a
 * train goes through the kernel's stack once. Nothing waits longer than the turn.
 */
#ifndef URCHIN_IO_EGRESS_H
#define URCHIN_IO_EGRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"
#include "transport/ice.h"

struct urchin_egress;

/* Where datagrams go: a non-blocking UDP socket and an address. Owned by the caller, who fills fd, addr and addr_len.
 */
struct urchin_egress_way {
	int fd;
	socklen_t addr_len;
	union {
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
	} addr;
	bool refuses_trains; /* no UDP_SEGMENT on its route: found out by the first refusal */
	uint64_t datagrams_sent;
	uint64_t bytes_sent;
	uint64_t datagrams_dropped; /* the socket's buffer was full, or the route refused them */
};

/* Flushes at the end of each turn in which something was committed. Returns NULL when out of memory. */
struct urchin_egress *urchin_egress_new(struct urchin_loop *loop);
/* What is not flushed is lost. NULL is allowed. */
void urchin_egress_free(struct urchin_egress *egress);

/* Memory for the next datagram, URCHIN_ICE_DATAGRAM_CAP bytes, until the next commit or reserve. Never NULL. */
uint8_t *urchin_egress_reserve(struct urchin_egress *egress);

/* Sends the first `len` bytes (1..URCHIN_ICE_DATAGRAM_CAP) of what was reserved. `way` must stay until the flush. */
void urchin_egress_commit(struct urchin_egress *egress, struct urchin_egress_way *way, size_t len);

/* Sends everything now. A way may be freed, or its socket closed, after this. */
void urchin_egress_flush(struct urchin_egress *egress);

#endif

/*
 * What a worker sends in one turn: datagrams are written into one arena and leave together, those of one destination
 * and size as one UDP_SEGMENT train. Sealing many packets and then sending many is cheaper than taking turns, and a
 * train goes through the kernel's stack once. Nothing waits longer than the turn, but for what a full socket does not
 * take: that is tried again every other millisecond (io/backlog), for EPOLLOUT would come when half the buffer is free.
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
	uint64_t datagrams_dropped; /* the socket's buffer was full for long, or the route refused them */
	uint64_t video_dropped;     /* of these: video for which there was no room */
	uint64_t datagrams_refused; /* of these: those that the route refused */
};

/* Flushes at the end of each turn in which something was committed. Returns NULL when out of memory. */
struct urchin_egress *urchin_egress_new(struct urchin_loop *loop);
/* What is not flushed is lost. NULL is allowed. */
void urchin_egress_free(struct urchin_egress *egress);

/* Memory for the next datagram, URCHIN_ICE_DATAGRAM_CAP bytes, until the next commit or reserve. Never NULL. */
uint8_t *urchin_egress_reserve(struct urchin_egress *egress);

/*
 * Sends the first `len` bytes (1..URCHIN_ICE_DATAGRAM_CAP) of what was reserved. `way` must stay until its release.
 * Video is what is dropped first when the socket is full for long.
 */
void urchin_egress_commit(struct urchin_egress *egress, struct urchin_egress_way *way, size_t len, bool is_video);

/* Sends everything now. */
void urchin_egress_flush(struct urchin_egress *egress);

/* Sends everything now and drops what `way` still has to wait for: it may be changed or freed, its socket closed. */
void urchin_egress_release(struct urchin_egress *egress, struct urchin_egress_way *way);

/* A datagram (at most URCHIN_ICE_DATAGRAM_CAP) sent past the egress found the socket full: it waits in front of video.
 */
void urchin_egress_keep(struct urchin_egress *egress, struct urchin_egress_way *way, const uint8_t *bytes, size_t len);

#endif

/*
 * Where the UDP sockets of a worker read into, in batches (recvmmsg, and UDP_GRO trains where the kernel makes them):
 * one arena for all of them, since what is read is handled before the next socket is looked at.
 */
#ifndef URCHIN_IO_UDP_INBOX_H
#define URCHIN_IO_UDP_INBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define URCHIN_UDP_INBOX_MAX 64 /* messages of a batch */

struct urchin_udp_inbox;

/* One datagram, or a train of them from one sender: each `segment_len` long, but the last may be shorter. */
struct urchin_udp_message {
	const struct sockaddr *from;
	uint8_t *bytes; /* may be modified */
	size_t len;
	size_t segment_len; /* not 0 */
};

/* Returns NULL when out of memory. */
struct urchin_udp_inbox *urchin_udp_inbox_new(void);
/* NULL is allowed. */
void urchin_udp_inbox_free(struct urchin_udp_inbox *inbox);

/* Reads what has arrived, without waiting. Returns how many messages there are; fewer than the maximum: it is empty. */
size_t urchin_udp_inbox_read(struct urchin_udp_inbox *inbox, int fd);
/* One of those, by its position; valid until the next read(). */
struct urchin_udp_message urchin_udp_inbox_get(struct urchin_udp_inbox *inbox, size_t index);

#endif

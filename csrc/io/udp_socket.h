/*
 * A UDP socket of ours on the loop, which reads in batches. It may stand beside another one that has the same address
 * and port (libnice's): a classic BPF program then sorts what arrives by RFC 7983, so that STUN goes to the other one
 * and the rest comes here, but for the answers to our own STUN requests, which are known by the first 32 bits of their
 * transaction id. Or it is one of several by which the workers of this process share a port (io/shared_ports).
 */
#ifndef URCHIN_IO_UDP_SOCKET_H
#define URCHIN_IO_UDP_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "io/loop.h"

struct urchin_udp_socket;

/*
 * A datagram arrived; `bytes` are valid during the call and may be modified. close() may be called inside, but the
 * socket's memory must outlive the call.
 */
typedef void (*urchin_udp_on_packet)(void *owner, struct urchin_udp_socket *udp, const struct urchin_addr *from,
				     uint8_t *bytes, size_t len, uint64_t now_us);

struct urchin_udp_counters {
	uint64_t packets_sent;
	uint64_t bytes_sent;
	uint64_t packets_received;
	uint64_t bytes_received;
	uint64_t send_full;   /* dropped: the socket's buffer or the device's queue was full */
	uint64_t send_failed; /* dropped: no route, forbidden, unreachable ... */
};

struct urchin_udp_socket {
	struct urchin_loop *loop;
	struct urchin_loop_watch watch;
	int fd; /* -1: closed */
	struct urchin_addr addr;
	urchin_udp_on_packet on_packet;
	void *owner;
	struct urchin_udp_counters counters;
};

/*
 * `udp`'s on_packet and owner are set by the caller afterwards, before the loop turns. Return 0, URCHIN_EEXIST (the
 * port is in use) or URCHIN_ESYSTEM.
 */
int urchin_udp_socket_open(struct urchin_udp_socket *udp, struct urchin_loop *loop, const struct urchin_addr *addr);
/*
 * For many connections. `joins`: another worker of this process has the port already; else nobody may have it. Returns
 * 0, URCHIN_EEXIST (the port is in use) or URCHIN_ESYSTEM.
 */
int urchin_udp_socket_open_shared(struct urchin_udp_socket *udp, struct urchin_loop *loop,
				  const struct urchin_addr *addr, bool joins);
/* Beside `fd`, a bound UDP socket of this process that stays its owner's. It should not have received anything yet. */
int urchin_udp_socket_open_beside(struct urchin_udp_socket *udp, struct urchin_loop *loop, int fd, uint32_t tag);
/* Harmless when it is closed, or zeroed with fd -1. */
void urchin_udp_socket_close(struct urchin_udp_socket *udp);

/* Sends one datagram, never waits. Returns 0, URCHIN_EFULL (no room in the socket) or URCHIN_ESYSTEM; errno tells why.
 */
int urchin_udp_socket_send(struct urchin_udp_socket *udp, const struct urchin_addr *to, const uint8_t *bytes,
			   size_t len);

/*
 * Whether a datagram that was refused with this errno may pass when it is sent again: the error may have been another
 * one's, or the datagram was too long in one piece, which is seen to. Ask once for each.
 */
bool urchin_udp_may_pass(int fd, int error);

/* Return false when the family is neither IPv4 nor IPv6 (*addr untouched), or the length written. */
bool urchin_sockaddr_read(struct urchin_addr *addr, const struct sockaddr *from);
socklen_t urchin_sockaddr_write(const struct urchin_addr *addr, struct sockaddr_storage *to);

#endif

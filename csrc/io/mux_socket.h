/*
 * A UDP socket that many connections, and the workers of a process, share: it has its address and port together with
 * those of the others (SO_REUSEPORT) and reads in batches (recvmmsg, UDP_GRO).
 */
#ifndef URCHIN_IO_MUX_SOCKET_H
#define URCHIN_IO_MUX_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/loop.h"

/* Where batches are read into; one serves all sockets of a worker. */
struct urchin_mux_inbox;

/* Returns NULL when out of memory. */
struct urchin_mux_inbox *urchin_mux_inbox_new(void);
void urchin_mux_inbox_free(struct urchin_mux_inbox *inbox);

struct urchin_mux_socket;

/* One datagram; `bytes` are valid during the call and may be modified. The socket must not be closed inside. */
typedef void (*urchin_mux_on_datagram)(void *owner, struct urchin_mux_socket *socket, const struct urchin_addr *from,
				       uint8_t *bytes, size_t len, uint64_t now_us);

struct urchin_mux_socket {
	struct urchin_loop *loop;
	struct urchin_loop_watch watch;
	int fd; /* -1: closed */
	struct urchin_addr addr;
	struct urchin_mux_inbox *inbox;
	urchin_mux_on_datagram on_datagram;
	void *owner;
	uint32_t link; /* the owner's name for it */
	uint64_t datagrams_received;
	uint64_t bytes_received;
};

/*
 * Opens, with loop, addr, inbox, on_datagram, owner and link set by the caller. `joins`: another worker of this process
 * has the port already; else nobody may have it. Returns 0, URCHIN_EEXIST (the port is in use) or URCHIN_ESYSTEM.
 */
int urchin_mux_socket_open(struct urchin_mux_socket *socket, bool joins);
void urchin_mux_socket_close(struct urchin_mux_socket *socket);

/* Sends one datagram or drops it, never waits. Returns 0 or URCHIN_ESYSTEM. */
int urchin_mux_socket_send(struct urchin_mux_socket *socket, const struct urchin_addr *to, const uint8_t *bytes,
			   size_t len);

#endif

/*
 * The TCP side of a shared port: passive ICE-TCP candidates (RFC 6544) with RFC 4571 framing. Connections are bounded;
 * those that prove nothing within ten seconds end. Who is behind one is the owner's business.
 */
#ifndef URCHIN_IO_TCP_HUB_H
#define URCHIN_IO_TCP_HUB_H

#include "io/loop.h"
#include "transport/ice_lite.h"

#define URCHIN_TCP_LINK_FIRST UINT32_C(0x10000) /* names of connections begin here; below are the owner's */

struct urchin_tcp_hub;

/* end(), release() and send() may be called inside both. */
struct urchin_tcp_hub_callbacks {
	/* A frame; may be modified in place. */
	void (*on_frame)(void *owner, const struct urchin_ice_way *way, uint8_t *bytes, size_t len, uint64_t now_us);
	/* The connection ended, and not by end(). */
	void (*on_end)(void *owner, const struct urchin_ice_way *way, uint64_t now_us);
};

/* Returns NULL when out of memory. */
struct urchin_tcp_hub *urchin_tcp_hub_new(struct urchin_loop *loop, const struct urchin_tcp_hub_callbacks *callbacks,
					  void *owner);
/* Ends everything and tells nothing. NULL is allowed. */
void urchin_tcp_hub_free(struct urchin_tcp_hub *hub);

/*
 * Listens on an address, together with other workers of the process; `base` is the owner's name for it. Returns 0,
 * URCHIN_EEXIST (the port is in use), URCHIN_ENOMEM or URCHIN_ESYSTEM.
 */
int urchin_tcp_hub_listen(struct urchin_tcp_hub *hub, const struct urchin_addr *addr, uint32_t base);
/* Listens no more there, and ends what was accepted there. Tells nothing. */
void urchin_tcp_hub_unlisten(struct urchin_tcp_hub *hub, uint32_t base);

/* A valid check came by this connection: it may stay until end(). */
void urchin_tcp_hub_prove(struct urchin_tcp_hub *hub, uint32_t link);
void urchin_tcp_hub_end(struct urchin_tcp_hub *hub, uint32_t link);

/*
 * Lets go of a connection that proved nothing: what it sent after the frame that is being told was not read yet. The
 * caller owns the descriptor. Returns it, or -1: no such connection.
 */
int urchin_tcp_hub_release(struct urchin_tcp_hub *hub, uint32_t link);
/*
 * Takes over a descriptor that another worker's hub released, as if it had been accepted at `base`. Returns its link;
 * 0: refused, and closed.
 */
uint32_t urchin_tcp_hub_adopt(struct urchin_tcp_hub *hub, uint32_t base, int fd, const struct urchin_addr *from);

/* Sends or queues one frame; media is dropped when much is waiting already. Returns 0 or URCHIN_ESYSTEM (dropped). */
int urchin_tcp_hub_send(struct urchin_tcp_hub *hub, uint32_t link, const uint8_t *bytes, size_t len, bool is_media);

/* The base a connection was accepted at; UINT32_MAX: it is gone. */
uint32_t urchin_tcp_hub_base(const struct urchin_tcp_hub *hub, uint32_t link);

struct urchin_tcp_hub_stats {
	size_t count;
	uint64_t accepted;
	uint64_t refused; /* too many, or pushed out by newer ones before they proved anything */
	uint64_t expired; /* proved nothing in time */
	uint64_t released;
	uint64_t adopted;
};
void urchin_tcp_hub_get_stats(const struct urchin_tcp_hub *hub, struct urchin_tcp_hub_stats *stats);

#endif

/* One connection of the bridge: libnice's TCP socket on one side, the TURN server's TLS connection on the other. */
#ifndef URCHIN_IO_TURN_TLS_LINK_H
#define URCHIN_IO_TURN_TLS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/loop.h"
#include "io/turn_tls.h"
#include "transport/tls_client.h"

#define URCHIN_TURN_TLS_BUFFER_CAP (16 * 1024)

/* Data that one side gave and the other has not taken yet. */
struct urchin_turn_tls_buffer {
	size_t begin;
	size_t end;
	uint8_t bytes[URCHIN_TURN_TLS_BUFFER_CAP];
};

struct urchin_turn_tls_link;

/* What a link needs to begin. */
struct urchin_turn_tls_link_config {
	struct urchin_loop *loop;
	const struct urchin_tls_trust *trust;
	const char *name;
	struct urchin_addr server;
	uint64_t timeout_us;
	/* It is over: text NULL when libnice's side closed it, else why. Frees the link. */
	void (*on_end)(void *owner, struct urchin_turn_tls_link *link, enum urchin_turn_tls_stage stage,
		       const char *text);
	void *owner;
};

enum urchin_turn_tls_link_state {
	URCHIN_TURN_TLS_LINK_CONNECTING,
	URCHIN_TURN_TLS_LINK_SHAKING, /* the TLS handshake */
	URCHIN_TURN_TLS_LINK_OPEN,
	URCHIN_TURN_TLS_LINK_DRAINING, /* one side ended; what it sent before is still delivered, for a short time */
};

/* The fields are the link's own, but for next. */
struct urchin_turn_tls_link {
	struct urchin_loop_watch watch;
	struct urchin_loop_timer timer;
	struct urchin_turn_tls_link *next; /* the owner's list */
	struct urchin_turn_tls_link_config config;
	enum urchin_turn_tls_link_state state;
	int local_fd;
	int server_fd;
	uint32_t local_events; /* what the loop waits for; 0: it does not know the descriptor */
	uint32_t server_events;
	bool local_ended;    /* no more from libnice */
	bool server_ended;   /* no more from the server */
	bool is_send_broken; /* the server's side takes no more */
	struct urchin_tls_client *tls;
	struct urchin_turn_tls_buffer up;
	struct urchin_turn_tls_buffer down;
};

/*
 * Takes local_fd over, also when it fails, and begins to connect. Returns NULL with errno set when that is not possible
 * (no memory, no descriptors, no route). on_end is not called inside.
 */
struct urchin_turn_tls_link *urchin_turn_tls_link_new(const struct urchin_turn_tls_link_config *config, int local_fd);

/* Closes both sides, without on_end. */
void urchin_turn_tls_link_free(struct urchin_turn_tls_link *link);

#endif

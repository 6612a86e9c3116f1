/*
 * The shared port of one worker: sorts what arrives over UDP, and over TCP (RFC 4571 framing, RFC 6544 passive
 * candidates), by 4-tuple, else by the ufrag in a STUN message; all else is counted and dropped. Knows nothing of ICE
 * but where its messages go: a way (4-tuple) belongs to whoever said so after a valid check.
 */
#ifndef URCHIN_IO_MUX_H
#define URCHIN_IO_MUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"
#include "transport/ice_lite.h"
#include "wire/stun.h"

struct urchin_mux;
struct urchin_mux_user;

struct urchin_mux_user_ops {
	/* A STUN message with an ufrag of this user's, or without one by a way of this user's. */
	void (*on_stun)(struct urchin_mux_user *user, const struct urchin_ice_way *way, const struct urchin_stun *stun,
			const uint8_t *bytes, uint64_t now_us);
	/* Anything else, by a way of this user's. May be modified in place. */
	void (*on_packet)(struct urchin_mux_user *user, const struct urchin_ice_way *way, uint8_t *bytes, size_t len,
			  uint64_t now_us);
	/* The way belongs to this user no more: its TCP connection ended, or another user took it. */
	void (*on_way_lost)(struct urchin_mux_user *user, const struct urchin_ice_way *way, uint64_t now_us);
	/* Whether another user, who had a valid check there, may take it. */
	bool (*may_lose_way)(struct urchin_mux_user *user, const struct urchin_ice_way *way, uint64_t now_us);
};

/* First member of every user. */
struct urchin_mux_user {
	const struct urchin_mux_user_ops *ops;
};

/* As it crosses between workers, whose links are not the same. */
struct urchin_mux_datagram {
	struct urchin_addr local;
	struct urchin_addr remote;
	const uint8_t *bytes; /* valid during the call */
	size_t len;
	uint64_t now_us;
	bool is_question; /* goes to every worker: only the one that knows the address takes it */
};

/* For several workers on one port: who else may want what nobody here knows. */
struct urchin_mux_group {
	uint32_t index; /* of this worker: the base64 digit that its ufrags begin with */
	/*
	 * A datagram (UDP only) of no user here, which came to `local`. `worker` is named by its ufrag, or -1: no ufrag
	 * in it. Returns whether it was taken; NULL: nobody takes any.
	 */
	bool (*on_foreign)(void *owner, int worker, const struct urchin_mux_datagram *datagram);
	/*
	 * A TCP connection whose first frame is a check for that worker. Returns whether fd was taken; else it is
	 * closed.
	 */
	bool (*on_foreign_link)(void *owner, int worker, int fd, const struct urchin_mux_datagram *first);
	void *owner;
};

/* `group` is copied; NULL: this worker is alone. Returns NULL when out of memory. */
struct urchin_mux *urchin_mux_new(struct urchin_loop *loop, const struct urchin_mux_group *group);
/* Closes everything. Users must be gone. NULL is allowed. */
void urchin_mux_free(struct urchin_mux *mux);

/*
 * Opens the port on a local address, or shares it with those who did. The link is its name in ways. Returns 0,
 * URCHIN_EEXIST (the port is in use), URCHIN_ENOMEM, URCHIN_EFULL (64 addresses) or URCHIN_ESYSTEM.
 */
int urchin_mux_open(struct urchin_mux *mux, const struct urchin_addr *addr, bool tcp, uint32_t *link);
/* Each open is ended by one of these; at the last one the sockets are closed. Not inside a user's callback. */
void urchin_mux_close(struct urchin_mux *mux, uint32_t link);

/* Returns 0, URCHIN_EEXIST or URCHIN_ENOMEM. */
int urchin_mux_add_ufrag(struct urchin_mux *mux, const char *ufrag, struct urchin_mux_user *user);
void urchin_mux_remove_ufrag(struct urchin_mux *mux, const char *ufrag);

/* What comes this way goes to the user. Returns 0, URCHIN_EEXIST (it is another user's), or URCHIN_ENOMEM. */
int urchin_mux_add_way(struct urchin_mux *mux, const struct urchin_ice_way *way, struct urchin_mux_user *user,
		       uint64_t now_us);
/* Ends its TCP connection too. */
void urchin_mux_remove_way(struct urchin_mux *mux, const struct urchin_ice_way *way);

/*
 * Sends now, or drops. Over TCP what does not fit waits, up to a limit that is lower for media. Returns 0 or
 * URCHIN_ESYSTEM.
 */
int urchin_mux_send(struct urchin_mux *mux, const struct urchin_ice_way *way, const uint8_t *bytes, size_t len,
		    bool is_media);

bool urchin_mux_is_tcp(const struct urchin_ice_way *way);
/* The UDP socket of a way; -1: it is TCP, or closed. */
int urchin_mux_fd(const struct urchin_mux *mux, const struct urchin_ice_way *way);
/* The local address that a way ends at. */
struct urchin_addr urchin_mux_local(const struct urchin_mux *mux, const struct urchin_ice_way *way);

/*
 * A datagram that another worker's socket received. Goes through the tables here, and never back; `bytes` may be
 * modified. Returns whether its way is a user's here now.
 */
bool urchin_mux_feed(struct urchin_mux *mux, const struct urchin_mux_datagram *datagram, uint8_t *bytes);

/* A TCP connection that another worker accepted, and its first frame. Takes over fd, whatever happens. */
void urchin_mux_adopt(struct urchin_mux *mux, int fd, const struct urchin_mux_datagram *first, uint8_t *bytes);

struct urchin_mux_stats {
	uint64_t datagrams_received;
	uint64_t bytes_received;
	uint64_t unknown_ufrags; /* dropped: STUN for nobody here */
	uint64_t unknown_ways;   /* dropped: DTLS, RTP and RTCP from an address that passed no check */
	uint64_t unknown_hellos; /* of those: DTLS */
	uint64_t junk;           /* dropped: of no protocol that there is here, from such an address */
	uint64_t handed_over;    /* to other workers */
	uint64_t malformed;      /* dropped: STUN that can't be read */
	uint64_t tcp_accepted;
	uint64_t tcp_refused; /* too many */
	uint64_t tcp_junk;    /* ended: what came first was no check for anybody */
	uint64_t tcp_expired; /* ended: no valid check in time */
	uint64_t tcp_given;   /* to other workers */
	uint64_t tcp_taken;   /* from other workers */
	uint64_t tcp_lost;    /* closed: the worker they were for did not take them */
	size_t tcp_count;
	size_t ways;
	size_t ufrags;
};
void urchin_mux_get_stats(const struct urchin_mux *mux, struct urchin_mux_stats *stats);

#endif

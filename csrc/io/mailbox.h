/*
 * How the workers of a process reach each other: each has a number and a bounded box that any thread may put parcels
 * into. A parcel names things by ids; what they meant may be gone when it is read.
 */
#ifndef URCHIN_IO_MAILBOX_H
#define URCHIN_IO_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/queue.h"
#include "transport/ice.h"

#define URCHIN_MAILBOXES_MAX 64

enum urchin_parcel_kind {
	URCHIN_PARCEL_PACKET,   /* plain RTP of the receiver `id` */
	URCHIN_PARCEL_CLOCK,    /* of the receiver `id`: ntp and rtp at now_us */
	URCHIN_PARCEL_KEYFRAME, /* a viewer of the receiver `id` waits for one */
	URCHIN_PARCEL_DATAGRAM, /* from `remote` to `local` on the shared port, for a connection of the reader, perhaps
				 */
	URCHIN_PARCEL_LINK,     /* a TCP connection from `remote` to `local`, and its first frame, likewise */
	URCHIN_PARCEL_CLAIM,    /* datagrams from `remote` to `local` are for the worker `from` */
};

struct urchin_parcel {
	enum urchin_parcel_kind kind;
	bool is_video;    /* packets */
	bool is_stranger; /* datagrams: nothing of the address was proven yet */
	uint32_t from;    /* the sender's number */
	uint32_t rtp;
	int fd; /* of a LINK: owned by whoever has the parcel */
	uint64_t id;
	uint64_t now_us;
	uint64_t ntp;
	struct urchin_addr local; /* datagrams, links and claims */
	struct urchin_addr remote;
	size_t len;
	uint8_t bytes[URCHIN_ICE_DATAGRAM_CAP];
};

/* For a parcel that was taken out and is not used: closes what it owns. */
void urchin_parcel_clear(const struct urchin_parcel *parcel);

/*
 * Opens a box; on_filled is called on a writer's thread when an empty box gets a parcel. Returns its number,
 * URCHIN_EFULL (64 are open) or URCHIN_ENOMEM.
 */
int urchin_mailbox_open(void (*on_filled)(void *owner), void *owner);
/* Afterwards on_filled is not called any more, and what lies in the box is gone. */
void urchin_mailbox_close(unsigned number);

/*
 * Copies a parcel in. The fuller the box, the fewer kinds it takes: video is left out first, then other media, control
 * last; of links and strangers' datagrams it takes few at any time. Returns 0, URCHIN_ENOTFOUND (no such box is open),
 * URCHIN_EFULL or URCHIN_ENOMEM; then what it owns is still the caller's.
 */
int urchin_mailbox_post(unsigned number, const struct urchin_parcel *parcel);

/* Takes everything out, on the owner's thread. Returns how many there are. */
size_t urchin_mailbox_take(unsigned number, struct urchin_batch *batch);

#endif

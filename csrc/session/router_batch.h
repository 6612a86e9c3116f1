/*
 * Packets of one turn that wait to be forwarded together, in copies; and the padding that makes trains of them.
 * A browser cuts a frame into packets one or two bytes apart; only packets of one size can leave as a train.
 */
#ifndef URCHIN_SESSION_ROUTER_BATCH_H
#define URCHIN_SESSION_ROUTER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/packet.h"

#define URCHIN_ROUTER_BATCH_CAP 64
/* More padding would cost the viewers' links more than trains save here: under 1 % of a full packet. */
#define URCHIN_TRAIN_PADDING_MAX 8

struct urchin_router_input;

struct urchin_arrived_packet {
	struct urchin_router_input *input; /* NULL: forgotten */
	struct urchin_packet packet;
	uint64_t now_us;
};

struct urchin_router_batch {
	size_t count;
	bool is_in_flush;
	struct urchin_arrived_packet arrived[URCHIN_ROUTER_BATCH_CAP];
	uint8_t bytes[URCHIN_ROUTER_BATCH_CAP][URCHIN_PACKET_CAP + URCHIN_TRAIN_PADDING_MAX];
};

/* Returns NULL when out of memory. */
struct urchin_router_batch *urchin_router_batch_new(void);
/* NULL is allowed. */
void urchin_router_batch_free(struct urchin_router_batch *batch);

bool urchin_router_batch_is_full(const struct urchin_router_batch *batch);
/* Copies a packet in; not when full. Packets longer than URCHIN_PACKET_CAP are not taken. */
void urchin_router_batch_add(struct urchin_router_batch *batch, struct urchin_router_input *input,
			     const struct urchin_packet *packet, uint64_t now_us);
/* The input's packets are not forwarded any more. */
void urchin_router_batch_forget(struct urchin_router_batch *batch, const struct urchin_router_input *input);

/* Gives neighbours of nearly one size the padding that makes them equal, and notes it for resending. */
void urchin_router_batch_pad(struct urchin_router_batch *batch);

#endif

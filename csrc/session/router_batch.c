/* The waiting packets of a router, in the order of their arrival. */
#include "session/router_batch.h"

#include <stdlib.h>
#include <string.h>

#include "media/receiver.h"
#include "session/router_internal.h"

struct urchin_router_batch *urchin_router_batch_new(void)
{
	struct urchin_router_batch *batch = malloc(sizeof *batch);
	if (batch) {
		batch->count = 0;
		batch->is_in_flush = false;
	}
	return batch;
}

void urchin_router_batch_free(struct urchin_router_batch *batch)
{
	free(batch);
}

bool urchin_router_batch_is_full(const struct urchin_router_batch *batch)
{
	return batch->count == URCHIN_ROUTER_BATCH_CAP;
}

void urchin_router_batch_add(struct urchin_router_batch *batch, struct urchin_router_input *input,
			     const struct urchin_packet *packet, uint64_t now_us)
{
	if (packet->len > URCHIN_PACKET_CAP || urchin_router_batch_is_full(batch))
		return;
	struct urchin_arrived_packet *arrived = &batch->arrived[batch->count];
	*arrived = (struct urchin_arrived_packet){.input = input, .packet = *packet, .now_us = now_us};
	memcpy(batch->bytes[batch->count], packet->bytes, packet->len);
	urchin_packet_move(&arrived->packet, batch->bytes[batch->count]);
	batch->count++;
}

void urchin_router_batch_forget(struct urchin_router_batch *batch, const struct urchin_router_input *input)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->arrived[i].input == input)
			batch->arrived[i].input = NULL;
	}
}

/* What a sender adds to it is of one length in all packets, so the payload's length decides. */
static size_t size_of(const struct urchin_arrived_packet *arrived)
{
	return arrived->packet.rtp.payload_len;
}

static bool is_train_car(const struct urchin_arrived_packet *arrived, const struct urchin_router_input *input)
{
	return arrived->input == input && size_of(arrived) > 0;
}

static void pad_run(struct urchin_router_batch *batch, struct urchin_arrived_packet **run, size_t count, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t padding_len = (uint8_t)(size - size_of(run[i]));
		uint8_t *bytes = batch->bytes[run[i] - batch->arrived];
		size_t end = (size_t)(run[i]->packet.rtp.payload - bytes) + size_of(run[i]);
		struct urchin_receiver *receiver = run[i]->input->receiver;
		/* RFC 7714 8.1: a resent packet must be what was sent; one that can't be resent needs no note. */
		if (padding_len > 0 && receiver->cache) {
			run[i]->packet.padding_len = padding_len;
			urchin_rtp_write_padding(bytes + end, padding_len);
			urchin_packet_cache_set_padding(receiver->cache, run[i]->packet.ext_seq, padding_len);
		}
	}
}

/* Pads the run of the input's packets that begins at `first`; what is much shorter or longer begins the next run. */
static void pad_input(struct urchin_router_batch *batch, size_t first)
{
	struct urchin_arrived_packet *run[URCHIN_ROUTER_BATCH_CAP];
	const struct urchin_router_input *input = batch->arrived[first].input;
	size_t count = 0, least = 0, most = 0;

	for (size_t i = first; i < batch->count; i++) {
		struct urchin_arrived_packet *arrived = &batch->arrived[i];
		if (!is_train_car(arrived, input))
			continue;
		size_t size = size_of(arrived);
		size_t new_least = count > 0 && least < size ? least : size;
		size_t new_most = count > 0 && most > size ? most : size;
		if (new_most - new_least > URCHIN_TRAIN_PADDING_MAX) {
			pad_run(batch, run, count, most);
			count = 0;
			new_least = new_most = size;
		}
		least = new_least;
		most = new_most;
		run[count++] = arrived;
	}
	pad_run(batch, run, count, most);
}

void urchin_router_batch_pad(struct urchin_router_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct urchin_router_input *input = batch->arrived[i].input;
		bool is_first = input && input->receiver->format.kind == URCHIN_VIDEO;
		for (size_t k = 0; k < i && is_first; k++)
			is_first = batch->arrived[k].input != input;
		if (is_first)
			pad_input(batch, i);
	}
}

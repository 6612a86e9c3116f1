/* Links senders to receivers, and carries packets one way and key-frame requests the other. */
#include "session/router.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/heap.h"
#include "base/prefetch.h"
#include "base/table.h"
#include "media/receiver.h"
#include "media/sender.h"
#include "session/connection_internal.h"
#include "session/router_batch.h"
#include "session/router_internal.h"

/* How often the worker of an imported receiver is asked while a viewer waits. */
#define IMPORT_ASK_INTERVAL_US 100000

struct urchin_router {
	struct urchin_table inputs;
	struct urchin_table outputs;
	struct urchin_router_callbacks callbacks;
	void *owner;
	struct urchin_router_batch *batch; /* NULL: packets don't wait */
	struct urchin_hold hold;
	uint64_t told_deadline_us;
};

struct urchin_router *urchin_router_new(const struct urchin_router_callbacks *callbacks, void *owner)
{
	struct urchin_router *router = calloc(1, sizeof(struct urchin_router));
	if (!router || !callbacks)
		return router;
	router->callbacks = *callbacks;
	router->owner = owner;
	router->batch = urchin_router_batch_new();
	if (router->batch)
		return router;
	free(router);
	return NULL;
}

void urchin_router_free(struct urchin_router *router)
{
	if (!router)
		return;
	urchin_table_clear(&router->inputs);
	urchin_table_clear(&router->outputs);
	urchin_router_batch_free(router->batch);
	free(router);
}

int urchin_router_add_input(struct urchin_router *router, struct urchin_router_input *input)
{
	return urchin_table_add(&router->inputs, input->id, input);
}

int urchin_router_add_output(struct urchin_router *router, struct urchin_router_output *output)
{
	return urchin_table_add(&router->outputs, output->id, output);
}

static void unlink_output(struct urchin_router_output *output)
{
	struct urchin_router_input *input = output->source;
	if (!input)
		return;
	struct urchin_router_output *last = input->outputs[--input->output_count];
	input->outputs[output->position] = last;
	last->position = output->position;
	output->source = NULL;
	urchin_sender_set_source(output->sender, NULL);
}

static int link_output(struct urchin_router_output *output, struct urchin_router_input *input)
{
	if (input->output_count == input->output_cap) {
		size_t cap = input->output_cap ? input->output_cap * 2 : 8;
		struct urchin_router_output **outputs = realloc(input->outputs, cap * sizeof(void *));
		if (!outputs)
			return URCHIN_ENOMEM;
		input->outputs = outputs;
		input->output_cap = cap;
	}
	unlink_output(output);
	output->position = input->output_count;
	output->source = input;
	input->outputs[input->output_count++] = output;
	urchin_sender_set_source(output->sender, input->receiver);
	return 0;
}

void urchin_router_remove_input(struct urchin_router *router, struct urchin_router_input *input)
{
	if (urchin_table_find(&router->inputs, input->id) == input)
		urchin_table_remove(&router->inputs, input->id);
	if (router->batch)
		urchin_router_batch_forget(router->batch, input);
	urchin_hold_end_stream(&router->hold, &input->hold);
	while (input->output_count > 0)
		unlink_output(input->outputs[input->output_count - 1]);
	free(input->outputs);
	input->outputs = NULL;
	input->output_cap = 0;
}

void urchin_router_remove_output(struct urchin_router *router, struct urchin_router_output *output)
{
	if (urchin_table_find(&router->outputs, output->id) == output)
		urchin_table_remove(&router->outputs, output->id);
	unlink_output(output);
}

/* Before its connection is ready a sender can use no key frame, and must not take one for sent. */
static bool is_waiting(const struct urchin_router_output *output)
{
	return output->connection->is_ready && urchin_sender_needs_keyframe(output->sender);
}

static bool is_somebody_waiting(const struct urchin_router_input *input)
{
	for (size_t i = 0; i < input->output_count; i++) {
		if (is_waiting(input->outputs[i]))
			return true;
	}
	return false;
}

void urchin_router_tick_input(struct urchin_router_input *input, uint64_t now_us)
{
	if (urchin_keyframe_request_deadline_us(&input->keyframe) > now_us)
		return;
	if (!urchin_keyframe_request_take(&input->keyframe, is_somebody_waiting(input), now_us))
		return;
	if (!urchin_connection_ask_keyframe(input->connection, input->receiver, now_us))
		urchin_keyframe_request_undo(&input->keyframe);
}

uint64_t urchin_router_input_deadline_us(const struct urchin_router_input *input)
{
	return urchin_keyframe_request_deadline_us(&input->keyframe);
}

/* Its own worker merges the wishes of all; this only keeps them from being one per packet. */
static void want_imported_keyframe(struct urchin_router_input *input, uint64_t now_us)
{
	struct urchin_router *router = input->router;

	if (input->asked_us != 0 && now_us - input->asked_us < IMPORT_ASK_INTERVAL_US)
		return;
	input->asked_us = now_us;
	if (router->callbacks.on_import_keyframe)
		router->callbacks.on_import_keyframe(router->owner, input->id);
}

static void want_keyframe(struct urchin_router_input *input, uint64_t now_us)
{
	if (!urchin_receiver_has_keyframes(input->receiver))
		return;
	if (!input->connection) {
		want_imported_keyframe(input, now_us);
		return;
	}
	urchin_keyframe_request_want(&input->keyframe);
	urchin_router_tick_input(input, now_us);
	urchin_connection_wake(input->connection);
}

void urchin_router_want_keyframe(struct urchin_router_output *output, uint64_t now_us)
{
	if (output->source && !output->source->is_paused)
		want_keyframe(output->source, now_us);
}

static void send(struct urchin_router_output *output, const struct urchin_arrived_packet *arrived)
{
	uint8_t header[URCHIN_SENDER_HEADER_CAP];
	struct urchin_rtp_parts parts;

	if (urchin_sender_write(output->sender, &arrived->packet, arrived->now_us, header, &parts) <= 0)
		return;
	urchin_transport_send_parts(output->connection->transport, &parts);
	if (output->sender->packets_sent == 1 || output->connection->is_idle)
		urchin_connection_hurry_report(output->connection, arrived->now_us);
}

/*
 * The state of many viewers doesn't fit the cache, and waiting for it would take longer than sending: what the viewer
 * needs who comes some turns later is asked for, one pointer further each turn.
 */
static void prefetch(const struct urchin_router_input *input, size_t at)
{
	struct urchin_router_output *const *outputs = input->outputs + at;
	size_t left = input->output_count - at;

	if (left > 6)
		urchin_prefetch(outputs[6], sizeof **outputs);
	if (left > 5) {
		urchin_prefetch(outputs[5]->connection, offsetof(struct urchin_connection, router));
		urchin_sender_prefetch(outputs[5]->sender);
	}
	for (size_t ahead = 4; ahead > 0; ahead--)
		if (left > ahead)
			urchin_transport_prefetch(outputs[ahead]->connection->transport, 4 - (int)ahead);
}

/* All packets to one viewer, then all to the next: what stands together in the arena can leave together. */
static void send_all(struct urchin_router_input *input, const struct urchin_arrived_packet *arrived, size_t count)
{
	uint64_t now_us = arrived[count - 1].now_us;
	bool has_waiting = false;

	for (size_t i = 0; i < input->output_count; i++) {
		struct urchin_router_output *output = input->outputs[i];
		prefetch(input, i);
		if (!output->connection->is_ready)
			continue;
		for (size_t k = 0; k < count; k++) {
			if (arrived[k].input == input)
				send(output, &arrived[k]);
		}
		has_waiting |= is_waiting(output);
	}
	if (has_waiting && !input->keyframe.is_awaited && !input->keyframe.is_wanted)
		want_keyframe(input, now_us);
}

static void tell_waiting(struct urchin_router *router)
{
	uint64_t deadline_us = urchin_hold_deadline_us(&router->hold);

	if (router->batch->count > 1 && deadline_us == router->told_deadline_us)
		return;
	router->told_deadline_us = deadline_us;
	router->callbacks.on_waiting(router->owner, deadline_us);
}

void urchin_router_forward(struct urchin_router_input *input, const struct urchin_packet *packet, uint64_t now_us)
{
	struct urchin_router *router = input->router;

	if (packet->is_keyframe)
		urchin_keyframe_request_arrived(&input->keyframe);
	if (!input->is_paused && input->exported_to)
		router->callbacks.on_export(
		    router->owner, input->exported_to,
		    &(struct urchin_export){.receiver_id = input->id,
					    .bytes = packet->bytes,
					    .len = packet->len,
					    .now_us = now_us,
					    .is_video = input->receiver->format.kind == URCHIN_VIDEO});
	if (input->is_paused || input->output_count == 0)
		return;
	if (!router->batch) {
		struct urchin_arrived_packet arrived = {.input = input, .packet = *packet, .now_us = now_us};
		send_all(input, &arrived, 1);
		return;
	}
	if (urchin_router_batch_is_full(router->batch))
		urchin_router_flush(router);
	urchin_router_batch_add(router->batch, input, packet, now_us);
	if (input->receiver->format.kind == URCHIN_VIDEO)
		urchin_hold_add(&router->hold, &input->hold, packet->rtp.marker, now_us);
	tell_waiting(router);
}

static size_t count_waiting(const struct urchin_router_batch *batch, const struct urchin_router_input *input)
{
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++)
		count += batch->arrived[i].input == input;
	return count;
}

void urchin_router_flush(struct urchin_router *router)
{
	struct urchin_router_batch *batch = router->batch;

	if (!batch || batch->is_in_flush)
		return;
	batch->is_in_flush = true;
	urchin_router_batch_pad(batch);
	for (size_t i = 0; i < batch->count; i++) {
		struct urchin_router_input *input = batch->arrived[i].input;
		if (!input)
			continue;
		urchin_hold_count(&router->hold, count_waiting(batch, input) * input->output_count,
				  batch->arrived[batch->count - 1].now_us);
		send_all(input, &batch->arrived[i], batch->count - i);
		urchin_router_batch_forget(batch, input);
		urchin_hold_end_stream(&router->hold, &input->hold);
	}
	batch->count = 0;
	urchin_hold_end(&router->hold);
	batch->is_in_flush = false;
}

static void export_clock(const struct urchin_router_input *input, uint64_t workers)
{
	const struct urchin_receiver *receiver = input->receiver;

	if (workers && receiver->has_sr)
		input->router->callbacks.on_export(input->router->owner, workers,
						   &(struct urchin_export){.receiver_id = input->id,
									   .now_us = receiver->sr_us,
									   .ntp = receiver->sr_ntp,
									   .rtp = receiver->sr_rtp});
}

void urchin_router_tell_clock(struct urchin_router_input *input, bool is_first, uint64_t now_us)
{
	for (size_t i = 0; is_first && i < input->output_count; i++)
		urchin_connection_hurry_report(input->outputs[i]->connection, now_us);
	export_clock(input, input->exported_to);
}

int urchin_router_export(struct urchin_router *router, uint64_t receiver_id, unsigned worker, bool is_wanted)
{
	struct urchin_router_input *input = urchin_table_find(&router->inputs, receiver_id);
	uint64_t bit = UINT64_C(1) << (worker & 63);

	if (!input)
		return URCHIN_ENOTFOUND;
	if (worker > 63 || !router->callbacks.on_export || !input->connection)
		return URCHIN_EINVAL;
	if (is_wanted) {
		input->exported_to |= bit;
		export_clock(input, bit);
	} else {
		input->exported_to &= ~bit;
	}
	return 0;
}

int urchin_router_set_source(struct urchin_router *router, uint64_t sender_id, uint64_t receiver_id,
			     const struct urchin_payload_map *map, size_t map_count, uint64_t now_us)
{
	struct urchin_router_output *output = urchin_table_find(&router->outputs, sender_id);
	uint8_t payload_map[128];

	if (!output)
		return URCHIN_ENOTFOUND;
	if (receiver_id == 0) {
		unlink_output(output);
		return 0;
	}
	struct urchin_router_input *input = urchin_table_find(&router->inputs, receiver_id);
	if (!input)
		return URCHIN_ENOTFOUND;
	if (map_count > 128 || input->receiver->format.kind != output->sender->format.kind)
		return URCHIN_EINVAL;
	for (size_t i = 0; i < map_count; i++) {
		if (map[i].from > 127 || map[i].to > 127)
			return URCHIN_EINVAL;
	}
	if (output->source != input) {
		int err = link_output(output, input);
		if (err < 0)
			return err;
	}
	memset(payload_map, URCHIN_NOT_MAPPED, sizeof payload_map);
	for (size_t i = 0; i < map_count; i++)
		payload_map[map[i].from] = map[i].to;
	urchin_sender_set_payload_map(output->sender, payload_map);
	if (!input->is_paused && is_waiting(output))
		want_keyframe(input, now_us);
	return 0;
}

int urchin_router_pause_receiver(struct urchin_router *router, uint64_t receiver_id, bool paused, uint64_t now_us)
{
	struct urchin_router_input *input = urchin_table_find(&router->inputs, receiver_id);
	if (!input)
		return URCHIN_ENOTFOUND;
	if (input->is_paused == paused)
		return 0;
	input->is_paused = paused;
	for (size_t i = 0; i < input->output_count; i++)
		urchin_sender_interrupt(input->outputs[i]->sender);
	if (paused)
		urchin_keyframe_request_arrived(&input->keyframe);
	else if (is_somebody_waiting(input))
		want_keyframe(input, now_us);
	return 0;
}

static void update_pause(struct urchin_router_output *output, uint64_t now_us)
{
	bool is_silent = output->is_paused || output->is_shed;

	output->sender->is_shed = output->is_shed && !output->is_paused;
	if (output->sender->is_paused == is_silent)
		return;
	output->sender->is_paused = is_silent;
	urchin_sender_interrupt(output->sender);
	if (is_waiting(output))
		urchin_router_want_keyframe(output, now_us);
}

int urchin_router_pause_sender(struct urchin_router *router, uint64_t sender_id, bool paused, uint64_t now_us)
{
	struct urchin_router_output *output = urchin_table_find(&router->outputs, sender_id);
	if (!output)
		return URCHIN_ENOTFOUND;
	output->is_paused = paused;
	update_pause(output, now_us);
	return 0;
}

void urchin_router_shed_output(struct urchin_router_output *output, bool is_shed, uint64_t now_us)
{
	output->is_shed = is_shed;
	update_pause(output, now_us);
}

int urchin_router_request_keyframe(struct urchin_router *router, uint64_t receiver_id, uint64_t now_us)
{
	struct urchin_router_input *input = urchin_table_find(&router->inputs, receiver_id);
	if (!input)
		return URCHIN_ENOTFOUND;
	want_keyframe(input, now_us);
	return 0;
}

/* Owns a connection's transport, receivers and senders, and carries packets between them. */
#include "session/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/heap.h"
#include "session/connection_internal.h"
#include "wire/rtp_ext.h"

/* splitmix64, seeded by the system */
uint64_t urchin_connection_random(struct urchin_connection *connection)
{
	uint64_t z = connection->random_state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void urchin_connection_wake(struct urchin_connection *connection)
{
	if (connection->callbacks.on_deadline)
		connection->callbacks.on_deadline(connection->owner);
}

static void on_event(void *owner, struct urchin_event *event)
{
	struct urchin_connection *connection = owner;
	enum urchin_event_type type = event->type;

	event->connection_id = connection->id;
	connection->callbacks.on_event(connection->owner, event);
	/* Nothing can be sent any more, so no report needs to be made. */
	if (type == URCHIN_EVENT_FAILED || type == URCHIN_EVENT_PEER_CLOSED)
		connection->is_ready = false;
	if (type == URCHIN_EVENT_READY) {
		urchin_connection_start_rtcp(connection);
		urchin_connection_wake(connection);
	}
}

static void tell_active(struct urchin_connection *connection, struct urchin_stream_in *stream)
{
	struct urchin_event event = {
	    .type = URCHIN_EVENT_RECEIVER_ACTIVE, .connection_id = connection->id, .object_id = stream->input.id};
	stream->is_active = true;
	connection->callbacks.on_event(connection->owner, &event);
}

static void record_arrival(struct urchin_connection *connection, const struct urchin_packet *packet, uint64_t now_us)
{
	const struct urchin_packet_ext *ext = &packet->exts[URCHIN_EXT_TRANSPORT_CC];
	struct urchin_rtp_ext element = {.data = ext->bytes, .len = ext->len};
	uint16_t seq;
	if (ext->bytes && urchin_transport_seq_read(&element, &seq) == 0)
		urchin_twcc_recorder_feed(&connection->twcc, seq, now_us);
}

static void on_rtp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct urchin_connection *connection = owner;
	struct urchin_packet packet;

	if (connection->is_closing)
		return;
	if (urchin_packet_read(&packet, bytes, len) < 0) {
		connection->malformed_packets++;
		return;
	}
	uint64_t deadline_us = urchin_connection_rtcp_deadline_us(connection);
	struct urchin_stream_in *stream = urchin_connection_find_stream(connection, &packet, now_us);
	if (!stream)
		return;
	record_arrival(connection, &packet, now_us);
	int err = urchin_receiver_feed(&stream->receiver, &packet, now_us);
	connection->implausible_packets += err == URCHIN_EMALFORMED;
	connection->duplicate_packets += err == URCHIN_EREPLAY;
	if (err == 0)
		urchin_router_forward(&stream->input, &packet, now_us);
	if (err == 0 && connection->is_idle)
		urchin_connection_hurry_report(connection, now_us);
	if (urchin_connection_rtcp_deadline_us(connection) < deadline_us)
		urchin_connection_wake(connection);
	if (err == 0 && !stream->is_active)
		tell_active(connection, stream);
}

static void on_rtcp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct urchin_connection *connection = owner;
	if (!connection->is_closing)
		urchin_connection_feed_rtcp(connection, bytes, len, now_us);
}

static void unlink_streams(struct urchin_connection *connection)
{
	for (size_t i = 0; i < connection->in_count; i++)
		urchin_router_remove_input(connection->router, &connection->ins[i]->input);
	for (size_t i = 0; i < connection->out_count; i++)
		urchin_router_remove_output(connection->router, &connection->outs[i]->output);
}

static void on_closed(void *owner)
{
	struct urchin_connection *connection = owner;
	connection->is_closing = true;
	unlink_streams(connection);
	connection->callbacks.on_closed(connection->owner);
}

static void on_deadline(void *owner)
{
	urchin_connection_wake(owner);
}

static int seed(struct urchin_connection *connection)
{
	if (getrandom(&connection->random_state, sizeof connection->random_state, 0) !=
	    (ssize_t)sizeof connection->random_state)
		return URCHIN_ESYSTEM;
	connection->rtcp_ssrc = (uint32_t)urchin_connection_random(connection);
	snprintf(connection->cname, sizeof connection->cname, "%016llx",
		 (unsigned long long)urchin_connection_random(connection));
	return 0;
}

struct urchin_connection *urchin_connection_new(uint64_t id, const struct urchin_transport_config *config,
						struct urchin_router *router,
						const struct urchin_connection_callbacks *callbacks, void *owner)
{
	static const struct urchin_transport_callbacks transport_callbacks = {
	    .on_event = on_event,
	    .on_rtp = on_rtp,
	    .on_rtcp = on_rtcp,
	    .on_closed = on_closed,
	    .on_deadline = on_deadline,
	};
	struct urchin_connection *connection = calloc(1, sizeof *connection);
	if (!connection)
		return NULL;
	connection->id = id;
	connection->router = router;
	connection->callbacks = *callbacks;
	connection->owner = owner;
	connection->report_us = URCHIN_NEVER_US;
	urchin_twcc_recorder_init(&connection->twcc);
	if (seed(connection) == 0)
		connection->transport = urchin_transport_new(config, &transport_callbacks, connection);
	if (!connection->transport) {
		free(connection);
		return NULL;
	}
	return connection;
}

void urchin_connection_free(struct urchin_connection *connection)
{
	if (!connection)
		return;
	unlink_streams(connection);
	for (size_t i = 0; i < connection->in_count; i++) {
		urchin_receiver_clear(&connection->ins[i]->receiver);
		free(connection->ins[i]);
	}
	for (size_t i = 0; i < connection->out_count; i++) {
		urchin_sender_clear(&connection->outs[i]->sender);
		free(connection->outs[i]);
	}
	urchin_twcc_recorder_clear(&connection->twcc);
	free(connection->ins);
	free(connection->outs);
	free(connection->pasts);
	urchin_ssrc_map_clear(&connection->ssrcs);
	urchin_transport_free(connection->transport);
	free(connection);
}

struct urchin_transport *urchin_connection_transport(struct urchin_connection *connection)
{
	return connection->transport;
}

void urchin_connection_close(struct urchin_connection *connection, uint64_t now_us)
{
	(void)now_us;
	if (!connection->is_closing) {
		urchin_router_flush(connection->router);
		for (size_t i = 0; i < connection->out_count; i++)
			urchin_connection_send_bye(connection, &connection->outs[i]->sender);
		connection->is_closing = true;
		unlink_streams(connection);
	}
	urchin_transport_close(connection->transport);
}

void urchin_connection_tick(struct urchin_connection *connection, uint64_t now_us)
{
	urchin_transport_tick(connection->transport, now_us);
	urchin_connection_tick_rtcp(connection, now_us);
}

uint64_t urchin_connection_deadline_us(const struct urchin_connection *connection, uint64_t now_us)
{
	uint64_t transport_us = urchin_transport_deadline_us(connection->transport, now_us);
	uint64_t rtcp_us = urchin_connection_rtcp_deadline_us(connection);
	return rtcp_us < transport_us ? rtcp_us : transport_us;
}

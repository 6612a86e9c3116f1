/* Adds, changes and removes a connection's receivers and senders. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "media/ntp.h"
#include "session/connection_internal.h"

#define RECEIVERS_MAX 256
#define SENDERS_MAX 4096
#define PAST_SENDERS_MAX 4096

/* Returns a list of pointers with room for one more, or NULL and leaves it as it was. */
static void *with_room(void *list, size_t count, size_t *cap)
{
	if (count < *cap)
		return list;
	size_t wanted = *cap ? *cap * 2 : 4;
	void *grown = realloc(list, wanted * sizeof(void *));
	if (grown)
		*cap = wanted;
	return grown;
}

static bool is_receiver_config_valid(const struct urchin_receiver_config *config)
{
	return urchin_format_is_valid(&config->format) && config->ssrc_count <= 8 &&
	       memchr(config->rid, 0, sizeof config->rid);
}

static bool is_sender_config_valid(const struct urchin_sender_config *config)
{
	return urchin_format_is_valid(&config->format) && memchr(config->cname, 0, sizeof config->cname);
}

static int declare_ssrcs(struct urchin_connection *connection, struct urchin_stream_in *stream,
			 const struct urchin_receiver_config *config)
{
	for (size_t i = 0; i < config->ssrc_count; i++) {
		const struct urchin_ssrc_entry *entry = urchin_ssrc_map_find(&connection->ssrcs, config->ssrcs[i]);
		if (entry && entry->stream != stream && entry->stream->receiver.ssrc == entry->ssrc)
			urchin_receiver_end_ssrc(&entry->stream->receiver);
		int err = urchin_ssrc_map_add(&connection->ssrcs, config->ssrcs[i], true, stream);
		if (err < 0)
			return err;
	}
	return 0;
}

int urchin_connection_add_receiver(struct urchin_connection *connection, uint64_t receiver_id,
				   const struct urchin_receiver_config *config, uint64_t now_us)
{
	(void)now_us;
	if (!is_receiver_config_valid(config))
		return URCHIN_EINVAL;
	if (connection->is_closing)
		return URCHIN_ESTATE;
	if (connection->in_count >= RECEIVERS_MAX)
		return URCHIN_EFULL;
	void *list = with_room(connection->ins, connection->in_count, &connection->in_cap);
	if (!list)
		return URCHIN_ENOMEM;
	connection->ins = list;
	struct urchin_stream_in *stream = calloc(1, sizeof *stream);
	if (!stream)
		return URCHIN_ENOMEM;
	urchin_receiver_init(&stream->receiver, &config->format, config->rid, config->max_bitrate_bps);
	stream->input.id = receiver_id;
	stream->input.router = connection->router;
	stream->input.receiver = &stream->receiver;
	stream->input.connection = connection;
	int err = urchin_router_add_input(connection->router, &stream->input);
	if (err == 0)
		err = declare_ssrcs(connection, stream, config);
	if (err < 0) {
		urchin_ssrc_map_remove_stream(&connection->ssrcs, stream);
		urchin_router_remove_input(connection->router, &stream->input);
		free(stream);
		return err;
	}
	connection->ins[connection->in_count++] = stream;
	return 0;
}

static bool is_ssrc_sent(const struct urchin_connection *connection, uint32_t ssrc)
{
	for (size_t i = 0; i < connection->out_count; i++) {
		if (connection->outs[i]->sender.ssrc == ssrc)
			return true;
	}
	return false;
}

static struct urchin_past_sender *find_past(const struct urchin_connection *connection, uint32_t ssrc)
{
	for (size_t i = 0; i < connection->past_count; i++) {
		if (connection->pasts[i].ssrc == ssrc)
			return &connection->pasts[i];
	}
	return NULL;
}

/* Room for one more: a new place, or that of the oldest. NULL when out of memory. */
static struct urchin_past_sender *add_past(struct urchin_connection *connection)
{
	if (connection->past_count == PAST_SENDERS_MAX)
		return &connection->pasts[connection->oldest_past++ % PAST_SENDERS_MAX];
	if (connection->past_count == connection->past_cap) {
		size_t cap = connection->past_cap ? connection->past_cap * 2 : 4;
		struct urchin_past_sender *pasts = realloc(connection->pasts, cap * sizeof *pasts);
		if (!pasts)
			return NULL;
		connection->pasts = pasts;
		connection->past_cap = cap;
	}
	return &connection->pasts[connection->past_count++];
}

/* RFC 3711 9.1: no packet index of an SSRC may be used twice under one key, so a sender that comes back goes on. */
static void remember_sender(struct urchin_connection *connection, const struct urchin_sender *sender)
{
	struct urchin_past_sender *past = sender->has_sent ? find_past(connection, sender->ssrc) : NULL;
	if (sender->has_sent && !past)
		past = add_past(connection);
	if (past)
		*past = (struct urchin_past_sender){.ssrc = sender->ssrc,
						    .next_seq = (uint16_t)sender->seq_map.next_out,
						    .timestamp_rtp = sender->last_timestamp_rtp,
						    .clock_rate_hz = sender->clock_rate_hz,
						    .sent_us = sender->last_sent_us};
}

static void init_sender(struct urchin_connection *connection, struct urchin_sender *sender,
			const struct urchin_sender_config *config, uint64_t now_us)
{
	const struct urchin_past_sender *past = find_past(connection, config->ssrc);
	/* RFC 3711 3.3.1 wants the first number in the lower half, so that an early loss can't hide a wrap. */
	uint16_t first_seq = (uint16_t)(urchin_connection_random(connection) & 0x7fff);
	uint32_t timestamp_rtp = (uint32_t)urchin_connection_random(connection);
	if (past) {
		first_seq = past->next_seq;
		timestamp_rtp = past->timestamp_rtp + urchin_rtp_span(now_us - past->sent_us, past->clock_rate_hz) + 1;
	}
	urchin_sender_init(sender, &config->format, config->ssrc, config->cname, first_seq, timestamp_rtp);
}

static void shed(struct urchin_stream_out *stream, bool is_shed, uint64_t now_us)
{
	if (stream->sender.format.kind == URCHIN_VIDEO)
		urchin_router_shed_output(&stream->output, is_shed, now_us);
}

int urchin_connection_add_sender(struct urchin_connection *connection, uint64_t sender_id,
				 const struct urchin_sender_config *config, uint64_t now_us)
{
	if (!is_sender_config_valid(config))
		return URCHIN_EINVAL;
	if (connection->is_closing)
		return URCHIN_ESTATE;
	if (is_ssrc_sent(connection, config->ssrc))
		return URCHIN_EEXIST;
	if (connection->out_count >= SENDERS_MAX)
		return URCHIN_EFULL;
	void *list = with_room(connection->outs, connection->out_count, &connection->out_cap);
	if (!list)
		return URCHIN_ENOMEM;
	connection->outs = list;
	struct urchin_stream_out *stream = calloc(1, sizeof *stream);
	if (!stream)
		return URCHIN_ENOMEM;
	init_sender(connection, &stream->sender, config, now_us);
	stream->output.id = sender_id;
	stream->output.sender = &stream->sender;
	stream->output.connection = connection;
	int err = urchin_router_add_output(connection->router, &stream->output);
	if (err < 0) {
		free(stream);
		return err;
	}
	connection->outs[connection->out_count++] = stream;
	if (connection->is_video_shed)
		shed(stream, true, now_us);
	return 0;
}

void urchin_connection_shed_video(struct urchin_connection *connection, bool is_shed, uint64_t now_us)
{
	connection->is_video_shed = is_shed;
	for (size_t i = 0; i < connection->out_count; i++)
		shed(connection->outs[i], is_shed, now_us);
}

static size_t find_in(const struct urchin_connection *connection, uint64_t receiver_id)
{
	size_t i = 0;
	while (i < connection->in_count && connection->ins[i]->input.id != receiver_id)
		i++;
	return i;
}

static size_t find_out(const struct urchin_connection *connection, uint64_t sender_id)
{
	size_t i = 0;
	while (i < connection->out_count && connection->outs[i]->output.id != sender_id)
		i++;
	return i;
}

int urchin_connection_update_receiver(struct urchin_connection *connection, uint64_t receiver_id,
				      const struct urchin_receiver_config *config, uint64_t now_us)
{
	(void)now_us;
	size_t i = find_in(connection, receiver_id);
	if (i == connection->in_count)
		return URCHIN_ENOTFOUND;
	struct urchin_stream_in *stream = connection->ins[i];
	if (!is_receiver_config_valid(config) || config->format.kind != stream->receiver.format.kind)
		return URCHIN_EINVAL;
	/* What waits was read by the old format. */
	urchin_router_flush(connection->router);
	urchin_receiver_update(&stream->receiver, &config->format, config->rid, config->max_bitrate_bps);
	urchin_ssrc_map_forget_declared(&connection->ssrcs, stream, stream->receiver.ssrc);
	return declare_ssrcs(connection, stream, config);
}

int urchin_connection_update_sender(struct urchin_connection *connection, uint64_t sender_id,
				    const struct urchin_sender_config *config, uint64_t now_us)
{
	(void)now_us;
	size_t i = find_out(connection, sender_id);
	if (i == connection->out_count)
		return URCHIN_ENOTFOUND;
	struct urchin_sender *sender = &connection->outs[i]->sender;
	if (!is_sender_config_valid(config) || config->format.kind != sender->format.kind)
		return URCHIN_EINVAL;
	if (config->ssrc != sender->ssrc) {
		/* Its own numbers go on, which those of another sender with this SSRC might meet. */
		if (is_ssrc_sent(connection, config->ssrc) || find_past(connection, config->ssrc))
			return URCHIN_EEXIST;
		urchin_connection_send_bye(connection, sender);
		remember_sender(connection, sender);
	}
	urchin_sender_update(sender, &config->format, config->ssrc, config->cname);
	return 0;
}

int urchin_connection_remove_receiver(struct urchin_connection *connection, uint64_t receiver_id, uint64_t now_us)
{
	(void)now_us;
	size_t i = find_in(connection, receiver_id);
	if (i == connection->in_count)
		return URCHIN_ENOTFOUND;
	struct urchin_stream_in *stream = connection->ins[i];
	connection->ins[i] = connection->ins[--connection->in_count];
	urchin_router_remove_input(connection->router, &stream->input);
	urchin_ssrc_map_remove_stream(&connection->ssrcs, stream);
	urchin_receiver_clear(&stream->receiver);
	free(stream);
	return 0;
}

int urchin_connection_remove_sender(struct urchin_connection *connection, uint64_t sender_id, uint64_t now_us)
{
	(void)now_us;
	size_t i = find_out(connection, sender_id);
	if (i == connection->out_count)
		return URCHIN_ENOTFOUND;
	struct urchin_stream_out *stream = connection->outs[i];
	if (!connection->is_closing)
		urchin_connection_send_bye(connection, &stream->sender);
	remember_sender(connection, &stream->sender);
	connection->outs[i] = connection->outs[--connection->out_count];
	urchin_router_remove_output(connection->router, &stream->output);
	urchin_sender_clear(&stream->sender);
	free(stream);
	return 0;
}

/*
 * A router with connections, each joined to a client (a bare transport that plays the browser) by an ICE link in
 * memory; real DTLS and SRTP, fake time. Static functions, because each test program is one file.
 */
#ifndef URCHIN_TEST_SESSION_CALL_H
#define URCHIN_TEST_SESSION_CALL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/heap.h"
#include "media/packet.h"
#include "session/connection.h"
#include "session/connection_internal.h"
#include "support/fake_ice.h"
#include "wire/rtcp.h"
#include "wire/rtcp_fb.h"
#include "wire/rtp_ext.h"

#define PEERS_MAX 14
#define LOG_CAP 2048
#define MS UINT64_C(1000)

struct logged {
	uint64_t at_us;
	size_t len;
	uint8_t bytes[1500];
};

struct peer {
	struct call *call;
	struct fake_ice_link *link;
	struct urchin_connection *connection; /* ours; NULL: freed */
	struct urchin_transport *client;
	uint64_t deadline_us; /* asked for only when on_deadline said so, or after a tick */
	bool client_ready;
	bool client_closed;
	bool is_ready;
	bool is_closed;
	size_t events_after_closed;
	size_t actives;
	uint64_t last_active;
	struct logged *rtp; /* what the client got */
	size_t rtp_count;
	struct logged *rtcp;
	size_t rtcp_count;
};

struct call {
	uint64_t now_us;
	struct urchin_cert *cert;
	struct urchin_router *router;
	size_t waiting;    /* how often the router wanted a flush */
	uint64_t flush_us; /* and when, the last time */
	struct peer peers[PEERS_MAX];
	size_t peer_count;
};

static inline void call_on_event(void *owner, struct urchin_event *event)
{
	struct peer *peer = owner;
	peer->events_after_closed += peer->is_closed;
	if (event->type == URCHIN_EVENT_READY)
		peer->is_ready = true;
	if (event->type == URCHIN_EVENT_CLOSED)
		peer->is_closed = true;
	if (event->type == URCHIN_EVENT_RECEIVER_ACTIVE) {
		peer->actives++;
		peer->last_active = event->object_id;
	}
	urchin_event_clear(event);
}

static inline void call_on_deadline(void *owner)
{
	((struct peer *)owner)->deadline_us = 0;
}

static inline void call_on_closed(void *owner)
{
	struct peer *peer = owner;
	assert_true(peer->is_closed);
}

static inline void client_on_event(void *owner, struct urchin_event *event)
{
	struct peer *peer = owner;
	if (event->type == URCHIN_EVENT_READY)
		peer->client_ready = true;
	urchin_event_clear(event);
}

static inline void log_packet(struct logged *log, size_t *count, const uint8_t *bytes, size_t len, uint64_t now_us)
{
	assert_true(*count < LOG_CAP && len <= sizeof log->bytes);
	struct logged *logged = &log[(*count)++];
	logged->at_us = now_us;
	logged->len = len;
	memcpy(logged->bytes, bytes, len);
}

static inline void client_on_rtp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct peer *peer = owner;
	log_packet(peer->rtp, &peer->rtp_count, bytes, len, now_us);
}

static inline void client_on_rtcp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct peer *peer = owner;
	log_packet(peer->rtcp, &peer->rtcp_count, bytes, len, now_us);
}

static inline void client_on_closed(void *owner)
{
	((struct peer *)owner)->client_closed = true;
}

static inline void call_on_waiting(void *owner, uint64_t deadline_us)
{
	((struct call *)owner)->waiting++;
	((struct call *)owner)->flush_us = deadline_us;
}

/* Packets are forwarded as they come, or (waits) by urchin_router_flush(). */
static inline struct call *call_new_by(bool waits)
{
	static const struct urchin_router_callbacks callbacks = {.on_waiting = call_on_waiting};
	struct call *call = calloc(1, sizeof *call);
	call->now_us = UINT64_C(7000000000);
	call->cert = urchin_cert_new();
	call->router = urchin_router_new(waits ? &callbacks : NULL, call);
	return call;
}

static inline struct call *call_new(void)
{
	return call_new_by(false);
}

static inline void tick_if_due(struct peer *peer, uint64_t now_us)
{
	if (peer->deadline_us == 0)
		peer->deadline_us = urchin_connection_deadline_us(peer->connection, now_us);
	if (peer->deadline_us > now_us)
		return;
	urchin_connection_tick(peer->connection, now_us);
	peer->deadline_us = urchin_connection_deadline_us(peer->connection, now_us);
}

static inline void call_turn(struct call *call)
{
	for (size_t i = 0; i < call->peer_count; i++) {
		struct peer *peer = &call->peers[i];
		fake_ice_pump(peer->link, call->now_us);
		if (peer->connection)
			tick_if_due(peer, call->now_us);
		if (peer->client && urchin_transport_deadline_us(peer->client, call->now_us) <= call->now_us)
			urchin_transport_tick(peer->client, call->now_us);
		fake_ice_pump(peer->link, call->now_us);
		if (peer->connection && peer->is_closed) {
			urchin_connection_free(peer->connection);
			peer->connection = NULL;
		}
		if (peer->client && peer->client_closed) {
			urchin_transport_free(peer->client);
			peer->client = NULL;
		}
	}
}

/* Lets time pass. */
static inline void call_run(struct call *call, uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i++) {
		call->now_us += MS;
		call_turn(call);
	}
	call_turn(call);
}

static inline struct urchin_fingerprint fingerprint_of(const struct urchin_cert *cert)
{
	struct urchin_fingerprint fingerprint = {.algorithm = "sha-256", .len = 32};
	const char *text = urchin_cert_fingerprint(cert);
	for (size_t i = 0; i < 32; i++)
		fingerprint.bytes[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
	return fingerprint;
}

/* A peer that is not connected yet. */
static inline struct peer *call_open(struct call *call)
{
	static const struct urchin_connection_callbacks callbacks = {call_on_event, call_on_deadline, call_on_closed};
	static const struct urchin_transport_callbacks client_callbacks = {
	    .on_event = client_on_event,
	    .on_rtp = client_on_rtp,
	    .on_rtcp = client_on_rtcp,
	    .on_closed = client_on_closed,
	};
	const char *addresses[] = {"192.0.2.1"};
	struct urchin_ice_config ice = {.addresses = addresses, .address_count = 1};
	struct peer *peer = &call->peers[call->peer_count++];

	assert_true(call->peer_count <= PEERS_MAX);
	peer->call = call;
	peer->link = fake_ice_link_new();
	peer->rtp = calloc(LOG_CAP, sizeof *peer->rtp);
	peer->rtcp = calloc(LOG_CAP, sizeof *peer->rtcp);
	struct urchin_transport_config config = {
	    .cert = call->cert,
	    .ice_new = fake_ice_new,
	    .ice_factory_owner = fake_ice_end(peer->link, 0),
	    .ice = &ice,
	    .now_us = call->now_us,
	    .log_level = URCHIN_LOG_ERROR,
	};
	peer->connection = urchin_connection_new(call->peer_count, &config, call->router, &callbacks, peer);
	config.ice_factory_owner = fake_ice_end(peer->link, 1);
	peer->client = urchin_transport_new(&config, &client_callbacks, peer);
	assert_non_null(peer->connection);
	assert_non_null(peer->client);

	struct urchin_fingerprint fingerprint = fingerprint_of(call->cert);
	struct urchin_remote remote = {.ufrag = "clientufrag",
				       .pwd = "clientpasswordclientpassword",
				       .local_dtls_role = URCHIN_DTLS_SERVER,
				       .fingerprints = &fingerprint,
				       .fingerprint_count = 1};
	struct urchin_transport *ours = urchin_connection_transport(peer->connection);
	assert_int_equal(
	    urchin_transport_gather(ours, "serverufrag", "serverpasswordserverpassword", true, call->now_us), 0);
	assert_int_equal(
	    urchin_transport_gather(peer->client, "clientufrag", "clientpasswordclientpassword", false, call->now_us),
	    0);
	assert_int_equal(urchin_transport_set_remote(ours, &remote, call->now_us), 0);
	remote.ufrag = "serverufrag";
	remote.pwd = "serverpasswordserverpassword";
	remote.local_dtls_role = URCHIN_DTLS_CLIENT;
	assert_int_equal(urchin_transport_set_remote(peer->client, &remote, call->now_us), 0);
	return peer;
}

static inline struct peer *call_join(struct call *call)
{
	struct peer *peer = call_open(call);
	for (int i = 0; i < 2000 && !(peer->is_ready && peer->client_ready); i++)
		call_run(call, 1);
	assert_true(peer->is_ready && peer->client_ready);
	return peer;
}

static inline void call_leave(struct peer *peer)
{
	if (peer->connection)
		urchin_connection_close(peer->connection, peer->call->now_us);
	if (peer->client)
		urchin_transport_close(peer->client);
	call_run(peer->call, 3);
	assert_null(peer->connection);
	assert_null(peer->client);
	assert_int_equal(peer->events_after_closed, 0);
}

static inline void call_free(struct call *call)
{
	for (size_t i = 0; i < call->peer_count; i++)
		call_leave(&call->peers[i]);
	for (size_t i = 0; i < call->peer_count; i++) {
		struct peer *peer = &call->peers[i];
		fake_ice_link_free(peer->link);
		free(peer->rtp);
		free(peer->rtcp);
	}
	urchin_router_free(call->router);
	urchin_cert_free(call->cert);
	free(call);
}

/* A stream as a client sends it. */
struct source {
	struct peer *peer;
	uint32_t ssrc;
	uint8_t payload_type;
	uint16_t seq;
	uint32_t timestamp;
	uint32_t clock_rate_hz;
	const char *mid; /* NULL: none */
	uint8_t mid_id;
	const char *rid;
	uint8_t rid_id;
	uint8_t level_id;
	uint16_t transport_seq;
	uint8_t transport_cc_id;
	uint32_t packets;
	bool is_mid_frame; /* more packets of the frame follow: no marker */
};

/* Sends one packet with this payload; its first 4 bytes get the packet's number in `source`. */
static inline void source_send_payload(struct source *source, const uint8_t *payload, size_t len)
{
	uint8_t level[1] = {0x85};
	uint8_t transport_seq[2] = {(uint8_t)(source->transport_seq >> 8), (uint8_t)source->transport_seq};
	struct urchin_rtp_ext exts[4];
	size_t count = 0;
	uint8_t block[128];
	uint8_t out[2000];

	if (source->mid)
		exts[count++] =
		    (struct urchin_rtp_ext){source->mid_id, (const uint8_t *)source->mid, strlen(source->mid)};
	if (source->rid)
		exts[count++] =
		    (struct urchin_rtp_ext){source->rid_id, (const uint8_t *)source->rid, strlen(source->rid)};
	if (source->level_id)
		exts[count++] = (struct urchin_rtp_ext){source->level_id, level, 1};
	if (source->transport_cc_id)
		exts[count++] = (struct urchin_rtp_ext){source->transport_cc_id, transport_seq, 2};
	int block_len = urchin_rtp_ext_write(block, sizeof block, exts, count);
	assert_true(block_len >= 0);
	struct urchin_rtp rtp = {.marker = !source->is_mid_frame,
				 .payload_type = source->payload_type,
				 .seq = source->seq,
				 .timestamp = source->timestamp,
				 .ssrc = source->ssrc,
				 .payload = payload,
				 .payload_len = len};
	int out_len = urchin_rtp_write(out, sizeof out, &rtp, block_len > 0 ? block : NULL, (size_t)block_len);
	assert_true(out_len > 0);
	assert_int_equal(urchin_transport_send_rtp(source->peer->client, out, (size_t)out_len), 0);
	source->seq++;
	source->transport_seq++;
	source->packets++;
}

/* VP8: descriptor with S=1 PID=0, then a frame header whose lowest bit is 0 in key frames. */
static inline void source_send(struct source *source, bool is_keyframe)
{
	uint8_t payload[100] = {0x10, is_keyframe ? 0x10 : 0x11, 0, 0, 0x9d, 0x01, 0x2a, 0, 1, 0, 1};
	payload[50] = (uint8_t)(source->packets >> 8);
	payload[51] = (uint8_t)source->packets;
	source_send_payload(source, payload, sizeof payload);
}

/* Sends `count` packets, `ms` apart. */
static inline void source_run(struct source *source, size_t count, uint64_t ms)
{
	for (size_t i = 0; i < count; i++) {
		source_send(source, false);
		source->timestamp += (uint32_t)(ms * source->clock_rate_hz / 1000);
		call_run(source->peer->call, ms);
	}
}

static inline struct urchin_format video_format(uint8_t payload_type, const char *mid, uint8_t mid_id)
{
	struct urchin_format format = {
	    .kind = URCHIN_VIDEO,
	    .codecs = {{.payload_type = payload_type,
			.codec = URCHIN_CODEC_VP8,
			.clock_rate_hz = 90000,
			.nack = true,
			.pli = true,
			.fir = true}},
	    .codec_count = 1,
	};
	snprintf(format.mid, sizeof format.mid, "%s", mid);
	format.ext_ids[URCHIN_EXT_MID] = mid_id;
	return format;
}

static inline struct urchin_format audio_format(uint8_t payload_type, const char *mid, uint8_t mid_id)
{
	struct urchin_format format = {
	    .kind = URCHIN_AUDIO,
	    .codecs = {{.payload_type = payload_type, .codec = URCHIN_CODEC_OPUS, .clock_rate_hz = 48000}},
	    .codec_count = 1,
	};
	snprintf(format.mid, sizeof format.mid, "%s", mid);
	format.ext_ids[URCHIN_EXT_MID] = mid_id;
	return format;
}

static inline void add_receiver(struct peer *peer, uint64_t id, struct urchin_format format, uint32_t ssrc)
{
	struct urchin_receiver_config config = {.format = format, .ssrcs = {ssrc}, .ssrc_count = ssrc != 0};
	assert_int_equal(urchin_connection_add_receiver(peer->connection, id, &config, peer->call->now_us), 0);
}

static inline void add_sender(struct peer *peer, uint64_t id, struct urchin_format format, uint32_t ssrc)
{
	struct urchin_sender_config config = {.format = format, .ssrc = ssrc, .cname = "urchin"};
	assert_int_equal(urchin_connection_add_sender(peer->connection, id, &config, peer->call->now_us), 0);
}

static inline void link_streams(struct call *call, uint64_t sender_id, uint64_t receiver_id, uint8_t from, uint8_t to)
{
	struct urchin_payload_map map = {from, to};
	assert_int_equal(urchin_router_set_source(call->router, sender_id, receiver_id, &map, 1, call->now_us), 0);
}

static inline void send_rtcp(struct peer *peer, const uint8_t *bytes, int len)
{
	assert_true(len > 0);
	assert_int_equal(urchin_transport_send_rtcp(peer->client, bytes, (size_t)len), 0);
}

static inline void send_pli(struct peer *peer, uint32_t media_ssrc)
{
	uint8_t bytes[64];
	send_rtcp(peer, bytes, urchin_pli_write(bytes, sizeof bytes, 1, media_ssrc));
}

static inline void send_nack(struct peer *peer, uint32_t media_ssrc, const uint16_t *seqs, size_t count)
{
	uint8_t bytes[1000];
	size_t used;
	send_rtcp(peer, bytes, urchin_nack_write(bytes, sizeof bytes, 1, media_ssrc, seqs, count, &used));
	assert_int_equal(used, count);
}

static inline void send_sr(struct peer *peer, uint32_t ssrc, uint64_t ntp, uint32_t rtp)
{
	struct urchin_sender_info info = {.time_ntp = ntp, .time_rtp = rtp, .packet_count = 1, .octet_count = 1};
	uint8_t bytes[100];
	send_rtcp(peer, bytes, urchin_rtcp_write_sr(bytes, sizeof bytes, ssrc, &info, NULL, 0));
}

/* Counts packets of a type and format (the count field; -1: any) that the client got since `from`. */
static inline size_t count_rtcp(const struct peer *peer, size_t from, int type, int format)
{
	size_t found = 0;
	for (size_t i = from; i < peer->rtcp_count; i++) {
		struct urchin_rtcp rtcp;
		size_t at = 0;
		while (urchin_rtcp_next(peer->rtcp[i].bytes, peer->rtcp[i].len, &at, &rtcp))
			found += rtcp.type == type && (format < 0 || rtcp.count == format);
	}
	return found;
}

static inline struct urchin_rtp read_rtp(const struct peer *peer, size_t i)
{
	struct urchin_rtp rtp;
	assert_true(i < peer->rtp_count);
	assert_int_equal(urchin_rtp_read(&rtp, peer->rtp[i].bytes, peer->rtp[i].len), 0);
	return rtp;
}

static inline double stat_of(const struct peer *peer, enum urchin_stat_group group, uint64_t id, const char *name)
{
	struct urchin_stats stats = {0};
	double value = -1;
	assert_int_equal(urchin_connection_add_stats(peer->connection, &stats, peer->call->now_us), 0);
	for (size_t i = 0; i < stats.count; i++) {
		const struct urchin_stat *stat = &stats.items[i];
		if (stat->group == group && stat->object_id == id && strcmp(stat->name, name) == 0)
			value = stat->value;
	}
	urchin_stats_clear(&stats);
	return value;
}

#endif

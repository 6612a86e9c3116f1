/*
 * Any sequence of commands, packets and clock jumps on three connections and their router, over an ICE in memory and
 * behind the handshake: packets go in decrypted and come out protected with a fixed key. Nothing may crash, no deadline
 * may stay in the past, and no packet number may go out with two contents.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/seq.h"
#include "base/table.h"
#include "check.h"
#include "session/connection_internal.h"
#include "support/fake_ice.h"
#include "transport/transport_internal.h"
#include "wire/rtcp_fb.h"

#define CONNECTIONS 3
#define STREAMS 4 /* of each direction and connection; their SSRCs too */
#define PACKET_MAX 1600

struct input {
	const uint8_t *bytes;
	size_t len;
};

struct end {
	size_t index;
	size_t association; /* each would have keys of its own */
	struct fake_ice_link *link;
	struct urchin_connection *connection;
	bool is_closed;
	uint64_t sent_ext_seq[STREAMS]; /* 0: none yet */
	uint64_t fed_ext_seq[STREAMS];  /* the newest that came in */
	uint16_t seqs[STREAMS];         /* the last that was made */
};

struct world {
	uint64_t now_us;
	size_t associations;
	struct urchin_router *router;
	struct end ends[CONNECTIONS];
	struct urchin_table fed;
	struct urchin_table sent; /* association, SSRC and extended number to a hash of the protected packet */
};

static struct urchin_cert *cert;
static struct world *world;

static uint8_t take(struct input *input)
{
	if (input->len == 0)
		return 0;
	input->len--;
	return *input->bytes++;
}

static uint32_t ssrc_out(size_t stream)
{
	return 0xf0000000u + (uint32_t)(stream % STREAMS);
}

static uint32_t ssrc_in(size_t stream)
{
	return 0xa0000000u + (uint32_t)(stream % STREAMS);
}

static uint64_t id_of(size_t connection, size_t stream, bool is_sender)
{
	return 1 + stream % STREAMS + STREAMS * (connection % CONNECTIONS) + (is_sender ? 1000 : 0);
}

static uintptr_t hash_of(const uint8_t *bytes, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return (uintptr_t)(hash | 1);
}

static void check_rtp(struct end *end, const uint8_t *bytes, size_t len)
{
	uint32_t stream = urchin_read_u32(bytes + 8) - ssrc_out(0);
	CHECK(stream < STREAMS);
	uint64_t reference = end->sent_ext_seq[stream];
	uint16_t seq = urchin_read_u16(bytes + 2);
	uint64_t ext_seq = reference ? urchin_seq_extend(reference, seq) : (uint64_t)UINT16_MAX + 1 + seq;
	if (ext_seq > reference)
		end->sent_ext_seq[stream] = ext_seq;
	uint64_t key = (uint64_t)(end->association * STREAMS + stream) << 40 | ext_seq;
	uintptr_t hash = hash_of(bytes, len);
	void *before = urchin_table_find(&world->sent, key);
	CHECK(!before || (uintptr_t)before == hash);
	if (!before)
		urchin_table_add(&world->sent, key, (void *)hash);
}

/* Takes the place of the ICE in memory's send: nobody is at the other end. */
static int on_send(struct urchin_ice *ice, const uint8_t *bytes, size_t len)
{
	size_t i = 0;
	while (!world->ends[i].connection || world->ends[i].connection->transport->ice != ice)
		i++;
	CHECK(len >= 12 && len <= URCHIN_PACKET_CAP + URCHIN_SRTP_OVERHEAD);
	if (bytes[1] < 192 || bytes[1] > 223)
		check_rtp(&world->ends[i], bytes, len);
	return 0;
}

static void on_event(void *owner, struct urchin_event *event)
{
	struct end *end = owner;
	CHECK(!end->is_closed);
	end->is_closed = event->type == URCHIN_EVENT_CLOSED;
	urchin_event_clear(event);
}

static void on_nothing(void *owner)
{
	(void)owner;
}

static void open_end(size_t index)
{
	static const struct urchin_connection_callbacks callbacks = {on_event, on_nothing, on_nothing};
	const char *addresses[] = {"192.0.2.1"};
	struct urchin_ice_config ice = {.addresses = addresses, .address_count = 1};
	struct end *end = &world->ends[index];
	*end = (struct end){.index = index, .association = world->associations++, .link = fake_ice_link_new()};
	struct urchin_transport_config config = {
	    .cert = cert,
	    .ice_new = fake_ice_new,
	    .ice_factory_owner = fake_ice_end(end->link, 0),
	    .ice = &ice,
	    .now_us = world->now_us,
	    .log_level = URCHIN_LOG_ERROR,
	};
	end->connection = urchin_connection_new(index + 1, &config, world->router, &callbacks, end);
	CHECK(end->connection);
}

/* As if the handshake were done. */
static void make_ready(struct end *end)
{
	static struct urchin_ice_ops ops;
	struct urchin_srtp_keys keys = {.profile = URCHIN_SRTP_AEAD_AES_128_GCM};
	struct urchin_transport *transport = end->connection->transport;
	if (transport->srtp || transport->is_closing)
		return;
	ops = *transport->ice->ops;
	ops.send = on_send;
	transport->ice->ops = &ops;
	transport->srtp = urchin_srtp_new(&keys);
	CHECK(transport->srtp);
	transport->is_ready = true;
	urchin_connection_start_rtcp(end->connection);
}

static void close_end(struct end *end)
{
	urchin_connection_close(end->connection, world->now_us);
	fake_ice_pump(end->link, world->now_us);
	CHECK(end->is_closed);
	CHECK(end->connection->transport->counters.send_protect_failed == 0);
	urchin_connection_free(end->connection);
	fake_ice_link_free(end->link);
	end->connection = NULL;
}

static struct urchin_format read_format(struct input *input, size_t stream)
{
	uint8_t flags = take(input);
	uint8_t ids = take(input);
	struct urchin_format format = {.kind = stream % 2 ? URCHIN_VIDEO : URCHIN_AUDIO, .codec_count = flags & 3};
	format.mid[0] = (char)('0' + (flags >> 2 & 3));
	for (size_t i = 0; i < format.codec_count; i++)
		format.codecs[i] = (struct urchin_format_codec){
		    .payload_type = (uint8_t)(96 + i),
		    .codec = (enum urchin_codec)((ids + i) % (URCHIN_CODEC_AV1 + 1)),
		    .clock_rate_hz = flags & 16   ? 90000
				     : flags & 64 ? 48000
						  : 0,
		    .nack = flags & 32,
		    .pli = flags & 64,
		    .fir = true,
		    .remb = flags & 128,
		    .transport_cc = ids & 1,
		};
	for (size_t i = 0; i < URCHIN_EXT_COUNT; i++)
		format.ext_ids[i] = (uint8_t)((ids >> 1 & 7) * (i + 1));
	return format;
}

/* SRTP lets no number through twice, nor one far behind the newest (RFC 3711 3.3.2). */
static bool is_replay(struct end *end, const uint8_t *bytes)
{
	uint32_t ssrc = urchin_read_u32(bytes + 8);
	uint64_t ext_seq = urchin_read_u16(bytes + 2);
	if (ssrc - ssrc_in(0) < STREAMS) {
		uint64_t *newest = &end->fed_ext_seq[ssrc - ssrc_in(0)];
		ext_seq = urchin_seq_extend(*newest ? *newest : UINT64_C(1) << 20, (uint16_t)ext_seq);
		if (ext_seq + 1024 <= *newest)
			return true;
		if (ext_seq > *newest)
			*newest = ext_seq;
	}
	uint64_t key = (uint64_t)end->association << 56 ^ (uint64_t)ssrc << 24 ^ ext_seq;
	return urchin_table_add(&world->fed, key, end) != 0;
}

static void feed(struct end *end, bool is_rtcp, uint8_t *bytes, size_t len)
{
	const struct urchin_transport *transport = end->connection->transport;
	uint64_t now_us = world->now_us;
	/* No other packets come out of SRTP. */
	if (!transport->is_ready || len < 12 || (!is_rtcp && is_replay(end, bytes)))
		return;
	if (is_rtcp)
		transport->callbacks.on_rtcp(transport->owner, bytes, len, now_us);
	else
		transport->callbacks.on_rtp(transport->owner, bytes, len, now_us);
}

static void send_packet(struct end *end, uint8_t what, uint8_t style, int step)
{
	static const uint8_t ext[] = {0xbe, 0xde, 0, 2, 0x10, '1', 0x51, 0, 1, 0x22, 0, 0};
	size_t stream = what & 3;
	uint16_t seq = end->seqs[stream] = (uint16_t)(end->seqs[stream] + step);
	uint8_t payload[PACKET_MAX] = {0x10, what & 4 ? 0 : 1, 0, (uint8_t)seq};
	uint8_t bytes[PACKET_MAX];
	struct urchin_rtp rtp = {.payload_type = (uint8_t)(96 + (what >> 3 & 3)),
				 .seq = seq,
				 .timestamp = seq * 3000u,
				 .ssrc = ssrc_in(stream) + (what & 128 ? (uint32_t)style << 8 : 0),
				 .payload = payload,
				 .payload_len = what & 32 ? (size_t)style * 6 : 4 + style % 40u};
	int len = urchin_rtp_write(bytes, sizeof bytes, &rtp, what & 64 ? ext : NULL, sizeof ext);
	CHECK(len > 0);
	feed(end, false, bytes, (size_t)len);
}

/* A burst; mostly of the next numbers, some lost, some late, seldom from anywhere. */
static void send_rtp(struct end *end, struct input *input)
{
	static const int steps[] = {1, 1, 1, 1, 1, 2, 5, -3, 300, -500, 2900, 20000, 0, 1, 1, -1};
	uint8_t what = take(input);
	uint8_t burst = take(input);
	uint8_t style = take(input);
	for (int i = 0; i <= (burst & 15); i++)
		send_packet(end, what, style, i == 0 ? steps[burst >> 4] : 1);
}

static void send_rtcp(struct end *end, struct input *input)
{
	uint8_t what = take(input);
	uint32_t media_ssrc = what & 128 ? ssrc_in(what) : ssrc_out(what);
	uint16_t seqs[8];
	uint8_t bytes[256];
	size_t used;
	struct urchin_sender_info info = {.time_ntp = (uint64_t)take(input) << 32, .time_rtp = what};
	struct urchin_report_block block = {.ssrc = media_ssrc, .fraction_lost = what, .last_sr_ntp = take(input)};
	int len = 0;
	for (uint16_t i = 0; i < 8; i++)
		seqs[i] = (uint16_t)(end->sent_ext_seq[what % STREAMS] - 7u + i - (info.time_ntp >> 32));
	switch (what >> 2 & 7) {
	case 0:
		len = urchin_nack_write(bytes, sizeof bytes, 1, media_ssrc, seqs, 8, &used);
		break;
	case 1:
		len = urchin_pli_write(bytes, sizeof bytes, 1, media_ssrc);
		break;
	case 2:
		len = urchin_fir_write(bytes, sizeof bytes, 1, media_ssrc, what);
		break;
	case 3:
		len = urchin_rtcp_write_bye(bytes, sizeof bytes, &media_ssrc, 1);
		break;
	case 4:
		len = urchin_rtcp_write_rr(bytes, sizeof bytes, 1, &block, 1);
		break;
	default:
		len = urchin_rtcp_write_sr(bytes, sizeof bytes, ssrc_in(what), &info, &block, 1);
	}
	CHECK(len > 0);
	feed(end, true, bytes, (size_t)len);
}

static void send_raw(struct end *end, struct input *input)
{
	uint8_t bytes[256];
	uint8_t what = take(input);
	size_t len = what & 127;
	if (len > input->len)
		len = input->len;
	memcpy(bytes, input->bytes, len);
	input->bytes += len;
	input->len -= len;
	feed(end, what & 128, bytes, len);
}

static void change_receiver(struct end *end, struct input *input, uint8_t what)
{
	size_t stream = what & 3;
	uint64_t id = id_of(end->index, stream, false);
	uint64_t now_us = world->now_us;
	struct urchin_receiver_config config = {.format = read_format(input, stream),
						.ssrcs = {ssrc_in(stream), ssrc_in(what >> 2)},
						.ssrc_count = what >> 4 & 1 ? 2 : 0,
						.rid = {what & 32 ? 'a' : 0}};
	if (what & 128)
		urchin_connection_remove_receiver(end->connection, id, now_us);
	else if (urchin_connection_add_receiver(end->connection, id, &config, now_us) == URCHIN_EEXIST)
		urchin_connection_update_receiver(end->connection, id, &config, now_us);
}

static void change_sender(struct end *end, struct input *input, uint8_t what)
{
	size_t stream = what & 3;
	uint64_t id = id_of(end->index, stream, true);
	uint64_t now_us = world->now_us;
	struct urchin_sender_config config = {
	    .format = read_format(input, stream), .ssrc = ssrc_out(stream + (what & 16 ? 1 : 0)), .cname = "c"};
	if (what & 128)
		urchin_connection_remove_sender(end->connection, id, now_us);
	else if (urchin_connection_add_sender(end->connection, id, &config, now_us) == URCHIN_EEXIST)
		urchin_connection_update_sender(end->connection, id, &config, now_us);
}

static void route(struct input *input, uint8_t what)
{
	uint8_t from = take(input);
	uint64_t sender_id = id_of(what >> 2, what & 3, true);
	uint64_t receiver_id = id_of(from >> 2, from & 3, false);
	struct urchin_payload_map map[3] = {{96, 100}, {97, (uint8_t)(100 + (from >> 6))}, {98, 102}};
	switch (what >> 5) {
	case 0:
		urchin_router_pause_receiver(world->router, receiver_id, from & 128, world->now_us);
		break;
	case 1:
		urchin_router_pause_sender(world->router, sender_id, from & 128, world->now_us);
		break;
	case 2:
		urchin_router_request_keyframe(world->router, receiver_id, world->now_us);
		break;
	default:
		urchin_router_set_source(world->router, sender_id, from & 16 ? 0 : receiver_id, map, from >> 6,
					 world->now_us);
	}
}

/* Time goes on, now and then by much; whatever was due is done with one tick. */
static void tick(uint8_t what)
{
	world->now_us += UINT64_C(1) << (what & 31);
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct end *end = &world->ends[i];
		fake_ice_pump(end->link, world->now_us);
		urchin_connection_tick(end->connection, world->now_us);
		CHECK(urchin_connection_deadline_us(end->connection, world->now_us) > world->now_us);
	}
}

static void add_stats(struct end *end)
{
	struct urchin_stats stats = {0};
	CHECK(urchin_connection_add_stats(end->connection, &stats, world->now_us) == 0);
	urchin_stats_clear(&stats);
}

static void step(struct input *input)
{
	uint8_t op = take(input);
	struct end *end = &world->ends[(op >> 4) % CONNECTIONS];
	switch (op & 15) {
	case 0:
		send_raw(end, input);
		break;
	case 1:
		send_rtcp(end, input);
		break;
	case 2:
		change_receiver(end, input, take(input));
		break;
	case 3:
		change_sender(end, input, take(input));
		break;
	case 4:
	case 5:
		route(input, take(input));
		break;
	case 6:
		tick(take(input));
		break;
	case 7:
		add_stats(end);
		break;
	case 8:
		make_ready(end);
		break;
	case 9:
		if (take(input) % 8)
			break;
		close_end(end);
		open_end(end->index);
		break;
	default:
		send_rtp(end, input);
	}
}

/* What most sequences would have to find first: everybody is ready, has streams, and sees its neighbour's. */
static void begin(void)
{
	for (size_t i = 0; i < CONNECTIONS; i++) {
		for (uint8_t stream = 0; stream < STREAMS; stream++) {
			const uint8_t format[] = {0x73 + (uint8_t)(4 * stream), (uint8_t)(2 + 2 * i)};
			change_receiver(&world->ends[i], &(struct input){format, sizeof format}, stream | 16);
			change_sender(&world->ends[i], &(struct input){format, sizeof format}, stream);
		}
		make_ready(&world->ends[i]);
	}
	for (uint8_t i = 0; i < CONNECTIONS * STREAMS; i++) {
		uint8_t from = (uint8_t)(0xc0 | (i + STREAMS) % (CONNECTIONS * STREAMS));
		route(&(struct input){&from, 1}, 0xe0 | i);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	struct world fresh = {.now_us = UINT64_C(7000000000), .router = urchin_router_new(NULL, NULL)};
	struct input input = {bytes, len};

	world = &fresh;
	if (!cert)
		cert = urchin_cert_new();
	for (size_t i = 0; i < CONNECTIONS; i++)
		open_end(i);
	if (!(take(&input) & 1))
		begin();
	while (input.len > 0)
		step(&input);
	for (size_t i = 0; i < CONNECTIONS; i++)
		close_end(&fresh.ends[i]);
	urchin_router_free(fresh.router);
	urchin_table_clear(&fresh.fed);
	urchin_table_clear(&fresh.sent);
	return 0;
}

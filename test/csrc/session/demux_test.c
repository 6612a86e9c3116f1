/* To which receiver a packet belongs, by whatever the peer gives; and what garbage does: nothing. */
#include "session/call.h"

struct scene {
	struct call *call;
	struct peer *publisher;
};

static struct scene scene_new(void)
{
	struct scene scene = {.call = call_new()};
	scene.publisher = call_join(scene.call);
	return scene;
}

static size_t received(const struct scene *scene, uint64_t id)
{
	return (size_t)stat_of(scene->publisher, URCHIN_STAT_RECEIVER, id, "packetsReceived");
}

static struct source source_of(struct scene *scene, uint32_t ssrc, uint8_t payload_type)
{
	return (struct source){
	    .peer = scene->publisher, .ssrc = ssrc, .payload_type = payload_type, .clock_rate_hz = 48000};
}

static void by_ssrc_alone(void **state)
{
	struct scene scene = scene_new();
	struct source a = source_of(&scene, 0xa, 111);
	struct source b = source_of(&scene, 0xb, 111);
	struct source c = source_of(&scene, 0xc, 111);

	(void)state;
	add_receiver(scene.publisher, 1, audio_format(111, "0", 0), 0xa);
	add_receiver(scene.publisher, 2, audio_format(111, "1", 0), 0xb);
	source_run(&a, 3, 1);
	source_run(&b, 5, 1);
	source_run(&c, 7, 1);
	assert_int_equal(received(&scene, 1), 3);
	assert_int_equal(received(&scene, 2), 5);
	assert_int_equal(stat_of(scene.publisher, URCHIN_STAT_TRANSPORT, 0, "rtpUnknownSsrc"), 7);
	assert_int_equal(scene.publisher->actives, 2);
	call_free(scene.call);
}

static void by_mid_with_each_sections_own_id(void **state)
{
	struct scene scene = scene_new();
	struct source a = source_of(&scene, 0xa, 111);
	struct source b = source_of(&scene, 0xb, 111);

	(void)state;
	add_receiver(scene.publisher, 1, audio_format(111, "0", 4), 0);
	add_receiver(scene.publisher, 2, audio_format(111, "one", 9), 0);
	a.mid = "0";
	a.mid_id = 4;
	b.mid = "one";
	b.mid_id = 9;
	source_run(&a, 1, 1);
	source_run(&b, 1, 1);
	/* once the SSRC is known no mid is needed any more */
	a.mid = b.mid = NULL;
	source_run(&a, 2, 1);
	source_run(&b, 4, 1);
	assert_int_equal(received(&scene, 1), 3);
	assert_int_equal(received(&scene, 2), 5);
	call_free(scene.call);
}

static void by_mid_and_rid(void **state)
{
	struct scene scene = scene_new();
	struct source low = source_of(&scene, 0xa, 96);
	struct source high = source_of(&scene, 0xb, 96);
	struct source none = source_of(&scene, 0xc, 96);
	struct urchin_receiver_config config = {.format = video_format(96, "0", 4)};

	(void)state;
	config.format.ext_ids[URCHIN_EXT_RID] = 10;
	strcpy(config.rid, "lo");
	assert_int_equal(urchin_connection_add_receiver(scene.publisher->connection, 1, &config, 0), 0);
	strcpy(config.rid, "hi");
	assert_int_equal(urchin_connection_add_receiver(scene.publisher->connection, 2, &config, 0), 0);
	low.mid = high.mid = none.mid = "0";
	low.mid_id = high.mid_id = none.mid_id = 4;
	low.rid = "lo";
	high.rid = "hi";
	low.rid_id = high.rid_id = 10;
	source_run(&none, 2, 1);
	source_run(&high, 3, 1);
	source_run(&low, 5, 1);
	assert_int_equal(received(&scene, 1), 5);
	assert_int_equal(received(&scene, 2), 3);
	call_free(scene.call);
}

static void by_payload_type_alone(void **state)
{
	struct scene scene = scene_new();
	struct source audio = source_of(&scene, 0xa, 111);
	struct source video = source_of(&scene, 0xb, 96);
	struct source both = source_of(&scene, 0xc, 100);
	struct urchin_format format = video_format(96, "1", 3);

	(void)state;
	add_receiver(scene.publisher, 1, audio_format(111, "0", 3), 0);
	add_receiver(scene.publisher, 2, format, 0);
	format.codecs[0].payload_type = 100;
	add_receiver(scene.publisher, 3, format, 0);
	add_receiver(scene.publisher, 4, format, 0);
	source_run(&audio, 3, 1);
	source_run(&video, 5, 1);
	source_run(&both, 2, 1); /* two have it */
	assert_int_equal(received(&scene, 1), 3);
	assert_int_equal(received(&scene, 2), 5);
	assert_int_equal(received(&scene, 3) + received(&scene, 4), 0);
	call_free(scene.call);
}

static void an_unknown_mid_is_not_guessed_by_payload_type(void **state)
{
	struct scene scene = scene_new();
	struct source audio = source_of(&scene, 0xa, 111);

	(void)state;
	add_receiver(scene.publisher, 1, audio_format(111, "0", 3), 0);
	audio.mid = "7";
	audio.mid_id = 3;
	source_run(&audio, 3, 1);
	assert_int_equal(received(&scene, 1), 0);
	call_free(scene.call);
}

static void a_stream_moves_to_a_new_ssrc(void **state)
{
	struct scene scene = scene_new();
	struct peer *viewer = call_join(scene.call);
	struct source a = source_of(&scene, 0xa, 111);

	(void)state;
	add_receiver(scene.publisher, 1, audio_format(111, "0", 3), 0);
	add_sender(viewer, 2, audio_format(109, "0", 3), 0xbbbb);
	link_streams(scene.call, 2, 1, 111, 109);
	a.mid = "0";
	a.mid_id = 3;
	source_run(&a, 5, 20);
	struct source old = a;
	a.ssrc = 0xb;
	a.seq = 33333;
	a.timestamp = 99;
	source_run(&a, 5, 20);
	source_run(&old, 3, 1); /* can't pull it back while the new one flows */
	assert_int_equal(received(&scene, 1), 10);
	assert_int_equal(viewer->rtp_count, 10);
	for (size_t i = 1; i < 10; i++) {
		struct urchin_rtp rtp = read_rtp(viewer, i);
		struct urchin_rtp before = read_rtp(viewer, i - 1);
		assert_int_equal(rtp.ssrc, 0xbbbb);
		assert_int_equal((uint16_t)(rtp.seq - before.seq), 1);
		assert_in_range(rtp.timestamp - before.timestamp, 900, 1010);
	}
	/* after a silence it can */
	call_run(scene.call, 600);
	source_run(&old, 3, 1);
	assert_int_equal(received(&scene, 1), 13);
	call_free(scene.call);
}

static void bye_ends_an_ssrc(void **state)
{
	struct scene scene = scene_new();
	struct source a = source_of(&scene, 0xa, 111);
	uint32_t ssrcs[] = {0xdead, 0xa};
	uint8_t bytes[64];

	(void)state;
	add_receiver(scene.publisher, 1, audio_format(111, "0", 3), 0);
	source_run(&a, 5, 1);
	send_rtcp(scene.publisher, bytes, urchin_rtcp_write_bye(bytes, sizeof bytes, ssrcs, 2));
	call_run(scene.call, 1);
	a.ssrc = 0xb; /* at once: nobody has to wait for the old one to fall silent */
	source_run(&a, 5, 1);
	assert_int_equal(received(&scene, 1), 10);
	/* and it makes room: a stream may change its SSRC any number of times */
	for (uint32_t i = 0; i < 2 * URCHIN_SSRC_LEARNT_MAX; i++) {
		send_rtcp(scene.publisher, bytes, urchin_rtcp_write_bye(bytes, sizeof bytes, &a.ssrc, 1));
		call_run(scene.call, 1);
		a.ssrc++;
		source_run(&a, 1, 1);
	}
	assert_int_equal(received(&scene, 1), 10 + 2 * URCHIN_SSRC_LEARNT_MAX);
	call_free(scene.call);
}

static void learns_a_bounded_number_of_ssrcs(void **state)
{
	struct scene scene = scene_new();
	struct source a = source_of(&scene, 0, 111);

	(void)state;
	add_receiver(scene.publisher, 1, audio_format(111, "0", 3), 0);
	a.mid = "0";
	a.mid_id = 3;
	for (uint32_t i = 1; i <= 100; i++) {
		a.ssrc = i;
		source_run(&a, 1, 1);
	}
	assert_int_equal(received(&scene, 1), URCHIN_SSRC_LEARNT_MAX);
	assert_int_equal(stat_of(scene.publisher, URCHIN_STAT_TRANSPORT, 0, "rtpUnknownSsrc"),
			 100 - URCHIN_SSRC_LEARNT_MAX);
	call_free(scene.call);
}

static void renegotiated_ssrcs_replace_the_old_ones(void **state)
{
	struct scene scene = scene_new();
	struct source a = source_of(&scene, 0xa, 111);
	struct urchin_receiver_config config = {.format = audio_format(111, "0", 0)};

	(void)state;
	add_receiver(scene.publisher, 1, audio_format(111, "0", 0), 0xa);
	add_receiver(scene.publisher, 2, audio_format(111, "1", 0), 0xb);
	source_run(&a, 2, 1);
	/* the next description doesn't list it any more, but it still flows */
	assert_int_equal(urchin_connection_update_receiver(scene.publisher->connection, 1, &config, 0), 0);
	source_run(&a, 2, 1);
	assert_int_equal(received(&scene, 1), 4);
	/* and the one after that gives it to the other section */
	config.ssrcs[0] = 0xa;
	config.ssrc_count = 1;
	assert_int_equal(urchin_connection_update_receiver(scene.publisher->connection, 2, &config, 0), 0);
	source_run(&a, 2, 1);
	assert_int_equal(received(&scene, 1), 4);
	assert_int_equal(received(&scene, 2), 2);
	config.ssrc_count = 9;
	assert_int_equal(urchin_connection_update_receiver(scene.publisher->connection, 2, &config, 0), URCHIN_EINVAL);
	call_free(scene.call);
}

static void refuses_what_cannot_be(void **state)
{
	struct scene scene = scene_new();
	struct urchin_connection *connection = scene.publisher->connection;
	struct urchin_receiver_config receiver = {.format = audio_format(111, "0", 0)};
	struct urchin_sender_config sender = {.format = video_format(96, "0", 0), .ssrc = 1, .cname = "c"};
	struct urchin_payload_map map = {111, 111};

	(void)state;
	assert_int_equal(urchin_connection_add_receiver(connection, 1, &receiver, 0), 0);
	assert_int_equal(urchin_connection_add_receiver(connection, 1, &receiver, 0), URCHIN_EEXIST);
	assert_int_equal(urchin_connection_add_sender(connection, 2, &sender, 0), 0);
	assert_int_equal(urchin_connection_add_sender(connection, 2, &sender, 0), URCHIN_EEXIST);
	assert_int_equal(urchin_router_set_source(scene.call->router, 2, 1, &map, 1, 0), URCHIN_EINVAL);
	receiver.format.codec_count = URCHIN_CODECS_PER_FORMAT + 1;
	assert_int_equal(urchin_connection_add_receiver(connection, 3, &receiver, 0), URCHIN_EINVAL);
	memset(sender.cname, 'x', sizeof sender.cname);
	assert_int_equal(urchin_connection_add_sender(connection, 4, &sender, 0), URCHIN_EINVAL);
	assert_int_equal(urchin_connection_remove_receiver(connection, 9, 0), URCHIN_ENOTFOUND);
	assert_int_equal(urchin_router_request_keyframe(scene.call->router, 9, 0), URCHIN_ENOTFOUND);
	call_free(scene.call);
}

/* A cheap generator, so that a failure can be repeated. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void garbage_harms_nobody(void **state)
{
	struct scene scene = scene_new();
	struct peer *viewer = call_join(scene.call);
	struct urchin_format in = audio_format(111, "0", 3);
	struct urchin_format out = audio_format(109, "0", 3);
	struct source audio = source_of(&scene, 0xa, 111);
	uint32_t seed = 1;
	static const uint8_t heads[][20] = {
	    /* one-byte form with ids 0 and 15, two-byte form, lengths beyond the end */
	    {0x90, 111, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0xa, 0xbe, 0xde, 0, 1, 0x07, 0xff, 0xf0, 0x00},
	    {0x90, 111, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0xa, 0x10, 0x00, 0, 1, 3, 250, 0, 0},
	    {0x90, 111, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0xa, 0x10, 0x0f, 0, 1, 0, 0, 3, 0},
	    {0x90, 111, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0xa, 0xbe, 0xde, 0xff, 0xff, 0x30, '0', 0, 0},
	    {0xbf, 111, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0xa, 0xbe, 0xde, 0, 1, 0x3f, '0', 0, 0xff},
	};

	(void)state;
	in.ext_ids[URCHIN_EXT_AUDIO_LEVEL] = 1;
	in.ext_ids[URCHIN_EXT_TRANSPORT_CC] = 2;
	in.ext_ids[URCHIN_EXT_DEPENDENCY_DESCRIPTOR] = 15;
	out.ext_ids[URCHIN_EXT_AUDIO_LEVEL] = 200;
	out.ext_ids[URCHIN_EXT_DEPENDENCY_DESCRIPTOR] = 14;
	add_receiver(scene.publisher, 1, in, 0xa);
	add_sender(viewer, 2, out, 0xbbbb);
	link_streams(scene.call, 2, 1, 111, 109);
	source_run(&audio, 1, 1);
	for (int i = 0; i < 3000; i++) {
		uint8_t bytes[200];
		size_t len = 12 + next_random(&seed) % (sizeof bytes - 12);
		for (size_t j = 0; j < len; j++)
			bytes[j] = (uint8_t)next_random(&seed);
		memcpy(bytes, heads[i % 5], len < 20 ? len : 20);
		bytes[3] = (uint8_t)i;
		if (i % 7 == 0)
			bytes[12 + next_random(&seed) % 8] = (uint8_t)next_random(&seed);
		urchin_transport_send_rtp(scene.publisher->client, bytes, len);
		call_run(scene.call, 1);
		viewer->rtp_count = 0;
	}
	for (int i = 0; i < 3000; i++) {
		uint8_t bytes[120];
		size_t len = 8 + next_random(&seed) % (sizeof bytes - 8);
		for (size_t j = 0; j < len; j++)
			bytes[j] = (uint8_t)next_random(&seed);
		bytes[0] = (uint8_t)(0x80 | (bytes[0] & 0x3f));
		bytes[1] = (uint8_t)(200 + i / 2 % 8);
		if (i % 2) {
			static const uint8_t formats[] = {0x81, 0x84, 0x8f, 0xa1};
			bytes[0] = formats[i / 16 % 4];
			urchin_write_u16(bytes + 2, (uint16_t)(len / 4 - 1));
			urchin_write_u32(bytes + 4, 0xbbbb);
			if (len >= 12)
				urchin_write_u32(bytes + 8, 0xbbbb);
		}
		urchin_transport_send_rtcp(i % 3 ? viewer->client : scene.publisher->client, bytes, len);
		call_run(scene.call, 1);
		viewer->rtp_count = viewer->rtcp_count = scene.publisher->rtcp_count = 0;
	}
	assert_true(stat_of(viewer, URCHIN_STAT_TRANSPORT, 0, "rtcpMalformed") > 100);
	assert_true(stat_of(viewer, URCHIN_STAT_SENDER, 2, "pliCount") > 10); /* some of it was none */
	/* the stream goes on */
	audio.ssrc = 0xc;
	audio.mid = "0";
	audio.mid_id = 3;
	source_run(&audio, 5, 1);
	assert_int_equal(viewer->rtp_count, 5);
	call_free(scene.call);
}

/*
 * An m-line was stopped and its SSRC declared for another one. The first receiver kept it as its own too: both made
 * reports about it, and the sender reports went to the one that got no packets.
 */
static void a_declared_ssrc_belongs_to_one_stream(void **state)
{
	struct scene scene = scene_new();
	struct source a = source_of(&scene, 0xa, 111);
	uint8_t wanted[4] = {0, 0, 0, 0xa};
	size_t blocks = 0;

	(void)state;
	add_receiver(scene.publisher, 1, audio_format(111, "0", 3), 0xa);
	source_run(&a, 5, 1);
	add_receiver(scene.publisher, 2, audio_format(111, "1", 3), 0xa);
	call_run(scene.call, 2000);
	size_t from = scene.publisher->rtcp_count;
	source_run(&a, 5, 1);
	assert_int_equal(received(&scene, 1), 5);
	assert_int_equal(received(&scene, 2), 5);
	call_run(scene.call, 1600);
	for (size_t i = from; i < scene.publisher->rtcp_count; i++) {
		struct urchin_rtcp rtcp;
		size_t at = 0;
		while (urchin_rtcp_next(scene.publisher->rtcp[i].bytes, scene.publisher->rtcp[i].len, &at, &rtcp)) {
			for (size_t b = 0; rtcp.type == URCHIN_RTCP_RR && b < rtcp.count; b++)
				blocks += memcmp(rtcp.body + 4 + 24 * b, wanted, 4) == 0;
		}
	}
	assert_int_equal(blocks, 1);
	send_sr(scene.publisher, 0xa, 1, 1);
	call_run(scene.call, 1);
	assert_false(scene.publisher->connection->ins[0]->receiver.has_sr);
	assert_true(scene.publisher->connection->ins[1]->receiver.has_sr);
	call_free(scene.call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_ssrc_alone),
	    cmocka_unit_test(by_mid_with_each_sections_own_id),
	    cmocka_unit_test(by_mid_and_rid),
	    cmocka_unit_test(by_payload_type_alone),
	    cmocka_unit_test(an_unknown_mid_is_not_guessed_by_payload_type),
	    cmocka_unit_test(a_stream_moves_to_a_new_ssrc),
	    cmocka_unit_test(bye_ends_an_ssrc),
	    cmocka_unit_test(learns_a_bounded_number_of_ssrcs),
	    cmocka_unit_test(renegotiated_ssrcs_replace_the_old_ones),
	    cmocka_unit_test(refuses_what_cannot_be),
	    cmocka_unit_test(garbage_harms_nobody),
	    cmocka_unit_test(a_declared_ssrc_belongs_to_one_stream),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

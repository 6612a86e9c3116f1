/* What viewers see of what a publisher sends. */
#include "session/call.h"

#define VIDEO_SSRC 0x11111111u
#define VIEW_SSRC 0x22222222u

struct scene {
	struct call *call;
	struct peer *publisher;
	struct peer *viewer;
	struct source video;
};

/* One publisher with video (receiver 1) and one viewer of it (sender 2). */
static struct scene scene_new(void)
{
	struct scene scene = {.call = call_new()};
	scene.publisher = call_join(scene.call);
	scene.viewer = call_join(scene.call);
	add_receiver(scene.publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	add_sender(scene.viewer, 2, video_format(120, "view-7", 5), VIEW_SSRC);
	link_streams(scene.call, 2, 1, 96, 120);
	scene.video = (struct source){.peer = scene.publisher,
				      .ssrc = VIDEO_SSRC,
				      .payload_type = 96,
				      .seq = 65530,
				      .timestamp = 0xfffff000,
				      .clock_rate_hz = 90000};
	return scene;
}

static void assert_continuous(const struct peer *viewer, size_t from)
{
	for (size_t i = from + 1; i < viewer->rtp_count; i++)
		assert_int_equal((uint16_t)(read_rtp(viewer, i).seq - read_rtp(viewer, i - 1).seq), 1);
}

static void rewrites_what_the_viewer_negotiated(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct urchin_format in = audio_format(111, "0", 4);
	struct urchin_format out = audio_format(109, "mid-of-viewer", 1);

	(void)state;
	in.ext_ids[URCHIN_EXT_AUDIO_LEVEL] = 1;
	in.ext_ids[URCHIN_EXT_TRANSPORT_CC] = 3;
	out.ext_ids[URCHIN_EXT_AUDIO_LEVEL] = 14;
	out.ext_ids[URCHIN_EXT_ABS_SEND_TIME] = 2;
	out.ext_ids[URCHIN_EXT_TRANSPORT_CC] = 3;
	add_receiver(publisher, 1, in, 0xaaaa);
	add_sender(viewer, 2, out, 0xbbbb);
	link_streams(call, 2, 1, 111, 109);
	struct source audio = {.peer = publisher,
			       .ssrc = 0xaaaa,
			       .payload_type = 111,
			       .clock_rate_hz = 48000,
			       .mid = "0",
			       .mid_id = 4,
			       .level_id = 1,
			       .transport_cc_id = 3};
	source_run(&audio, 20, 20);
	assert_int_equal(viewer->rtp_count, 20);
	assert_int_equal(publisher->actives, 1);
	assert_int_equal(publisher->last_active, 1);
	assert_continuous(viewer, 0);
	for (size_t i = 0; i < 20; i++) {
		struct urchin_rtp rtp = read_rtp(viewer, i);
		struct urchin_rtp_ext ext;
		assert_int_equal(rtp.payload_type, 109);
		assert_int_equal(rtp.ssrc, 0xbbbb);
		assert_true(rtp.marker);
		assert_int_equal(rtp.timestamp - read_rtp(viewer, 0).timestamp, 960 * i);
		assert_int_equal(rtp.payload_len, 100);
		assert_int_equal(rtp.payload[51], i);
		assert_true(urchin_rtp_ext_find(&rtp, 1, &ext));
		assert_int_equal(ext.len, strlen("mid-of-viewer"));
		assert_memory_equal(ext.data, "mid-of-viewer", ext.len);
		assert_true(urchin_rtp_ext_find(&rtp, 14, &ext));
		assert_int_equal(ext.data[0], 0x85);
		assert_true(urchin_rtp_ext_find(&rtp, 2, &ext));
		assert_int_equal(ext.len, 3);
		assert_false(urchin_rtp_ext_find(&rtp, 3, &ext)); /* transport-cc is hop by hop */
		assert_false(urchin_rtp_ext_find(&rtp, 4, &ext));
	}
	assert_int_equal(stat_of(viewer, URCHIN_STAT_SENDER, 2, "packetsSent"), 20);
	assert_int_equal(stat_of(publisher, URCHIN_STAT_RECEIVER, 1, "packetsReceived"), 20);
	/* transport-wide feedback came back about all of them but the last 100 ms */
	assert_in_range(count_rtcp(publisher, 0, URCHIN_RTCP_RTPFB, URCHIN_RTPFB_TRANSPORT_CC), 3, 5);
	call_free(call);
}

static void video_begins_at_a_key_frame(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	source_run(&scene.video, 5, 10);
	assert_int_equal(scene.viewer->rtp_count, 0);
	assert_int_equal(count_rtcp(scene.publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), 1);
	source_send(&scene.video, true);
	source_run(&scene.video, 9, 10);
	assert_int_equal(scene.viewer->rtp_count, 10);
	assert_int_equal(read_rtp(scene.viewer, 0).payload[51], 5);
	assert_continuous(scene.viewer, 0);
	call_free(scene.call);
}

static void padding_leaves_no_gap(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	source_send(&scene.video, true);
	source_run(&scene.video, 3, 10);
	source_send_payload(&scene.video, NULL, 0);
	source_send_payload(&scene.video, NULL, 0);
	source_run(&scene.video, 3, 10);
	assert_int_equal(scene.viewer->rtp_count, 7);
	assert_continuous(scene.viewer, 0);
	call_free(scene.call);
}

static void a_new_source_goes_on_where_the_old_one_ended(void **state)
{
	struct scene scene = scene_new();
	struct peer *other = call_join(scene.call);
	struct source second = {
	    .peer = other, .ssrc = 77, .payload_type = 100, .seq = 40000, .timestamp = 5, .clock_rate_hz = 90000};

	(void)state;
	add_receiver(other, 3, video_format(100, "0", 1), 77);
	source_send(&scene.video, true);
	source_run(&scene.video, 10, 20);
	uint32_t last = read_rtp(scene.viewer, 10).timestamp;
	link_streams(scene.call, 2, 3, 100, 120);
	source_run(&scene.video, 3, 20); /* nobody's any more */
	assert_int_equal(scene.viewer->rtp_count, 11);
	source_run(&second, 2, 20); /* no key frame yet */
	assert_int_equal(scene.viewer->rtp_count, 11);
	assert_int_equal(count_rtcp(other, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), 1);
	source_send(&second, true);
	source_run(&second, 10, 20);
	assert_int_equal(scene.viewer->rtp_count, 22);
	assert_continuous(scene.viewer, 0);
	struct urchin_rtp first = read_rtp(scene.viewer, 11);
	assert_int_equal(first.ssrc, VIEW_SSRC);
	assert_int_equal(first.payload_type, 120);
	/* 6 x 20 ms passed */
	assert_in_range(first.timestamp - last, 90 * 100, 90 * 140);
	assert_int_equal(read_rtp(scene.viewer, 21).timestamp - first.timestamp, 9 * 1800);
	call_free(scene.call);
}

static void pauses_leave_no_gap(void **state)
{
	struct scene scene = scene_new();
	struct urchin_router *router = scene.call->router;

	(void)state;
	source_send(&scene.video, true);
	source_run(&scene.video, 4, 20);
	assert_int_equal(urchin_router_pause_sender(router, 2, true, scene.call->now_us), 0);
	source_run(&scene.video, 30, 20);
	assert_int_equal(scene.viewer->rtp_count, 5);
	size_t from = scene.publisher->rtcp_count;
	assert_int_equal(urchin_router_pause_sender(router, 2, false, scene.call->now_us), 0);
	source_run(&scene.video, 2, 20);
	assert_int_equal(scene.viewer->rtp_count, 5);
	assert_int_equal(count_rtcp(scene.publisher, from, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), 1);
	source_send(&scene.video, true);
	source_run(&scene.video, 4, 20);
	assert_int_equal(scene.viewer->rtp_count, 10);
	assert_int_equal(urchin_router_pause_receiver(router, 1, true, scene.call->now_us), 0);
	source_run(&scene.video, 30, 20);
	assert_int_equal(scene.viewer->rtp_count, 10);
	assert_int_equal(urchin_router_pause_receiver(router, 1, false, scene.call->now_us), 0);
	source_send(&scene.video, true);
	source_run(&scene.video, 4, 20);
	assert_int_equal(scene.viewer->rtp_count, 15);
	assert_continuous(scene.viewer, 0);
	/* time went on meanwhile */
	assert_int_equal(read_rtp(scene.viewer, 14).timestamp - read_rtp(scene.viewer, 0).timestamp,
			 scene.video.timestamp - 1800 - 0xfffff000);
	assert_int_equal(urchin_router_pause_sender(router, 99, true, 0), URCHIN_ENOTFOUND);
	assert_int_equal(urchin_router_pause_receiver(router, 2, true, 0), URCHIN_ENOTFOUND);
	call_free(scene.call);
}

static void what_is_not_mapped_is_not_forwarded(void **state)
{
	struct scene scene = scene_new();
	struct urchin_format two = video_format(96, "v", 3);

	(void)state;
	two.codecs[1] = two.codecs[0];
	two.codecs[1].payload_type = 98;
	two.codec_count = 2;
	struct urchin_receiver_config config = {.format = two, .ssrcs = {VIDEO_SSRC}, .ssrc_count = 1};
	assert_int_equal(urchin_connection_update_receiver(scene.publisher->connection, 1, &config, scene.call->now_us),
			 0);
	source_send(&scene.video, true);
	scene.video.payload_type = 98;
	source_send(&scene.video, true);
	scene.video.payload_type = 55;
	source_send(&scene.video, true);
	scene.video.payload_type = 96;
	source_run(&scene.video, 2, 10);
	assert_int_equal(scene.viewer->rtp_count, 3);
	assert_int_equal(stat_of(scene.viewer, URCHIN_STAT_SENDER, 2, "packetsUnmapped"), 1);
	assert_int_equal(stat_of(scene.publisher, URCHIN_STAT_TRANSPORT, 0, "rtpUnknownPayloadType"), 1);
	struct urchin_payload_map map[129] = {{96, 120}};
	assert_int_equal(urchin_router_set_source(scene.call->router, 2, 1, map, 129, 0), URCHIN_EINVAL);
	map[0].to = 128;
	assert_int_equal(urchin_router_set_source(scene.call->router, 2, 1, map, 1, 0), URCHIN_EINVAL);
	assert_int_equal(urchin_router_set_source(scene.call->router, 2, 9, map, 1, 0), URCHIN_ENOTFOUND);
	assert_int_equal(urchin_router_set_source(scene.call->router, 9, 1, map, 1, 0), URCHIN_ENOTFOUND);
	call_free(scene.call);
}

static void a_packet_that_grows_too_large_is_dropped(void **state)
{
	struct scene scene = scene_new();
	uint8_t payload[1480] = {0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0, 1, 0, 1};

	(void)state;
	source_send(&scene.video, true);
	call_run(scene.call, 1);
	source_send_payload(&scene.video, payload, 1470); /* and a mid of 6 makes it 1494 */
	call_run(scene.call, 1);
	assert_int_equal(scene.viewer->rtp_count, 2);
	source_send_payload(&scene.video, payload, 1480);
	call_run(scene.call, 1);
	assert_int_equal(scene.viewer->rtp_count, 2);
	assert_int_equal(stat_of(scene.viewer, URCHIN_STAT_SENDER, 2, "packetsOversized"), 1);
	call_free(scene.call);
}

static void a_renegotiation_changes_ids_but_not_the_stream(void **state)
{
	struct scene scene = scene_new();
	struct urchin_sender_config config = {
	    .format = video_format(121, "9", 8), .ssrc = VIEW_SSRC, .cname = "urchin"};
	struct urchin_rtp_ext ext;

	(void)state;
	source_send(&scene.video, true);
	source_run(&scene.video, 4, 20);
	assert_int_equal(urchin_connection_update_sender(scene.viewer->connection, 2, &config, scene.call->now_us), 0);
	link_streams(scene.call, 2, 1, 96, 121);
	source_run(&scene.video, 5, 20);
	assert_int_equal(scene.viewer->rtp_count, 10); /* no new key frame was needed */
	assert_continuous(scene.viewer, 0);
	struct urchin_rtp rtp = read_rtp(scene.viewer, 9);
	assert_int_equal(rtp.payload_type, 121);
	assert_true(urchin_rtp_ext_find(&rtp, 8, &ext));
	assert_memory_equal(ext.data, "9", 1);
	config.format.kind = URCHIN_AUDIO;
	assert_int_equal(urchin_connection_update_sender(scene.viewer->connection, 2, &config, 0), URCHIN_EINVAL);
	assert_int_equal(urchin_connection_update_sender(scene.viewer->connection, 5, &config, 0), URCHIN_ENOTFOUND);
	call_free(scene.call);
}

/*
 * A viewer was linked while its handshake ran. The key frame that it had asked for was counted as sent, went nowhere,
 * and what followed could not be decoded until the viewer complained.
 */
static void a_key_frame_waits_for_the_viewers_connection(void **state)
{
	struct scene scene = scene_new();
	struct peer *waiting;

	(void)state;
	source_send(&scene.video, true);
	source_run(&scene.video, 5, 10);
	call_run(scene.call, 1000);
	size_t before = count_rtcp(scene.publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI);
	waiting = call_open(scene.call);
	add_sender(waiting, 3, video_format(120, "0", 5), 0x33333333);
	link_streams(scene.call, 3, 1, 96, 120);
	assert_int_equal(count_rtcp(scene.publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), before);
	source_send(&scene.video, true);
	fake_ice_pump(scene.publisher->link, scene.call->now_us);
	assert_false(waiting->is_ready);
	call_run(scene.call, 1000);
	assert_true(waiting->is_ready);
	assert_int_equal(waiting->rtp_count, 0);
	assert_int_equal(stat_of(waiting, URCHIN_STAT_SENDER, 3, "packetsSent"), 0);
	source_run(&scene.video, 1, 10);
	assert_int_equal(count_rtcp(scene.publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), before + 1);
	source_send(&scene.video, true);
	source_run(&scene.video, 2, 10);
	assert_int_equal(waiting->rtp_count, 3);
	call_free(scene.call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rewrites_what_the_viewer_negotiated),
	    cmocka_unit_test(video_begins_at_a_key_frame),
	    cmocka_unit_test(padding_leaves_no_gap),
	    cmocka_unit_test(a_new_source_goes_on_where_the_old_one_ended),
	    cmocka_unit_test(pauses_leave_no_gap),
	    cmocka_unit_test(what_is_not_mapped_is_not_forwarded),
	    cmocka_unit_test(a_packet_that_grows_too_large_is_dropped),
	    cmocka_unit_test(a_renegotiation_changes_ids_but_not_the_stream),
	    cmocka_unit_test(a_key_frame_waits_for_the_viewers_connection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

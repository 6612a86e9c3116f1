/* Packets that wait for the end of the turn: all arrive, in order, and those of nearly one size become equal. */
#include "session/call.h"

#include "session/router_batch.h"
#include "transport/srtp_engine.h"

#define VIDEO_SSRC 0x11111111u
#define VIEW_SSRC 0x22222222u

struct scene {
	struct call *call;
	struct peer *publisher;
	struct peer *viewers[2];
	struct source video;
};

/* One publisher with video (receiver 1) and two viewers of it (senders 2 and 3), who have seen the key frame. */
static struct scene scene_new(void)
{
	struct scene scene = {.call = call_new_by(true)};

	scene.publisher = call_join(scene.call);
	add_receiver(scene.publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	for (size_t i = 0; i < 2; i++) {
		scene.viewers[i] = call_join(scene.call);
		add_sender(scene.viewers[i], 2 + i, video_format(120, "view", 5), VIEW_SSRC);
		link_streams(scene.call, 2 + i, 1, 96, 120);
	}
	scene.video = (struct source){
	    .peer = scene.publisher, .ssrc = VIDEO_SSRC, .payload_type = 96, .seq = 65500, .clock_rate_hz = 90000};
	source_send(&scene.video, true);
	call_run(scene.call, 1);
	urchin_router_flush(scene.call->router);
	call_run(scene.call, 1);
	assert_int_equal(scene.viewers[1]->rtp_count, 1);
	return scene;
}

static void send_sizes(struct scene *scene, const size_t *sizes, size_t count)
{
	uint8_t payload[1400] = {0x10, 0x11};

	for (size_t i = 0; i < count; i++) {
		memset(payload + 2, (int)i + 1, sizeof payload - 2);
		source_send_payload(&scene->video, payload, sizes[i]);
	}
	call_run(scene->call, 1);
}

static void flush(struct scene *scene)
{
	urchin_router_flush(scene->call->router);
	call_run(scene->call, 1);
}

static void nothing_is_forwarded_before_the_flush(void **state)
{
	static const size_t sizes[] = {500, 600, 700};
	struct scene scene = scene_new();
	size_t waiting = scene.call->waiting;

	(void)state;
	send_sizes(&scene, sizes, 3);
	assert_int_equal(scene.viewers[0]->rtp_count, 1);
	assert_int_equal(scene.call->waiting, waiting + 1);
	flush(&scene);
	for (size_t v = 0; v < 2; v++) {
		assert_int_equal(scene.viewers[v]->rtp_count, 4);
		for (size_t i = 0; i < 3; i++) {
			struct urchin_rtp rtp = read_rtp(scene.viewers[v], 1 + i);
			assert_int_equal(rtp.payload_len, sizes[i]);
			assert_int_equal(rtp.payload[100], i + 1);
			assert_int_equal((uint16_t)(rtp.seq - read_rtp(scene.viewers[v], 0).seq), i + 1);
		}
	}
	flush(&scene);
	assert_int_equal(scene.viewers[0]->rtp_count, 4);
	call_free(scene.call);
}

static void more_than_the_batch_holds_is_forwarded_early(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	for (size_t i = 0; i < URCHIN_ROUTER_BATCH_CAP + 5; i++)
		source_send(&scene.video, false);
	call_run(scene.call, 1);
	assert_int_equal(scene.viewers[0]->rtp_count, 1 + URCHIN_ROUTER_BATCH_CAP);
	flush(&scene);
	assert_int_equal(scene.viewers[0]->rtp_count, 1 + URCHIN_ROUTER_BATCH_CAP + 5);
	call_free(scene.call);
}

static void nearly_equal_sizes_become_equal(void **state)
{
	static const size_t sizes[] = {1100, 1099, 1101, 1100, 1085, 1084, 20, 1100};
	static const size_t padded[] = {1101, 1101, 1101, 1101, 1085, 1085, 20, 1100};
	struct scene scene = scene_new();

	(void)state;
	send_sizes(&scene, sizes, 8);
	flush(&scene);
	for (size_t i = 0; i < 8; i++) {
		struct urchin_rtp rtp = read_rtp(scene.viewers[0], 1 + i);
		assert_int_equal(rtp.payload_len, sizes[i]);
		assert_int_equal(rtp.payload_len + rtp.padding_len, padded[i]);
	}
	call_free(scene.call);
}

struct loss {
	size_t count; /* of RTP from the server */
	size_t lost;  /* the one that does not arrive */
};

static struct fake_ice_fate lose(void *owner, int from, const uint8_t *bytes, size_t len)
{
	struct loss *loss = owner;
	bool is_rtp = from == 0 && len > 12 && bytes[0] >> 6 == 2 && (bytes[1] < 192 || bytes[1] > 223);

	return (struct fake_ice_fate){.copies = is_rtp && ++loss->count == loss->lost ? 0 : 1};
}

/* RFC 7714 8.1: the same number with other bytes under it would give the key of the tags away. */
static void what_is_resent_has_the_same_padding(void **state)
{
	static const size_t sizes[] = {1100, 1098, 1100};
	struct scene scene = scene_new();
	const struct peer *viewer = scene.viewers[0];
	struct loss loss = {.lost = 2};
	struct urchin_rtp first, again;
	uint16_t seq;

	(void)state;
	fake_ice_set_filter(viewer->link, lose, &loss);
	send_sizes(&scene, sizes, 3);
	flush(&scene);
	assert_int_equal(viewer->rtp_count, 3);
	seq = (uint16_t)(read_rtp(viewer, 1).seq + 1);
	send_nack(scene.viewers[0], VIEW_SSRC, &seq, 1);
	call_run(scene.call, 5);
	assert_int_equal(viewer->rtp_count, 4);
	again = read_rtp(viewer, 3);
	first = read_rtp(scene.viewers[1], 2);
	assert_int_equal(again.seq, seq);
	assert_int_equal(again.padding_len, 2);
	assert_int_equal(first.padding_len, 2);
	assert_int_equal(viewer->rtp[3].len, scene.viewers[1]->rtp[2].len);
	assert_memory_equal(again.payload, first.payload, 1100);
	call_free(scene.call);
}

static void a_removed_receiver_takes_its_packets_along(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	source_send(&scene.video, false);
	call_run(scene.call, 1);
	assert_int_equal(urchin_connection_remove_receiver(scene.publisher->connection, 1, scene.call->now_us), 0);
	flush(&scene);
	assert_int_equal(scene.viewers[0]->rtp_count, 1);
	call_free(scene.call);
}

/* A new SSRC begins the stream anew while packets of the old one wait. */
static void packets_of_a_stream_that_began_anew_are_dropped(void **state)
{
	struct scene scene = scene_new();
	struct source again;

	(void)state;
	source_send(&scene.video, false);
	call_run(scene.call, 600);
	again = scene.video;
	again.ssrc = VIDEO_SSRC + 1;
	again.seq = 5;
	source_send(&again, true);
	source_send(&again, false);
	call_run(scene.call, 1);
	flush(&scene);
	assert_int_equal(scene.viewers[0]->rtp_count, 3);
	assert_int_equal((uint16_t)(read_rtp(scene.viewers[0], 1).seq - read_rtp(scene.viewers[0], 0).seq), 1);
	call_free(scene.call);
}

/* The deadline that the router asks for, as the worker sees it. */
static void a_busy_worker_waits_for_the_frames_last_packet(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		for (size_t k = 0; k < 4; k++) {
			scene.video.is_mid_frame = k < 3;
			source_send(&scene.video, false);
		}
		call_run(scene.call, 1);
		flush(&scene);
	}
	scene.video.is_mid_frame = true;
	source_send(&scene.video, false);
	call_run(scene.call, 1);
	uint64_t deadline_us = scene.call->flush_us;
	assert_in_range(deadline_us, scene.call->now_us - 1000, scene.call->now_us + 1000);
	scene.video.is_mid_frame = false;
	source_send(&scene.video, false);
	call_run(scene.call, 1);
	assert_int_equal(scene.call->flush_us, 0);
	call_free(scene.call);
}

/* Sends a packet that waits, then lets the peer behind it leave and its connection be freed. */
static void leave_while_one_waits(struct scene *scene, struct peer *peer)
{
	source_send(&scene->video, false);
	call_run(scene->call, 1);
	call_leave(peer);
	flush(scene);
}

/* While packets wait viewers come and go, and with them their keys: each packet is sealed for whom it is sent to. */
static void keys_change_while_packets_wait(void **state)
{
	const char *file = getenv("URCHIN_IPSEC_MB");
	const char *const wishes[] = {"off", file && file[0] ? file : "auto"};

	(void)state;
	for (size_t w = 0; w < 2; w++) {
		struct scene scene;
		struct peer *gone, *stays, *comes;

		urchin_srtp_engine_choose(wishes[w]);
		scene = scene_new();
		gone = scene.viewers[0];
		stays = scene.viewers[1];
		source_send(&scene.video, true);
		source_send(&scene.video, false);
		call_run(scene.call, 1);
		urchin_transport_close(gone->client); /* our side hears it and fails */
		comes = call_join(scene.call);
		add_sender(comes, 7, video_format(120, "view", 5), VIEW_SSRC);
		link_streams(scene.call, 7, 1, 96, 120);
		assert_int_equal(stays->rtp_count, 1);
		flush(&scene);
		assert_int_equal(gone->rtp_count, 1);
		assert_int_equal(stays->rtp_count, 3);
		assert_int_equal(comes->rtp_count, 2);
		for (size_t i = 0; i < 2; i++) {
			struct urchin_rtp a = read_rtp(stays, 1 + i), b = read_rtp(comes, i);
			assert_int_equal(a.payload_len, b.payload_len);
			assert_memory_equal(a.payload, b.payload, a.payload_len);
		}
		leave_while_one_waits(&scene, stays);
		assert_int_equal(comes->rtp_count, 3);
		leave_while_one_waits(&scene, scene.publisher);
		assert_int_equal(comes->rtp_count, 4);
		call_free(scene.call);
	}
	urchin_srtp_engine_choose("off");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_forwarded_before_the_flush),
	    cmocka_unit_test(more_than_the_batch_holds_is_forwarded_early),
	    cmocka_unit_test(nearly_equal_sizes_become_equal),
	    cmocka_unit_test(what_is_resent_has_the_same_padding),
	    cmocka_unit_test(a_removed_receiver_takes_its_packets_along),
	    cmocka_unit_test(packets_of_a_stream_that_began_anew_are_dropped),
	    cmocka_unit_test(a_busy_worker_waits_for_the_frames_last_packet),
	    cmocka_unit_test(keys_change_while_packets_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

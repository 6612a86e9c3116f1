/* Receivers, senders and connections go away in any order, under traffic. */
#include "session/call.h"

#define VIEWERS 3

struct scene {
	struct call *call;
	struct peer *publisher;
	struct peer *viewers[VIEWERS];
	struct source video;
};

static struct scene scene_new(void)
{
	struct scene scene = {.call = call_new()};
	scene.publisher = call_join(scene.call);
	add_receiver(scene.publisher, 1, video_format(96, "v", 3), 0xa);
	for (size_t i = 0; i < VIEWERS; i++) {
		scene.viewers[i] = call_join(scene.call);
		add_sender(scene.viewers[i], 10 + i, video_format(120, "0", 5), (uint32_t)(0x100 + i));
		link_streams(scene.call, 10 + i, 1, 96, 120);
	}
	scene.video = (struct source){.peer = scene.publisher, .ssrc = 0xa, .payload_type = 96, .clock_rate_hz = 90000};
	source_send(&scene.video, true);
	source_run(&scene.video, 5, 10);
	return scene;
}

/* What the viewers ask for when there is nothing any more. */
static void ask(struct scene *scene)
{
	for (size_t i = 0; i < VIEWERS; i++) {
		uint16_t seqs[] = {0, 1, 2};
		if (!scene->viewers[i]->client)
			continue;
		if (scene->viewers[i]->rtp_count > 0)
			seqs[0] = read_rtp(scene->viewers[i], 0).seq;
		send_pli(scene->viewers[i], (uint32_t)(0x100 + i));
		send_nack(scene->viewers[i], (uint32_t)(0x100 + i), seqs, 1);
	}
	call_run(scene->call, 2000);
}

static void a_receiver_is_removed_and_comes_back(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	assert_int_equal(urchin_connection_remove_receiver(scene.publisher->connection, 1, scene.call->now_us), 0);
	source_run(&scene.video, 5, 10);
	ask(&scene);
	assert_int_equal(scene.viewers[0]->rtp_count, 6);
	add_receiver(scene.publisher, 2, video_format(96, "v", 3), 0xa);
	for (size_t i = 0; i < VIEWERS; i++)
		link_streams(scene.call, 10 + i, 2, 96, 120);
	source_send(&scene.video, true);
	source_run(&scene.video, 4, 10);
	for (size_t i = 0; i < VIEWERS; i++) {
		assert_int_equal(scene.viewers[i]->rtp_count, 11);
		assert_int_equal((uint16_t)(read_rtp(scene.viewers[i], 10).seq - read_rtp(scene.viewers[i], 0).seq),
				 10);
	}
	call_free(scene.call);
}

static void the_publisher_vanishes(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	send_pli(scene.viewers[0], 0x100);
	call_leave(scene.publisher);
	ask(&scene);
	struct peer *other = call_join(scene.call);
	add_receiver(other, 2, video_format(96, "v", 3), 0xa);
	scene.video.peer = other;
	for (size_t i = 0; i < VIEWERS; i++)
		link_streams(scene.call, 10 + i, 2, 96, 120);
	source_send(&scene.video, true);
	source_run(&scene.video, 4, 10);
	for (size_t i = 0; i < VIEWERS; i++)
		assert_int_equal(scene.viewers[i]->rtp_count, 11);
	call_free(scene.call);
}

static void viewers_leave_one_by_one(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	assert_int_equal(urchin_connection_remove_sender(scene.viewers[0]->connection, 10, scene.call->now_us), 0);
	source_run(&scene.video, 2, 10);
	call_leave(scene.viewers[1]);
	source_run(&scene.video, 2, 10);
	assert_int_equal(scene.viewers[0]->rtp_count, 6);
	assert_int_equal(scene.viewers[2]->rtp_count, 10);
	ask(&scene);
	assert_int_equal(urchin_router_set_source(scene.call->router, 12, 0, NULL, 0, scene.call->now_us), 0);
	source_run(&scene.video, 2, 10);
	assert_int_equal(scene.viewers[2]->rtp_count, 10);
	call_free(scene.call);
}

static void nothing_can_be_added_to_what_is_closing(void **state)
{
	struct scene scene = scene_new();
	struct urchin_receiver_config receiver = {.format = audio_format(111, "0", 0)};
	struct urchin_sender_config sender = {.format = audio_format(111, "0", 0), .ssrc = 1, .cname = "c"};
	struct urchin_connection *connection = scene.publisher->connection;

	(void)state;
	urchin_connection_close(connection, scene.call->now_us);
	assert_int_equal(urchin_connection_add_receiver(connection, 50, &receiver, 0), URCHIN_ESTATE);
	assert_int_equal(urchin_connection_add_sender(connection, 51, &sender, 0), URCHIN_ESTATE);
	assert_int_equal(urchin_router_request_keyframe(scene.call->router, 1, 0), URCHIN_ENOTFOUND);
	assert_int_equal(urchin_connection_remove_receiver(connection, 1, scene.call->now_us), 0);
	source_run(&scene.video, 1, 10);
	assert_true(scene.publisher->is_closed);
	call_free(scene.call);
}

static void remove_one(struct scene *scene, char what)
{
	uint64_t now_us = scene->call->now_us;
	switch (what) {
	case 'r':
		if (scene->publisher->connection)
			assert_int_equal(urchin_connection_remove_receiver(scene->publisher->connection, 1, now_us), 0);
		break;
	case 's':
		assert_int_equal(urchin_connection_remove_sender(scene->viewers[1]->connection, 11, now_us), 0);
		break;
	case 'v':
		call_leave(scene->viewers[2]);
		break;
	default:
		call_leave(scene->publisher);
	}
}

static void any_order(void **state)
{
	static const char *orders[] = {"rsvp", "rspv", "rvsp", "rvps", "rpsv", "rpvs", "srvp", "srpv",
				       "svrp", "svpr", "sprv", "spvr", "vrsp", "vrps", "vsrp", "vspr",
				       "vprs", "vpsr", "prsv", "prvs", "psrv", "psvr", "pvrs", "pvsr"};

	(void)state;
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		struct scene scene = scene_new();
		for (size_t j = 0; j < 4; j++) {
			remove_one(&scene, orders[i][j]);
			if (scene.publisher->client)
				source_run(&scene.video, 1, 5);
			send_pli(scene.viewers[0], 0x100);
			call_run(scene.call, 5);
		}
		assert_int_equal(urchin_router_request_keyframe(scene.call->router, 1, 0), URCHIN_ENOTFOUND);
		call_free(scene.call);
	}
}

/* Memory of the viewers' backends is fetched ahead: never of one that was told to close, and may be gone. */
static void packets_come_while_viewers_close(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	for (size_t i = 1; i < VIEWERS; i++)
		assert_true(fake_ice_end(scene.viewers[i]->link, 0)->prefetched > 0);
	for (size_t i = 1; i < VIEWERS; i++) {
		urchin_connection_close(scene.viewers[i]->connection, scene.call->now_us);
		source_send(&scene.video, false);
		source_run(&scene.video, 3, 10);
		assert_true(scene.viewers[i]->is_closed);
		assert_int_equal(fake_ice_end(scene.viewers[i]->link, 0)->prefetched_late, 0);
	}
	assert_int_equal(scene.viewers[0]->rtp_count, 14);
	call_free(scene.call);
}

/*
 * A call was put on hold and taken up again: the sender came back with its SSRC and another random number. Below the
 * old one SRTP refused to send it, near it the same nonce protected two packets.
 */
static void a_sender_that_comes_back_goes_on(void **state)
{
	struct scene scene = scene_new();
	struct peer *viewer = scene.viewers[0];
	struct urchin_sender_config config = {.format = video_format(120, "0", 5), .ssrc = 0x100, .cname = "urchin"};

	(void)state;
	for (int hold = 0; hold < 8; hold++) {
		size_t count = viewer->rtp_count;
		struct urchin_rtp last = read_rtp(viewer, count - 1);
		assert_int_equal(urchin_connection_add_sender(viewer->connection, 90, &config, scene.call->now_us),
				 URCHIN_EEXIST);
		assert_int_equal(urchin_connection_remove_sender(viewer->connection, 10, scene.call->now_us), 0);
		source_run(&scene.video, 100, 10);
		add_sender(viewer, 10, video_format(120, "0", 5), 0x100);
		link_streams(scene.call, 10, 1, 96, 120);
		source_send(&scene.video, true);
		source_run(&scene.video, 2, 10);
		assert_int_equal(viewer->rtp_count, count + 3);
		struct urchin_rtp next = read_rtp(viewer, count);
		assert_int_equal((uint16_t)(next.seq - last.seq), 1);
		/* a second later */
		assert_in_range(next.timestamp - last.timestamp, 89000, 92000);
	}
	call_free(scene.call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_receiver_is_removed_and_comes_back),
	    cmocka_unit_test(the_publisher_vanishes),
	    cmocka_unit_test(viewers_leave_one_by_one),
	    cmocka_unit_test(nothing_can_be_added_to_what_is_closing),
	    cmocka_unit_test(any_order),
	    cmocka_unit_test(packets_come_while_viewers_close),
	    cmocka_unit_test(a_sender_that_comes_back_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

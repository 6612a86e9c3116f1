/* What a connection leaves out when its worker has too much to do: video, whole, until it is wanted again. */
#include "session/call.h"

#define VIDEO_SSRC 0x11111111u
#define AUDIO_SSRC 0x22222222u
#define RTCP_PSFB 206

struct scene {
	struct call *call;
	struct peer *publisher;
	struct peer *viewers[2];
	struct source video;
	struct source audio;
};

/* Two viewers of audio (receiver 1; senders 11 and 12) and video (receiver 2; senders 21 and 22). */
static struct scene scene_new(void)
{
	struct scene scene = {.call = call_new()};

	scene.publisher = call_join(scene.call);
	add_receiver(scene.publisher, 1, audio_format(111, "a", 3), AUDIO_SSRC);
	add_receiver(scene.publisher, 2, video_format(96, "v", 3), VIDEO_SSRC);
	for (uint64_t i = 0; i < 2; i++) {
		scene.viewers[i] = call_join(scene.call);
		add_sender(scene.viewers[i], 11 + i, audio_format(111, "a", 3), AUDIO_SSRC);
		add_sender(scene.viewers[i], 21 + i, video_format(96, "v", 3), VIDEO_SSRC);
		link_streams(scene.call, 11 + i, 1, 111, 111);
		link_streams(scene.call, 21 + i, 2, 96, 96);
	}
	scene.video =
	    (struct source){.peer = scene.publisher, .ssrc = VIDEO_SSRC, .payload_type = 96, .clock_rate_hz = 90000};
	scene.audio =
	    (struct source){.peer = scene.publisher, .ssrc = AUDIO_SSRC, .payload_type = 111, .clock_rate_hz = 48000};
	source_send(&scene.video, true);
	return scene;
}

static void run(struct scene *scene, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		source_run(&scene->audio, 1, 10);
		source_run(&scene->video, 1, 10);
	}
}

static size_t count_of(const struct peer *viewer, uint32_t ssrc)
{
	size_t count = 0;

	for (size_t i = 0; i < viewer->rtp_count; i++)
		count += read_rtp(viewer, i).ssrc == ssrc;
	return count;
}

static void shed(struct peer *viewer, bool is_shed)
{
	urchin_connection_shed_video(viewer->connection, is_shed, viewer->call->now_us);
}

static void only_video_is_left_out_and_only_of_this_viewer(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	run(&scene, 10);
	assert_int_equal(count_of(scene.viewers[0], VIDEO_SSRC), 11);
	shed(scene.viewers[0], true);
	run(&scene, 10);
	assert_int_equal(count_of(scene.viewers[0], VIDEO_SSRC), 11);
	assert_int_equal(count_of(scene.viewers[0], AUDIO_SSRC), 20);
	assert_int_equal(count_of(scene.viewers[1], VIDEO_SSRC), 21);
	assert_int_equal(stat_of(scene.viewers[0], URCHIN_STAT_SENDER, 21, "packetsShed"), 10);
	assert_int_equal(stat_of(scene.viewers[0], URCHIN_STAT_SENDER, 21, "shed"), 1);
	assert_int_equal(stat_of(scene.viewers[0], URCHIN_STAT_SENDER, 21, "paused"), 0);
	assert_int_equal(stat_of(scene.viewers[0], URCHIN_STAT_SENDER, 11, "packetsShed"), 0);
	assert_int_equal(stat_of(scene.viewers[1], URCHIN_STAT_SENDER, 22, "packetsShed"), 0);
	call_free(scene.call);
}

/* Its numbers go on without a gap, at a key frame that is asked for; while it is left out nobody is asked for any. */
static void video_comes_back_with_a_key_frame(void **state)
{
	struct scene scene = scene_new();
	size_t before;

	(void)state;
	run(&scene, 50);
	shed(scene.viewers[0], true);
	before = scene.publisher->rtcp_count;
	run(&scene, 50);
	assert_int_equal(count_rtcp(scene.publisher, before, RTCP_PSFB, 1), 0);
	shed(scene.viewers[0], false);
	run(&scene, 5);
	assert_int_equal(count_of(scene.viewers[0], VIDEO_SSRC), 51);
	assert_int_equal(count_rtcp(scene.publisher, before, RTCP_PSFB, 1), 1);
	source_send(&scene.video, true);
	run(&scene, 5);
	assert_int_equal(count_of(scene.viewers[0], VIDEO_SSRC), 57);
	for (size_t i = 0, last = SIZE_MAX; i < scene.viewers[0]->rtp_count; i++) {
		if (read_rtp(scene.viewers[0], i).ssrc != VIDEO_SSRC)
			continue;
		if (last != SIZE_MAX)
			assert_int_equal(
			    (uint16_t)(read_rtp(scene.viewers[0], i).seq - read_rtp(scene.viewers[0], last).seq), 1);
		last = i;
	}
	call_free(scene.call);
}

static void a_pause_and_a_sender_that_comes_later_are_respected(void **state)
{
	struct scene scene = scene_new();
	struct urchin_router *router = scene.call->router;

	(void)state;
	run(&scene, 2);
	assert_int_equal(urchin_router_pause_sender(router, 21, true, scene.call->now_us), 0);
	shed(scene.viewers[0], true);
	run(&scene, 3);
	assert_int_equal(stat_of(scene.viewers[0], URCHIN_STAT_SENDER, 21, "packetsShed"), 0);
	assert_int_equal(stat_of(scene.viewers[0], URCHIN_STAT_SENDER, 21, "paused"), 1);
	shed(scene.viewers[0], false);
	source_send(&scene.video, true);
	run(&scene, 3);
	assert_int_equal(count_of(scene.viewers[0], VIDEO_SSRC), 3);
	shed(scene.viewers[0], true);
	assert_int_equal(urchin_router_pause_sender(router, 21, false, scene.call->now_us), 0);
	add_sender(scene.viewers[0], 31, video_format(96, "w", 3), 0x33);
	link_streams(scene.call, 31, 2, 96, 96);
	source_send(&scene.video, true);
	run(&scene, 3);
	assert_int_equal(count_of(scene.viewers[0], VIDEO_SSRC), 3);
	assert_int_equal(count_of(scene.viewers[0], 0x33), 0);
	shed(scene.viewers[0], false);
	source_send(&scene.video, true);
	run(&scene, 3);
	assert_int_equal(count_of(scene.viewers[0], VIDEO_SSRC), 7);
	assert_int_equal(count_of(scene.viewers[0], 0x33), 4);
	call_free(scene.call);
}

/* What may be dropped first when a socket is full; what is sent again may too. */
static void video_is_marked_for_the_backend(void **state)
{
	struct scene scene = scene_new();
	struct fake_ice_end *end = fake_ice_end(scene.viewers[0]->link, 0);
	uint16_t seq = 0;

	(void)state;
	run(&scene, 10);
	assert_int_equal(end->committed_video, 11);
	assert_int_equal(end->committed_other, 10);
	for (size_t i = 0; i < scene.viewers[0]->rtp_count; i++)
		if (read_rtp(scene.viewers[0], i).ssrc == VIDEO_SSRC)
			seq = read_rtp(scene.viewers[0], i).seq;
	send_nack(scene.viewers[0], VIDEO_SSRC, &seq, 1);
	call_run(scene.call, 5);
	assert_int_equal(stat_of(scene.viewers[0], URCHIN_STAT_SENDER, 21, "retransmittedPacketsSent"), 1);
	assert_int_equal(end->committed_video, 12);
	assert_int_equal(end->committed_other, 10);
	call_free(scene.call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_video_is_left_out_and_only_of_this_viewer),
	    cmocka_unit_test(video_comes_back_with_a_key_frame),
	    cmocka_unit_test(a_pause_and_a_sender_that_comes_later_are_respected),
	    cmocka_unit_test(video_is_marked_for_the_backend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

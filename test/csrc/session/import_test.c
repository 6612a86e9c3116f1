/* Two routers as on two workers, joined by what one exports. */
#include "session/call.h"

#include "session/import.h"

#define VIDEO_SSRC 0x11111111u
#define VIEW_SSRC 0x22222222u
#define OTHER 5

/* The publisher's worker, the viewer's. */
struct scene {
	struct call *here;
	struct call *there;
	struct urchin_import *import;
	struct peer *publisher;
	struct peer *viewer;
	struct source video;
	size_t packets_crossed;
	size_t clocks_crossed;
	size_t keyframes_wanted;
};

static void on_export(void *owner, uint64_t workers, const struct urchin_export *item)
{
	struct scene *scene = owner;

	assert_int_equal(workers, UINT64_C(1) << OTHER);
	assert_int_equal(item->receiver_id, 1);
	scene->packets_crossed += item->bytes != NULL;
	scene->clocks_crossed += item->bytes == NULL;
	urchin_import_feed(scene->import, item);
}

static void on_import_keyframe(void *owner, uint64_t receiver_id)
{
	struct scene *scene = owner;

	scene->keyframes_wanted++;
	assert_int_equal(urchin_router_request_keyframe(scene->here->router, receiver_id, scene->here->now_us), 0);
}

static struct urchin_receiver_config import_config(void)
{
	return (struct urchin_receiver_config){.format = video_format(96, "v", 3)};
}

static struct call *call_with(const struct urchin_router_callbacks *callbacks, struct scene *scene)
{
	struct call *call = call_new();

	urchin_router_free(call->router);
	call->router = urchin_router_new(callbacks, scene);
	return call;
}

static void on_waiting(void *owner, uint64_t deadline_us)
{
	(void)owner;
	(void)deadline_us;
}

static struct scene *scene_new(void)
{
	static const struct urchin_router_callbacks callbacks = {
	    .on_waiting = on_waiting, .on_export = on_export, .on_import_keyframe = on_import_keyframe};
	struct urchin_receiver_config config = import_config();
	struct scene *scene = calloc(1, sizeof *scene);
	int err;

	scene->here = call_with(&callbacks, scene);
	scene->there = call_with(&callbacks, scene);
	scene->publisher = call_join(scene->here);
	scene->viewer = call_join(scene->there);
	add_receiver(scene->publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	scene->import = urchin_import_new(scene->there->router, 1, &config, &err);
	assert_non_null(scene->import);
	add_sender(scene->viewer, 2, video_format(120, "view", 5), VIEW_SSRC);
	assert_int_equal(urchin_router_export(scene->here->router, 1, OTHER, true), 0);
	link_streams(scene->there, 2, 1, 96, 120);
	scene->video = (struct source){
	    .peer = scene->publisher, .ssrc = VIDEO_SSRC, .payload_type = 96, .seq = 65500, .clock_rate_hz = 90000};
	return scene;
}

static void scene_free(struct scene *scene)
{
	urchin_import_free(scene->import);
	call_free(scene->here);
	call_free(scene->there);
	free(scene);
}

/* Time passes on both workers alike. */
static void run(struct scene *scene, uint64_t ms)
{
	call_run(scene->here, ms);
	urchin_router_flush(scene->here->router);
	urchin_router_flush(scene->there->router);
	call_run(scene->there, ms);
}

static void packets_cross_once_and_are_forwarded(void **state)
{
	struct scene *scene = scene_new();

	(void)state;
	source_send(&scene->video, true);
	run(scene, 5);
	for (size_t i = 0; i < 20; i++) {
		source_send(&scene->video, false);
		run(scene, 5);
	}
	assert_int_equal(scene->packets_crossed, 21);
	assert_int_equal(scene->viewer->rtp_count, 21);
	for (size_t i = 1; i < 21; i++) {
		struct urchin_rtp rtp = read_rtp(scene->viewer, i);
		assert_int_equal(rtp.payload_type, 120);
		assert_int_equal(rtp.ssrc, VIEW_SSRC);
		assert_int_equal((uint16_t)(rtp.seq - read_rtp(scene->viewer, i - 1).seq), 1);
	}
	assert_int_equal(urchin_router_export(scene->here->router, 1, OTHER, false), 0);
	source_send(&scene->video, false);
	run(scene, 5);
	assert_int_equal(scene->packets_crossed, 21);
	scene_free(scene);
}

static void a_viewer_over_there_gets_its_key_frame(void **state)
{
	struct scene *scene = scene_new();

	(void)state;
	/* The first wish came before there was anything to ask for. */
	run(scene, 150);
	source_send(&scene->video, false);
	run(scene, 5);
	run(scene, 5);
	assert_true(scene->keyframes_wanted >= 1);
	assert_int_equal(count_rtcp(scene->publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), 1);
	assert_int_equal(scene->viewer->rtp_count, 0);
	source_send(&scene->video, true);
	run(scene, 5);
	assert_int_equal(scene->viewer->rtp_count, 1);
	/* While nobody waits nobody is asked. */
	size_t wanted = scene->keyframes_wanted;
	source_send(&scene->video, false);
	run(scene, 500);
	assert_int_equal(scene->keyframes_wanted, wanted);
	scene_free(scene);
}

static void lost_packets_are_resent_from_over_there(void **state)
{
	struct scene *scene = scene_new();
	struct urchin_rtp first;
	uint16_t missing;

	(void)state;
	source_send(&scene->video, true);
	run(scene, 5);
	first = read_rtp(scene->viewer, 0);
	/* The viewer's replay protection drops what it has, so it asks for what it never got: nothing. */
	missing = (uint16_t)(first.seq + 1);
	send_nack(scene->viewer, VIEW_SSRC, &missing, 1);
	run(scene, 5);
	assert_int_equal(scene->viewer->rtp_count, 1);
	assert_int_equal(stat_of(scene->viewer, URCHIN_STAT_SENDER, 2, "retransmittedPacketsSent"), 0);
	missing = first.seq;
	send_nack(scene->viewer, VIEW_SSRC, &missing, 1);
	run(scene, 5);
	assert_int_equal(stat_of(scene->viewer, URCHIN_STAT_SENDER, 2, "retransmittedPacketsSent"), 1);
	scene_free(scene);
}

static void the_clock_crosses_so_that_reports_can_be_sent(void **state)
{
	struct scene *scene = scene_new();

	(void)state;
	source_send(&scene->video, true);
	run(scene, 5);
	send_sr(scene->publisher, VIDEO_SSRC, UINT64_C(5) << 32, 1000);
	run(scene, 5);
	assert_int_equal(scene->clocks_crossed, 1);
	size_t before = scene->viewer->rtcp_count;
	source_send(&scene->video, false);
	run(scene, 3000);
	assert_true(count_rtcp(scene->viewer, before, URCHIN_RTCP_SR, -1) >= 1);
	scene_free(scene);
}

static void a_clock_known_before_is_told_with_the_export(void **state)
{
	struct scene *scene = scene_new();

	(void)state;
	assert_int_equal(urchin_router_export(scene->here->router, 1, OTHER, false), 0);
	source_send(&scene->video, true);
	send_sr(scene->publisher, VIDEO_SSRC, UINT64_C(5) << 32, 1000);
	run(scene, 5);
	assert_int_equal(scene->clocks_crossed, 0);
	assert_int_equal(urchin_router_export(scene->here->router, 1, OTHER, true), 0);
	assert_int_equal(scene->clocks_crossed, 1);
	scene_free(scene);
}

static void a_paused_receiver_exports_nothing(void **state)
{
	struct scene *scene = scene_new();

	(void)state;
	assert_int_equal(urchin_router_pause_receiver(scene->here->router, 1, true, scene->here->now_us), 0);
	assert_int_equal(urchin_router_pause_receiver(scene->there->router, 1, true, scene->there->now_us), 0);
	source_send(&scene->video, true);
	run(scene, 5);
	assert_int_equal(scene->packets_crossed, 0);
	scene_free(scene);
}

static void what_does_not_fit_is_refused_or_dropped(void **state)
{
	struct scene *scene = scene_new();
	struct urchin_receiver_config config = import_config();
	uint8_t garbage[40] = {0x8f, 0xff};
	struct urchin_export item = {.receiver_id = 1, .bytes = garbage, .len = sizeof garbage, .now_us = 1};
	int err;

	(void)state;
	assert_null(urchin_import_new(scene->there->router, 1, &config, &err));
	assert_int_equal(err, URCHIN_EEXIST);
	assert_int_equal(urchin_router_export(scene->here->router, 99, OTHER, true), URCHIN_ENOTFOUND);
	assert_int_equal(urchin_router_export(scene->here->router, 1, 64, true), URCHIN_EINVAL);
	assert_int_equal(urchin_router_export(scene->there->router, 1, OTHER, true), URCHIN_EINVAL);
	for (size_t len = 0; len <= sizeof garbage; len++) {
		item.len = len;
		urchin_import_feed(scene->import, &item);
	}
	config.format = audio_format(111, "a", 1);
	assert_int_equal(urchin_import_update(scene->import, &config), URCHIN_EINVAL);
	config.format = video_format(97, "v", 3);
	assert_int_equal(urchin_import_update(scene->import, &config), 0);
	source_send(&scene->video, true);
	run(scene, 5);
	assert_int_equal(scene->packets_crossed, 1);
	assert_int_equal(scene->viewer->rtp_count, 0);
	scene_free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packets_cross_once_and_are_forwarded),
	    cmocka_unit_test(a_viewer_over_there_gets_its_key_frame),
	    cmocka_unit_test(lost_packets_are_resent_from_over_there),
	    cmocka_unit_test(the_clock_crosses_so_that_reports_can_be_sent),
	    cmocka_unit_test(a_clock_known_before_is_told_with_the_export),
	    cmocka_unit_test(a_paused_receiver_exports_nothing),
	    cmocka_unit_test(what_does_not_fit_is_refused_or_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How often reports are made where nothing moves, and that media brings the next one near. */
#include "session/call.h"

#define VIDEO_SSRC 0x11111111u
#define VIEW_SSRC 0x22222222u

struct idle {
	struct call *call;
	struct peer *publisher;
	struct peer *viewer;
	struct source video;
};

static struct idle open_idle(void)
{
	struct idle idle = {.call = call_new()};

	idle.publisher = call_join(idle.call);
	idle.viewer = call_join(idle.call);
	idle.video = (struct source){
	    .peer = idle.publisher, .ssrc = VIDEO_SSRC, .payload_type = 96, .timestamp = 1000, .clock_rate_hz = 90000};
	add_receiver(idle.publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	add_sender(idle.viewer, 2, video_format(120, "0", 5), VIEW_SSRC);
	link_streams(idle.call, 2, 1, 96, 120);
	return idle;
}

/* The datagrams of RTCP that a peer gets in so many seconds. */
static size_t count_datagrams(struct idle *idle, const struct peer *peer, uint64_t s)
{
	size_t before = peer->rtcp_count;

	call_run(idle->call, s * 1000);
	return peer->rtcp_count - before;
}

/* A thousand viewers of a room where nobody speaks got a thousand empty reports a second: half of what they cost. */
static void idle_peers_get_a_report_every_five_seconds(void **state)
{
	struct idle idle = open_idle();

	(void)state;
	call_run(idle.call, 1000);
	for (int i = 0; i < 2; i++) {
		const struct peer *peer = i == 0 ? idle.viewer : idle.publisher;
		size_t count = count_datagrams(&idle, peer, 60);

		/* RFC 3550 6.3.1: 2.5 to 7.5 s */
		assert_in_range(count, 8, 24);
	}
	call_free(idle.call);
}

static void a_stream_without_a_clock_is_idle_too_when_it_rests(void **state)
{
	struct idle idle = open_idle();

	(void)state;
	source_send(&idle.video, true);
	source_run(&idle.video, 10, 10);
	/* The publisher never sent a report, so none can be made for the viewer. */
	call_run(idle.call, 2000);
	assert_in_range(count_datagrams(&idle, idle.viewer, 60), 8, 24);
	call_free(idle.call);
}

static void media_after_a_rest_brings_reports_at_once(void **state)
{
	struct idle idle = open_idle();

	(void)state;
	source_send(&idle.video, true);
	send_sr(idle.publisher, VIDEO_SSRC, UINT64_C(0x1234567800000000), 1000);
	source_run(&idle.video, 10, 10);
	for (int i = 0; i < 5; i++) {
		size_t seen = idle.viewer->rtcp_count, told = idle.publisher->rtcp_count;

		/* Falls asleep again, at another moment of the interval each time. */
		call_run(idle.call, 9000 + 700 * (uint64_t)i);
		seen = idle.viewer->rtcp_count;
		told = idle.publisher->rtcp_count;
		source_run(&idle.video, 5, 10);
		assert_true(count_rtcp(idle.viewer, seen, URCHIN_RTCP_SR, -1) > 0);
		assert_true(idle.publisher->rtcp_count > told);
	}
	call_free(idle.call);
}

static void flowing_media_is_reported_every_second(void **state)
{
	struct idle idle = open_idle();
	size_t seen;

	(void)state;
	source_send(&idle.video, true);
	send_sr(idle.publisher, VIDEO_SSRC, UINT64_C(0x1234567800000000), 1000);
	seen = idle.viewer->rtcp_count;
	source_run(&idle.video, 1000, 20);
	assert_in_range(count_rtcp(idle.viewer, seen, URCHIN_RTCP_SR, -1), 13, 41);
	call_free(idle.call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(idle_peers_get_a_report_every_five_seconds),
	    cmocka_unit_test(a_stream_without_a_clock_is_idle_too_when_it_rests),
	    cmocka_unit_test(media_after_a_rest_brings_reports_at_once),
	    cmocka_unit_test(flowing_media_is_reported_every_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Waiting for the rest of a frame: only on a busy worker, only as long as it brings something, never over 1 ms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/hold.h"

#define START_US UINT64_C(1000000)

static struct urchin_hold busy(void)
{
	struct urchin_hold hold = {0};

	urchin_hold_count(&hold, 0, START_US);
	urchin_hold_count(&hold, 2000, START_US + 200000);
	return hold;
}

static void flush(struct urchin_hold *hold, struct urchin_hold_stream *stream)
{
	urchin_hold_end_stream(hold, stream);
	urchin_hold_end(hold);
}

static void idle_worker_forwards_at_once(void **state)
{
	(void)state;
	struct urchin_hold hold = {0};
	struct urchin_hold_stream stream = {0};

	urchin_hold_count(&hold, 0, START_US);
	urchin_hold_count(&hold, 100, START_US + 200000);
	urchin_hold_add(&hold, &stream, false, START_US + 200000);
	assert_int_equal(urchin_hold_deadline_us(&hold), 0);
}

static void busy_worker_becomes_idle_again(void **state)
{
	(void)state;
	struct urchin_hold hold = busy();
	struct urchin_hold_stream stream = {0};

	urchin_hold_add(&hold, &stream, false, START_US + 200001);
	assert_int_equal(urchin_hold_deadline_us(&hold), START_US + 200001 + URCHIN_HOLD_MAX_US);
	flush(&hold, &stream);
	urchin_hold_count(&hold, 1, START_US + 400000);
	urchin_hold_add(&hold, &stream, false, START_US + 400001);
	assert_int_equal(urchin_hold_deadline_us(&hold), 0);
}

static void frame_waits_for_its_last_packet(void **state)
{
	(void)state;
	struct urchin_hold hold = busy();
	struct urchin_hold_stream stream = {0};

	for (uint64_t i = 0; i < 5; i++) {
		urchin_hold_add(&hold, &stream, false, START_US + 60 * i);
		assert_int_equal(urchin_hold_deadline_us(&hold), START_US + URCHIN_HOLD_MAX_US);
	}
	urchin_hold_add(&hold, &stream, true, START_US + 300);
	assert_int_equal(urchin_hold_deadline_us(&hold), 0);
	flush(&hold, &stream);
	urchin_hold_add(&hold, &stream, false, START_US + 33000);
	assert_int_equal(urchin_hold_deadline_us(&hold), START_US + 33000 + URCHIN_HOLD_MAX_US);
}

static void one_frame_does_not_end_the_waiting_of_another(void **state)
{
	(void)state;
	struct urchin_hold hold = busy();
	struct urchin_hold_stream a = {0}, b = {0};

	urchin_hold_add(&hold, &a, false, START_US);
	urchin_hold_add(&hold, &b, false, START_US + 100);
	urchin_hold_add(&hold, &a, true, START_US + 200);
	assert_int_equal(urchin_hold_deadline_us(&hold), START_US + URCHIN_HOLD_MAX_US);
	/* As when its receiver is removed. */
	urchin_hold_end_stream(&hold, &b);
	assert_int_equal(urchin_hold_deadline_us(&hold), 0);
}

static void stream_whose_packets_come_singly_is_left_alone(void **state)
{
	(void)state;
	struct urchin_hold hold = busy();
	struct urchin_hold_stream stream = {0};
	unsigned waits = 0;

	for (uint64_t i = 0; i < 1000; i++) {
		urchin_hold_add(&hold, &stream, i % 5 == 4, START_US + 2000 * i);
		waits += urchin_hold_deadline_us(&hold) != 0;
		flush(&hold, &stream);
	}
	assert_in_range(waits, 4, 10);

	/* When its packets come together, a later try finds out. */
	waits = 0;
	for (uint64_t i = 0; i < 1000; i++) {
		urchin_hold_add(&hold, &stream, i % 10 == 9, START_US + 4000000 + 100 * i);
		waits += urchin_hold_deadline_us(&hold) != 0;
		if (i % 10 == 9)
			flush(&hold, &stream);
	}
	assert_in_range(waits, 600, 900);
}

/* Packets 75 us apart that never end a frame waited a millisecond each time, for nothing that could end it. */
static void stream_without_marks_does_not_wait(void **state)
{
	(void)state;
	struct urchin_hold hold = busy();
	struct urchin_hold_stream stream = {0};
	unsigned waits = 0;

	for (uint64_t i = 0; i < 1000; i++) {
		urchin_hold_add(&hold, &stream, false, START_US + 75 * i);
		waits += urchin_hold_deadline_us(&hold) != 0;
		if (i % 13 == 12 || urchin_hold_deadline_us(&hold) == 0)
			flush(&hold, &stream);
	}
	assert_in_range(waits, 1, 64);
	urchin_hold_add(&hold, &stream, true, START_US + 100000);
	flush(&hold, &stream);
	urchin_hold_add(&hold, &stream, false, START_US + 133000);
	assert_int_equal(urchin_hold_deadline_us(&hold), START_US + 133000 + URCHIN_HOLD_MAX_US);
}

static void frame_of_one_packet_never_waits(void **state)
{
	(void)state;
	struct urchin_hold hold = busy();
	struct urchin_hold_stream stream = {0};

	urchin_hold_add(&hold, &stream, true, START_US);
	assert_int_equal(urchin_hold_deadline_us(&hold), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(idle_worker_forwards_at_once),
	    cmocka_unit_test(busy_worker_becomes_idle_again),
	    cmocka_unit_test(frame_waits_for_its_last_packet),
	    cmocka_unit_test(one_frame_does_not_end_the_waiting_of_another),
	    cmocka_unit_test(stream_whose_packets_come_singly_is_left_alone),
	    cmocka_unit_test(stream_without_marks_does_not_wait),
	    cmocka_unit_test(frame_of_one_packet_never_waits),
	};
	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}

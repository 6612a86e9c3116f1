/* When a worker counts as overloaded, and when it does not any more, in fake time. */
#include "support/cmocka_all.h"

#include "io/overload.h"

#define MS 1000u

struct clock {
	struct urchin_overload overload;
	uint64_t now_us;
	unsigned changes;
};

static struct clock start(void)
{
	struct clock clock = {.now_us = 5000000};

	urchin_overload_init(&clock.overload, clock.now_us);
	return clock;
}

/* A turn after `wait_ms` of waiting. */
static void turn(struct clock *clock, unsigned wait_ms, unsigned busy_ms, bool is_behind)
{
	uint64_t woke_us = clock->now_us + wait_ms * MS;

	clock->now_us = woke_us + busy_ms * MS;
	clock->changes += urchin_overload_turn(&clock->overload, woke_us, clock->now_us, is_behind);
}

static void turns(struct clock *clock, unsigned count, unsigned wait_ms, unsigned busy_ms)
{
	for (unsigned i = 0; i < count; i++)
		turn(clock, wait_ms, busy_ms, false);
}

static void a_busy_worker_that_keeps_up_is_not_overloaded(void **state)
{
	struct clock clock = start();

	(void)state;
	turns(&clock, 10000, 0, 10);
	assert_int_equal(clock.changes, 0);
	assert_int_equal(clock.overload.busy_percent, 100);
	assert_int_equal(clock.overload.lag_us, 10 * MS);
	turns(&clock, 1000, 3, 1);
	assert_int_equal(clock.overload.busy_percent, 25);
}

static void long_turns_without_a_break_are_overload(void **state)
{
	struct clock clock = start();

	(void)state;
	turns(&clock, 8, 0, 60);
	assert_int_equal(clock.overload.level, 0);
	turns(&clock, 1, 0, 60);
	assert_int_equal(clock.overload.level, 1);
	assert_int_equal(clock.overload.rises, 1);
	turns(&clock, 100, 0, 60);
	assert_int_equal(clock.overload.level, 4);
	assert_int_equal(clock.changes, 4);
	assert_int_equal(clock.overload.rises, 4);
}

/* Short turns that never empty a socket: what lies there gets older with each. */
static void short_turns_that_leave_packets_behind_are_overload(void **state)
{
	struct clock clock = start();

	(void)state;
	for (int i = 0; i < 100; i++)
		turn(&clock, 0, 8, true);
	assert_int_equal(clock.overload.level, 1);
	assert_int_equal(clock.overload.lag_us, 800 * MS);
	turn(&clock, 0, 8, false);
	turn(&clock, 0, 8, false);
	assert_int_equal(clock.overload.lag_us, 8 * MS);
}

static void a_burst_or_a_stop_is_not_overload(void **state)
{
	struct clock clock = start();

	(void)state;
	/* A key frame for a thousand viewers, each second. */
	for (int i = 0; i < 20; i++) {
		turn(&clock, 0, 300, false);
		turns(&clock, 100, 6, 1);
	}
	/* The process was stopped, or its machine was. */
	turn(&clock, 0, 30000, false);
	turns(&clock, 100, 6, 1);
	turn(&clock, 30000, 400, true);
	turns(&clock, 100, 6, 1);
	assert_int_equal(clock.changes, 0);
	assert_int_equal(clock.overload.max_us, 30000 * MS);
}

static void overload_with_a_short_turn_now_and_then_still_is(void **state)
{
	struct clock clock = start();

	(void)state;
	for (int i = 0; i < 15; i++) {
		turn(&clock, 0, 60, false);
		turn(&clock, 0, 10, false);
	}
	assert_int_equal(clock.overload.level, 1);
}

static void three_calm_seconds_lower_the_level_step_by_step(void **state)
{
	struct clock clock = start();

	(void)state;
	turns(&clock, 17, 0, 60);
	turns(&clock, 1, 0, 60);
	assert_int_equal(clock.overload.level, 2);
	turns(&clock, 295, 5, 5);
	assert_int_equal(clock.overload.level, 2);
	turns(&clock, 10, 5, 5);
	assert_int_equal(clock.overload.level, 1);
	turns(&clock, 310, 5, 5);
	assert_int_equal(clock.overload.level, 0);
	turns(&clock, 5000, 5, 5);
	assert_int_equal(clock.changes, 4);
}

static void a_busy_worker_keeps_its_level(void **state)
{
	struct clock clock = start();

	(void)state;
	turns(&clock, 9, 0, 60);
	assert_int_equal(clock.overload.level, 1);
	turns(&clock, 5000, 2, 8);
	assert_int_equal(clock.overload.level, 1);
	/* One late turn in a window, and it is not a calm one. */
	for (int i = 0; i < 20; i++) {
		turns(&clock, 95, 9, 1);
		turn(&clock, 0, 60, false);
	}
	assert_int_equal(clock.overload.level, 1);
	turns(&clock, 400, 9, 1);
	assert_int_equal(clock.overload.level, 0);
}

static uint64_t calm_until_lower(struct clock *clock)
{
	uint64_t from_us = clock->now_us;
	unsigned level = clock->overload.level;

	while (clock->overload.level == level)
		turn(clock, 5, 5, false);
	return (clock->now_us - from_us) / 1000000;
}

/* A load that stays: each time it was tried in vain, the next try comes later, but it comes. */
static void what_is_tried_in_vain_is_tried_less_often(void **state)
{
	static const uint64_t holds[] = {3, 6, 12, 24, 48, 60, 60};
	struct clock clock = start();

	(void)state;
	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		turns(&clock, 9, 0, 60);
		assert_int_equal(clock.overload.level, 1);
		assert_in_range(calm_until_lower(&clock), holds[i], holds[i] + 1);
	}
	/* A long calm, and the next overload is a new one. */
	turns(&clock, 13000, 5, 5);
	turns(&clock, 9, 0, 60);
	assert_in_range(calm_until_lower(&clock), 3, 4);
}

static void a_worker_that_hardly_wakes_gets_calm_too(void **state)
{
	struct clock clock = start();

	(void)state;
	turns(&clock, 36, 0, 60);
	assert_int_equal(clock.overload.level, 4);
	turns(&clock, 40, 500, 0);
	assert_true(clock.overload.level < 4);
}

static void each_level_leaves_out_a_quarter_more_of_the_viewers(void **state)
{
	(void)state;
	for (unsigned level = 0; level <= URCHIN_OVERLOAD_LEVELS; level++) {
		unsigned shed = 0, slack = level % 4 > 0 ? 10 : 0;

		for (uint64_t id = 1; id <= 1000; id++) {
			bool is_shed = urchin_overload_sheds(level, id);

			shed += is_shed;
			/* Who lost it on a lower level does not get it back on a higher one. */
			if (level > 0 && urchin_overload_sheds(level - 1, id))
				assert_true(is_shed);
		}
		assert_in_range(shed, 250 * level - slack, 250 * level + slack);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_busy_worker_that_keeps_up_is_not_overloaded),
	    cmocka_unit_test(long_turns_without_a_break_are_overload),
	    cmocka_unit_test(short_turns_that_leave_packets_behind_are_overload),
	    cmocka_unit_test(a_burst_or_a_stop_is_not_overload),
	    cmocka_unit_test(overload_with_a_short_turn_now_and_then_still_is),
	    cmocka_unit_test(three_calm_seconds_lower_the_level_step_by_step),
	    cmocka_unit_test(a_busy_worker_keeps_its_level),
	    cmocka_unit_test(what_is_tried_in_vain_is_tried_less_often),
	    cmocka_unit_test(a_worker_that_hardly_wakes_gets_calm_too),
	    cmocka_unit_test(each_level_leaves_out_a_quarter_more_of_the_viewers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The lite side of ICE in fake time: restarts (RFC 8445 9), silence, and consent (RFC 7675). */
#include "transport/ice_lite_world.h"

/* --- restart --- */

static void the_old_generation_is_answered_until_the_new_one_has_its_way(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way old_way = way_of("198.51.100.7", 40001);
	struct urchin_ice_way new_way = way_of("203.0.113.9", 40002);
	struct check check = {.user = "new1:peer", .pwd = "abcdefghijkl0123456789"};

	feed_good(world, &old_way, true);
	assert_int_equal(urchin_ice_lite_set_local(world->lite, "new1", "abcdefghijkl0123456789"), 0);
	assert_int_equal(world->ufrags_gone, 0);
	feed_good(world, &old_way, true);
	assert_int_equal(world->answers, 2);
	feed(world, &new_way, &check);
	assert_true(goes_to(world, &old_way));
	check.nominates = true;
	feed(world, &new_way, &check);
	assert_true(goes_to(world, &new_way));
	assert_int_equal(world->ufrags_gone, 1);
	assert_string_equal(world->ufrag_gone, UFRAG);
	feed_good(world, &old_way, true);
	assert_int_equal(last_error(world), 401);
	assert_true(goes_to(world, &new_way));
	/* What was on its way comes in. */
	assert_true(urchin_ice_lite_hear(world->lite, &old_way, world->now_us));
	assert_int_equal(world->states, 1);
}

static void a_restart_that_was_never_answered_is_forgotten_by_the_next(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);
	struct check lost = {.user = "new1:peer", .pwd = "abcdefghijkl0123456789", .nominates = true};
	struct check next = {.user = "new2:peer", .pwd = "bbcdefghijkl0123456789", .nominates = true};

	feed_good(world, &way, true);
	assert_int_equal(urchin_ice_lite_set_local(world->lite, "new1", lost.pwd), 0);
	assert_int_equal(urchin_ice_lite_set_local(world->lite, "new2", next.pwd), 0);
	assert_string_equal(world->ufrag_gone, "new1");
	feed(world, &way, &lost);
	assert_int_equal(last_error(world), 401);
	feed_good(world, &way, false);
	assert_int_equal(world->answers, 3);
	/* The same address serves the new generation. */
	feed(world, &way, &next);
	assert_string_equal(world->ufrag_gone, UFRAG);
	assert_int_equal(world->paths, 1);
}

static void a_restart_before_anything_happened_replaces_the_credentials(void **state)
{
	struct world *world = *state;

	assert_int_equal(urchin_ice_lite_set_local(world->lite, "new1", PWD), 0);
	assert_string_equal(world->ufrag_gone, UFRAG);
	assert_int_equal(urchin_ice_lite_set_local(world->lite, "", PWD), URCHIN_EINVAL);
	assert_int_equal(urchin_ice_lite_set_local(world->lite, "new1", NULL), URCHIN_EINVAL);
}

/* --- silence and consent --- */

static void silence_disconnects_and_then_consent_ends(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);

	feed_good(world, &way, true);
	run_until(world, START_US + 13 * S - 1);
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
	run_until(world, START_US + 13 * S);
	assert_int_equal(world->state, URCHIN_ICE_DISCONNECTED);
	assert_non_null(urchin_ice_lite_current(world->lite));
	run_until(world, START_US + 30 * S - 1);
	assert_int_equal(world->state, URCHIN_ICE_DISCONNECTED);
	run_until(world, START_US + 30 * S);
	assert_int_equal(world->state, URCHIN_ICE_FAILED);
	assert_null(urchin_ice_lite_current(world->lite));
}

static void with_regular_packets_silence_is_noticed_sooner(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);
	uint64_t last_us;

	feed_good(world, &way, true);
	for (int i = 0; i < 10; i++) {
		world->now_us += S;
		assert_true(urchin_ice_lite_hear(world->lite, &way, world->now_us));
	}
	last_us = world->now_us;
	run_until(world, last_us + 6500 * MS - 1);
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
	run_until(world, last_us + 6500 * MS);
	assert_int_equal(world->state, URCHIN_ICE_DISCONNECTED);
	/* Any sign of life ends it. */
	assert_true(urchin_ice_lite_hear(world->lite, &way, world->now_us));
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
}

static void a_peer_that_checks_every_five_seconds_stays_connected(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);

	feed_good(world, &way, true);
	/* RFC 7675 5.1: 4 to 6 s; every fifth is lost. */
	for (int i = 0; i < 100; i++) {
		run_until(world, world->now_us + (4 + (uint64_t)i % 3) * S);
		if (i % 5 != 0)
			feed_good(world, &way, false);
	}
	assert_int_equal(world->states, 1);
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
}

static void packets_alone_are_no_consent(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);

	feed_good(world, &way, true);
	for (int i = 0; i < 300; i++) {
		run_until(world, world->now_us + 100 * MS);
		urchin_ice_lite_hear(world->lite, &way, world->now_us);
	}
	assert_int_equal(world->state, URCHIN_ICE_FAILED);
	assert_int_equal(world->states, 2);
}

static void a_worker_that_was_late_itself_judges_nobody(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);

	feed_good(world, &way, true);
	/* It slept for a minute; the timers come before what the peer sent meanwhile. */
	world->now_us += 60 * S;
	urchin_ice_lite_tick(world->lite, world->now_us);
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
	assert_int_equal(urchin_ice_lite_deadline_us(world->lite), world->now_us + 500 * MS);
	feed_good(world, &way, false);
	run_until(world, world->now_us + 5 * S);
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
	world->now_us += 60 * S;
	urchin_ice_lite_tick(world->lite, world->now_us);
	run_until(world, world->now_us + 500 * MS);
	assert_int_equal(world->state, URCHIN_ICE_FAILED);
}

static void the_timeouts_can_be_chosen(void **state)
{
	static const struct urchin_ice_lite_config config = {
	    .disconnected_timeout_us = 2 * S,
	    .consent_timeout_us = 8 * S,
	};
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);

	urchin_ice_lite_free(world->lite);
	world->lite = urchin_ice_lite_new(&config, &callbacks, world);
	assert_int_equal(urchin_ice_lite_set_local(world->lite, UFRAG, PWD), 0);
	feed_good(world, &way, true);
	run_until(world, START_US + 2 * S);
	assert_int_equal(world->state, URCHIN_ICE_DISCONNECTED);
	run_until(world, START_US + 8 * S);
	assert_int_equal(world->state, URCHIN_ICE_FAILED);
}

static void only_a_silent_way_can_be_taken_over(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);

	assert_true(urchin_ice_lite_is_silent(world->lite, &way, world->now_us));
	feed_good(world, &way, true);
	assert_false(urchin_ice_lite_is_silent(world->lite, &way, world->now_us + 999 * MS));
	assert_true(urchin_ice_lite_is_silent(world->lite, &way, world->now_us + S));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_old_generation_is_answered_until_the_new_one_has_its_way),
	    TEST(a_restart_that_was_never_answered_is_forgotten_by_the_next),
	    TEST(a_restart_before_anything_happened_replaces_the_credentials),
	    TEST(silence_disconnects_and_then_consent_ends),
	    TEST(with_regular_packets_silence_is_noticed_sooner),
	    TEST(a_peer_that_checks_every_five_seconds_stays_connected),
	    TEST(packets_alone_are_no_consent),
	    TEST(a_worker_that_was_late_itself_judges_nobody),
	    TEST(the_timeouts_can_be_chosen),
	    TEST(only_a_silent_way_can_be_taken_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

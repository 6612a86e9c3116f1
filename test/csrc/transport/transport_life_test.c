/* How a transport ends: timeouts, failed gathering, failed ICE, close at every moment. */
#include "transport/transport_world.h"

static struct fake_ice_fate lose_all(void *owner, int from, const uint8_t *bytes, size_t len)
{
	(void)owner;
	(void)from;
	(void)bytes;
	(void)len;
	return (struct fake_ice_fate){0};
}

static void connect_timeout_names_the_stage(void **state)
{
	static const char *const stages[] = {"no remote description", "ICE checking", "DTLS handshake"};

	(void)state;
	for (int stage = 0; stage < 3; stage++) {
		struct world *world = open_world();

		fake_ice_set_filter(world->link, lose_all, NULL);
		world->sides[0].end->hold_checks = stage == 1;
		for (int i = 0; i < 2; i++) {
			assert_int_equal(gather(world, i), 0);
			if (stage > 0)
				assert_int_equal(set_remote(world, i, 0), 0);
		}
		run(world, 19 * S);
		assert_int_equal(count_events(&world->sides[0], URCHIN_EVENT_FAILED), 0);
		run(world, 2 * S);
		for (int i = 0; i < 2; i++) {
			struct side *side = &world->sides[i];
			size_t sent = side->end->sent;

			assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 1);
			assert_int_equal(side->reason, URCHIN_REASON_CONNECT_TIMEOUT);
			assert_string_equal(side->detail, stages[stage]);
			assert_true(urchin_transport_deadline_us(side->transport, world->now_us) == URCHIN_NEVER_US);
			/* Nothing goes out any more. */
			run(world, 10 * S);
			assert_int_equal(side->end->sent, sent);
			assert_int_equal(set_remote(world, i, 0), URCHIN_ESTATE);
		}
		close_world(world);
	}
}

static void gather_failures_have_their_reasons(void **state)
{
	static const struct {
		int error;
		bool none;
		bool at_once;
		enum urchin_reason reason;
	} cases[] = {
	    {URCHIN_EFULL, false, false, URCHIN_REASON_ICE_PORTS},
	    {URCHIN_ELIBRARY, false, false, URCHIN_REASON_ICE_GATHER},
	    {0, true, false, URCHIN_REASON_ICE_GATHER},
	    {0, true, true, URCHIN_REASON_ICE_GATHER},
	};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct world *world = open_world();
		struct side *side = &world->sides[0];

		side->end->gather_error = cases[c].error;
		side->end->no_candidates = cases[c].none;
		side->end->gather_at_once = cases[c].at_once;
		assert_int_equal(gather(world, 0) < 0, cases[c].error < 0 || cases[c].at_once);
		fake_ice_pump(world->link, world->now_us);
		assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 1);
		assert_int_equal(side->reason, cases[c].reason);
		assert_int_equal(place_of(side, URCHIN_EVENT_STARTED), 0);
		assert_int_equal(gather(world, 0), URCHIN_ESTATE);
		close_world(world);
	}
}

static void gathered_inside_gather_is_told_after_hosts_gathered(void **state)
{
	struct world *world = open_world();
	struct side *side = &world->sides[0];

	(void)state;
	side->end->gather_at_once = true;
	assert_int_equal(gather(world, 0), 0);
	assert_int_equal(side->events[side->event_count - 2], URCHIN_EVENT_HOSTS_GATHERED);
	assert_int_equal(side->events[side->event_count - 1], URCHIN_EVENT_GATHERED);
	assert_int_equal(gather(world, 0), URCHIN_ESTATE);
	close_world(world);
}

/* libnice says FAILED as soon as its checks ran out, and recovers when another candidate comes. */
static void failed_ice_has_five_seconds_to_recover(void **state)
{
	struct world *world = open_world();
	struct side *side = &world->sides[0];

	(void)state;
	side->end->hold_checks = true;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(gather(world, i), 0);
		assert_int_equal(set_remote(world, i, 0), 0);
	}
	assert_int_equal(urchin_transport_end_candidates(side->transport), 0);
	run(world, S);
	fake_ice_set_state(side->end, URCHIN_ICE_FAILED);
	run(world, 4 * S);
	assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 0);
	fake_ice_set_state(side->end, URCHIN_ICE_CHECKING);
	run(world, 6 * S);
	assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 0);
	side->end->hold_checks = false;
	run(world, S);
	assert_true(urchin_transport_is_ready(side->transport));
	close_world(world);
}

static void failed_ice_fails_after_the_grace(void **state)
{
	struct world *world = open_world();
	struct side *side = &world->sides[0];

	(void)state;
	side->end->hold_checks = true;
	assert_int_equal(gather(world, 0), 0);
	assert_int_equal(set_remote(world, 0, 0), 0);
	run(world, S);
	fake_ice_set_state(side->end, URCHIN_ICE_FAILED);
	/* More candidates may come: only the connect timeout counts. */
	run(world, 8 * S);
	assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 0);
	assert_int_equal(urchin_transport_end_candidates(side->transport), 0);
	run(world, 4 * S);
	assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 0);
	run(world, 2 * S);
	assert_int_equal(side->reason, URCHIN_REASON_ICE_FAILED);
	close_world(world);
}

/* The backend has waited for the whole consent timeout before it says FAILED. */
static void lost_consent_fails_at_once(void **state)
{
	struct world *world = connect_world();
	struct side *side = &world->sides[0];

	(void)state;
	fake_ice_set_state(side->end, URCHIN_ICE_DISCONNECTED);
	run(world, 60 * S);
	assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 0);
	assert_true(urchin_transport_is_ready(side->transport));
	fake_ice_set_state(side->end, URCHIN_ICE_FAILED);
	run(world, S / 10);
	assert_int_equal(side->reason, URCHIN_REASON_ICE_CONSENT);
	assert_false(urchin_transport_is_ready(side->transport));
	close_world(world);
}

/* close() inside the n-th event, of either side: every n is another moment. */
static void close_inside_any_event(void **state)
{
	(void)state;
	for (int n = 1; n < 40; n++) {
		for (int closer = 0; closer < 2; closer++) {
			struct world *world = open_world();
			struct side *side = &world->sides[closer];

			side->close_at = n;
			side->end->gather_at_once = n % 2;
			for (int i = 0; i < 2; i++) {
				gather(world, i);
				set_remote(world, i, 0);
			}
			run(world, 2 * S);
			if (side->seen >= n)
				assert_int_equal(side->closed, 1);
			close_world(world);
		}
	}
}

static void close_at_every_stage(void **state)
{
	(void)state;
	for (int stage = 0; stage < 6; stage++) {
		struct world *world = open_world();

		if (stage > 0)
			assert_int_equal(gather(world, 0), 0);
		if (stage > 1)
			assert_int_equal(set_remote(world, 0, 0), 0);
		if (stage > 2) {
			assert_int_equal(gather(world, 1), 0);
			assert_int_equal(set_remote(world, 1, 0), 0);
		}
		if (stage > 3)
			run(world, S);
		if (stage > 4)
			urchin_transport_restart_ice(world->sides[0].transport, ufrags[0][1], pwds[0][1],
						     world->now_us);
		urchin_transport_close(world->sides[0].transport);
		assert_int_equal(world->sides[0].closed, 0);
		assert_int_equal(gather(world, 0), URCHIN_ESTATE);
		assert_int_equal(urchin_transport_end_candidates(world->sides[0].transport), URCHIN_ESTATE);
		close_world(world);
	}
}

/*
 * The peer was gone, the owner restarted ICE, and the answer never came: the grace had ended with the restart, no check
 * ran that could fail, and the connection hung for ever.
 */
static void a_restart_towards_a_peer_that_is_gone_ends(void **state)
{
	struct world *world = connect_world();
	struct side *side = &world->sides[0];

	(void)state;
	fake_ice_set_state(side->end, URCHIN_ICE_DISCONNECTED);
	run(world, S);
	assert_int_equal(urchin_transport_restart_ice(side->transport, ufrags[0][1], pwds[0][1], world->now_us), 0);
	fake_ice_set_state(side->end, URCHIN_ICE_CHECKING);
	run(world, 19 * S);
	assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 0);
	run(world, 2 * S);
	assert_int_equal(side->reason, URCHIN_REASON_ICE_CONSENT);
	close_world(world);
}

/*
 * Restarts are offered again and again while the peer is gone: each gave the connection its whole time anew, and when
 * it ended at last, 38 s after the cut, the reason spoke of a DTLS handshake that was long done.
 */
static void repeated_restarts_towards_a_peer_that_is_gone_end_as_one(void **state)
{
	struct world *world = connect_world();
	struct side *side = &world->sides[0];

	(void)state;
	fake_ice_set_state(side->end, URCHIN_ICE_DISCONNECTED);
	run(world, S);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(
		    urchin_transport_restart_ice(side->transport, ufrags[0][i % 2], pwds[0][i % 2], world->now_us), 0);
		fake_ice_set_state(side->end, URCHIN_ICE_CHECKING);
		fake_ice_set_state(side->end, URCHIN_ICE_DISCONNECTED);
		run(world, 4 * S);
	}
	assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 0);
	run(world, 5 * S);
	assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 1);
	assert_int_equal(side->reason, URCHIN_REASON_ICE_CONSENT);
	close_world(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(connect_timeout_names_the_stage),
	    cmocka_unit_test(gather_failures_have_their_reasons),
	    cmocka_unit_test(gathered_inside_gather_is_told_after_hosts_gathered),
	    cmocka_unit_test(failed_ice_has_five_seconds_to_recover),
	    cmocka_unit_test(failed_ice_fails_after_the_grace),
	    cmocka_unit_test(lost_consent_fails_at_once),
	    cmocka_unit_test(close_inside_any_event),
	    cmocka_unit_test(close_at_every_stage),
	    cmocka_unit_test(a_restart_towards_a_peer_that_is_gone_ends),
	    cmocka_unit_test(repeated_restarts_towards_a_peer_that_is_gone_end_as_one),
	};

	return cmocka_run_group_tests(tests, make_certs, free_certs);
}

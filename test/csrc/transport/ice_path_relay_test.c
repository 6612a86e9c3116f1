/* Relayed pairs: how long they wait for a direct one, what takes their place, and how their silence is told. */
#include "transport/ice_path_world.h"

static void know(struct ice_world *world, int index)
{
	struct ice_side *side = &world->sides[index];
	urchin_ice_path_add_remote(side->path, &world->sides[1 - index].outside[0], URCHIN_CANDIDATE_SRFLX,
				   UINT32_C(0x64ffffff), world->now_us);
}

static void select_relay(struct ice_world *world, int index)
{
	struct urchin_addr relay = addr_of("203.0.113.9", (uint16_t)(3478 + index));
	urchin_ice_path_nominate(world->sides[index].path, URCHIN_ICE_PATH_BACKEND, &relay, URCHIN_CANDIDATE_RELAY,
				 true, world->now_us);
}

/* Both know each other's addresses, and both backends selected the relay. */
static struct ice_world *relayed(bool first_controls)
{
	struct ice_world *world = world_new(first_controls, NULL);
	for (int i = 0; i < 2; i++) {
		know(world, i);
		world->sides[i].filters = true;
		select_relay(world, i);
		assert_int_equal(world->sides[i].path_count, 0);
		assert_false(side_has_path(&world->sides[i]));
	}
	return world;
}

/*
 * libnice 0.1.21 nominates a relay about 150 ms after its start when the first direct check is lost, and stays there
 * for ever: four of eight calls between two kinds of NAT were relayed that could have been direct.
 */
static void a_direct_pair_that_works_is_taken_instead(void **state)
{
	(void)state;
	for (int controls = 0; controls < 2; controls++) {
		struct ice_world *world = relayed(controls);
		world_run(world, 590 * MS_US);
		for (int i = 0; i < 2; i++) {
			struct ice_side *side = &world->sides[i];
			assert_int_equal(side->path_count, 1);
			assert_int_equal(side->local, 0);
			assert_true(urchin_addr_equal(&side->remote, &world->sides[1 - i].outside[0]));
			assert_int_equal(side->remote_type, URCHIN_CANDIDATE_SRFLX);
		}
		world_free(world);
	}
}

/*
 * The direct way is lossy when it matters: two links that lose a tenth each, both ways. When each check waited twice as
 * long as the one before, 5 of these 1000 calls were still relayed after 3 s.
 */
static void a_direct_pair_is_found_under_loss(void **state)
{
	int late = 0;

	(void)state;
	for (int run = 0; run < 1000; run++) {
		struct ice_world *world = relayed(run & 1);
		world_random_state = (uint64_t)run + 7;
		world->loss = 190;
		side_start_media(&world->sides[0], 20 * MS_US);
		side_start_media(&world->sides[1], 20 * MS_US);
		world_run(world, 3 * S_US);
		late += world->sides[0].local != 0 || world->sides[1].local != 0;
		world_run(world, 6 * S_US);
		assert_int_equal(world->sides[0].local, 0);
		assert_int_equal(world->sides[1].local, 0);
		world_free(world);
	}
	assert_int_equal(late, 0);
}

static void the_relay_is_taken_when_patience_ends(void **state)
{
	(void)state;
	struct ice_world *world = relayed(true);
	struct ice_side *side = &world->sides[0];
	side->is_up[0] = false;
	uint64_t start_us = world->now_us;
	world_run_until(world, start_us + 600 * MS_US - 1);
	assert_int_equal(side->path_count, 0);
	world_run(world, 1);
	assert_int_equal(side->path_count, 1);
	assert_int_equal(side->local, URCHIN_ICE_PATH_BACKEND);
	assert_int_equal(side->remote_type, URCHIN_CANDIDATE_RELAY);
	/* Direct pairs are looked for until 10 s, and not much. */
	world_run_until(world, start_us + 10 * S_US);
	assert_in_range(side->sent_count, 6, 15);
	size_t sent = side->sent_count;
	world_run(world, 100 * S_US);
	assert_int_equal(side->sent_count, sent);
	world_free(world);
}

/*
 * A relay came first, then the backend found a way over TCP: packets took it, but everybody was told of the relay until
 * the end of the call.
 */
static void another_pair_of_the_backend_is_told(void **state)
{
	struct ice_world *world = relayed(true);
	struct ice_side *side = &world->sides[0];
	struct urchin_addr tcp = addr_of("198.51.100.7", 9);

	(void)state;
	side->is_up[0] = false;
	world_run(world, 600 * MS_US);
	assert_int_equal(side->path_count, 1);
	assert_int_equal(side->remote_type, URCHIN_CANDIDATE_RELAY);
	for (int i = 0; i < 2; i++) {
		urchin_ice_path_nominate(side->path, URCHIN_ICE_PATH_BACKEND, &tcp, URCHIN_CANDIDATE_HOST, true,
					 world->now_us);
		assert_int_equal(side->path_count, 2);
		assert_int_equal(side->local, URCHIN_ICE_PATH_BACKEND);
		assert_int_equal(side->remote_type, URCHIN_CANDIDATE_HOST);
		assert_true(urchin_addr_equal(&side->remote, &tcp));
	}
	world_free(world);
}

/* A relay that the backend selects late is not made to wait for pairs that had their time. */
static void patience_begins_with_the_addresses(void **state)
{
	struct ice_world *world = world_new(true, NULL);
	struct ice_side *side = &world->sides[0];

	(void)state;
	world_cut(world, true);
	know(world, 0);
	world_run(world, 400 * MS_US);
	select_relay(world, 0);
	world_run(world, 200 * MS_US - 1);
	assert_false(side_has_path(side));
	world_run(world, 1);
	assert_true(side_has_path(side));
	assert_int_equal(side->local, URCHIN_ICE_PATH_BACKEND);
	world_free(world);
}

static void patience_is_an_option(void **state)
{
	(void)state;
	struct urchin_ice_path_config options = {.relay_patience_us = 100 * MS_US};
	struct ice_world *world = world_new(true, &options);
	struct ice_side *side = &world->sides[0];
	world_cut(world, true);
	know(world, 0);
	select_relay(world, 0);
	world_run(world, 100 * MS_US - 1);
	assert_int_equal(side->path_count, 0);
	world_run(world, 1);
	assert_int_equal(side->path_count, 1);
	world_free(world);
}

static void without_direct_pairs_the_relay_is_taken_at_once(void **state)
{
	(void)state;
	struct ice_world *world = world_new(true, NULL);
	struct ice_side *side = &world->sides[0];
	struct urchin_addr v6 = addr_of("2001:db8::1", 1000);
	struct urchin_addr relay = addr_of("203.0.113.1", 1000);
	urchin_ice_path_add_remote(side->path, &v6, URCHIN_CANDIDATE_HOST, HOST_PRIORITY, world->now_us);
	urchin_ice_path_add_remote(side->path, &relay, URCHIN_CANDIDATE_RELAY, 100, world->now_us);
	select_relay(world, 0);
	assert_int_equal(side->path_count, 1);
	/* A candidate that trickles in later is tried. */
	world_run(world, 20 * S_US);
	assert_int_equal(side->sent_count, 0);
	know(world, 0);
	world_run(world, 1 * S_US);
	assert_int_equal(side->local, 0);
	assert_int_equal(side->path_count, 2);
	world_free(world);
}

static void a_direct_pair_that_works_later_is_moved_to(void **state)
{
	(void)state;
	for (int controls = 0; controls < 2; controls++) {
		struct ice_world *world = relayed(controls);
		side_start_media(&world->sides[0], 20 * MS_US);
		side_start_media(&world->sides[1], 20 * MS_US);
		world->sides[1].is_up[0] = false;
		world_run(world, 5 * S_US);
		assert_int_equal(world->sides[0].local, URCHIN_ICE_PATH_BACKEND);
		assert_int_equal(world->sides[1].local, URCHIN_ICE_PATH_BACKEND);
		world->sides[1].is_up[0] = true;
		world->sides[0].longest_gap_us = world->sides[1].longest_gap_us = 0;
		world_run(world, 4 * S_US);
		for (int i = 0; i < 2; i++) {
			struct ice_side *side = &world->sides[i];
			assert_int_equal(side->local, 0);
			assert_true(side->longest_gap_us <= 100 * MS_US);
		}
		world_free(world);
	}
}

/* The controlling side names the pair in a check, and moves when that one is answered (RFC 8445 8.1.1). */
static void only_the_controlling_side_nominates(void **state)
{
	(void)state;
	for (int controls = 0; controls < 2; controls++) {
		struct ice_world *world = relayed(controls);
		struct ice_side *side = &world->sides[0];
		world->sides[1].tells_selected = false;
		side->tells_selected = false;
		world_run(world, 500 * MS_US);
		bool names = false;
		for (size_t i = 0; i < side->sent_count; i++)
			names |= side->sent[i].use_candidate;
		assert_int_equal(names, controls);
		assert_false(side->sent[0].use_candidate);
		assert_int_equal(side->path_count, controls);
		world_free(world);
	}
}

/* 200 ms after the first, after every second one twice as long, up to 1.6 s; the check that nominates seven times. */
static void checks_are_repeated_less_and_less(void **state)
{
	(void)state;
	static const uint64_t gaps_us[] = {200 * MS_US, 200 * MS_US, 400 * MS_US, 400 * MS_US,
					   800 * MS_US, 800 * MS_US, 1600 * MS_US};
	struct ice_world *world = relayed(true);
	struct ice_side *side = &world->sides[0];
	side->is_up[0] = false;
	world_run(world, 9 * S_US);
	for (size_t i = 0; i < sizeof gaps_us / sizeof gaps_us[0]; i++)
		assert_int_equal(side->sent[i + 1].time_us - side->sent[i].time_us, gaps_us[i]);
	world_free(world);

	world = relayed(true);
	side = &world->sides[0];
	world->sides[1].ignores_names = true;
	world_run(world, 5 * S_US);
	size_t named = 0;
	for (size_t i = 0; i < side->sent_count; i++)
		named += side->sent[i].use_candidate;
	assert_int_equal(named, 7);
	assert_int_equal(side->local, URCHIN_ICE_PATH_BACKEND);
	world_free(world);
}

/* The better of two pairs is waited for, but not for more than 50 ms. */
static void the_better_pair_may_answer_a_little_later(void **state)
{
	(void)state;
	for (int is_late = 0; is_late < 2; is_late++) {
		struct ice_world *world = world_new(true, NULL);
		struct ice_side *side = &world->sides[0];
		struct urchin_addr better = world->sides[1].outside[1];
		world->sides[1].lag_us[1] = (is_late ? 30 : 15) * MS_US;
		know(world, 0);
		urchin_ice_path_add_remote(side->path, &better, URCHIN_CANDIDATE_HOST, HOST_PRIORITY, world->now_us);
		select_relay(world, 0);
		world_run(world, 400 * MS_US);
		assert_true(urchin_addr_equal(&side->remote, is_late ? &world->sides[1].outside[0] : &better));
		assert_int_equal(side->path_count, 1);
		world_free(world);
	}
}

/* The backend of the controlled side says nothing of the new pair, but packets come that way. */
static void the_controlled_side_follows_packets_off_the_relay(void **state)
{
	(void)state;
	struct ice_world *world = relayed(false);
	struct ice_side *side = &world->sides[0];
	side->tells_selected = false;
	side_start_media(&world->sides[0], 20 * MS_US);
	side_start_media(&world->sides[1], 20 * MS_US);
	world_run(world, 2 * S_US);
	assert_int_equal(world->sides[1].local, 0);
	assert_int_equal(side->local, 0);
	world_free(world);
}

/* --- silence of the backend's pair --- */

static struct ice_world *on_relay(void)
{
	struct ice_world *world = world_new(true, NULL);
	for (int i = 0; i < 2; i++) {
		select_relay(world, i);
		assert_int_equal(world->sides[i].local, URCHIN_ICE_PATH_BACKEND);
		assert_true(side_has_path(&world->sides[i]));
	}
	return world;
}

static void silence_after_regular_packets_tells(void **state)
{
	(void)state;
	struct ice_world *world = on_relay();
	struct ice_side *side = &world->sides[0];
	side_start_media(&world->sides[1], 1900 * MS_US);
	world_run(world, 60 * S_US);
	assert_int_equal(side->silent_count, 0);
	world->is_relay_up = false;
	uint64_t heard_us = side->received_us;
	world_run(world, 20 * S_US);
	assert_int_equal(side->silent_count, 1);
	assert_int_equal(side->liveness_us, heard_us + 4500 * MS_US);
	/* Silence alone is not the end: nobody could ask. */
	world_run(world, 100 * S_US);
	assert_int_equal(side->dead_count, 0);
	world->is_relay_up = true;
	world_run(world, 2 * S_US);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	world_free(world);
}

static void silence_after_irregular_packets_tells_nothing(void **state)
{
	(void)state;
	struct ice_world *world = on_relay();
	struct ice_side *side = &world->sides[0];
	side_start_media(&world->sides[1], 2100 * MS_US);
	world_run(world, 60 * S_US);
	side_stop_media(&world->sides[1]);
	world_run(world, 60 * S_US);
	assert_int_equal(side->silent_count, 0);
	assert_int_equal(urchin_ice_path_deadline_us(side->path) > world->now_us, 1);
	world_free(world);
}

static void the_backend_says_when_its_pair_is_dead(void **state)
{
	(void)state;
	struct ice_world *world = on_relay();
	struct ice_side *side = &world->sides[0];
	world_run(world, 10 * S_US);
	uint64_t start_us = world->now_us;
	urchin_ice_path_hear_backend(side->path, start_us);
	world_run(world, 1 * S_US);
	urchin_ice_path_set_backend_alive(side->path, false, world->now_us);
	assert_int_equal(side->liveness, URCHIN_ICE_SILENT);
	urchin_ice_path_set_backend_alive(side->path, true, world->now_us);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	start_us = world->now_us;
	world_run(world, 5 * S_US);
	urchin_ice_path_set_backend_alive(side->path, false, world->now_us);
	world_run(world, 1 * S_US);
	/* Said again it is no newer. */
	urchin_ice_path_set_backend_alive(side->path, false, world->now_us);
	world_run_until(world, start_us + 30 * S_US - 1);
	assert_int_equal(side->liveness, URCHIN_ICE_SILENT);
	assert_true(side_has_path(side));
	world_run(world, 1);
	assert_int_equal(side->liveness, URCHIN_ICE_DEAD);
	assert_false(side_has_path(side));
	urchin_ice_path_set_backend_alive(side->path, true, world->now_us);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	assert_true(side_has_path(side));
	world_free(world);
}

/* --- from a direct pair to the relay and back --- */

static void a_direct_pair_that_dies_falls_back_to_the_relay(void **state)
{
	(void)state;
	struct ice_world *world = relayed(true);
	struct ice_side *side = &world->sides[0];
	struct ice_side *peer = &world->sides[1];
	side_start_media(side, 20 * MS_US);
	side_start_media(peer, 20 * MS_US);
	/* The backends keep their relayed pair, as that of a controlling side does. */
	peer->tells_selected = false;
	world_run(world, 5 * S_US);
	assert_int_equal(side->local, 0);
	assert_int_equal(peer->local, 0);
	side->longest_gap_us = peer->longest_gap_us = 0;
	side->is_up[0] = false;
	world_run(world, 6 * S_US);
	assert_int_equal(side->local, URCHIN_ICE_PATH_BACKEND);
	assert_int_equal(peer->local, URCHIN_ICE_PATH_BACKEND);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	assert_true(side->longest_gap_us <= 2500 * MS_US);
	assert_true(peer->longest_gap_us <= 2500 * MS_US);
	assert_int_equal(side->silent_count, 0);
	/* Long after the search ended, the direct way works again. */
	world_run(world, 60 * S_US);
	side->is_up[0] = true;
	side->longest_gap_us = peer->longest_gap_us = 0;
	world_run(world, 11 * S_US);
	assert_int_equal(side->local, 0);
	assert_int_equal(peer->local, 0);
	assert_true(side->longest_gap_us <= 100 * MS_US);
	world_free(world);
}

/* A relayed pair selected while a direct one works changes nothing. */
static void a_relay_does_not_displace_a_direct_pair(void **state)
{
	(void)state;
	for (int controls = 0; controls < 2; controls++) {
		struct ice_world *world = world_new(controls, NULL);
		struct ice_side *side = &world->sides[0];
		side->tells_selected = false;
		world_connect(world);
		world_run(world, 1 * S_US);
		select_relay(world, 0);
		world_run(world, 20 * S_US);
		assert_int_equal(side->path_count, 1);
		/* Not when it loses packets for a moment either. */
		world_cut(world, true);
		select_relay(world, 0);
		world_run(world, 500 * MS_US);
		world_cut(world, false);
		world_run(world, 20 * S_US);
		assert_int_equal(side->path_count, 1);
		/* Unless that one is gone. */
		world_cut(world, true);
		world_run(world, 6 * S_US);
		assert_int_equal(side->local, URCHIN_ICE_PATH_BACKEND);
		world_free(world);
	}
}

/* A relayed address of the peer, reached from our socket: checks can be sent there. */
static void a_relayed_remote_is_checked_from_our_socket(void **state)
{
	(void)state;
	struct ice_world *world = world_new(true, NULL);
	struct ice_side *side = &world->sides[0];
	struct urchin_addr relay = world->sides[1].outside[1];
	urchin_ice_path_nominate(side->path, 0, &relay, URCHIN_CANDIDATE_RELAY, true, world->now_us);
	assert_int_equal(side->path_count, 1);
	world_run(world, 10 * S_US);
	assert_true(stats_of(side).answers_received >= 4);
	know(world, 0);
	world_run(world, 1 * S_US);
	assert_int_equal(side->path_count, 2);
	assert_true(urchin_addr_equal(&side->remote, &world->sides[1].outside[0]));
	world_free(world);
}

/* Without the backend: who controls checks and nominates; the other side hears of it from its backend. */
static void the_controlling_side_seeks_by_itself(void **state)
{
	(void)state;
	for (int controls = 0; controls < 2; controls++) {
		struct ice_world *world = world_new(controls, NULL);
		struct ice_side *first = &world->sides[0];

		urchin_ice_path_seek(first->path, world->now_us);
		world_run(world, 100 * MS_US);
		assert_int_equal(first->path_count, 0);
		/* Addresses that come later are taken in. */
		know(world, 0);
		world_run(world, 300 * MS_US);
		assert_int_equal(first->path_count, controls);
		assert_int_equal(side_has_path(first), controls);
		world_free(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_controlling_side_seeks_by_itself),
	    cmocka_unit_test(a_direct_pair_that_works_is_taken_instead),
	    cmocka_unit_test(a_direct_pair_is_found_under_loss),
	    cmocka_unit_test(the_relay_is_taken_when_patience_ends),
	    cmocka_unit_test(another_pair_of_the_backend_is_told),
	    cmocka_unit_test(patience_begins_with_the_addresses),
	    cmocka_unit_test(patience_is_an_option),
	    cmocka_unit_test(without_direct_pairs_the_relay_is_taken_at_once),
	    cmocka_unit_test(a_direct_pair_that_works_later_is_moved_to),
	    cmocka_unit_test(only_the_controlling_side_nominates),
	    cmocka_unit_test(checks_are_repeated_less_and_less),
	    cmocka_unit_test(the_better_pair_may_answer_a_little_later),
	    cmocka_unit_test(the_controlled_side_follows_packets_off_the_relay),
	    cmocka_unit_test(silence_after_regular_packets_tells),
	    cmocka_unit_test(silence_after_irregular_packets_tells_nothing),
	    cmocka_unit_test(the_backend_says_when_its_pair_is_dead),
	    cmocka_unit_test(a_direct_pair_that_dies_falls_back_to_the_relay),
	    cmocka_unit_test(a_relay_does_not_displace_a_direct_pair),
	    cmocka_unit_test(a_relayed_remote_is_checked_from_our_socket),
	};
	return cmocka_run_group_tests_name("transport/ice_path_relay", tests, NULL, NULL);
}

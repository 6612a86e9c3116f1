/* Packets take another way: rebindings of either NAT, a peer that moves, a relay given up for a direct pair. */
#include "transport/ice_path_world.h"

static struct ice_world *talking(bool first_controls)
{
	struct ice_world *world = world_new(first_controls, NULL);
	world_connect(world);
	side_start_media(&world->sides[0], 20 * MS_US);
	side_start_media(&world->sides[1], 20 * MS_US);
	world_run(world, 5 * S_US);
	world->sides[0].longest_gap_us = world->sides[1].longest_gap_us = 0;
	return world;
}

static void assert_flows(const struct ice_world *world)
{
	for (int i = 0; i < 2; i++)
		assert_true(world->sides[i].received_us + 300 * MS_US >= world->now_us);
}

/* --- a NAT gives a new address --- */

/* Returns the longest gap in media on either side. */
static uint64_t rebind(unsigned variant, unsigned loss, bool backend_helps)
{
	struct ice_world *world = talking(variant & 1);
	int moved = variant >> 1 & 1;
	for (int i = 0; i < 2; i++) {
		world->sides[i].filters = i == moved;
		world->sides[i].tells_prflx = backend_helps;
		world->sides[i].tells_selected = backend_helps;
	}
	world->loss = loss;
	world_run(world, 10 * S_US);
	world_rebind(world, moved, 0);
	world_run(world, 4 * S_US);
	world->loss = 0;
	world_run(world, 500 * MS_US);
	assert_flows(world);
	struct ice_side *other = &world->sides[1 - moved];
	assert_true(urchin_addr_equal(&other->remote, &world->sides[moved].outside[0]));
	assert_int_equal(other->path_count, 2);
	assert_int_equal(stats_of(other).path_changes, 2);
	assert_int_equal(world->sides[moved].path_count, 1);
	assert_int_equal(other->silent_count + world->sides[moved].silent_count, 0);
	uint64_t gap_us = world->sides[0].longest_gap_us;
	if (world->sides[1].longest_gap_us > gap_us)
		gap_us = world->sides[1].longest_gap_us;
	/* It stays so. */
	world_run(world, 60 * S_US);
	assert_flows(world);
	assert_int_equal(other->path_count, 2);
	world_free(world);
	return gap_us;
}

/*
 * libnice 0.1.21 heals a rebinding on the controlled side only, and fails after 7 to 10 s on the controlling one: a
 * connection whose offer was the server's died with each new address of the client.
 */
static void a_rebinding_heals_within_half_a_second(void **state)
{
	(void)state;
	for (unsigned variant = 0; variant < 4; variant++) {
		assert_true(rebind(variant, 0, false) <= 500 * MS_US);
		assert_true(rebind(variant, 0, true) <= 500 * MS_US);
	}
}

static void a_rebinding_heals_under_loss(void **state)
{
	(void)state;
	for (unsigned variant = 0; variant < 4; variant++)
		for (unsigned loss = 50; loss <= 200; loss += 50)
			assert_true(rebind(variant, loss, true) <= 2 * S_US);
}

/* Only one side sends, be it the one that moved or the other: checks tell. */
static void a_rebinding_heals_with_media_one_way(void **state)
{
	(void)state;
	for (unsigned variant = 0; variant < 8; variant++) {
		struct ice_world *world = talking(variant & 1);
		int moved = variant >> 1 & 1;
		int silent = variant >> 2 & 1;
		side_stop_media(&world->sides[silent]);
		world->sides[moved].filters = true;
		world_run(world, 10 * S_US);
		world->sides[1 - silent].longest_gap_us = world->sides[silent].longest_gap_us = 0;
		world_rebind(world, moved, 0);
		world_run(world, 5 * S_US);
		struct ice_side *receiver = &world->sides[silent];
		assert_true(receiver->received_us + 100 * MS_US >= world->now_us);
		assert_true(receiver->longest_gap_us <= 1500 * MS_US);
		assert_int_equal(receiver->silent_count, 0);
		world_free(world);
	}
}

static void a_rebinding_without_media_heals_before_silence(void **state)
{
	(void)state;
	for (unsigned variant = 0; variant < 4; variant++) {
		struct ice_world *world = talking(variant & 1);
		int moved = variant >> 1 & 1;
		world->sides[moved].filters = true;
		side_stop_media(&world->sides[0]);
		side_stop_media(&world->sides[1]);
		world_run(world, 10 * S_US);
		world_rebind(world, moved, 0);
		world_run(world, 20 * S_US);
		assert_int_equal(world->sides[0].silent_count + world->sides[1].silent_count, 0);
		assert_true(urchin_addr_equal(&world->sides[1 - moved].remote, &world->sides[moved].outside[0]));
		world_free(world);
	}
}

static void rebindings_one_after_the_other(void **state)
{
	(void)state;
	for (int controls = 0; controls < 2; controls++) {
		struct ice_world *world = talking(controls);
		for (int i = 0; i < 300; i++) {
			world_rebind(world, i & 1, 0);
			world_run(world, 3 * S_US);
			assert_flows(world);
		}
		assert_true(world->sides[0].longest_gap_us <= 1 * S_US);
		assert_true(world->sides[1].longest_gap_us <= 1 * S_US);
		world_free(world);
	}
}

/* A packet from elsewhere alone moves nothing: the current address answers. */
static void an_address_that_answers_too_does_not_displace_the_current_one(void **state)
{
	(void)state;
	struct ice_world *world = talking(true);
	struct ice_side *side = &world->sides[0];
	urchin_ice_path_hear(side->path, 0, &world->sides[1].outside[1], world->now_us);
	world_run(world, 5 * S_US);
	assert_int_equal(side->path_count, 1);
	/* But it was asked, and is good to receive from. */
	assert_true(urchin_ice_path_hear(side->path, 0, &world->sides[1].outside[1], world->now_us));
	world_run(world, 5 * S_US);
	assert_int_equal(side->path_count, 1);
	world_free(world);
}

/* It has 200 ms for its answer, and three round trips when they are long; also when the other one is much faster. */
static void a_slow_current_address_has_time_to_answer(void **state)
{
	(void)state;
	static const uint64_t lags_us[] = {80 * MS_US, 180 * MS_US, 400 * MS_US};
	for (size_t i = 0; i < 3; i++) {
		struct ice_world *world = talking(true);
		struct ice_side *side = &world->sides[0];
		world->sides[1].lag_us[0] = lags_us[i];
		world_run(world, 20 * S_US);
		assert_int_equal(side->path_count, 1);
		urchin_ice_path_hear(side->path, 0, &world->sides[1].outside[1], world->now_us);
		world_run(world, 5 * S_US);
		assert_int_equal(side->path_count, 1);
		world_free(world);
	}
}

/* The round trip was never measured to be long: 200 ms are enough, and no more are given. */
static void a_silent_current_address_has_no_more_time(void **state)
{
	(void)state;
	struct ice_world *world = talking(true);
	struct ice_side *side = &world->sides[0];
	world->sides[1].is_up[0] = false;
	world_run(world, 30 * MS_US);
	urchin_ice_path_hear(side->path, 0, &world->sides[1].outside[1], world->now_us);
	world_run(world, 199 * MS_US);
	assert_int_equal(side->path_count, 1);
	world_run(world, 7 * MS_US);
	assert_int_equal(side->path_count, 2);
	world_free(world);
}

/* When nothing answers, the known pairs are tried, 50 ms apart at first. */
static void known_pairs_are_tried_in_silence(void **state)
{
	(void)state;
	struct ice_world *world = talking(false);
	struct ice_side *side = &world->sides[0];
	struct urchin_addr addr = addr_of("198.51.100.1", 1000);
	uint64_t last_us = 0;
	for (unsigned i = 0; i < 8; i++, addr.port++)
		urchin_ice_path_add_remote(side->path, &addr, URCHIN_CANDIDATE_HOST, 1000 - i, world->now_us);
	size_t sent = side->sent_count;
	world_cut(world, true);
	world_run(world, 2 * S_US);
	addr.port = 1000;
	for (size_t i = sent; i < side->sent_count; i++) {
		if (side->sent[i].remote.bytes[0] != addr.bytes[0] || addr.port == 1008)
			continue;
		assert_int_equal(side->sent[i].remote.port, addr.port++);
		if (last_us)
			assert_in_range(side->sent[i].time_us - last_us, 50 * MS_US, 55 * MS_US);
		last_us = side->sent[i].time_us;
	}
	assert_int_equal(addr.port, 1008);
	/* Half a second of silence, and one without an answer. */
	assert_in_range(last_us - side->received_us, 1850 * MS_US, 1900 * MS_US);
	world_free(world);
}

/* Once when nothing is wrong, a few times a minute when the peer goes on sending from there. */
static void a_peer_that_sends_from_two_addresses_costs_few_checks(void **state)
{
	(void)state;
	struct ice_world *world = talking(true);
	struct ice_side *side = &world->sides[0];
	side_stop_media(&world->sides[1]);
	side_start_media(&world->sides[1], 20 * MS_US);
	world->sides[1].media_from = 1;
	world->sides[1].media_to = world->sides[0].outside[0];
	size_t sent = side->sent_count;
	world_run(world, 5 * S_US);
	assert_true(side->sent_count - sent <= 16);
	assert_int_equal(side->path_count, 1); /* we control, and our pair answers */
	sent = side->sent_count;
	world_run(world, 60 * S_US);
	assert_true(side->sent_count - sent <= 60);
	assert_int_equal(side->path_count, 1);
	assert_true(world->sides[0].received_us + 100 * MS_US >= world->now_us);
	world_free(world);
}

/* --- the peer moves to another of its networks --- */

static void a_peer_that_moves_is_followed(void **state)
{
	(void)state;
	for (int variant = 0; variant < 4; variant++) {
		struct ice_world *world = talking(variant & 1);
		struct ice_side *side = &world->sides[0];
		struct ice_side *peer = &world->sides[1];
		bool is_old_up = variant & 2;
		/* The peer's checks still come the old way: it says nothing but by its packets. */
		side->tells_selected = false;
		/* The other address is known and has answered. */
		urchin_ice_path_add_remote(side->path, &peer->outside[1], URCHIN_CANDIDATE_HOST, 1000, world->now_us);
		urchin_ice_path_hear(side->path, 0, &peer->outside[1], world->now_us);
		world_run(world, 30 * S_US);
		assert_int_equal(side->path_count, 1);
		peer->is_up[0] = is_old_up;
		peer->media_from = 1;
		peer->media_to = side->outside[0];
		world_run(world, 3 * S_US);
		/* A controlling side whose pair still answers keeps it; all others follow. */
		bool follows = !is_old_up || !side->is_controlling;
		assert_int_equal(side->path_count, follows ? 2 : 1);
		if (follows)
			assert_true(urchin_addr_equal(&side->remote, &peer->outside[1]));
		assert_int_equal(side->silent_count, 0);
		world_free(world);
	}
}

static void a_nomination_of_the_backend_moves(void **state)
{
	(void)state;
	for (int controls = 0; controls < 2; controls++) {
		struct ice_world *world = talking(controls);
		struct ice_side *side = &world->sides[0];
		struct urchin_addr better = world->sides[1].outside[1];
		urchin_ice_path_add_remote(side->path, &better, URCHIN_CANDIDATE_HOST, HOST_PRIORITY, world->now_us);
		world_run(world, 1 * S_US);
		assert_int_equal(side->path_count, 1);
		urchin_ice_path_nominate(side->path, 0, &better, URCHIN_CANDIDATE_HOST, false, world->now_us);
		assert_int_equal(side->path_count, 2);
		assert_int_equal(side->remote_type, URCHIN_CANDIDATE_HOST);
		/* The same again is nothing new. */
		urchin_ice_path_nominate(side->path, 0, &better, URCHIN_CANDIDATE_HOST, false, world->now_us);
		assert_int_equal(side->path_count, 2);
		/* Back to a worse one, while the better one answers: only the controlling side's backend may. */
		urchin_ice_path_nominate(side->path, 0, &world->sides[1].outside[0], URCHIN_CANDIDATE_SRFLX, false,
					 world->now_us);
		assert_int_equal(side->path_count, controls ? 3 : 2);
		world_free(world);
	}
}

/*
 * The controlling side nominated a direct pair and the answer was lost. Until it asked again its packets still came by
 * the relay, the controlled side followed them there, and stayed for good when there was no media: libnice 0.1.21 does
 * not tell a nomination that it knows.
 */
static void a_nomination_whose_answer_is_lost_keeps_the_ends_together(void **state)
{
	(void)state;
	struct ice_world *world = talking(false);
	struct ice_side *side = &world->sides[0];
	struct urchin_addr better = world->sides[1].outside[1];

	side->tells_selected = false;
	urchin_ice_path_add_remote(side->path, &better, URCHIN_CANDIDATE_HOST, HOST_PRIORITY, world->now_us);
	world_run(world, 1 * S_US);
	urchin_ice_path_nominate(side->path, 0, &better, URCHIN_CANDIDATE_HOST, false, world->now_us);
	assert_int_equal(side->path_count, 2);
	world_run(world, 1900 * MS_US);
	assert_int_equal(side->path_count, 2);
	assert_true(urchin_addr_equal(&side->remote, &better));
	/* A peer that goes on sending from elsewhere means it. */
	world_run(world, 3 * S_US);
	assert_int_equal(side->path_count, 3);
	world_free(world);
}

/* --- a socket goes --- */

static void a_lost_interface_is_replaced(void **state)
{
	(void)state;
	for (int controls = 0; controls < 2; controls++) {
		struct ice_world *world = talking(controls);
		struct ice_side *side = &world->sides[0];
		assert_int_equal(urchin_ice_path_add_local(side->path, 1, &side->inside[1], HOST_PRIORITY - 256), 0);
		side->is_up[0] = false;
		urchin_ice_path_remove_local(side->path, 0, world->now_us);
		assert_false(side_has_path(side));
		world_run(world, 300 * MS_US);
		assert_true(side_has_path(side));
		assert_int_equal(side->local, 1);
		world_run(world, 2 * S_US);
		assert_flows(world);
		assert_int_equal(side->silent_count + world->sides[1].silent_count, 0);
		world_free(world);
	}
}

static void a_lost_interface_without_another_is_silence_and_death(void **state)
{
	(void)state;
	struct ice_world *world = talking(true);
	struct ice_side *side = &world->sides[0];
	urchin_ice_path_remove_local(side->path, 0, world->now_us);
	world_run(world, 4600 * MS_US);
	assert_int_equal(side->liveness, URCHIN_ICE_SILENT);
	world_run(world, 30 * S_US);
	assert_int_equal(side->liveness, URCHIN_ICE_DEAD);
	/* A new one with the same peer revives it. */
	assert_int_equal(urchin_ice_path_add_local(side->path, 0, &side->inside[0], HOST_PRIORITY), 0);
	world_run(world, 3 * S_US);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	assert_true(side_has_path(side));
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rebinding_heals_within_half_a_second),
	    cmocka_unit_test(a_rebinding_heals_under_loss),
	    cmocka_unit_test(a_rebinding_heals_with_media_one_way),
	    cmocka_unit_test(a_rebinding_without_media_heals_before_silence),
	    cmocka_unit_test(rebindings_one_after_the_other),
	    cmocka_unit_test(an_address_that_answers_too_does_not_displace_the_current_one),
	    cmocka_unit_test(a_slow_current_address_has_time_to_answer),
	    cmocka_unit_test(a_silent_current_address_has_no_more_time),
	    cmocka_unit_test(known_pairs_are_tried_in_silence),
	    cmocka_unit_test(a_peer_that_sends_from_two_addresses_costs_few_checks),
	    cmocka_unit_test(a_peer_that_moves_is_followed),
	    cmocka_unit_test(a_nomination_of_the_backend_moves),
	    cmocka_unit_test(a_nomination_whose_answer_is_lost_keeps_the_ends_together),
	    cmocka_unit_test(a_lost_interface_is_replaced),
	    cmocka_unit_test(a_lost_interface_without_another_is_silence_and_death),
	};
	return cmocka_run_group_tests_name("transport/ice_path_move", tests, NULL, NULL);
}

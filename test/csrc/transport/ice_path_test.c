/* The current path: when checks go out and what is in them, silence, consent, and that it is cheap. */
#include "transport/ice_path_world.h"

/* The tests say these numbers again: RFC 7675 5.1, and what is promised of disconnected and failed. */
#define CONSENT_MIN_US (4 * S_US)
#define CONSENT_MAX_US (6 * S_US)
#define SILENT_US (4500 * MS_US)
#define DEAD_US (30 * S_US)

static struct ice_world *connected(const struct urchin_ice_path_config *options)
{
	struct ice_world *world = world_new(true, options);
	world_connect(world);
	return world;
}

/* --- checks --- */

static void a_check_says_who_asks(void **state)
{
	(void)state;
	for (int controlling = 0; controlling < 2; controlling++) {
		struct ice_world *world = world_new(controlling == 1, NULL);
		world_connect(world);
		struct ice_packet *packet = world_next_packet(world);
		struct urchin_stun stun;
		assert_non_null(packet);
		assert_int_equal(urchin_stun_read(&stun, packet->bytes, packet->len), 0);
		assert_memory_equal(stun.username.bytes, "ufr1:ufr0", stun.username.len);
		assert_int_equal(urchin_stun_check_integrity(&stun, packet->bytes, world->sides[1].pwd), 0);
		assert_true(stun.has_fingerprint);
		assert_true(stun.has_priority);
		assert_int_equal(stun.priority, UINT32_C(110) << 24 | (HOST_PRIORITY & 0xffffff));
		assert_int_equal(stun.has_controlling, controlling);
		assert_int_equal(stun.has_controlled, !controlling);
		assert_int_equal(stun.tiebreaker, 1);
		assert_int_equal(stun.use_candidate, controlling);
		world_free(world);
	}
}

static void without_credentials_nothing_is_asked(void **state)
{
	(void)state;
	struct ice_world *world = world_new(true, NULL);
	struct ice_side *side = &world->sides[0];
	urchin_ice_path_free(side->path);
	side_open(side, true, NULL);
	urchin_ice_path_nominate(side->path, 0, &world->sides[1].outside[0], URCHIN_CANDIDATE_HOST, false,
				 world->now_us);
	world_run(world, 3 * S_US);
	assert_int_equal(side->sent_count, 0);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	assert_int_equal(urchin_ice_path_set_local(side->path, side->ufrag, side->pwd), 0);
	assert_int_equal(urchin_ice_path_set_remote(side->path, "ufr1", world->sides[1].pwd), 0);
	world_run(world, 1 * S_US);
	assert_true(side->sent_count > 0);
	assert_int_equal(stats_of(side).answers_received, side->sent_count);
	world_free(world);
}

static void credentials_have_a_length(void **state)
{
	(void)state;
	struct ice_world *world = world_new(true, NULL);
	struct urchin_ice_path *path = world->sides[0].path;
	char longest[258];
	memset(longest, 'x', sizeof longest - 1);
	longest[257] = 0;
	assert_int_equal(urchin_ice_path_set_remote(path, longest, "p"), URCHIN_EINVAL);
	assert_int_equal(urchin_ice_path_set_remote(path, "u", longest), URCHIN_EINVAL);
	assert_int_equal(urchin_ice_path_set_local(path, "", "p"), URCHIN_EINVAL);
	assert_int_equal(urchin_ice_path_set_local(path, "u", ""), URCHIN_EINVAL);
	longest[256] = 0;
	assert_int_equal(urchin_ice_path_set_remote(path, longest, longest), 0);
	assert_int_equal(urchin_ice_path_set_local(path, longest, longest), 0);
	memcpy(world->sides[1].pwd, "x", 2);
	struct ice_side *side = &world->sides[0];
	side->is_up[0] = false;
	urchin_ice_path_nominate(path, 0, &world->sides[1].outside[0], URCHIN_CANDIDATE_HOST, false, world->now_us);
	assert_int_equal(side->sent_count, 1);
	world_free(world);
}

/* RFC 7675 5.1: every 5 s, times 0.8 to 1.2; each a new transaction, none sent twice. */
static void consent_is_asked_every_five_seconds_while_packets_come(void **state)
{
	(void)state;
	struct ice_world *world = connected(NULL);
	struct ice_side *side = &world->sides[0];
	uint64_t shortest_us = URCHIN_NEVER_US;
	uint64_t longest_us = 0;

	side_start_media(&world->sides[1], 20 * MS_US);
	world_run(world, 1000 * S_US);
	assert_in_range(side->sent_count, 190, 212);
	for (size_t i = 1; i < side->sent_count; i++) {
		uint64_t gap_us = side->sent[i].time_us - side->sent[i - 1].time_us;
		shortest_us = gap_us < shortest_us ? gap_us : shortest_us;
		longest_us = gap_us > longest_us ? gap_us : longest_us;
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(side->sent[i].transaction, side->sent[j].transaction, 12);
	}
	assert_in_range(shortest_us, CONSENT_MIN_US, CONSENT_MIN_US + 200 * MS_US);
	assert_in_range(longest_us, CONSENT_MAX_US - 200 * MS_US, CONSENT_MAX_US);
	assert_int_equal(stats_of(side).checks_sent, side->sent_count);
	assert_int_equal(stats_of(side).answers_received, side->sent_count);
	assert_int_equal(stats_of(side).answers_dropped, 0);
	assert_int_equal(stats_of(side).rtt_us, 20 * MS_US + 2);
	assert_int_equal(stats_of(side).total_rtt_us, side->sent_count * (20 * MS_US + 2));
	assert_int_equal(side->silent_count, 0);
	world_free(world);
}

/* A thousand paths like this one must cost next to nothing. */
static void an_idle_path_asks_every_two_seconds_and_does_nothing_else(void **state)
{
	(void)state;
	struct ice_world *world = connected(NULL);
	struct ice_side *side = &world->sides[0];
	world_run(world, 600 * S_US);
	assert_in_range(side->sent_count, 290, 302);
	for (size_t i = 1; i < side->sent_count; i++)
		assert_in_range(side->sent[i].time_us - side->sent[i - 1].time_us, 2 * S_US, 2 * S_US + 50 * MS_US);
	assert_true(side->tick_count <= side->sent_count + 10);
	assert_int_equal(side->silent_count, 0);
	world_free(world);
}

static void a_busy_path_costs_two_ticks_a_second(void **state)
{
	(void)state;
	struct ice_world *world = connected(NULL);
	side_start_media(&world->sides[1], 20 * MS_US);
	world_run(world, 60 * S_US);
	assert_true(world->sides[0].tick_count <= 2 * 60 + 40);
	world_free(world);
}

/* When the first check went out after packets stopped coming. */
static uint64_t asked_after(uint64_t interval_us)
{
	struct ice_world *world = connected(NULL);
	struct ice_side *side = &world->sides[0];
	uint64_t asked_us = 0;
	side_start_media(&world->sides[1], interval_us);
	world_run(world, 2900 * MS_US);
	world_cut(world, true);
	world_run(world, 50 * MS_US);
	uint64_t heard_us = side->received_us;
	uint64_t after_us = world->now_us;
	world_run(world, 10 * S_US);
	for (size_t i = side->sent_count; i-- > 0;)
		if (side->sent[i].time_us > after_us && side->remote.port == side->sent[i].remote.port)
			asked_us = side->sent[i].time_us;
	for (size_t i = 1; i < side->sent_count; i++)
		if (side->sent[i - 1].time_us >= asked_us)
			assert_in_range(side->sent[i].time_us - side->sent[i - 1].time_us, 800 * MS_US, 1200 * MS_US);
	world_free(world);
	return asked_us - heard_us;
}

static void silence_is_asked_about_at_once(void **state)
{
	(void)state;
	/* Five packets in the second before. */
	assert_int_equal(asked_after(20 * MS_US), 500 * MS_US);
	assert_int_equal(asked_after(240 * MS_US), 500 * MS_US);
	/* Fewer. */
	assert_int_equal(asked_after(270 * MS_US), 2 * S_US);
	assert_int_equal(asked_after(900 * MS_US), 2 * S_US);
}

/* --- silent, dead, and back --- */

static void silence_and_the_end_of_consent_come_in_time(void **state)
{
	(void)state;
	struct ice_world *world = connected(NULL);
	struct ice_side *side = &world->sides[0];
	side_start_media(&world->sides[1], 20 * MS_US);
	world_run(world, 20 * S_US);
	world_cut(world, true);
	world_run(world, 20 * MS_US);
	uint64_t heard_us = side->received_us;
	uint64_t answered_us = stats_of(side).last_answer_us;
	assert_true(answered_us > heard_us - 6 * S_US);
	world_run_until(world, heard_us + SILENT_US - 1);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	world_run(world, 60 * S_US);
	assert_int_equal(side->silent_count, 1);
	assert_int_equal(side->dead_count, 1);
	assert_int_equal(side->liveness, URCHIN_ICE_DEAD);
	assert_int_equal(side->liveness_us, answered_us + DEAD_US);
	assert_false(side_has_path(side));
	world_free(world);
}

static void a_cut_that_is_mended_heals_by_itself(void **state)
{
	(void)state;
	/* Before silence, in silence (the last answer may be 6 s older than the cut), after consent is gone. */
	static const uint64_t cuts_us[] = {3 * S_US, 8 * S_US, 20 * S_US, 23 * S_US, 50 * S_US, 200 * S_US};
	for (size_t i = 0; i < 2 * sizeof cuts_us / sizeof *cuts_us; i++) {
		uint64_t cut_us = cuts_us[i / 2];
		struct ice_world *world = world_new(i % 2, NULL);
		world_connect(world);
		side_start_media(&world->sides[0], 20 * MS_US);
		side_start_media(&world->sides[1], 20 * MS_US);
		world_run(world, 10 * S_US);
		world_cut(world, true);
		world_run(world, cut_us);
		for (int j = 0; j < 2; j++) {
			struct ice_side *side = &world->sides[j];
			assert_int_equal(side->silent_count, cut_us > SILENT_US + S_US);
			assert_int_equal(side->dead_count, cut_us > DEAD_US);
			assert_int_equal(side_has_path(side), cut_us <= DEAD_US);
		}
		world_cut(world, false);
		/* Dead ones ask once a second. */
		world_run(world, cut_us > DEAD_US ? 2500 * MS_US : 200 * MS_US);
		for (int j = 0; j < 2; j++) {
			struct ice_side *side = &world->sides[j];
			assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
			assert_true(side_has_path(side));
			assert_true(side->received_us >= world->now_us - 50 * MS_US);
			assert_int_equal(side->path_count, 1);
		}
		world_free(world);
	}
}

static void the_dead_ask_less_and_at_last_no_more(void **state)
{
	(void)state;
	struct ice_world *world = connected(NULL);
	struct ice_side *side = &world->sides[0];
	world_run(world, 3 * S_US);
	world_cut(world, true);
	world_run(world, 40 * S_US);
	assert_int_equal(side->liveness, URCHIN_ICE_DEAD);
	assert_true(side->sent_count < 60);
	world_run(world, 400 * S_US);
	assert_in_range(side->sent_count, 280, 400);
	size_t sent = side->sent_count;
	assert_int_equal(urchin_ice_path_deadline_us(side->path), URCHIN_NEVER_US);
	world_run(world, 1000 * S_US);
	assert_int_equal(side->sent_count, sent);
	world_free(world);
}

static void consent_of_other_credentials_revives_nothing(void **state)
{
	(void)state;
	struct ice_world *world = connected(NULL);
	struct ice_side *side = &world->sides[0];
	world_cut(world, true);
	world_run(world, 60 * S_US);
	assert_int_equal(side->liveness, URCHIN_ICE_DEAD);
	strcpy(world->sides[1].ufrag, "new");
	strcpy(world->sides[1].pwd, "another-password-of-the-peer");
	urchin_ice_path_set_local(world->sides[1].path, "new", world->sides[1].pwd);
	assert_int_equal(urchin_ice_path_set_remote(side->path, "new", world->sides[1].pwd), 0);
	world_cut(world, false);
	world->sides[1].tells_prflx = false;
	world_run(world, 20 * S_US);
	assert_int_equal(side->liveness, URCHIN_ICE_DEAD);
	assert_false(side_has_path(side));
	/* The backend's selection does. */
	urchin_ice_path_nominate(side->path, 0, &world->sides[1].outside[0], URCHIN_CANDIDATE_SRFLX, false,
				 world->now_us);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	assert_true(side_has_path(side));
	world_run(world, 20 * S_US);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	world_free(world);
}

/* RFC 7675 5.1: packets are a sign of life, but no consent. */
static void packets_without_answers_end_consent(void **state)
{
	(void)state;
	struct ice_world *world = connected(NULL);
	struct ice_side *side = &world->sides[0];
	side_start_media(&world->sides[1], 20 * MS_US);
	world_run(world, 10 * S_US);
	world->sides[1].is_mute = true;
	world_run(world, 50 * MS_US);
	uint64_t answered_us = stats_of(side).last_answer_us;
	size_t sent = side->sent_count;
	world_run_until(world, answered_us + 15 * S_US);
	assert_true(side->sent_count <= sent + 4);
	sent = side->sent_count;
	world_run_until(world, answered_us + DEAD_US - 1);
	/* Urgent in the second half: loss alone must not end it. */
	assert_in_range(side->sent_count - sent, 10, 19);
	assert_int_equal(side->silent_count, 0);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	world_run(world, 2);
	assert_int_equal(side->liveness, URCHIN_ICE_DEAD);
	assert_int_equal(side->liveness_us, answered_us + DEAD_US);
	/* It answers again: packets that go on coming are a reason to ask. */
	world->sides[1].is_mute = false;
	world_run(world, 1500 * MS_US);
	assert_int_equal(side->liveness, URCHIN_ICE_ALIVE);
	world_free(world);
}

static void heavy_loss_does_not_end_consent(void **state)
{
	(void)state;
	struct ice_world *world = connected(NULL);
	side_start_media(&world->sides[0], 20 * MS_US);
	side_start_media(&world->sides[1], 20 * MS_US);
	world->loss = 300;
	world_run(world, 1800 * S_US);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(world->sides[i].silent_count, 0);
		assert_int_equal(world->sides[i].dead_count, 0);
		assert_int_equal(world->sides[i].path_count, 1);
	}
	world_free(world);
}

static void timeouts_are_options(void **state)
{
	(void)state;
	struct urchin_ice_path_config options = {.disconnected_timeout_us = 1 * S_US, .consent_timeout_us = 5 * S_US};
	struct ice_world *world = connected(&options);
	struct ice_side *side = &world->sides[0];
	world_run(world, 60 * S_US);
	assert_int_equal(side->silent_count, 0);
	world_cut(world, true);
	uint64_t answered_us = stats_of(side).last_answer_us;
	world_run(world, 2 * S_US);
	assert_int_equal(side->silent_count, 1);
	assert_in_range(side->liveness_us, answered_us + 1 * S_US, answered_us + 1100 * MS_US);
	world_run(world, 10 * S_US);
	assert_int_equal(side->liveness, URCHIN_ICE_DEAD);
	assert_in_range(side->liveness_us, answered_us + 5 * S_US, answered_us + 5100 * MS_US);
	world_free(world);
}

/* A process that was stopped for a minute knows nothing of its peer before it asked. */
static void a_late_tick_asks_before_it_judges(void **state)
{
	(void)state;
	struct ice_world *world = connected(NULL);
	struct ice_side *side = &world->sides[0];
	world_run(world, 10 * S_US);
	world->now_us += 60 * S_US;
	size_t sent = side->sent_count;
	urchin_ice_path_tick(side->path, world->now_us);
	assert_int_equal(side->sent_count, sent + 1);
	world_run(world, 1 * S_US);
	assert_int_equal(side->silent_count, 0);
	/* And one whose peer is gone meanwhile says so soon. */
	world_cut(world, true);
	world->now_us += 60 * S_US;
	world_run(world, 600 * MS_US);
	assert_int_equal(side->liveness, URCHIN_ICE_DEAD);
	/* Time that goes back does no harm. */
	urchin_ice_path_tick(side->path, 5);
	urchin_ice_path_hear(side->path, 0, &world->sides[1].outside[0], 7);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_check_says_who_asks),
	    cmocka_unit_test(without_credentials_nothing_is_asked),
	    cmocka_unit_test(credentials_have_a_length),
	    cmocka_unit_test(consent_is_asked_every_five_seconds_while_packets_come),
	    cmocka_unit_test(an_idle_path_asks_every_two_seconds_and_does_nothing_else),
	    cmocka_unit_test(a_busy_path_costs_two_ticks_a_second),
	    cmocka_unit_test(silence_is_asked_about_at_once),
	    cmocka_unit_test(silence_and_the_end_of_consent_come_in_time),
	    cmocka_unit_test(a_cut_that_is_mended_heals_by_itself),
	    cmocka_unit_test(the_dead_ask_less_and_at_last_no_more),
	    cmocka_unit_test(consent_of_other_credentials_revives_nothing),
	    cmocka_unit_test(packets_without_answers_end_consent),
	    cmocka_unit_test(heavy_loss_does_not_end_consent),
	    cmocka_unit_test(timeouts_are_options),
	    cmocka_unit_test(a_late_tick_asks_before_it_judges),
	};
	return cmocka_run_group_tests_name("transport/ice_path", tests, NULL, NULL);
}

/* Strangers: forged and replayed answers, floods from addresses that nobody knows; and what the tables hold at most. */
#include "transport/ice_path_world.h"

static struct ice_world *talking(void)
{
	struct ice_world *world = world_new(true, NULL);
	world_connect(world);
	side_start_media(&world->sides[0], 20 * MS_US);
	side_start_media(&world->sides[1], 20 * MS_US);
	world_run(world, 2 * S_US);
	return world;
}

/* --- answers --- */

struct forged {
	enum urchin_stun_class class;
	uint16_t method;
	uint16_t error_code;
	const char *pwd;  /* NULL: no integrity */
	uint16_t unknown; /* an attribute of this type; 0: none */
	uint8_t transaction[12];
};

static size_t forge(const struct forged *forged, uint8_t *bytes, size_t cap)
{
	struct urchin_stun_writer writer;
	struct urchin_addr mapped = addr_of("192.0.2.1", 1);
	urchin_stun_begin(&writer, bytes, cap, forged->class, forged->method, forged->transaction);
	urchin_stun_add_mapped(&writer, &mapped);
	if (forged->error_code)
		urchin_stun_add_error(&writer, forged->error_code, "No");
	if (forged->unknown)
		urchin_stun_add(&writer, forged->unknown, (const uint8_t *)"abcd", 4);
	if (forged->pwd)
		urchin_stun_add_integrity(&writer, forged->pwd);
	int len = urchin_stun_finish(&writer);
	assert_true(len > 0);
	return (size_t)len;
}

/* A path that waits for the answer to its one check. */
static struct ice_world *asking(struct forged *truth)
{
	struct ice_world *world = world_new(true, NULL);
	struct ice_side *side = &world->sides[0];
	side->is_up[0] = false;
	world_connect(world);
	assert_int_equal(side->sent_count, 1);
	*truth =
	    (struct forged){.class = URCHIN_STUN_SUCCESS, .method = URCHIN_STUN_BINDING, .pwd = world->sides[1].pwd};
	memcpy(truth->transaction, side->sent[0].transaction, 12);
	world->now_us += 30 * MS_US;
	return world;
}

static void feed(struct ice_world *world, const struct forged *forged, int local, const struct urchin_addr *from)
{
	uint8_t bytes[DATAGRAM_CAP];
	size_t len = forge(forged, bytes, sizeof bytes);
	urchin_ice_path_feed(world->sides[0].path, local, from, bytes, len, world->now_us);
}

/* Each is counted as dropped, and the true answer after it still counts. */
static void forged_answers_are_dropped(void **state)
{
	(void)state;
	struct forged truth;
	struct ice_world *world = asking(&truth);
	struct urchin_addr from = world->sides[1].outside[0];
	struct urchin_addr elsewhere = world->sides[1].outside[1];
	struct forged others[9];
	for (size_t i = 0; i < 9; i++)
		others[i] = truth;
	others[0].pwd = "wrong-password";
	others[1].pwd = NULL;
	others[2].pwd = world->sides[0].pwd;
	others[3].transaction[0] ^= 1;
	others[4].transaction[11] ^= 1;
	others[5].method = 2;
	others[6].class = URCHIN_STUN_INDICATION;
	others[7].class = URCHIN_STUN_REQUEST;
	others[8].unknown = 0x7abc;
	for (size_t i = 0; i < 9; i++) {
		feed(world, &others[i], 0, &from);
		assert_int_equal(stats_of(&world->sides[0]).answers_dropped, i + 1);
	}
	/* RFC 8445 7.2.5.2.1: from elsewhere, or to elsewhere. */
	feed(world, &truth, 0, &elsewhere);
	feed(world, &truth, 1, &from);
	feed(world, &truth, -1, &from);
	feed(world, &truth, 1000, &from);
	assert_int_equal(stats_of(&world->sides[0]).answers_dropped, 13);
	assert_int_equal(stats_of(&world->sides[0]).answers_received, 0);
	/* An attribute that need not be understood does no harm. */
	truth.unknown = 0xc057;
	feed(world, &truth, 0, &from);
	assert_int_equal(stats_of(&world->sides[0]).answers_received, 1);
	assert_int_equal(stats_of(&world->sides[0]).last_answer_us, world->now_us);
	/* Replayed. */
	feed(world, &truth, 0, &from);
	assert_int_equal(stats_of(&world->sides[0]).answers_received, 1);
	assert_int_equal(stats_of(&world->sides[0]).answers_dropped, 14);
	world_free(world);
}

static void cut_and_damaged_answers_are_dropped(void **state)
{
	(void)state;
	struct forged truth;
	struct ice_world *world = asking(&truth);
	struct urchin_ice_path *path = world->sides[0].path;
	struct urchin_addr from = world->sides[1].outside[0];
	uint8_t bytes[DATAGRAM_CAP];
	size_t len = forge(&truth, bytes, sizeof bytes);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *part = malloc(cut ? cut : 1);
		memcpy(part, bytes, cut);
		urchin_ice_path_feed(path, 0, &from, part, cut, world->now_us);
		free(part);
	}
	for (size_t bit = 0; bit < 8 * len; bit++) {
		/* A fingerprint of another type is none, and integrity does without. */
		if (bit / 8 == len - 8 || bit / 8 == len - 7)
			continue;
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		urchin_ice_path_feed(path, 0, &from, bytes, len, world->now_us);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(stats_of(&world->sides[0]).answers_received, 0);
	assert_int_equal(stats_of(&world->sides[0]).answers_dropped, 9 * len - 16);
	urchin_ice_path_feed(path, 0, &from, bytes, len, world->now_us);
	assert_int_equal(stats_of(&world->sides[0]).answers_received, 1);
	world_free(world);
}

static void an_answer_may_be_late_but_not_by_much(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		struct forged truth;
		struct ice_world *world = asking(&truth);
		world->now_us = world->sides[0].sent[0].time_us + 10 * S_US + (uint64_t)late;
		feed(world, &truth, 0, &world->sides[1].outside[0]);
		assert_int_equal(stats_of(&world->sides[0]).answers_received, !late);
		assert_int_equal(stats_of(&world->sides[0]).answers_dropped, late);
		world_free(world);
	}
}

/* RFC 7675 5.1: only a success gives consent; RFC 8445 7.2.5.1: a conflict changes the role. */
static void errors_give_no_consent(void **state)
{
	(void)state;
	struct forged truth;
	struct ice_world *world = asking(&truth);
	struct ice_side *side = &world->sides[0];
	struct urchin_addr from = world->sides[1].outside[0];
	uint64_t start_us = side->sent[0].time_us;
	truth.class = URCHIN_STUN_ERROR;
	truth.error_code = 487;
	for (uint64_t second = 1; second <= 29; second++) {
		world_run_until(world, start_us + second * S_US);
		memcpy(truth.transaction, side->sent[side->sent_count - 1].transaction, 12);
		truth.error_code = second % 2 ? 487 : 500;
		feed(world, &truth, 0, &from);
	}
	/* Each was a sign of life. */
	assert_int_equal(side->silent_count, 0);
	world_run_until(world, start_us + 30 * S_US + 1 * MS_US);
	assert_int_equal(side->liveness, URCHIN_ICE_DEAD);
	assert_int_equal(side->liveness_us, start_us + 30 * S_US);
	world_free(world);
}

static void a_role_conflict_changes_the_role(void **state)
{
	(void)state;
	struct forged truth;
	struct ice_world *world = asking(&truth);
	struct ice_side *side = &world->sides[0];
	assert_true(side->sent[0].is_controlling);
	truth.class = URCHIN_STUN_ERROR;
	truth.error_code = 487;
	truth.pwd = "wrong";
	feed(world, &truth, 0, &world->sides[1].outside[0]);
	truth.pwd = world->sides[1].pwd;
	world_run(world, 5 * S_US);
	assert_true(side->sent[side->sent_count - 1].is_controlling);
	memcpy(truth.transaction, side->sent[side->sent_count - 1].transaction, 12);
	feed(world, &truth, 0, &world->sides[1].outside[0]);
	world_run(world, 5 * S_US);
	assert_false(side->sent[side->sent_count - 1].is_controlling);
	assert_false(side->sent[side->sent_count - 1].use_candidate);
	urchin_ice_path_set_controlling(side->path, true);
	world_run(world, 5 * S_US);
	assert_true(side->sent[side->sent_count - 1].is_controlling);
	assert_true(side->sent[side->sent_count - 1].use_candidate);
	world_free(world);
}

/* --- floods --- */

/* Packets from so many addresses, spread over a second. */
static void flood(struct ice_world *world, unsigned count, uint8_t net)
{
	struct ice_side *side = &world->sides[0];
	uint64_t start_us = world->now_us;
	for (unsigned i = 0; i < count; i++) {
		struct urchin_addr from = {.family = URCHIN_ADDR_IPV4,
					   .port = (uint16_t)(1024 + world_random() % 60000)};
		urchin_write_u32(from.bytes, (uint32_t)world_random());
		from.bytes[0] = net;
		assert_false(urchin_ice_path_hear(side->path, 0, &from, world->now_us));
		world_run_until(world, start_us + S_US * (i + 1) / count);
	}
}

static void strangers_are_asked_a_few_times_only(void **state)
{
	(void)state;
	struct ice_world *world = talking();
	struct ice_side *side = &world->sides[0];
	struct urchin_ice_path_pair pairs[200];
	size_t sent = side->sent_count;
	for (int second = 0; second < 10; second++)
		flood(world, 10000, 198);
	/* Four at a time, each given up after 750 ms; and what the current path is asked meanwhile. */
	assert_in_range(side->sent_count - sent, 100, 400);
	assert_in_range(stats_of(side).probes_limited, 99900, 99960);
	assert_int_equal(side->path_count, 1);
	assert_true(side->received_us + 50 * MS_US >= world->now_us);
	assert_true(urchin_ice_path_get_pairs(side->path, pairs, 200) <= 20);
	world_free(world);
}

static void four_strangers_at_a_time(void **state)
{
	(void)state;
	struct ice_world *world = talking();
	struct ice_side *side = &world->sides[0];
	struct urchin_addr stranger = addr_of("198.51.100.77", 7777);
	bool was_asked[70] = {false};
	size_t count = 0;
	size_t sent = side->sent_count;
	for (int i = 0; i < 70; i++) {
		stranger.bytes[3] = (uint8_t)i;
		urchin_ice_path_hear(side->path, 0, &stranger, world->now_us);
		world_run(world, 10 * MS_US);
	}
	for (size_t i = sent; i < side->sent_count; i++)
		if (side->sent[i].remote.port == stranger.port)
			was_asked[side->sent[i].remote.bytes[3]] = true;
	for (int i = 0; i < 70; i++)
		count += was_asked[i];
	assert_int_equal(count, 4);
	assert_int_equal(stats_of(side).probes_limited, 66);
	world_free(world);
}

/* Of 30 addresses in 0.9 s which all answer at once ten are asked. */
static void ten_new_sources_a_second(void **state)
{
	(void)state;
	struct ice_world *world = talking();
	struct ice_side *side = &world->sides[0];
	for (int round = 1; round <= 3; round++) {
		for (int i = 0; i < 30; i++) {
			world_rebind(world, 1, 1);
			assert_false(urchin_ice_path_hear(side->path, 0, &world->sides[1].outside[1], world->now_us));
			world_run(world, 30 * MS_US);
		}
		assert_int_equal(stats_of(side).probes_limited, 20 * round);
		world_run(world, 200 * MS_US);
	}
	assert_int_equal(side->path_count, 1);
	world_free(world);
}

/* 0, 50, 150 and 350 ms after the first; then not again for a second. */
static void a_stranger_is_asked_four_times(void **state)
{
	(void)state;
	static const uint64_t after_us[] = {0, 50 * MS_US, 150 * MS_US, 350 * MS_US};
	struct ice_world *world = talking();
	struct ice_side *side = &world->sides[0];
	struct urchin_addr stranger = addr_of("198.51.100.77", 7777);
	size_t asked = 0;
	uint64_t start_us = 0;
	size_t sent = side->sent_count;
	for (int i = 0; i < 130; i++) {
		assert_false(urchin_ice_path_hear(side->path, 0, &stranger, world->now_us));
		world_run(world, 10 * MS_US);
	}
	for (size_t i = sent; i < side->sent_count; i++) {
		if (!urchin_addr_equal(&side->sent[i].remote, &stranger))
			continue;
		start_us = asked == 0 ? side->sent[i].time_us : start_us;
		assert_in_range(side->sent[i].time_us - start_us, after_us[asked], after_us[asked] + 10 * MS_US);
		asked++;
	}
	assert_int_equal(asked, 4);
	world_run(world, 100 * MS_US);
	sent = side->sent_count;
	urchin_ice_path_hear(side->path, 0, &stranger, world->now_us);
	world_run(world, 10 * MS_US);
	asked = 0;
	for (size_t i = sent; i < side->sent_count; i++)
		asked += urchin_addr_equal(&side->sent[i].remote, &stranger);
	assert_int_equal(asked, 1);
	world_free(world);
}

/* The peer gets a new address while strangers flood us; it is told from them by its host, or by the backend. */
static void a_rebinding_heals_in_a_flood(void **state)
{
	(void)state;
	for (int other_host = 0; other_host < 2; other_host++) {
		struct ice_world *world = talking();
		struct ice_side *side = &world->sides[0];
		world->sides[1].filters = true;
		side->tells_prflx = other_host;
		flood(world, 5000, 198);
		world_rebind(world, 1, 0);
		if (other_host)
			world->sides[1].outside[0].bytes[3]++;
		side->longest_gap_us = world->sides[1].longest_gap_us = 0;
		for (int second = 0; second < 3; second++)
			flood(world, 5000, 198);
		assert_true(urchin_addr_equal(&side->remote, &world->sides[1].outside[0]));
		assert_true(side->received_us + 50 * MS_US >= world->now_us);
		assert_true(side->longest_gap_us <= 2 * S_US);
		assert_true(world->sides[1].longest_gap_us <= 2 * S_US);
		world_free(world);
	}
}

/* --- tables --- */

static void a_full_table_of_addresses_says_so(void **state)
{
	(void)state;
	struct ice_world *world = world_new(true, NULL);
	struct ice_side *side = &world->sides[0];
	struct urchin_addr addr = addr_of("198.51.100.1", 1);
	struct urchin_addr bad = {0};
	assert_int_equal(urchin_ice_path_add_remote(side->path, &bad, URCHIN_CANDIDATE_HOST, 1, 0), URCHIN_EINVAL);
	for (unsigned i = 0; i < URCHIN_ICE_PATH_REMOTES_MAX; i++) {
		addr.port = (uint16_t)(1000 + i);
		assert_int_equal(urchin_ice_path_add_remote(side->path, &addr, URCHIN_CANDIDATE_HOST, i, world->now_us),
				 0);
		/* Known already. */
		assert_int_equal(urchin_ice_path_add_remote(side->path, &addr, URCHIN_CANDIDATE_HOST, i, world->now_us),
				 0);
	}
	addr.port = 1;
	assert_int_equal(urchin_ice_path_add_remote(side->path, &addr, URCHIN_CANDIDATE_HOST, 1, world->now_us),
			 URCHIN_EFULL);
	assert_int_equal(urchin_ice_path_add_remote(side->path, &addr, URCHIN_CANDIDATE_PRFLX, 1, world->now_us),
			 URCHIN_EFULL);
	assert_false(urchin_ice_path_hear(side->path, 0, &addr, world->now_us));
	/* What the backend selects is still taken, and packets with it. */
	urchin_ice_path_nominate(side->path, 0, &addr, URCHIN_CANDIDATE_PRFLX, false, world->now_us);
	assert_int_equal(side->path_count, 1);
	assert_true(urchin_ice_path_hear(side->path, 0, &addr, world->now_us));
	urchin_ice_path_nominate(side->path, URCHIN_ICE_PATH_BACKEND, &addr, URCHIN_CANDIDATE_HOST, false,
				 world->now_us);
	assert_int_equal(side->path_count, 2);
	world_free(world);
}

static void learned_addresses_give_way(void **state)
{
	(void)state;
	struct ice_world *world = talking();
	struct ice_side *side = &world->sides[0];
	struct urchin_addr addr = addr_of("198.51.100.1", 1);
	for (unsigned i = 0; i < 1000; i++) {
		addr.port = (uint16_t)(1000 + i);
		assert_int_equal(
		    urchin_ice_path_add_remote(side->path, &addr, URCHIN_CANDIDATE_PRFLX, i, world->now_us), 0);
		world_run(world, 200 * MS_US);
	}
	assert_true(side->received_us + 50 * MS_US >= world->now_us);
	for (unsigned i = 0; i < 110; i++) {
		addr.port = (uint16_t)(20000 + i);
		assert_int_equal(urchin_ice_path_add_remote(side->path, &addr, URCHIN_CANDIDATE_HOST, i, world->now_us),
				 0);
	}
	assert_int_equal(side->path_count, 1);
	world_free(world);
}

/* RFC 8445 6.1.2.5: of many pairs the 100 best are checked, the best first, 5 ms apart. */
static void a_hundred_pairs_are_checked(void **state)
{
	(void)state;
	struct ice_world *world = world_new(true, NULL);
	struct ice_side *side = &world->sides[0];
	struct urchin_ice_path_pair pairs[200];
	struct urchin_addr relay = addr_of("203.0.113.1", 9);
	struct urchin_addr addr = addr_of("198.51.100.1", 1);
	side->is_up[0] = side->is_up[1] = false;
	urchin_ice_path_add_local(side->path, 1, &side->inside[1], HOST_PRIORITY - 1);
	for (unsigned i = 0; i < 100; i++) {
		addr.port = (uint16_t)(1000 + i);
		urchin_ice_path_add_remote(side->path, &addr, URCHIN_CANDIDATE_HOST, 1000 + i, world->now_us);
	}
	urchin_ice_path_nominate(side->path, URCHIN_ICE_PATH_BACKEND, &relay, URCHIN_CANDIDATE_RELAY, true,
				 world->now_us);
	world_run(world, 600 * MS_US);
	assert_int_equal(urchin_ice_path_get_pairs(side->path, pairs, 200), 100);
	assert_int_equal(urchin_ice_path_get_pairs(side->path, pairs, 7), 7);
	assert_true(side->sent_count >= 100);
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(side->sent[i].remote.port, 1099 - i / 2);
		assert_int_equal(side->sent[i].local, i % 2);
		assert_int_equal(side->sent[i].time_us - side->sent[0].time_us, 5 * MS_US * i);
	}
	world_free(world);
}

/* RFC 8445 6.1.2.2 */
static void only_what_goes_together_is_paired(void **state)
{
	(void)state;
	static const char *const locals[] = {"10.0.0.2", "2001:db8::2", "fe80::2%5", "169.254.1.2"};
	static const char *const remotes[] = {"198.51.100.2", "2001:db8::3", "fe80::3", "169.254.1.3"};
	struct ice_world *world = world_new(true, NULL);
	struct ice_side *side = &world->sides[0];
	struct urchin_ice_path_pair pairs[20];
	struct urchin_addr relay = addr_of("203.0.113.1", 9);
	side->is_up[0] = side->is_up[1] = false;
	for (int i = 0; i < 4; i++) {
		struct urchin_addr local = addr_of(locals[i], 5000);
		struct urchin_addr remote = addr_of(remotes[i], 6000);
		assert_int_equal(urchin_ice_path_add_local(side->path, i, &local, HOST_PRIORITY), 0);
		urchin_ice_path_add_remote(side->path, &remote, URCHIN_CANDIDATE_HOST, 7, world->now_us);
	}
	assert_int_equal(urchin_ice_path_add_local(side->path, 64, &relay, 1), URCHIN_EINVAL);
	assert_int_equal(urchin_ice_path_add_local(side->path, -1, &relay, 1), URCHIN_EINVAL);
	urchin_ice_path_nominate(side->path, URCHIN_ICE_PATH_BACKEND, &relay, URCHIN_CANDIDATE_RELAY, true,
				 world->now_us);
	assert_int_equal(urchin_ice_path_get_pairs(side->path, pairs, 20), 4);
	world_run(world, 100 * MS_US);
	for (int i = 0; i < 4; i++) {
		struct urchin_addr remote = addr_of(remotes[pairs[i].local], 6000);
		assert_memory_equal(pairs[i].remote.bytes, remote.bytes, 16);
		/* Whoever sends needs to know on which link. */
		assert_int_equal(pairs[i].remote.scope_id, pairs[i].local == 2 ? 5 : 0);
		assert_int_equal(side->sent[i].remote.scope_id, side->sent[i].local == 2 ? 5 : 0);
	}
	/* Packets from there carry the scope too. */
	struct urchin_addr from = addr_of("fe80::3%5", 6000);
	urchin_ice_path_nominate(side->path, 2, &from, URCHIN_CANDIDATE_HOST, false, world->now_us);
	assert_int_equal(side->remote.scope_id, 5);
	assert_true(urchin_ice_path_hear(side->path, 2, &from, world->now_us));
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forged_answers_are_dropped),
	    cmocka_unit_test(cut_and_damaged_answers_are_dropped),
	    cmocka_unit_test(an_answer_may_be_late_but_not_by_much),
	    cmocka_unit_test(errors_give_no_consent),
	    cmocka_unit_test(a_role_conflict_changes_the_role),
	    cmocka_unit_test(strangers_are_asked_a_few_times_only),
	    cmocka_unit_test(four_strangers_at_a_time),
	    cmocka_unit_test(ten_new_sources_a_second),
	    cmocka_unit_test(a_stranger_is_asked_four_times),
	    cmocka_unit_test(a_rebinding_heals_in_a_flood),
	    cmocka_unit_test(a_full_table_of_addresses_says_so),
	    cmocka_unit_test(learned_addresses_give_way),
	    cmocka_unit_test(a_hundred_pairs_are_checked),
	    cmocka_unit_test(only_what_goes_together_is_paired),
	};
	return cmocka_run_group_tests_name("transport/ice_path_hostile", tests, NULL, NULL);
}

/* Pairs of libnice backends over 127.0.0.1 in one loop. */
#include "io/ice_side.h"
#include "support/fds.h"

static void test_a_pair_connects_and_carries_packets(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct side a, b;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(a.ice->ops->send(a.ice, (const uint8_t *)"x", 1), URCHIN_ESTATE);
	assert_int_equal(gather(&a, true), 0);
	/* Told inside gather(). */
	assert_int_equal(a.candidate_count, 1);
	assert_int_equal(a.gathered, 1);
	assert_int_equal(gather(&a, true), URCHIN_ESTATE);
	assert_int_equal(gather(&b, false), 0);
	assert_int_equal(a.candidates[0].type, URCHIN_CANDIDATE_HOST);
	assert_int_equal(a.candidates[0].protocol, URCHIN_PROTOCOL_UDP);
	assert_string_equal(a.candidates[0].address, "127.0.0.1");
	assert_string_equal(a.candidates[0].related_address, "");
	assert_true(a.candidates[0].port != 0 && a.candidates[0].priority != 0 && a.candidates[0].foundation[0]);
	assert_int_equal(a.state_count, 0);
	connect_sides(&a, &b);
	assert_int_equal(a.states[0], URCHIN_ICE_CHECKING);
	assert_int_equal(a.state_count, 2);
	assert_int_equal(b.state_count, 2);
	assert_int_equal(a.pair.local.port, a.candidates[0].port);
	assert_int_equal(a.pair.remote.port, b.candidates[0].port);
	assert_int_equal(a.pair.remote.type, URCHIN_CANDIDATE_HOST);
	assert_string_equal(b.pair.remote.address, "127.0.0.1");
	pass_packet(&a, &b, 0x80, 1200);
	pass_packet(&b, &a, 22, 1);
	close_side(&a);
	close_side(&b);
}

static void test_trickled_candidates_connect_too(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct side a, b;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, false), 0);
	assert_int_equal(gather(&b, true), 0);
	assert_int_equal(a.ice->ops->add_candidate(a.ice, &b.candidates[0]), URCHIN_ESTATE);
	assert_int_equal(a.ice->ops->set_remote(a.ice, b.ufrag, b.pwd, false), 0);
	assert_int_equal(b.ice->ops->set_remote(b.ice, a.ufrag, a.pwd, false), 0);
	for (int i = 0; i < 5; i++)
		urchin_loop_turn(*state, 10000);
	assert_int_equal(a.pairs, 0);
	assert_int_equal(a.ice->ops->add_candidate(a.ice, &b.candidates[0]), 0);
	/* b learns a's address from the checks alone. */
	while (last_state(&a) != URCHIN_ICE_CONNECTED || last_state(&b) != URCHIN_ICE_CONNECTED)
		urchin_loop_turn(*state, 100000);
	assert_int_equal(b.pair.remote.type, URCHIN_CANDIDATE_PRFLX);
	assert_int_equal(b.pair.remote.port, a.candidates[0].port);
	pass_packet(&b, &a, 0x90, 100);
	close_side(&a);
	close_side(&b);
}

static void await_pairs(struct side *a, struct side *b, int wanted)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	while ((a->pairs < wanted || b->pairs < wanted) && urchin_clock_us() < end_us)
		urchin_loop_turn(a->loop, 100000);
	assert_true(a->pairs >= wanted && b->pairs >= wanted);
}

static void restart(struct side *side, const char *ufrag)
{
	snprintf(side->ufrag, sizeof(side->ufrag), "%s", ufrag);
	side->candidate_count = 0;
	side->gathered = 0;
	assert_int_equal(side->ice->ops->restart(side->ice, side->ufrag, side->pwd), 0);
	assert_int_equal(side->candidate_count, 1);
	assert_int_equal(side->gathered, 1);
}

/* A restart makes new sockets; the old pair carries packets until the new one is there. */
static void test_a_restart_tells_new_candidates_and_keeps_the_old_pair(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct side a, b;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(a.ice->ops->restart(a.ice, a.ufrag, a.pwd), URCHIN_ESTATE);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	connect_sides(&a, &b);
	for (int i = 0; i < 3; i++) {
		char ufrag[32];
		int pairs = a.pairs;
		uint16_t port = a.candidates[0].port;

		snprintf(ufrag, sizeof(ufrag), "again-a%d", i);
		restart(&a, ufrag);
		assert_int_not_equal(a.candidates[0].port, port);
		/* The peer takes no part yet. */
		assert_int_equal(last_state(&a), URCHIN_ICE_CONNECTED);
		pass_packet(&a, &b, 0x80, 50);
		assert_int_equal(a.ice->ops->add_candidate(a.ice, &b.candidates[0]), URCHIN_ESTATE);
		snprintf(ufrag, sizeof(ufrag), "again-b%d", i);
		restart(&b, ufrag);
		set_remote(&a, &b);
		urchin_loop_turn(*state, 0);
		pass_packet(&a, &b, 0x82, 70);
		set_remote(&b, &a);
		await_pairs(&a, &b, pairs + 1);
		assert_int_equal(last_state(&a), URCHIN_ICE_CONNECTED);
		assert_int_equal(a.pair.local.port, a.candidates[0].port);
		assert_int_equal(a.pair.remote.port, b.candidates[0].port);
		pass_packet(&a, &b, 0x80, 60);
		pass_packet(&b, &a, 0x81, 60);
	}
	close_side(&a);
	close_side(&b);
}

static void test_a_port_range_is_kept_to_and_its_end_is_told(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct side sides[4];
	bool seen[3] = {false};

	config.port_min = 22420;
	config.port_max = 22422;
	for (int i = 0; i < 3; i++) {
		open_side(&sides[i], *state, "a", &config);
		assert_int_equal(gather(&sides[i], true), 0);
		assert_in_range(sides[i].candidates[0].port, 22420, 22422);
		assert_false(seen[sides[i].candidates[0].port - 22420]);
		seen[sides[i].candidates[0].port - 22420] = true;
	}
	open_side(&sides[3], *state, "a", &config);
	assert_int_equal(gather(&sides[3], true), URCHIN_EFULL);
	assert_int_equal(sides[3].candidate_count, 0);
	for (int i = 0; i < 4; i++)
		close_side(&sides[i]);
	/* The ports are free again. */
	open_side(&sides[0], *state, "a", &config);
	assert_int_equal(gather(&sides[0], true), 0);
	close_side(&sides[0]);
}

static void test_addresses_that_are_not_ours_fail(void **state)
{
	static const char *const foreign[] = {"192.0.2.77", "nonsense", "0.0.0.0", "127.1", "::ffff:127.0.0.1"};
	struct urchin_ice_config config = {.addresses = foreign, .address_count = 5};
	struct side side;

	open_side(&side, *state, "a", &config);
	assert_int_equal(gather(&side, true), URCHIN_ELIBRARY);
	close_side(&side);
	config.port_min = 22420;
	config.port_max = 22430;
	open_side(&side, *state, "a", &config);
	assert_int_equal(gather(&side, true), URCHIN_ELIBRARY);
	close_side(&side);
	config.address_count = 0;
	open_side(&side, *state, "a", &config);
	assert_int_equal(gather(&side, true), URCHIN_ELIBRARY);
	close_side(&side);
}

static void test_tcp_candidates_connect(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct side a, b;
	size_t kept = 0;

	config.tcp = true;
	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	assert_int_equal(a.candidate_count, 3);
	for (size_t i = 0; i < b.candidate_count; i++) {
		assert_int_not_equal(b.candidates[i].port, 0);
		if (b.candidates[i].protocol == URCHIN_PROTOCOL_TCP_PASSIVE)
			b.candidates[kept++] = b.candidates[i];
	}
	b.candidate_count = kept;
	a.candidate_count = 0;
	connect_sides(&a, &b);
	pass_packet(&a, &b, 0x80, 1200);
	pass_packet(&b, &a, 0x80, 1200);
	assert_int_not_equal(a.pair.local.protocol, URCHIN_PROTOCOL_UDP);
	close_side(&a);
	close_side(&b);
}

static void test_a_peer_that_answers_nothing_fails(void **state)
{
	struct urchin_ice_config config = plain_config();
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;
	struct side a;

	open_side(&a, *state, "a", &config);
	assert_int_equal(gather(&a, true), 0);
	a.candidates[0].port = 9;
	set_remote(&a, &a);
	while (last_state(&a) != URCHIN_ICE_FAILED && urchin_clock_us() < end_us)
		urchin_loop_turn(*state, 100000);
	assert_int_equal(a.state_count, 2);
	assert_int_equal(a.states[1], URCHIN_ICE_FAILED);
	close_side(&a);
}

static void test_a_peer_that_vanishes_is_noticed(void **state)
{
	struct urchin_ice_config config = plain_config();
	uint64_t end_us = urchin_clock_us() + 2 * PATIENCE_US;
	struct side a, b;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	connect_sides(&a, &b);
	close_side(&b);
	while (last_state(&a) != URCHIN_ICE_FAILED && urchin_clock_us() < end_us)
		urchin_loop_turn(*state, 100000);
	assert_int_equal(a.states[a.state_count - 2], URCHIN_ICE_DISCONNECTED);
	assert_int_equal(a.states[a.state_count - 1], URCHIN_ICE_FAILED);
	assert_int_equal(a.ice->ops->send(a.ice, (const uint8_t *)"x", 1), URCHIN_ESTATE);
	close_side(&a);
}

/* libnice 0.1.21 says nothing more when the STUN server's name is unknown: gathering never ended. */
static void test_unknown_server_names_end_gathering(void **state)
{
	struct urchin_ice_server servers[] = {
	    /* No name at all, so that no name server is asked. */
	    {.host = "stun..invalid", .port = 3478},
	    {.is_turn = true, .host = "turn..invalid", .port = 3478, .username = "u", .credential = "c"},
	};
	struct urchin_ice_config config = plain_config();
	uint64_t begin_us = urchin_clock_us();
	struct side a, b;

	config.servers = servers;
	config.server_count = 2;
	open_side(&a, *state, "a", &config);
	config.server_count = 1;
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	assert_int_equal(a.candidate_count, 1);
	assert_int_equal(a.gathered, 0);
	while (!(a.gathered && b.gathered) && urchin_clock_us() < begin_us + PATIENCE_US)
		urchin_loop_turn(*state, 100000);
	assert_int_equal(a.gathered, 1);
	assert_int_equal(b.gathered, 1);
	assert_int_equal(a.errors, 2);
	assert_int_equal(b.errors, 1);
	assert_int_equal(b.error_code, 701);
	/* By the look-up's end, not by the limit of 10 s on gathering. */
	assert_true(urchin_clock_us() - begin_us < 9000000);
	connect_sides(&a, &b);
	assert_int_equal(a.gathered, 1);
	close_side(&a);
	close_side(&b);
}

static void test_closing_does_not_wait_for_servers(void **state)
{
	struct urchin_ice_server servers[] = {
	    {.host = "127.0.0.1", .port = 9},
	    {.host = "stun.invalid", .port = 9},
	    {.is_turn = true, .host = "127.0.0.1", .port = 9, .username = "u", .credential = "c"},
	    {.is_turn = true, .host = "turn.invalid", .port = 9, .username = "u", .credential = "c"},
	    {.is_turn = true,
	     .turn_protocol = URCHIN_TURN_TCP,
	     .host = "127.0.0.1",
	     .port = 9,
	     .username = "",
	     .credential = ""},
	    {.is_turn = true,
	     .turn_protocol = URCHIN_TURN_TLS,
	     .host = "127.0.0.1",
	     .port = 9,
	     .username = "u",
	     .credential = "c"},
	};
	struct urchin_ice_config config = plain_config();

	config.servers = servers;
	config.server_count = sizeof(servers) / sizeof(servers[0]);
	for (int i = 0; i < 20; i++) {
		struct side a;

		open_side(&a, *state, "a", &config);
		if (i % 4)
			assert_int_equal(gather(&a, true), 0);
		for (int turn = 0; turn < i; turn++)
			urchin_loop_turn(*state, 1000);
		close_side(&a);
	}
}

static void test_descriptors_stay_level(void **state)
{
	struct urchin_ice_config config = plain_config();
	int level = 0;

	for (int i = 0; i < 50; i++) {
		struct side a, b;

		config.tcp = i % 5 == 4;
		open_side(&a, *state, "a", &config);
		open_side(&b, *state, "b", &config);
		assert_int_equal(gather(&a, true), 0);
		assert_int_equal(gather(&b, false), 0);
		if (i % 2)
			connect_sides(&a, &b);
		close_side(&b);
		close_side(&a);
		if (i == 5)
			level = count_fds();
		if (i > 5)
			assert_int_equal(count_fds(), level);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_pair_connects_and_carries_packets),
	    TEST(test_trickled_candidates_connect_too),
	    TEST(test_a_restart_tells_new_candidates_and_keeps_the_old_pair),
	    TEST(test_a_port_range_is_kept_to_and_its_end_is_told),
	    TEST(test_addresses_that_are_not_ours_fail),
	    TEST(test_tcp_candidates_connect),
	    TEST(test_a_peer_that_answers_nothing_fails),
	    TEST(test_a_peer_that_vanishes_is_noticed),
	    TEST(test_unknown_server_names_end_gathering),
	    TEST(test_closing_does_not_wait_for_servers),
	    TEST(test_descriptors_stay_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

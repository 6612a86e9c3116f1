/* The lite side of ICE in fake time: answers (RFC 8445 7.3, RFC 8489 6.3), nominations, a peer whose address changes,
 * and what strangers may do to it. */
#include "transport/ice_lite_world.h"

/* --- answers --- */

static void answers_a_valid_check(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);
	struct urchin_stun stun;

	feed_good(world, &way, false);
	assert_int_equal(urchin_stun_read(&stun, world->answer, world->answer_len), 0);
	assert_int_equal(stun.class, URCHIN_STUN_SUCCESS);
	assert_true(stun.has_fingerprint);
	assert_true(urchin_addr_equal(&stun.mapped, &way.remote));
	assert_int_equal(urchin_stun_check_integrity(&stun, world->answer, PWD), 0);
	assert_true(urchin_ice_way_equal(&world->answer_way, &way));
	assert_int_equal(world->flows_made, 1);
}

static void answers_over_ipv6(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("2001:db8::7", 40001);
	struct urchin_stun stun;

	feed_good(world, &way, true);
	assert_int_equal(urchin_stun_read(&stun, world->answer, world->answer_len), 0);
	assert_true(urchin_addr_equal(&stun.mapped, &way.remote));
}

static void refuses_what_is_wrong(void **state)
{
	static const struct {
		struct check check;
		uint16_t code;
		bool is_signed;
	} cases[] = {
	    {{.user = USER}, 400, false},
	    {{.user = USER, .pwd = "another password, 22 +"}, 401, false},
	    {{.user = "AbCe:peer", .pwd = PWD}, 401, false},
	    {{.user = "AbCd", .pwd = PWD}, 401, false},
	    {{.user = "AbCdE:peer", .pwd = PWD}, 401, false},
	    {{.user = USER, .pwd = PWD, .unknown = 0x7abc}, 420, true},
	    {{.user = USER, .pwd = PWD, .is_controlled = true}, 487, true},
	};
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct urchin_stun stun;
		size_t len = feed(world, &way, &cases[i].check);

		assert_int_equal(world->answers, i + 1);
		assert_int_equal(last_error(world), cases[i].code);
		assert_int_equal(urchin_stun_read(&stun, world->answer, world->answer_len), 0);
		assert_int_equal(stun.integrity.bytes != NULL, cases[i].is_signed);
		if (!cases[i].is_signed)
			assert_true(world->answer_len * 2 <= len * 3);
	}
	assert_int_equal(world->flows_made, 0);
	assert_int_equal(world->paths, 0);
	assert_int_equal(world->states, 0);
}

static void no_answer_to_a_request_too_short_to_pay_for_it(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);
	uint8_t bytes[URCHIN_STUN_HEADER_LEN];
	uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN] = {1};
	struct urchin_stun_writer writer;
	struct urchin_stun stun;

	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	assert_int_equal(urchin_stun_read(&stun, bytes, sizeof(bytes)), 0);
	urchin_ice_lite_feed(world->lite, &way, &stun, bytes, world->now_us);
	assert_int_equal(world->answers, 0);
	assert_int_equal(stats_of(world).unauthenticated, 1);
}

static void errors_are_limited(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);
	struct check forged = {.user = USER, .pwd = "another password, 22 +"};

	for (int i = 0; i < 1000; i++)
		feed(world, &way, &forged);
	assert_int_equal(world->answers, 10);
	assert_int_equal(stats_of(world).errors_limited, 990);
	/* Who knows the password is answered all the same. */
	feed_good(world, &way, true);
	assert_int_equal(world->answers, 11);
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
	world->now_us += S;
	feed(world, &way, &forged);
	assert_int_equal(world->answers, 12);
}

static void answers_and_other_methods_are_ignored(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);
	uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN] = {1};
	static const struct {
		enum urchin_stun_class class;
		uint16_t method;
	} cases[] = {{URCHIN_STUN_SUCCESS, 1}, {URCHIN_STUN_ERROR, 1}, {URCHIN_STUN_REQUEST, 3}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[128];
		struct urchin_stun_writer writer;
		struct urchin_stun stun;

		urchin_stun_begin(&writer, bytes, sizeof(bytes), cases[i].class, cases[i].method, transaction);
		urchin_stun_add_username(&writer, USER);
		urchin_stun_add_integrity(&writer, PWD);
		assert_int_equal(urchin_stun_read(&stun, bytes, (size_t)urchin_stun_finish(&writer)), 0);
		urchin_ice_lite_feed(world->lite, &way, &stun, bytes, world->now_us);
	}
	assert_int_equal(world->answers, 0);
	assert_int_equal(world->flows_made, 0);
	assert_int_equal(stats_of(world).ignored, 3);
}

/* --- the way --- */

static void the_first_valid_way_is_taken_before_a_nomination(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way first = way_of("198.51.100.7", 40001);
	struct urchin_ice_way second = way_of("198.51.100.8", 40002);
	struct check check = {.user = USER, .pwd = PWD, .priority = 77};

	assert_null(urchin_ice_lite_current(world->lite));
	feed(world, &first, &check);
	assert_true(goes_to(world, &first));
	assert_int_equal(world->path_priority, 77);
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
	feed(world, &second, &check);
	assert_true(goes_to(world, &first));
	/* The peer begins DTLS where it likes. */
	assert_true(urchin_ice_lite_hear(world->lite, &second, world->now_us));
	assert_true(goes_to(world, &second));
	feed_good(world, &first, true);
	assert_true(goes_to(world, &first));
	assert_true(urchin_ice_lite_hear(world->lite, &second, world->now_us));
	assert_true(goes_to(world, &first));
	assert_int_equal(world->states, 1);
}

static void the_newest_nomination_counts(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way first = way_of("198.51.100.7", 40001);
	struct urchin_ice_way second = way_of("203.0.113.9", 40002);

	feed_good(world, &first, true);
	feed_good(world, &second, true);
	assert_true(goes_to(world, &second));
	feed_good(world, &first, true);
	assert_true(goes_to(world, &first));
	assert_int_equal(world->paths, 3);
	assert_int_equal(world->states, 1);
}

static void packets_count_only_from_ways_that_passed_a_check(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);
	struct urchin_ice_way other_port = way_of("198.51.100.7", 40002);
	struct urchin_ice_way other_link = way;

	other_link.link = 1;
	feed_good(world, &way, true);
	assert_true(urchin_ice_lite_hear(world->lite, &way, world->now_us));
	assert_false(urchin_ice_lite_hear(world->lite, &other_port, world->now_us));
	assert_false(urchin_ice_lite_hear(world->lite, &other_link, world->now_us));
}

static void a_nat_that_gives_a_new_port_is_followed_at_once_when_nominated(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way before = way_of("198.51.100.7", 40001);
	struct urchin_ice_way after = way_of("198.51.100.7", 51234);

	feed_good(world, &before, true);
	world->now_us += 100 * MS;
	feed_good(world, &after, true);
	assert_true(goes_to(world, &after));
}

static void without_nomination_a_new_address_is_followed_once_the_old_one_is_silent(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way before = way_of("198.51.100.7", 40001);
	struct urchin_ice_way after = way_of("198.51.100.7", 51234);

	feed_good(world, &before, true);
	world->now_us += 5 * S;
	assert_true(urchin_ice_lite_hear(world->lite, &before, world->now_us));
	world->now_us += 500 * MS;
	feed_good(world, &after, false);
	assert_true(goes_to(world, &before));
	world->now_us += 600 * MS;
	feed_good(world, &after, false);
	assert_true(goes_to(world, &after));
	/* It was no rebinding after all: the nominated way is heard again. */
	feed_good(world, &before, false);
	assert_true(goes_to(world, &before));
}

static void spare_ways_are_not_followed_in_a_pause(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way spare = way_of("203.0.113.9", 40002);
	struct urchin_ice_way used = way_of("198.51.100.7", 40001);

	feed_good(world, &spare, false);
	world->now_us += 100 * MS;
	feed_good(world, &used, true);
	/* The peer keeps both alive, the used one every 5 s. */
	for (int i = 0; i < 10; i++) {
		run_until(world, world->now_us + 4900 * MS);
		feed_good(world, &spare, false);
		assert_true(goes_to(world, &used));
		world->now_us += 100 * MS;
		feed_good(world, &used, false);
	}
	/* The used one dies. */
	run_until(world, world->now_us + 4900 * MS);
	feed_good(world, &spare, false);
	assert_true(goes_to(world, &used));
	run_until(world, world->now_us + 5 * S);
	feed_good(world, &spare, false);
	assert_true(goes_to(world, &spare));
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
}

static void a_tcp_connection_that_ends_takes_its_way_with_it(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way udp = way_of("198.51.100.7", 40001);
	struct urchin_ice_way tcp = way_of("198.51.100.7", 50001);

	tcp.link = 70000;
	feed_good(world, &udp, false);
	feed_good(world, &tcp, true);
	assert_true(goes_to(world, &tcp));
	urchin_ice_lite_remove_way(world->lite, &tcp, world->now_us);
	assert_true(goes_to(world, &udp));
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
	urchin_ice_lite_remove_way(world->lite, &udp, world->now_us);
	assert_null(urchin_ice_lite_current(world->lite));
	assert_int_equal(world->state, URCHIN_ICE_DISCONNECTED);
	/* The peer comes back by another one. */
	run_until(world, world->now_us + 10 * S);
	tcp.link = 70001;
	feed_good(world, &tcp, true);
	assert_int_equal(world->state, URCHIN_ICE_CONNECTED);
	urchin_ice_lite_remove_way(world->lite, &tcp, world->now_us);
	run_until(world, world->now_us + 31 * S);
	assert_int_equal(world->state, URCHIN_ICE_FAILED);
}

static void a_way_that_cannot_be_had_is_not_answered(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way way = way_of("198.51.100.7", 40001);

	world->refuses_flows = true;
	feed_good(world, &way, true);
	assert_int_equal(world->answers, 0);
	assert_null(urchin_ice_lite_current(world->lite));
}

static void ways_are_bounded(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way used = way_of("198.51.100.7", 40001);
	struct urchin_ice_lite_flow flows[URCHIN_ICE_LITE_FLOWS_MAX + 1];

	feed_good(world, &used, true);
	for (uint16_t port = 1000; port < 1500; port++) {
		struct urchin_ice_way way = way_of("198.51.100.7", port);

		world->now_us += MS;
		feed_good(world, &way, false);
	}
	assert_true(goes_to(world, &used));
	assert_int_equal(urchin_ice_lite_get_flows(world->lite, flows, URCHIN_ICE_LITE_FLOWS_MAX + 1),
			 URCHIN_ICE_LITE_FLOWS_MAX);
	assert_int_equal(world->flows_made - world->flows_gone, URCHIN_ICE_LITE_FLOWS_MAX);
	/* The newest are kept. */
	used = way_of("198.51.100.7", 1499);
	assert_true(urchin_ice_lite_hear(world->lite, &used, world->now_us));
	/* And those that nobody checks go. */
	used = way_of("198.51.100.7", 40001);
	for (int i = 0; i < 14; i++) {
		run_until(world, world->now_us + 5 * S);
		feed_good(world, &used, true);
	}
	assert_int_equal(urchin_ice_lite_get_flows(world->lite, flows, URCHIN_ICE_LITE_FLOWS_MAX + 1), 1);
	assert_true(flows[0].is_current && flows[0].is_nominated);
}

/* --- replays --- */

static void a_copied_check_moves_nothing(void **state)
{
	struct world *world = *state;
	struct urchin_ice_way peer = way_of("198.51.100.7", 40001);
	struct urchin_ice_way thief = way_of("192.0.2.66", 40001);
	struct check check = {.user = USER, .pwd = PWD, .nominates = true, .transaction = 99};

	feed(world, &peer, &check);
	feed(world, &thief, &check);
	assert_true(goes_to(world, &peer));
	assert_int_equal(world->answers, 1);
	assert_int_equal(world->flows_made, 1);
	assert_int_equal(stats_of(world).replayed, 1);
	/* A retransmission is answered, */
	feed(world, &peer, &check);
	assert_int_equal(world->answers, 2);
	/* but keeps nothing alive: it might be the thief with a forged address. */
	for (int i = 0; i < 16; i++) {
		run_until(world, world->now_us + 2 * S);
		feed(world, &peer, &check);
	}
	assert_int_equal(world->state, URCHIN_ICE_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(answers_a_valid_check),
	    TEST(answers_over_ipv6),
	    TEST(refuses_what_is_wrong),
	    TEST(no_answer_to_a_request_too_short_to_pay_for_it),
	    TEST(errors_are_limited),
	    TEST(answers_and_other_methods_are_ignored),
	    TEST(the_first_valid_way_is_taken_before_a_nomination),
	    TEST(the_newest_nomination_counts),
	    TEST(packets_count_only_from_ways_that_passed_a_check),
	    TEST(a_nat_that_gives_a_new_port_is_followed_at_once_when_nominated),
	    TEST(without_nomination_a_new_address_is_followed_once_the_old_one_is_silent),
	    TEST(spare_ways_are_not_followed_in_a_pause),
	    TEST(a_tcp_connection_that_ends_takes_its_way_with_it),
	    TEST(a_way_that_cannot_be_had_is_not_answered),
	    TEST(ways_are_bounded),
	    TEST(a_copied_check_moves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

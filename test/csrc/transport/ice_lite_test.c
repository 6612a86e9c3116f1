/*
 * The lite side of ICE in fake time: answers (RFC 8445 7.3, RFC 8489 6.3), nominations, a peer whose address changes,
 * restarts, silence and consent, and what strangers may do to it.
 */
#include "transport/ice_lite.h"

#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/heap.h"
#include "transport/stun_integrity.h"

#define S UINT64_C(1000000)
#define MS UINT64_C(1000)
#define START_US (100 * S)
#define UFRAG "AbCd"
#define PWD "0123456789abcdefghijkl"
#define USER "AbCd:peer"

struct world {
	struct urchin_ice_lite *lite;
	uint64_t now_us;
	uint32_t transaction;
	bool refuses_flows;
	/* what was told last, and how often */
	uint8_t answer[256];
	size_t answer_len;
	struct urchin_ice_way answer_way;
	size_t answers;
	struct urchin_ice_way path;
	uint32_t path_priority;
	size_t paths;
	enum urchin_ice_state state;
	size_t states;
	size_t flows_made;
	size_t flows_gone;
	char ufrag_gone[16];
	size_t ufrags_gone;
};

static void on_send(void *owner, const struct urchin_ice_way *way, const uint8_t *bytes, size_t len)
{
	struct world *world = owner;

	assert_true(len <= sizeof(world->answer));
	memcpy(world->answer, bytes, len);
	world->answer_len = len;
	world->answer_way = *way;
	world->answers++;
}

static bool on_flow(void *owner, const struct urchin_ice_way *way)
{
	struct world *world = owner;

	(void)way;
	world->flows_made += !world->refuses_flows;
	return !world->refuses_flows;
}

static void on_flow_gone(void *owner, const struct urchin_ice_way *way)
{
	struct world *world = owner;

	(void)way;
	world->flows_gone++;
}

static void on_path(void *owner, const struct urchin_ice_way *way, uint32_t priority)
{
	struct world *world = owner;

	world->path = *way;
	world->path_priority = priority;
	world->paths++;
}

static void on_state(void *owner, enum urchin_ice_state state)
{
	struct world *world = owner;

	world->state = state;
	world->states++;
}

static void on_ufrag_gone(void *owner, const char *ufrag)
{
	struct world *world = owner;

	assert_true(strlen(ufrag) < sizeof(world->ufrag_gone));
	strcpy(world->ufrag_gone, ufrag);
	world->ufrags_gone++;
}

static void on_deadline(void *owner)
{
	(void)owner;
}

static const struct urchin_ice_lite_callbacks callbacks = {
    .send = on_send,
    .on_flow = on_flow,
    .on_flow_gone = on_flow_gone,
    .on_path = on_path,
    .on_state = on_state,
    .on_ufrag_gone = on_ufrag_gone,
    .on_deadline = on_deadline,
};

static int set_up(void **state)
{
	static const struct urchin_ice_lite_config config = {0};
	struct world *world = calloc(1, sizeof(*world));

	world->now_us = START_US;
	world->lite = urchin_ice_lite_new(&config, &callbacks, world);
	assert_non_null(world->lite);
	assert_int_equal(urchin_ice_lite_set_local(world->lite, UFRAG, PWD), 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	urchin_ice_lite_free(world->lite);
	free(world);
	return 0;
}

static struct urchin_ice_way way_of(const char *address, uint16_t port)
{
	struct urchin_ice_way way = {.link = 0};

	assert_int_equal(urchin_addr_read(&way.remote, address, port), 0);
	return way;
}

/* A check as a peer sends it; what is NULL or false is left out. */
struct check {
	const char *user;
	const char *pwd;
	bool nominates;
	bool is_controlled;
	uint16_t unknown;
	uint32_t transaction; /* 0: a new one */
	uint32_t priority;
};

static size_t write_check(struct world *world, const struct check *check, uint8_t *bytes, size_t cap)
{
	uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN] = {0x55};
	struct urchin_stun_writer writer;
	uint32_t number = check->transaction ? check->transaction : ++world->transaction + 1000;
	int len;

	memcpy(transaction + 4, &number, sizeof(number));
	urchin_stun_begin(&writer, bytes, cap, URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	if (check->user)
		urchin_stun_add_username(&writer, check->user);
	urchin_stun_add_role(&writer, !check->is_controlled, 7);
	urchin_stun_add_priority(&writer, check->priority ? check->priority : 1845501695);
	if (check->nominates)
		urchin_stun_add_use_candidate(&writer);
	if (check->unknown)
		urchin_stun_add(&writer, check->unknown, (const uint8_t *)"", 0);
	if (check->pwd)
		urchin_stun_add_integrity(&writer, check->pwd);
	len = urchin_stun_finish(&writer);
	assert_true(len > 0);
	return (size_t)len;
}

static size_t feed(struct world *world, const struct urchin_ice_way *way, const struct check *check)
{
	uint8_t bytes[512];
	size_t len = write_check(world, check, bytes, sizeof(bytes));
	struct urchin_stun stun;

	assert_int_equal(urchin_stun_read(&stun, bytes, len), 0);
	urchin_ice_lite_feed(world->lite, way, &stun, bytes, world->now_us);
	return len;
}

static void feed_good(struct world *world, const struct urchin_ice_way *way, bool nominates)
{
	struct check check = {.user = USER, .pwd = PWD, .nominates = nominates};

	feed(world, way, &check);
}

static uint16_t last_error(const struct world *world)
{
	struct urchin_stun stun;

	assert_int_equal(urchin_stun_read(&stun, world->answer, world->answer_len), 0);
	assert_int_equal(stun.class, URCHIN_STUN_ERROR);
	assert_true(stun.has_fingerprint);
	return stun.error_code;
}

static struct urchin_ice_lite_stats stats_of(const struct world *world)
{
	struct urchin_ice_lite_stats stats;

	urchin_ice_lite_get_stats(world->lite, &stats);
	return stats;
}

/* Lets time pass as a worker does: ticks at the deadlines. */
static void run_until(struct world *world, uint64_t end_us)
{
	for (;;) {
		uint64_t deadline_us = urchin_ice_lite_deadline_us(world->lite);

		if (deadline_us > end_us)
			break;
		assert_true(deadline_us >= world->now_us);
		world->now_us = deadline_us;
		urchin_ice_lite_tick(world->lite, world->now_us);
		assert_true(urchin_ice_lite_deadline_us(world->lite) > world->now_us);
	}
	world->now_us = end_us;
}

static bool goes_to(const struct world *world, const struct urchin_ice_way *way)
{
	const struct urchin_ice_way *current = urchin_ice_lite_current(world->lite);

	return current && urchin_ice_way_equal(current, way);
}

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

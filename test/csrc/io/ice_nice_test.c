/* Pairs of libnice backends over 127.0.0.1 in one loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/glib_log.h"
#include "io/ice_nice.h"
#include "io/loop.h"
#include "support/fds.h"
#include "transport/transport.h"

#define CANDIDATES_MAX 32
#define STATES_MAX 64
/* Only to end a test that hangs. */
#define PATIENCE_US 20000000

struct side {
	struct urchin_loop *loop;
	struct urchin_ice *ice;
	struct urchin_candidate candidates[CANDIDATES_MAX];
	size_t candidate_count;
	enum urchin_ice_state states[STATES_MAX];
	size_t state_count;
	struct urchin_candidate_pair pair;
	int pairs;
	int gathered;
	int closed;
	int packets;
	size_t last_len;
	uint8_t last_byte;
	char ufrag[32];
	char pwd[32];
	bool in_call; /* a call in which nothing may be told */
};

static int glib_messages;
static char last_message[256];

static void on_message(void *owner, const char *text)
{
	(void)owner;
	glib_messages++;
	snprintf(last_message, sizeof(last_message), "%s", text);
}

static void on_candidate(void *owner, const struct urchin_candidate *candidate)
{
	struct side *side = owner;

	assert_false(side->in_call);
	assert_true(side->candidate_count < CANDIDATES_MAX);
	side->candidates[side->candidate_count++] = *candidate;
}

static void on_gathered(void *owner)
{
	assert_false(((struct side *)owner)->in_call);
	((struct side *)owner)->gathered++;
}

static void on_state(void *owner, enum urchin_ice_state ice_state)
{
	struct side *side = owner;

	assert_false(side->in_call);
	assert_true(side->state_count < STATES_MAX);
	if (side->state_count)
		assert_int_not_equal(side->states[side->state_count - 1], ice_state);
	side->states[side->state_count++] = ice_state;
}

static void on_selected_pair(void *owner, const struct urchin_candidate_pair *pair)
{
	struct side *side = owner;

	assert_false(side->in_call);
	side->pair = *pair;
	side->pairs++;
}

static void on_packet(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct side *side = owner;

	assert_false(side->in_call);
	assert_true(now_us <= urchin_clock_us());
	side->packets++;
	side->last_len = len;
	side->last_byte = bytes[0];
	bytes[0] = 0;
}

static void on_closed(void *owner)
{
	struct side *side = owner;

	assert_false(side->in_call);
	side->closed++;
	side->ice = NULL;
}

static const struct urchin_ice_callbacks callbacks = {
    .on_candidate = on_candidate,
    .on_gathered = on_gathered,
    .on_state = on_state,
    .on_selected_pair = on_selected_pair,
    .on_packet = on_packet,
    .on_closed = on_closed,
};

static const char *const loopback[] = {"127.0.0.1"};

static struct urchin_ice_config plain_config(void)
{
	return (struct urchin_ice_config){.addresses = loopback, .address_count = 1};
}

static void open_side(struct side *side, struct urchin_loop *loop, const char *name,
		      const struct urchin_ice_config *config)
{
	memset(side, 0, sizeof(*side));
	side->loop = loop;
	snprintf(side->ufrag, sizeof(side->ufrag), "%s-1234", name);
	snprintf(side->pwd, sizeof(side->pwd), "%s-0123456789abcdefghij", name);
	side->ice = urchin_ice_nice_new(loop, config, &callbacks, side);
	assert_non_null(side->ice);
}

static int gather(struct side *side, bool controlling)
{
	return side->ice->ops->gather(side->ice, side->ufrag, side->pwd, controlling);
}

static void set_remote(struct side *side, const struct side *peer)
{
	side->in_call = true;
	assert_int_equal(side->ice->ops->set_remote(side->ice, peer->ufrag, peer->pwd, false), 0);
	for (size_t i = 0; i < peer->candidate_count; i++)
		assert_int_equal(side->ice->ops->add_candidate(side->ice, &peer->candidates[i]), 0);
	assert_int_equal(side->ice->ops->end_candidates(side->ice), 0);
	side->in_call = false;
}

static enum urchin_ice_state last_state(const struct side *side)
{
	return side->state_count ? side->states[side->state_count - 1] : URCHIN_ICE_NEW;
}

static void connect_sides(struct side *a, struct side *b)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	set_remote(a, b);
	set_remote(b, a);
	while ((last_state(a) != URCHIN_ICE_CONNECTED || last_state(b) != URCHIN_ICE_CONNECTED) &&
	       urchin_clock_us() < end_us)
		urchin_loop_turn(a->loop, 100000);
	assert_int_equal(last_state(a), URCHIN_ICE_CONNECTED);
	assert_int_equal(last_state(b), URCHIN_ICE_CONNECTED);
}

static void close_side(struct side *side)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	side->in_call = true;
	side->ice->ops->close(side->ice);
	side->ice->ops->close(side->ice);
	side->in_call = false;
	while (!side->closed && urchin_clock_us() < end_us)
		urchin_loop_turn(side->loop, 100000);
	assert_int_equal(side->closed, 1);
}

static void pass_packet(struct side *from, struct side *to, uint8_t byte, size_t len)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;
	uint8_t bytes[1500];
	int before = to->packets;

	memset(bytes, byte, len);
	from->in_call = true;
	assert_int_equal(from->ice->ops->send(from->ice, bytes, len), 0);
	from->in_call = false;
	while (to->packets == before && urchin_clock_us() < end_us)
		urchin_loop_turn(from->loop, 100000);
	assert_int_equal(to->packets, before + 1);
	assert_int_equal(to->last_len, len);
	assert_int_equal(to->last_byte, byte);
}

static int set_up(void **state)
{
	static struct urchin_loop loop;

	glib_messages = 0;
	urchin_glib_log_catch(on_message, NULL);
	*state = &loop;
	return urchin_loop_init(&loop);
}

static int tear_down(void **state)
{
	urchin_loop_clear(*state);
	if (glib_messages)
		print_message("GLib said: %s\n", last_message);
	return glib_messages;
}

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

static void restart(struct side *side, const char *ufrag)
{
	snprintf(side->ufrag, sizeof(side->ufrag), "%s", ufrag);
	side->candidate_count = 0;
	side->gathered = 0;
	assert_int_equal(side->ice->ops->restart(side->ice, side->ufrag, side->pwd), 0);
	assert_int_equal(side->candidate_count, 1);
	assert_int_equal(side->gathered, 1);
}

static void test_a_restart_tells_candidates_again_and_keeps_the_old_pair(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct side a, b;
	uint16_t port;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(a.ice->ops->restart(a.ice, a.ufrag, a.pwd), URCHIN_ESTATE);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	port = a.candidates[0].port;
	connect_sides(&a, &b);
	for (int i = 0; i < 3; i++) {
		char ufrag[32];
		int pairs = a.pairs;

		snprintf(ufrag, sizeof(ufrag), "again-a%d", i);
		restart(&a, ufrag);
		assert_int_equal(a.candidates[0].port, port);
		assert_int_equal(last_state(&a), URCHIN_ICE_CHECKING);
		pass_packet(&a, &b, 0x80, 50);
		assert_int_equal(a.ice->ops->add_candidate(a.ice, &b.candidates[0]), URCHIN_ESTATE);
		snprintf(ufrag, sizeof(ufrag), "again-b%d", i);
		restart(&b, ufrag);
		connect_sides(&a, &b);
		assert_true(a.pairs > pairs);
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

	config.port_min = 42420;
	config.port_max = 42422;
	for (int i = 0; i < 3; i++) {
		open_side(&sides[i], *state, "a", &config);
		assert_int_equal(gather(&sides[i], true), 0);
		assert_in_range(sides[i].candidates[0].port, 42420, 42422);
		assert_false(seen[sides[i].candidates[0].port - 42420]);
		seen[sides[i].candidates[0].port - 42420] = true;
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
	config.port_min = 42420;
	config.port_max = 42430;
	open_side(&side, *state, "a", &config);
	assert_int_equal(gather(&side, true), URCHIN_ELIBRARY);
	close_side(&side);
	config.address_count = 0;
	open_side(&side, *state, "a", &config);
	assert_int_equal(gather(&side, true), URCHIN_ELIBRARY);
	close_side(&side);
}

static void spoil(struct urchin_candidate *candidate, int kind)
{
	static const char *const addresses[] = {
	    "",
	    "0.0.0.0",
	    "255.255.255.255",
	    "224.0.0.1",
	    "239.255.255.250",
	    "240.0.0.1",
	    "0.1.2.3",
	    "127.1",
	    "0x7f.0.0.1",
	    "127.0.0.1 ",
	    "::",
	    "ff02::1",
	    "::ffff:10.0.0.1",
	    "fe80::1%lo",
	    "fe80::1%99999",
	    "a.local",
	    "localhost",
	    "1",
	    "127.0.0.1%lo",
	    "::1::1",
	    "127.0.0.256",
	    "%n%n%n%n%s%s",
	    "[::1]",
	    "127.0.0.1:5000",
	};
	const int address_count = (int)(sizeof(addresses) / sizeof(addresses[0]));

	switch (kind) {
	case 0:
		candidate->port = 0;
		break;
	case 1:
		candidate->priority = 0;
		break;
	case 2:
		candidate->priority = UINT32_MAX;
		break;
	case 3:
		candidate->foundation[0] = '\0';
		break;
	case 4:
		memset(candidate->foundation, 'x', sizeof(candidate->foundation));
		break;
	case 5:
		memset(candidate->address, '1', sizeof(candidate->address));
		break;
	case 6:
		memset(candidate->related_address, '1', sizeof(candidate->related_address));
		break;
	case 7:
		candidate->type = (enum urchin_candidate_type)99;
		break;
	default:
		if (kind - 8 < address_count)
			snprintf(candidate->address, sizeof(candidate->address), "%s", addresses[kind - 8]);
		else
			memset(candidate, 0, sizeof(*candidate));
	}
}

static void test_garbage_candidates_are_refused_and_do_no_harm(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct side a, b;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	assert_int_equal(a.ice->ops->set_remote(a.ice, "", b.pwd, false), URCHIN_EINVAL);
	assert_int_equal(a.ice->ops->set_remote(a.ice, b.ufrag, NULL, false), URCHIN_EINVAL);
	assert_int_equal(a.ice->ops->set_remote(a.ice, b.ufrag, b.pwd, false), 0);
	for (int kind = 0; kind < 8 + 24 + 1; kind++) {
		struct urchin_candidate candidate = b.candidates[0];

		spoil(&candidate, kind);
		assert_int_equal(a.ice->ops->add_candidate(a.ice, &candidate), URCHIN_EINVAL);
		urchin_loop_turn(*state, 0);
	}
	connect_sides(&a, &b);
	pass_packet(&a, &b, 0x80, 100);
	close_side(&a);
	close_side(&b);
}

static void test_odd_but_legal_candidates_are_taken(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct urchin_candidate candidate;
	struct side a, b;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	assert_int_equal(a.ice->ops->set_remote(a.ice, b.ufrag, b.pwd, false), 0);
	/* Every type on the same address, twice; bad related addresses; families that we have no address of. */
	for (int i = 0; i < 16; i++) {
		candidate = b.candidates[0];
		candidate.type = (enum urchin_candidate_type)(i % 4);
		candidate.priority = i % 2 ? 1 : 0x7fffffff;
		snprintf(candidate.related_address, sizeof(candidate.related_address), "%s", i % 3 ? "junk" : "::");
		if (i > 8)
			snprintf(candidate.address, sizeof(candidate.address), "%s", i % 2 ? "fe80::1" : "2001:db8::1");
		assert_int_equal(a.ice->ops->add_candidate(a.ice, &candidate), 0);
		urchin_loop_turn(*state, 1000);
	}
	/* TCP is not wanted: passed over without an error, and not counted. */
	candidate.protocol = URCHIN_PROTOCOL_TCP_PASSIVE;
	for (int i = 0; i < 200; i++)
		assert_int_equal(a.ice->ops->add_candidate(a.ice, &candidate), 0);
	connect_sides(&a, &b);
	pass_packet(&a, &b, 0x80, 100);
	close_side(&a);
	close_side(&b);
}

static void test_the_number_of_candidates_is_bounded(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct urchin_candidate candidate;
	struct side a;
	int taken = 0;

	open_side(&a, *state, "a", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(a.ice->ops->set_remote(a.ice, "peer", "peer-password-of-22-chars", false), 0);
	candidate = a.candidates[0];
	for (int i = 0; i < 3000; i++) {
		snprintf(candidate.address, sizeof(candidate.address), "127.%d.%d.1", i / 250 + 1, i % 250);
		if (a.ice->ops->add_candidate(a.ice, &candidate) == 0)
			taken++;
		else
			assert_int_equal(a.ice->ops->add_candidate(a.ice, &candidate), URCHIN_EFULL);
	}
	assert_int_equal(taken, URCHIN_REMOTE_CANDIDATES_MAX);
	close_side(&a);
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
	assert_int_equal(a.ice->ops->send(a.ice, (const uint8_t *)"x", 1), URCHIN_ESYSTEM);
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
	/* By the look-up's end, not by the limit of 10 s on gathering. */
	assert_true(urchin_clock_us() - begin_us < 9000000);
	connect_sides(&a, &b);
	assert_int_equal(a.gathered, 1);
	close_side(&a);
	close_side(&b);
	glib_messages = 0; /* libnice warns about the names */
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
	glib_messages = 0;
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_a_pair_connects_and_carries_packets),
	    TEST(test_trickled_candidates_connect_too),
	    TEST(test_a_restart_tells_candidates_again_and_keeps_the_old_pair),
	    TEST(test_a_port_range_is_kept_to_and_its_end_is_told),
	    TEST(test_addresses_that_are_not_ours_fail),
	    TEST(test_garbage_candidates_are_refused_and_do_no_harm),
	    TEST(test_odd_but_legal_candidates_are_taken),
	    TEST(test_the_number_of_candidates_is_bounded),
	    TEST(test_tcp_candidates_connect),
	    TEST(test_a_peer_that_answers_nothing_fails),
	    TEST(test_a_peer_that_vanishes_is_noticed),
	    TEST(test_unknown_server_names_end_gathering),
	    TEST(test_closing_does_not_wait_for_servers),
	    TEST(test_descriptors_stay_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* One end of a pair of libnice backends in one loop, and what it was told; for tests. */
#ifndef URCHIN_TEST_IO_ICE_SIDE_H
#define URCHIN_TEST_IO_ICE_SIDE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/glib_log.h"
#include "io/ice_nice.h"
#include "io/loop.h"
#include "transport/transport.h"

#define CANDIDATES_MAX 32
#define STATES_MAX 64
/* Only to end a test that hangs. */
#define PATIENCE_US 20000000

struct side {
	struct urchin_ice_nice_home home;
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
	int errors;
	struct urchin_ice_server failed; /* the last one; `host` may be gone */
	uint16_t error_code;
	size_t last_len;
	uint8_t last_byte;
	char ufrag[32];
	char pwd[32];
	bool in_call; /* a call in which nothing may be told */
};

static int glib_messages;
static char last_message[256];

static inline void on_message(void *owner, const char *text)
{
	(void)owner;
	glib_messages++;
	snprintf(last_message, sizeof(last_message), "%s", text);
}

static inline void on_candidate(void *owner, const struct urchin_candidate *candidate)
{
	struct side *side = owner;

	assert_false(side->in_call);
	assert_true(side->candidate_count < CANDIDATES_MAX);
	side->candidates[side->candidate_count++] = *candidate;
}

static inline void on_gathered(void *owner)
{
	assert_false(((struct side *)owner)->in_call);
	((struct side *)owner)->gathered++;
}

static inline void on_state(void *owner, enum urchin_ice_state ice_state)
{
	struct side *side = owner;

	assert_false(side->in_call);
	assert_true(side->state_count < STATES_MAX);
	if (side->state_count)
		assert_int_not_equal(side->states[side->state_count - 1], ice_state);
	side->states[side->state_count++] = ice_state;
}

static inline void on_selected_pair(void *owner, const struct urchin_candidate_pair *pair)
{
	struct side *side = owner;

	assert_false(side->in_call);
	side->pair = *pair;
	side->pairs++;
}

static inline void on_packet(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct side *side = owner;

	assert_false(side->in_call);
	assert_true(now_us <= urchin_clock_us());
	side->packets++;
	side->last_len = len;
	side->last_byte = bytes[0];
	bytes[0] = 0;
}

static inline void on_server_error(void *owner, const struct urchin_ice_server_error *error)
{
	struct side *side = owner;

	assert_false(side->in_call);
	side->errors++;
	side->failed = *error->server;
	side->error_code = error->code;
	assert_true(error->text[0]);
}

static inline void on_closed(void *owner)
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
    .on_server_error = on_server_error,
    .on_closed = on_closed,
};

static const char *const loopback[] = {"127.0.0.1"};

static inline struct urchin_ice_config plain_config(void)
{
	return (struct urchin_ice_config){.addresses = loopback, .address_count = 1};
}

static inline void open_side(struct side *side, struct urchin_loop *loop, const char *name,
			     const struct urchin_ice_config *config)
{
	memset(side, 0, sizeof(*side));
	side->loop = loop;
	snprintf(side->ufrag, sizeof(side->ufrag), "%s-1234", name);
	snprintf(side->pwd, sizeof(side->pwd), "%s-0123456789abcdefghij", name);
	side->home = (struct urchin_ice_nice_home){.loop = loop};
	side->ice = urchin_ice_nice_new(&side->home, config, &callbacks, side);
	assert_non_null(side->ice);
}

static inline int gather(struct side *side, bool controlling)
{
	return side->ice->ops->gather(side->ice, side->ufrag, side->pwd, controlling);
}

static inline void set_remote(struct side *side, const struct side *peer)
{
	side->in_call = true;
	assert_int_equal(side->ice->ops->set_remote(side->ice, peer->ufrag, peer->pwd, false), 0);
	for (size_t i = 0; i < peer->candidate_count; i++)
		assert_int_equal(side->ice->ops->add_candidate(side->ice, &peer->candidates[i]), 0);
	assert_int_equal(side->ice->ops->end_candidates(side->ice), 0);
	side->in_call = false;
}

static inline enum urchin_ice_state last_state(const struct side *side)
{
	return side->state_count ? side->states[side->state_count - 1] : URCHIN_ICE_NEW;
}

static inline void connect_sides(struct side *a, struct side *b)
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

static inline void close_side(struct side *side)
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

static inline void pass_packet(struct side *from, struct side *to, uint8_t byte, size_t len)
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

static inline int set_up(void **state)
{
	static struct urchin_loop loop;

	glib_messages = 0;
	urchin_glib_log_catch(on_message, NULL);
	*state = &loop;
	return urchin_loop_init(&loop);
}

static inline int tear_down(void **state)
{
	urchin_loop_clear(*state);
	if (glib_messages)
		print_message("GLib said: %s\n", last_message);
	return glib_messages;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif

/* One lite side in fake time, a peer that writes its checks, and what was told last. For the tests of ice_lite. */
#ifndef URCHIN_TEST_TRANSPORT_ICE_LITE_WORLD_H
#define URCHIN_TEST_TRANSPORT_ICE_LITE_WORLD_H

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

static inline void on_send(void *owner, const struct urchin_ice_way *way, const uint8_t *bytes, size_t len)
{
	struct world *world = owner;

	assert_true(len <= sizeof(world->answer));
	memcpy(world->answer, bytes, len);
	world->answer_len = len;
	world->answer_way = *way;
	world->answers++;
}

static inline bool on_flow(void *owner, const struct urchin_ice_way *way)
{
	struct world *world = owner;

	(void)way;
	world->flows_made += !world->refuses_flows;
	return !world->refuses_flows;
}

static inline void on_flow_gone(void *owner, const struct urchin_ice_way *way)
{
	struct world *world = owner;

	(void)way;
	world->flows_gone++;
}

static inline void on_path(void *owner, const struct urchin_ice_way *way, uint32_t priority)
{
	struct world *world = owner;

	world->path = *way;
	world->path_priority = priority;
	world->paths++;
}

static inline void on_state(void *owner, enum urchin_ice_state state)
{
	struct world *world = owner;

	world->state = state;
	world->states++;
}

static inline void on_ufrag_gone(void *owner, const char *ufrag)
{
	struct world *world = owner;

	assert_true(strlen(ufrag) < sizeof(world->ufrag_gone));
	strcpy(world->ufrag_gone, ufrag);
	world->ufrags_gone++;
}

static inline void on_deadline(void *owner)
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

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
	struct world *world = *state;

	urchin_ice_lite_free(world->lite);
	free(world);
	return 0;
}

static inline struct urchin_ice_way way_of(const char *address, uint16_t port)
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

static inline size_t write_check(struct world *world, const struct check *check, uint8_t *bytes, size_t cap)
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

static inline size_t feed(struct world *world, const struct urchin_ice_way *way, const struct check *check)
{
	uint8_t bytes[512];
	size_t len = write_check(world, check, bytes, sizeof(bytes));
	struct urchin_stun stun;

	assert_int_equal(urchin_stun_read(&stun, bytes, len), 0);
	urchin_ice_lite_feed(world->lite, way, &stun, bytes, world->now_us);
	return len;
}

static inline void feed_good(struct world *world, const struct urchin_ice_way *way, bool nominates)
{
	struct check check = {.user = USER, .pwd = PWD, .nominates = nominates};

	feed(world, way, &check);
}

static inline uint16_t last_error(const struct world *world)
{
	struct urchin_stun stun;

	assert_int_equal(urchin_stun_read(&stun, world->answer, world->answer_len), 0);
	assert_int_equal(stun.class, URCHIN_STUN_ERROR);
	assert_true(stun.has_fingerprint);
	return stun.error_code;
}

static inline struct urchin_ice_lite_stats stats_of(const struct world *world)
{
	struct urchin_ice_lite_stats stats;

	urchin_ice_lite_get_stats(world->lite, &stats);
	return stats;
}

/* Lets time pass as a worker does: ticks at the deadlines. */
static inline void run_until(struct world *world, uint64_t end_us)
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

static inline bool goes_to(const struct world *world, const struct urchin_ice_way *way)
{
	const struct urchin_ice_way *current = urchin_ice_lite_current(world->lite);

	return current && urchin_ice_way_equal(current, way);
}

#endif

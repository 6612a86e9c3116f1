/*
 * The lite side of ICE under any sequence of datagrams, valid checks among them: no crash, no more ways than allowed,
 * nothing sent that is longer than allowed to whoever does not know the password, deadlines that lie ahead.
 */
#include <string.h>

#include "base/heap.h"
#include "check.h"
#include "transport/ice_lite.h"
#include "transport/stun_integrity.h"

#define UFRAG "AbCd"
#define PWD "0123456789abcdefghijkl"

struct world {
	struct urchin_ice_lite *lite;
	size_t fed_len;
	bool is_valid;
	size_t flows;
};

static void on_send(void *owner, const struct urchin_ice_way *way, const uint8_t *bytes, size_t len)
{
	struct world *world = owner;
	struct urchin_stun stun;

	(void)way;
	CHECK(urchin_stun_read(&stun, bytes, len) == 0);
	CHECK(stun.integrity.bytes || 2 * len <= 3 * world->fed_len);
	CHECK(!stun.integrity.bytes || world->is_valid);
}

static bool on_flow(void *owner, const struct urchin_ice_way *way)
{
	struct world *world = owner;

	CHECK(world->is_valid);
	world->flows++;
	return way->link != 3;
}

static void on_flow_gone(void *owner, const struct urchin_ice_way *way)
{
	(void)way;
	(void)owner;
}

static void on_path(void *owner, const struct urchin_ice_way *way, uint32_t priority)
{
	struct world *world = owner;

	(void)priority;
	CHECK(way->link < 3);
	CHECK(world->flows > 0);
}

static void on_state(void *owner, enum urchin_ice_state state)
{
	(void)owner;
	CHECK(state >= URCHIN_ICE_CONNECTED && state <= URCHIN_ICE_FAILED);
}

static void on_ufrag_gone(void *owner, const char *ufrag)
{
	(void)owner;
	CHECK(strlen(ufrag) > 0);
}

static void on_deadline(void *owner)
{
	(void)owner;
}

static void feed(struct world *world, const struct urchin_ice_way *way, const uint8_t *bytes, size_t len,
		 uint64_t now_us)
{
	struct urchin_stun stun;

	if (urchin_stun_read(&stun, bytes, len) < 0)
		return;
	world->fed_len = len;
	world->is_valid = urchin_stun_check_integrity(&stun, bytes, PWD) == 0;
	urchin_ice_lite_feed(world->lite, way, &stun, bytes, now_us);
}

/* The attributes are the input's, the integrity is right. */
static void feed_signed(struct world *world, const struct urchin_ice_way *way, const uint8_t *bytes, size_t len,
			uint64_t now_us)
{
	uint8_t message[512];
	uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN] = {0};
	struct urchin_stun_writer writer;
	int message_len;

	if (len < 2)
		return;
	transaction[0] = bytes[1];
	urchin_stun_begin(&writer, message, sizeof(message), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	urchin_stun_add_username(&writer, bytes[0] & 8 ? "New1:x" : UFRAG ":x");
	if (bytes[0] & 1)
		urchin_stun_add_use_candidate(&writer);
	if (bytes[0] & 2)
		urchin_stun_add_role(&writer, bytes[0] & 4, 1);
	if (bytes[0] & 16)
		urchin_stun_add(&writer, bytes[1], bytes, len > 200 ? 200 : len);
	urchin_stun_add_integrity(&writer, PWD);
	message_len = urchin_stun_finish(&writer);
	if (message_len > 0)
		feed(world, way, message, (size_t)message_len, now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct urchin_ice_lite_config config = {0};
	static const struct urchin_ice_lite_callbacks callbacks = {
	    .send = on_send,
	    .on_flow = on_flow,
	    .on_flow_gone = on_flow_gone,
	    .on_path = on_path,
	    .on_state = on_state,
	    .on_ufrag_gone = on_ufrag_gone,
	    .on_deadline = on_deadline,
	};
	struct urchin_ice_lite_flow flows[URCHIN_ICE_LITE_FLOWS_MAX + 1];
	struct world world = {0};
	uint64_t now_us = 1000000;

	world.lite = urchin_ice_lite_new(&config, &callbacks, &world);
	urchin_ice_lite_set_local(world.lite, UFRAG, PWD);
	/* Steps: what, from where, how much later, length, bytes. */
	while (size >= 4) {
		struct urchin_ice_way way = {.link = data[1] & 3,
					     .remote = {.family = URCHIN_ADDR_IPV4, .port = (uint16_t)(data[1] >> 2)}};
		size_t len = data[3] < size - 4 ? data[3] : size - 4;

		now_us += (uint64_t)data[2] * 100000;
		if (data[0] % 8 == 0)
			feed(&world, &way, data + 4, len, now_us);
		else if (data[0] % 8 == 1)
			urchin_ice_lite_hear(world.lite, &way, now_us);
		else if (data[0] % 8 == 2)
			urchin_ice_lite_remove_way(world.lite, &way, now_us);
		else if (data[0] % 8 == 3)
			urchin_ice_lite_set_local(world.lite, data[2] & 1 ? UFRAG : "New1", PWD);
		else if (data[0] % 8 == 4)
			urchin_ice_lite_tick(world.lite, now_us);
		else
			feed_signed(&world, &way, data + 4, len, now_us);
		urchin_ice_lite_tick(world.lite, now_us);
		CHECK(urchin_ice_lite_deadline_us(world.lite) > now_us);
		CHECK(urchin_ice_lite_get_flows(world.lite, flows, URCHIN_ICE_LITE_FLOWS_MAX + 1) <=
		      URCHIN_ICE_LITE_FLOWS_MAX);
		data += 4 + len;
		size -= 4 + len;
	}
	urchin_ice_lite_free(world.lite);
	return 0;
}

/* Server-reflexive addresses from several servers over several sockets; the clock of queries is the loop's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/nice_discovery.h"
#include "wire/stun.h"

#define TAG 0x01020304U
#define PATIENCE_US 10000000

struct world {
	struct urchin_loop loop;
	struct urchin_nice_discovery discovery;
	uint8_t sent[64][64];
	size_t lens[64];
	int locals[64];
	struct urchin_addr tos[64];
	size_t count;
	int mapped;
	int mapped_local;
	size_t mapped_server;
	struct urchin_addr mapped_addr;
	int failed;
	size_t failed_server;
	uint16_t code;
	char text[200];
	int done;
};

static void on_send(void *owner, int local, const struct urchin_addr *to, const uint8_t *bytes, size_t len)
{
	struct world *world = owner;

	assert_true(world->count < 64 && len <= 64);
	memcpy(world->sent[world->count], bytes, len);
	world->lens[world->count] = len;
	world->locals[world->count] = local;
	world->tos[world->count++] = *to;
}

static void on_mapped(void *owner, int local, size_t server, const struct urchin_addr *mapped)
{
	struct world *world = owner;

	world->mapped++;
	world->mapped_local = local;
	world->mapped_server = server;
	world->mapped_addr = *mapped;
}

static void on_failed(void *owner, size_t server, uint16_t code, const char *text)
{
	struct world *world = owner;

	world->failed++;
	world->failed_server = server;
	world->code = code;
	snprintf(world->text, sizeof(world->text), "%s", text);
}

static void on_done(void *owner)
{
	((struct world *)owner)->done++;
}

static const struct urchin_nice_discovery_callbacks callbacks = {
    .send = on_send, .on_mapped = on_mapped, .on_failed = on_failed, .on_done = on_done};

static struct urchin_addr addr_of(const char *text, uint16_t port)
{
	struct urchin_addr addr;

	assert_int_equal(urchin_addr_read(&addr, text, port), 0);
	return addr;
}

static int set_up(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof(world));
	assert_int_equal(urchin_loop_init(&world.loop), 0);
	urchin_nice_discovery_init(&world.discovery, &world.loop, TAG, &callbacks, &world);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	urchin_nice_discovery_clear(&world->discovery);
	urchin_nice_discovery_clear(&world->discovery);
	urchin_loop_clear(&world->loop);
	return 0;
}

static void ask(struct world *world, int local, size_t server, const char *to)
{
	struct urchin_addr addr = addr_of(to, 3478);

	assert_int_equal(urchin_nice_discovery_ask(&world->discovery, local, server, &addr, urchin_clock_us()), 0);
}

/* Answers what was sent as number `index`. */
static bool answer(struct world *world, size_t index, const struct urchin_addr *from, int local, uint16_t error)
{
	struct urchin_addr mapped = addr_of("198.51.100.7", 4711);
	struct urchin_stun_writer writer;
	uint8_t bytes[200];
	int len;

	urchin_stun_begin(&writer, bytes, sizeof(bytes), error ? URCHIN_STUN_ERROR : URCHIN_STUN_SUCCESS,
			  URCHIN_STUN_BINDING, world->sent[index] + 8);
	if (error)
		urchin_stun_add_error(&writer, error, "Go\naway");
	else
		urchin_stun_add_mapped(&writer, &mapped);
	len = urchin_stun_finish(&writer);
	assert_true(len > 0);
	return urchin_nice_discovery_feed(&world->discovery, local, from, bytes, (size_t)len, urchin_clock_us());
}

static void turn_until_done(struct world *world)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	while (!world->done && urchin_clock_us() < end_us)
		urchin_loop_turn(&world->loop, 100000);
	assert_int_equal(world->done, 1);
}

static void test_an_answer_gives_an_address(void **state)
{
	struct world *world = *state;

	ask(world, 3, 5, "192.0.2.1");
	assert_int_equal(world->count, 1);
	assert_int_equal(world->locals[0], 3);
	assert_memory_equal(world->sent[0], "\0\1", 2);
	assert_memory_equal(world->sent[0] + 8, "\1\2\3\4", 4);
	/* From another address, on another socket. */
	{
		struct urchin_addr wrong = addr_of("192.0.2.9", 3478);

		assert_true(answer(world, 0, &wrong, 3, 0));
		assert_true(answer(world, 0, &world->tos[0], 2, 0));
		assert_int_equal(world->mapped, 0);
	}
	assert_true(answer(world, 0, &world->tos[0], 3, 0));
	assert_int_equal(world->mapped, 1);
	assert_int_equal(world->mapped_local, 3);
	assert_int_equal(world->mapped_server, 5);
	assert_int_equal(world->mapped_addr.port, 4711);
	/* Once. */
	assert_true(answer(world, 0, &world->tos[0], 3, 0));
	assert_int_equal(world->mapped, 1);
	turn_until_done(world);
	assert_int_equal(world->failed, 0);
	/* Somebody else's. */
	world->sent[0][19] ^= 1;
	assert_false(answer(world, 0, &world->tos[0], 3, 0));
	assert_false(urchin_nice_discovery_feed(&world->discovery, 3, &world->tos[0], world->sent[0], 10, 0));
}

static void test_a_dead_server_delays_only_the_end(void **state)
{
	struct world *world = *state;

	ask(world, 0, 0, "192.0.2.1");
	ask(world, 0, 1, "192.0.2.2");
	assert_true(answer(world, 1, &world->tos[1], 0, 0));
	assert_int_equal(world->mapped, 1);
	urchin_loop_turn(&world->loop, 0);
	assert_int_equal(world->done, 0);
	turn_until_done(world);
	assert_int_equal(world->failed, 1);
	assert_int_equal(world->failed_server, 0);
	assert_int_equal(world->code, 701);
	/* It was asked more than once, in the same words. */
	assert_true(world->count > 3);
	assert_memory_equal(world->sent[2], world->sent[0], world->lens[0]);
}

static void test_a_server_fails_when_all_its_queries_do(void **state)
{
	struct world *world = *state;

	ask(world, 0, 7, "192.0.2.1");
	ask(world, 1, 7, "192.0.2.1");
	ask(world, 0, 8, "192.0.2.2");
	ask(world, 1, 8, "192.0.2.2");
	assert_true(answer(world, 0, &world->tos[0], 0, 500));
	assert_int_equal(world->failed, 0);
	assert_true(answer(world, 1, &world->tos[1], 1, 0));
	assert_int_equal(world->failed, 0);
	assert_true(answer(world, 2, &world->tos[2], 0, 400));
	assert_true(answer(world, 3, &world->tos[3], 1, 400));
	assert_int_equal(world->failed, 1);
	assert_int_equal(world->failed_server, 8);
	assert_int_equal(world->code, 400);
	/* No line breaks of strangers in logs. */
	assert_non_null(strstr(world->text, "Go?away"));
	turn_until_done(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_an_answer_gives_an_address, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_dead_server_delays_only_the_end, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_server_fails_when_all_its_queries_do, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

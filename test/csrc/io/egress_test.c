/* Datagrams arrive whole and in order, however they were grouped; full buffers and refused trains lose nothing else. */
#include "support/cmocka_all.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/egress.h"

struct world {
	struct urchin_loop loop;
	struct urchin_egress *egress;
	int from;
	int to[3];
	struct urchin_egress_way ways[3];
};

static int bind_socket(struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*address);

	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
	return fd;
}

static void open_world(struct world *world)
{
	struct sockaddr_in ignored;

	memset(world, 0, sizeof(*world));
	assert_int_equal(urchin_loop_init(&world->loop), 0);
	world->egress = urchin_egress_new(&world->loop);
	assert_non_null(world->egress);
	world->from = bind_socket(&ignored);
	for (size_t i = 0; i < 3; i++) {
		struct urchin_egress_way *way = &world->ways[i];

		world->to[i] = bind_socket(&way->addr.ipv4);
		way->fd = world->from;
		way->addr_len = sizeof(way->addr.ipv4);
	}
}

static void close_world(struct world *world)
{
	urchin_egress_free(world->egress);
	urchin_loop_clear(&world->loop);
	close(world->from);
	for (size_t i = 0; i < 3; i++)
		close(world->to[i]);
}

static void put(struct world *world, size_t way, uint8_t number, size_t len)
{
	uint8_t *bytes = urchin_egress_reserve(world->egress);

	memset(bytes, number, len);
	urchin_egress_commit(world->egress, &world->ways[way], len);
}

static void expect(struct world *world, size_t way, uint8_t number, size_t len)
{
	uint8_t bytes[2048];

	assert_int_equal(recv(world->to[way], bytes, sizeof(bytes), 0), len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], number);
}

static void expect_nothing(struct world *world, size_t way)
{
	uint8_t byte;

	assert_int_equal(recv(world->to[way], &byte, 1, 0), -1);
}

static void what_is_committed_leaves_at_the_end_of_the_turn(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	put(&world, 0, 1, 1200);
	expect_nothing(&world, 0);
	urchin_loop_turn(&world.loop, 0);
	expect(&world, 0, 1, 1200);
	urchin_loop_turn(&world.loop, 0);
	expect_nothing(&world, 0);
	close_world(&world);
}

/* Sizes that begin, continue, end and break trains, to several destinations. */
static void grouping_changes_nothing(void **state)
{
	static const size_t lens[] = {1200, 1200, 1200, 700, 700, 1300, 1300, 80, 80, 80, 1, 1200, 1536, 1535, 1536};
	const size_t count = sizeof(lens) / sizeof(lens[0]);
	struct world world;

	(void)state;
	open_world(&world);
	for (size_t way = 0; way < 3; way++)
		for (size_t i = 0; i < count; i++)
			put(&world, way, (uint8_t)(i + 1), lens[i]);
	for (size_t i = 0; i < count; i++)
		put(&world, i % 3, (uint8_t)(100 + i), lens[i]);
	urchin_egress_flush(world.egress);
	for (size_t way = 0; way < 3; way++) {
		for (size_t i = 0; i < count; i++)
			expect(&world, way, (uint8_t)(i + 1), lens[i]);
		for (size_t i = way; i < count; i += 3)
			expect(&world, way, (uint8_t)(100 + i), lens[i]);
		expect_nothing(&world, way);
		assert_int_equal(world.ways[way].datagrams_sent, count + count / 3);
		assert_int_equal(world.ways[way].datagrams_dropped, 0);
	}
	close_world(&world);
}

static void more_than_the_arena_holds_is_sent_in_parts(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	for (size_t i = 0; i < 400; i++) {
		put(&world, i % 2, (uint8_t)i, 300);
		/* The receiver's buffer is small. */
		if (i % 100 == 99) {
			urchin_egress_flush(world.egress);
			for (size_t k = i - 99; k <= i; k++)
				expect(&world, k % 2, (uint8_t)k, 300);
		}
	}
	for (size_t i = 0; i < 150; i++)
		put(&world, 2, (uint8_t)i, 100);
	urchin_egress_flush(world.egress);
	for (size_t i = 0; i < 150; i++)
		expect(&world, 2, (uint8_t)i, 100);
	close_world(&world);
}

static void a_way_that_fails_harms_no_other(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	/* Port 0 is refused with EINVAL, which also is what a refused train looks like. */
	world.ways[1].addr.ipv4.sin_port = 0;
	for (uint8_t i = 0; i < 5; i++)
		for (size_t way = 0; way < 3; way++)
			put(&world, way, i, 500);
	for (uint8_t i = 0; i < 5; i++)
		put(&world, 1, i, 500);
	urchin_egress_flush(world.egress);
	for (uint8_t i = 0; i < 5; i++) {
		expect(&world, 0, i, 500);
		expect(&world, 2, i, 500);
	}
	assert_int_equal(world.ways[0].datagrams_sent, 5);
	assert_int_equal(world.ways[1].datagrams_sent, 0);
	assert_int_equal(world.ways[1].datagrams_dropped, 10);
	assert_int_equal(world.ways[2].datagrams_sent, 5);
	close_world(&world);
}

/* SO_NO_CHECK makes Linux refuse trains of this socket with EINVAL, as routes without checksum offload do with EIO. */
static void refused_trains_go_singly(void **state)
{
	struct world world;
	int on = 1;

	(void)state;
	open_world(&world);
	assert_int_equal(setsockopt(world.from, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)), 0);
	for (int round = 0; round < 2; round++) {
		for (uint8_t i = 0; i < 6; i++)
			put(&world, 0, i, 900);
		urchin_egress_flush(world.egress);
		for (uint8_t i = 0; i < 6; i++)
			expect(&world, 0, i, 900);
		assert_true(world.ways[0].refuses_trains);
	}
	assert_int_equal(world.ways[0].datagrams_sent, 12);
	close_world(&world);
}

static void a_full_buffer_drops_and_counts(void **state)
{
	struct world world;
	int size = 1;

	(void)state;
	open_world(&world);
	assert_int_equal(setsockopt(world.from, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	for (size_t i = 0; i < 100; i++)
		put(&world, i % 3, (uint8_t)i, 1400);
	urchin_egress_flush(world.egress);
	for (size_t way = 0; way < 3; way++)
		assert_int_equal(world.ways[way].datagrams_sent + world.ways[way].datagrams_dropped,
				 way == 0 ? 34 : 33);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_committed_leaves_at_the_end_of_the_turn),
	    cmocka_unit_test(grouping_changes_nothing),
	    cmocka_unit_test(more_than_the_arena_holds_is_sent_in_parts),
	    cmocka_unit_test(a_way_that_fails_harms_no_other),
	    cmocka_unit_test(refused_trains_go_singly),
	    cmocka_unit_test(a_full_buffer_drops_and_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

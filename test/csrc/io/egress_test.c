/* Datagrams arrive whole and in order, however they were grouped; full buffers and refused trains lose nothing else. */
#include "support/cmocka_all.h"

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/egress.h"
#include "support/network.h"

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
	urchin_egress_commit(world->egress, &world->ways[way], len, true);
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

/* The arena of 128 was full in the middle of each fourteenth viewer's frame, which then left as two trains. */
static void a_full_arena_cuts_no_train(void **state)
{
	static uint8_t bytes[32768];
	const int on = 1;
	struct world world;

	(void)state;
	open_world(&world);
	assert_int_equal(setsockopt(world.to[1], SOL_UDP, UDP_GRO, &on, sizeof(on)), 0);
	for (uint8_t i = 0; i < 124; i++)
		put(&world, 0, i, 100);
	for (uint8_t i = 0; i < 9; i++)
		put(&world, 1, i, 1000);
	put(&world, 2, 7, 300);
	urchin_egress_flush(world.egress);
	for (uint8_t i = 0; i < 124; i++)
		expect(&world, 0, i, 100);
	assert_int_equal(recv(world.to[1], bytes, sizeof(bytes), 0), 9000);
	for (size_t i = 0; i < 9000; i++)
		assert_int_equal(bytes[i], i / 1000);
	expect(&world, 2, 7, 300);
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

/* Until everything that waits was sent or given up. */
static void turn_for(struct world *world, uint64_t us)
{
	uint64_t end_us = urchin_clock_us() + us;

	while (urchin_clock_us() < end_us)
		urchin_loop_turn(&world->loop, 2000);
}

static uint64_t done(const struct urchin_egress_way *way)
{
	return way->datagrams_sent + way->datagrams_dropped;
}

static void a_small_buffer_loses_no_count(void **state)
{
	struct world world;
	int size = 1;

	(void)state;
	open_world(&world);
	assert_int_equal(setsockopt(world.from, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	for (size_t i = 0; i < 100; i++)
		put(&world, i % 3, (uint8_t)i, 1400);
	urchin_egress_flush(world.egress);
	turn_for(&world, 150000);
	for (size_t way = 0; way < 3; way++)
		assert_int_equal(done(&world.ways[way]), way == 0 ? 34 : 33);
	close_world(&world);
}

/* A socket that is full as long as its peer does not read: way 0 and 1 lead there, to[0] is the peer. */
static void open_narrow(struct world *world)
{
	int pair[2];

	open_world(world);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	close(world->to[0]);
	world->to[0] = pair[1];
	for (size_t i = 0; i < 2; i++)
		world->ways[i] = (struct urchin_egress_way){.fd = pair[0], .refuses_trains = true};
}

static void close_narrow(struct world *world)
{
	int fd = world->ways[0].fd;

	close_world(world);
	close(fd);
}

/* Returns how many the peer of the narrow socket can be sent before it is full. */
static size_t fill(struct world *world)
{
	uint64_t before;
	size_t count = 0;

	do {
		before = world->ways[0].datagrams_sent;
		put(world, 0, 1, 10);
		urchin_egress_flush(world->egress);
		count++;
	} while (world->ways[0].datagrams_sent > before && count < 100000);
	return count - 1;
}

/*
 * What a full socket did not take was lost, video and audio alike. Now it waits, what is not video leaves first, and
 * nobody else is held up.
 */
static void a_full_socket_gets_the_rest_when_it_has_room(void **state)
{
	struct world world;
	size_t room;

	(void)state;
	open_narrow(&world);
	room = fill(&world); /* and one waits */
	for (uint8_t i = 0; i < 6; i++) {
		uint8_t *bytes = urchin_egress_reserve(world.egress);

		memset(bytes, 100 + i, 10);
		urchin_egress_commit(world.egress, &world.ways[i % 2], 10, i < 4);
		put(&world, 2, i, 500);
	}
	urchin_egress_flush(world.egress);
	urchin_egress_keep(world.egress, &world.ways[1], (const uint8_t *)"ccccccc", 7);
	for (uint8_t i = 0; i < 6; i++)
		expect(&world, 2, i, 500);
	assert_int_equal(world.ways[0].datagrams_sent, room);
	for (size_t i = 0; i < room; i++)
		expect(&world, 0, 1, 10);
	while (world.ways[0].datagrams_sent + world.ways[1].datagrams_sent < room + 8)
		urchin_loop_turn(&world.loop, 10000);
	expect(&world, 0, 104, 10);
	expect(&world, 0, 105, 10);
	expect(&world, 0, 'c', 7);
	expect(&world, 0, 1, 10);
	for (uint8_t i = 0; i < 4; i++)
		expect(&world, 0, 100 + i, 10);
	expect_nothing(&world, 0);
	assert_int_equal(world.ways[0].datagrams_dropped + world.ways[1].datagrams_dropped, 0);
	/* And all is as before. */
	put(&world, 0, 7, 10);
	urchin_egress_flush(world.egress);
	expect(&world, 0, 7, 10);
	close_narrow(&world);
}

static void a_socket_that_stays_full_is_given_up_and_counted(void **state)
{
	struct world world;
	size_t room;

	(void)state;
	open_narrow(&world);
	room = fill(&world);
	for (size_t i = 0; i < 300; i++)
		put(&world, 1, 2, 10);
	urchin_egress_flush(world.egress);
	while (done(&world.ways[0]) + done(&world.ways[1]) < room + 301)
		urchin_loop_turn(&world.loop, 10000);
	assert_int_equal(world.ways[0].datagrams_sent, room);
	assert_int_equal(world.ways[1].video_dropped, 300);
	assert_int_equal(world.ways[1].datagrams_dropped, 300);
	assert_int_equal(world.ways[1].datagrams_refused, 0);
	/* Nothing is left that could come late. */
	for (size_t i = 0; i < room; i++)
		expect(&world, 0, 1, 10);
	turn_for(&world, 10000);
	expect_nothing(&world, 0);
	close_narrow(&world);
}

static void a_way_that_was_released_is_not_used_any_more(void **state)
{
	struct world world;
	size_t room;
	int fd;

	(void)state;
	open_narrow(&world);
	fd = world.ways[0].fd;
	room = fill(&world);
	put(&world, 1, 2, 10);
	urchin_egress_release(world.egress, &world.ways[0]);
	memset(&world.ways[0], 0xff, sizeof(world.ways[0]));
	for (size_t i = 0; i < room; i++)
		expect(&world, 0, 1, 10);
	while (done(&world.ways[1]) == 0)
		urchin_loop_turn(&world.loop, 10000);
	expect(&world, 0, 2, 10);
	expect_nothing(&world, 0);
	world.ways[0].fd = fd;
	close_narrow(&world);
}

/*
 * An ICMP error (port unreachable) is told to the next datagram that leaves the socket, whoever it is for, and that one
 * was counted as refused and lost.
 */
static void an_error_of_another_datagram_costs_nothing(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	/* Only connected sockets are told: it is connected to nobody, and way 0 leads there. */
	close(world.to[0]);
	assert_int_equal(connect(world.from, &world.ways[0].addr.any, world.ways[0].addr_len), 0);
	for (uint8_t i = 0; i < 10; i++) {
		int error = 0;
		socklen_t len = sizeof(error);

		put(&world, 0, i, 100);
		urchin_egress_flush(world.egress);
		put(&world, 1, i, 100);
		put(&world, 1, i, 100);
		put(&world, 2, i, 200);
		urchin_egress_flush(world.egress);
		expect(&world, 1, i, 100);
		expect(&world, 1, i, 100);
		expect(&world, 2, i, 200);
		assert_int_equal(getsockopt(world.from, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	}
	assert_int_equal(world.ways[0].datagrams_sent, 10);
	assert_int_equal(world.ways[1].datagrams_dropped + world.ways[2].datagrams_dropped, 0);
	world.to[0] = -1;
	close_world(&world);
}

/* 10.99.0.1, with a cable to nobody. */
#define CABLE                                                                                                          \
	"ip link set lo up && ip link add u0 type veth peer name u1 && ip link set u0 up && ip link set u1 up && "     \
	"ip address add 10.99.0.1/24 dev u0 2>/dev/null"

/* What is sent to an address on the cable waits in the kernel, as its neighbour is looked for, and fills the socket. */
static void open_cable(struct world *world, int send_buffer)
{
	open_world(world);
	close(world->from);
	world->from = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(world->from, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer)), 0);
	for (size_t i = 0; i < 3; i++)
		world->ways[i].fd = world->from;
	world->ways[0].addr.ipv4.sin_addr.s_addr = htonl(0x0a630002);
}

static void dead_viewers_cost_others_nothing(void **state)
{
	struct world world;
	int home = enter_network(CABLE);

	(void)state;
	if (home < 0)
		skip();
	open_cable(&world, 200000);
	/* No route at all; and the cable's broadcast address, which the socket may not use. */
	world.ways[2].addr.ipv4.sin_addr.s_addr = htonl(0xc0000201);
	for (uint8_t round = 0; round < 100; round++) {
		for (uint8_t i = 0; i < 3; i++) {
			put(&world, 0, round, 500);
			put(&world, 2, round, 500);
			put(&world, 1, round, 300);
			put(&world, 1, round, 300);
		}
		urchin_egress_flush(world.egress);
		for (uint8_t i = 0; i < 6; i++)
			expect(&world, 1, round, 300);
		world.ways[2].addr.ipv4.sin_addr.s_addr = htonl(round % 2 ? 0xc0000201 : 0x0a6300ff);
	}
	assert_int_equal(world.ways[1].datagrams_dropped, 0);
	assert_int_equal(world.ways[2].datagrams_refused, 300);
	assert_int_equal(world.ways[2].datagrams_sent, 0);
	close_world(&world);
	leave_network(home);
}

static void a_real_send_buffer_that_is_full_is_given_up_and_counted(void **state)
{
	struct world world;
	int home = enter_network(CABLE);

	(void)state;
	if (home < 0)
		skip();
	open_cable(&world, 1);
	world.ways[0].refuses_trains = true; /* a train is taken whole by a socket that has any room */
	for (uint8_t i = 0; i < 50; i++)
		put(&world, 0, i, 1000);
	put(&world, 1, 1, 300);
	urchin_egress_flush(world.egress);
	turn_for(&world, 20000);
	assert_true(world.ways[0].datagrams_sent > 0);
	assert_true(done(&world.ways[0]) < 50);
	while (done(&world.ways[0]) < 50 || done(&world.ways[1]) < 1)
		urchin_loop_turn(&world.loop, 10000);
	assert_int_equal(world.ways[0].video_dropped, world.ways[0].datagrams_dropped);
	assert_true(world.ways[0].video_dropped > 0);
	close_world(&world);
	leave_network(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_committed_leaves_at_the_end_of_the_turn),
	    cmocka_unit_test(grouping_changes_nothing),
	    cmocka_unit_test(more_than_the_arena_holds_is_sent_in_parts),
	    cmocka_unit_test(a_full_arena_cuts_no_train),
	    cmocka_unit_test(a_way_that_fails_harms_no_other),
	    cmocka_unit_test(refused_trains_go_singly),
	    cmocka_unit_test(a_small_buffer_loses_no_count),
	    cmocka_unit_test(a_full_socket_gets_the_rest_when_it_has_room),
	    cmocka_unit_test(a_socket_that_stays_full_is_given_up_and_counted),
	    cmocka_unit_test(a_way_that_was_released_is_not_used_any_more),
	    cmocka_unit_test(an_error_of_another_datagram_costs_nothing),
	    cmocka_unit_test(dead_viewers_cost_others_nothing),
	    cmocka_unit_test(a_real_send_buffer_that_is_full_is_given_up_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

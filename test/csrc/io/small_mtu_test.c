/*
 * Our sockets forbid fragments, because that makes sending cheaper. A viewer behind a tunnel must not pay for it: what
 * its path does not take in one piece arrives as it did when they were allowed.
 */
#include "support/loopback.h"

#include <string.h>

#include "io/egress.h"
#include "io/udp_socket.h"
#include "support/network.h"

#define MTU_1000 "ip link set lo up mtu 1000"
#define LONG_LEN 1400
#define SHORT_LEN 900

struct world {
	int home;
	struct urchin_loop loop;
	struct urchin_udp_socket from;
	int to;
	struct sockaddr_storage address;
	socklen_t address_len;
};

static void open_world(struct world *world)
{
	struct urchin_addr any;

	memset(world, 0, sizeof(*world));
	world->home = enter_network(MTU_1000);
	if (world->home < 0) {
		print_message("not allowed to make a network namespace (root is): skipped\n");
		skip();
	}
	assert_int_equal(urchin_loop_init(&world->loop), 0);
	assert_int_equal(urchin_addr_read(&any, "127.0.0.1", 0), 0);
	assert_int_equal(urchin_udp_socket_open(&world->from, &world->loop, &any), 0);
	world->to = open_bound(AF_INET, &world->address, &world->address_len);
}

static void close_world(struct world *world)
{
	urchin_udp_socket_close(&world->from);
	urchin_loop_clear(&world->loop);
	close(world->to);
	leave_network(world->home);
}

static int fragments(const struct world *world)
{
	int discover = -1;
	socklen_t len = sizeof(discover);

	assert_int_equal(getsockopt(world->from.fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, &len), 0);
	return discover;
}

static void expect(const struct world *world, size_t len)
{
	uint8_t bytes[2048];

	assert_int_equal(recv(world->to, bytes, sizeof(bytes), 0), len);
}

static void a_socket_allows_them_when_it_must(void **state)
{
	static const uint8_t bytes[LONG_LEN];
	struct urchin_addr to;
	struct world world;

	(void)state;
	open_world(&world);
	assert_true(urchin_sockaddr_read(&to, (const struct sockaddr *)&world.address));
	assert_int_equal(urchin_udp_socket_send(&world.from, &to, bytes, SHORT_LEN), 0);
	expect(&world, SHORT_LEN);
	assert_int_equal(fragments(&world), IP_PMTUDISC_DO);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(urchin_udp_socket_send(&world.from, &to, bytes, LONG_LEN), 0);
		expect(&world, LONG_LEN);
		assert_int_equal(fragments(&world), IP_PMTUDISC_WANT);
	}
	assert_int_equal(world.from.counters.send_failed, 0);
	close_world(&world);
}

static void so_does_an_egress(void **state)
{
	static const size_t lens[] = {SHORT_LEN, SHORT_LEN, LONG_LEN, LONG_LEN, LONG_LEN, SHORT_LEN, LONG_LEN};
	size_t count = sizeof(lens) / sizeof(lens[0]);
	struct urchin_egress_way way = {0};
	struct urchin_egress *egress;
	struct world world;

	(void)state;
	open_world(&world);
	egress = urchin_egress_new(&world.loop);
	assert_non_null(egress);
	way.fd = world.from.fd;
	way.addr_len = world.address_len;
	memcpy(&way.addr, &world.address, world.address_len);
	for (size_t round = 1; round <= 2; round++) {
		for (size_t i = 0; i < count; i++) {
			memset(urchin_egress_reserve(egress), (int)i, lens[i]);
			urchin_egress_commit(egress, &way, lens[i], true);
		}
		urchin_egress_flush(egress);
		for (size_t i = 0; i < count; i++)
			expect(&world, lens[i]);
		assert_int_equal(way.datagrams_sent, round * count);
	}
	assert_int_equal(way.datagrams_dropped, 0);
	urchin_egress_free(egress);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_socket_allows_them_when_it_must),
	    cmocka_unit_test(so_does_an_egress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The shared port: what goes to whom, what is dropped, what other workers are asked about, who may have the port. */
#include "io/mux.h"

#include "io/mux_side.h"

#include <netinet/udp.h>
#include <stdlib.h>

#include "io/mux_early.h"

struct user {
	struct urchin_mux_user base;
	size_t stuns;
	size_t packets;
	size_t bytes;
	size_t lost;
	uint8_t first;
	size_t len;
	bool takes_way; /* at a STUN message, as after a valid check */
	bool may_lose;
	struct urchin_ice_way way;
	struct urchin_mux *mux;
};

static struct urchin_loop loop;
static struct urchin_mux *mux;
static uint16_t port;
static uint32_t link_name;

static void on_stun(struct urchin_mux_user *base, const struct urchin_ice_way *way, const struct urchin_stun *stun,
		    const uint8_t *bytes, uint64_t now_us)
{
	struct user *user = (struct user *)base;

	assert_true(stun->transaction == bytes + 8);
	user->stuns++;
	user->way = *way;
	if (user->takes_way)
		urchin_mux_add_way(user->mux, way, base, now_us);
}

static void on_packet(struct urchin_mux_user *base, const struct urchin_ice_way *way, uint8_t *bytes, size_t len,
		      uint64_t now_us)
{
	struct user *user = (struct user *)base;

	assert_true(urchin_ice_way_equal(way, &user->way));
	assert_true(now_us <= urchin_clock_us());
	user->packets++;
	user->bytes += len;
	user->first = bytes[0];
	user->len = len;
}

static void on_way_lost(struct urchin_mux_user *base, const struct urchin_ice_way *way, uint64_t now_us)
{
	(void)way, (void)now_us;
	((struct user *)base)->lost++;
}

static bool may_lose_way(struct urchin_mux_user *base, const struct urchin_ice_way *way, uint64_t now_us)
{
	(void)way, (void)now_us;
	return ((struct user *)base)->may_lose;
}

static const struct urchin_mux_user_ops ops = {
    .on_stun = on_stun,
    .on_packet = on_packet,
    .on_way_lost = on_way_lost,
    .may_lose_way = may_lose_way,
};

static struct user make_user(void)
{
	return (struct user){.base.ops = &ops, .takes_way = true, .mux = mux};
}

static int set_up(void **state)
{
	struct urchin_addr addr;

	(void)state;
	assert_int_equal(urchin_loop_init(&loop), 0);
	mux = urchin_mux_new(&loop, NULL);
	assert_non_null(mux);
	port = free_port();
	addr = addr_of("127.0.0.1", port);
	assert_int_equal(urchin_mux_open(mux, &addr, false, &link_name), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	urchin_mux_free(mux);
	urchin_loop_clear(&loop);
	return 0;
}

static int open_peer(void)
{
	int fd = open_plain(SOCK_DGRAM);

	connect_to(fd, port);
	return fd;
}

static void send_check(int fd, const char *username)
{
	uint8_t bytes[256];
	size_t len = write_check(bytes, sizeof(bytes), username, "0123456789012345678901", false);

	assert_int_equal(send(fd, bytes, len, 0), len);
}

static struct urchin_mux_stats stats_now(void)
{
	struct urchin_mux_stats stats;

	urchin_mux_get_stats(mux, &stats);
	return stats;
}

static void stun_finds_its_user_by_ufrag_and_the_rest_by_address(void **state)
{
	struct user ann = make_user(), bob = make_user();
	int a = open_peer(), b = open_peer();

	(void)state;
	assert_int_equal(urchin_mux_add_ufrag(mux, "Aann", &ann.base), 0);
	assert_int_equal(urchin_mux_add_ufrag(mux, "Abob", &bob.base), 0);
	assert_int_equal(urchin_mux_add_ufrag(mux, "Abob", &ann.base), URCHIN_EEXIST);
	send_check(a, "Aann:x");
	send_check(b, "Abob:x");
	turn_until(&loop, &ann.stuns, 1);
	turn_until(&loop, &bob.stuns, 1);
	assert_int_equal(ann.way.remote.port, port_of(a));
	assert_int_equal(send(a, "\x80media......", 12, 0), 12);
	assert_int_equal(send(b, "\x90media.......", 13, 0), 13);
	turn_until(&loop, &ann.packets, 1);
	turn_until(&loop, &bob.packets, 1);
	assert_int_equal(ann.first, 0x80);
	assert_int_equal(bob.len, 13);
	/* And back. */
	assert_int_equal(urchin_mux_send(mux, &ann.way, (const uint8_t *)"hello", 5, false), 0);
	{
		char bytes[16];

		assert_int_equal(recv(a, bytes, sizeof(bytes), 0), 5);
	}
	urchin_mux_remove_way(mux, &ann.way);
	urchin_mux_remove_ufrag(mux, "Aann");
	assert_int_equal(send(a, "\x80media......", 12, 0), 12);
	send_check(a, "Aann:x");
	send_check(b, "Abob:x");
	turn_until(&loop, &bob.stuns, 2);
	assert_int_equal(ann.packets, 1);
	assert_int_equal(ann.stuns, 1);
	assert_int_equal(stats_now().unknown_ways, 1);
	assert_int_equal(stats_now().unknown_ufrags, 1);
	close(a);
	close(b);
}

static void a_train_is_taken_apart(void **state)
{
	struct user ann = make_user();
	int fd = open_peer();
	int segment = 100;
	uint8_t bytes[1050];

	(void)state;
	assert_int_equal(urchin_mux_add_ufrag(mux, "Aann", &ann.base), 0);
	send_check(fd, "Aann:x");
	turn_until(&loop, &ann.stuns, 1);
	memset(bytes, 0x80, sizeof(bytes));
	/* Ten of a hundred bytes and one of fifty leave as one train; on loopback they arrive as one. */
	assert_int_equal(setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)), 0);
	assert_int_equal(send(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	turn_until(&loop, &ann.packets, 11);
	assert_int_equal(ann.bytes, sizeof(bytes));
	assert_int_equal(ann.len, 50);
	close(fd);
}

static void garbage_changes_nothing_for_others(void **state)
{
	struct user ann = make_user();
	int good = open_peer(), bad = open_peer();
	uint8_t junk[200];
	uint64_t seen;

	(void)state;
	assert_int_equal(urchin_mux_add_ufrag(mux, "Aann", &ann.base), 0);
	send_check(good, "Aann:x");
	turn_until(&loop, &ann.stuns, 1);
	for (size_t i = 0; i < 5000; i++) {
		for (size_t j = 0; j < sizeof(junk); j++)
			junk[j] = (uint8_t)(i * 31 + j * 17 + (i >> 8));
		send(bad, junk, i % sizeof(junk), 0);
		if (i % 4 == 0)
			send_check(bad, i % 8 ? "Azzz:x" : ":");
		if (i % 100 == 0)
			turn_idle(&loop);
	}
	turn_idle(&loop);
	seen = stats_now().datagrams_received;
	assert_true(seen > 5000);
	assert_int_equal(stats_now().ways, 1);
	assert_int_equal(ann.packets, 0);
	assert_int_equal(send(good, "\x80media......", 12, 0), 12);
	turn_until(&loop, &ann.packets, 1);
	close(good);
	close(bad);
}

static void malformed_stun_reaches_nobody(void **state)
{
	struct user ann = make_user();
	int fd = open_peer();
	uint8_t bytes[256];
	size_t len = write_check(bytes, sizeof(bytes), "Aann:x", NULL, false);

	(void)state;
	assert_int_equal(urchin_mux_add_ufrag(mux, "Aann", &ann.base), 0);
	bytes[len - 1] ^= 1;
	assert_int_equal(send(fd, bytes, len, 0), len);
	send_check(fd, "Aann:x");
	turn_until(&loop, &ann.stuns, 1);
	assert_int_equal(stats_now().malformed, 1);
	close(fd);
}

static const uint8_t client_hello[] = {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0};

static void an_early_client_hello_waits_for_the_check(void **state)
{
	struct user ann = make_user();
	int fd = open_peer();

	(void)state;
	assert_int_equal(urchin_mux_add_ufrag(mux, "Aann", &ann.base), 0);
	assert_int_equal(send(fd, client_hello, sizeof(client_hello), 0), sizeof(client_hello));
	assert_int_equal(send(fd, "\x80media......", 12, 0), 12);
	turn_idle(&loop);
	assert_int_equal(ann.packets, 0);
	send_check(fd, "Aann:x");
	turn_until(&loop, &ann.packets, 1);
	assert_int_equal(ann.first, 22);
	/* Once. */
	send_check(fd, "Aann:x");
	turn_until(&loop, &ann.stuns, 2);
	turn_idle(&loop);
	assert_int_equal(ann.packets, 1);
	close(fd);
}

static void few_early_packets_are_kept_and_not_for_long(void **state)
{
	struct urchin_mux_early *early = calloc(1, sizeof(*early));
	struct urchin_ice_way way = {.remote = addr_of("192.0.2.1", 1)};
	struct urchin_mux_early_packet *packet;

	(void)state;
	assert_false(urchin_mux_early_keep(early, &way, client_hello, 13, 0));
	assert_false(urchin_mux_early_keep(early, &way, (const uint8_t *)"\x80media.........", 15, 0));
	assert_true(urchin_mux_early_keep(early, &way, client_hello, sizeof(client_hello), 1000));
	assert_null(urchin_mux_early_take(early, &way, 1002000));
	for (uint16_t i = 0; i < 100; i++) {
		way.remote.port = (uint16_t)(1 + i);
		assert_true(urchin_mux_early_keep(early, &way, client_hello, sizeof(client_hello), 2000000));
	}
	way.remote.port = 100 - URCHIN_MUX_EARLY_MAX;
	assert_null(urchin_mux_early_take(early, &way, 2000000));
	way.remote.port++;
	packet = urchin_mux_early_take(early, &way, 3000000);
	assert_non_null(packet);
	assert_int_equal(packet->len, sizeof(client_hello));
	packet->len = 0;
	assert_null(urchin_mux_early_take(early, &way, 3000000));
	free(early);
}

static void a_way_changes_hands_only_when_its_owner_lets_go(void **state)
{
	struct user ann = make_user(), bob = make_user();
	int fd = open_peer();

	(void)state;
	assert_int_equal(urchin_mux_add_ufrag(mux, "Aann", &ann.base), 0);
	assert_int_equal(urchin_mux_add_ufrag(mux, "Abob", &bob.base), 0);
	send_check(fd, "Aann:x");
	send_check(fd, "Abob:x");
	turn_until(&loop, &bob.stuns, 1);
	send(fd, "\x80media......", 12, 0);
	turn_until(&loop, &ann.packets, 1);
	ann.may_lose = true;
	send_check(fd, "Abob:x");
	turn_until(&loop, &bob.stuns, 2);
	send(fd, "\x80media......", 12, 0);
	turn_until(&loop, &bob.packets, 1);
	assert_int_equal(ann.packets, 1);
	assert_int_equal(ann.lost, 1);
	assert_int_equal(stats_now().ways, 1);
	close(fd);
}

static void the_port_belongs_to_one_process(void **state)
{
	struct urchin_mux *other = urchin_mux_new(&loop, NULL);
	struct urchin_mux_group group = {.index = 1};
	struct urchin_mux *member = urchin_mux_new(&loop, &group);
	struct urchin_addr addr = addr_of("127.0.0.1", port);
	int fd = open_plain(SOCK_DGRAM);
	uint32_t name, again;

	(void)state;
	assert_int_equal(urchin_mux_open(member, &addr, false, &name), 0);
	/* A second user of the same mux has the same port, until the last one leaves. */
	assert_int_equal(urchin_mux_open(mux, &addr, true, &again), 0);
	assert_int_equal(again, link_name);
	urchin_mux_close(member, name);
	urchin_mux_close(mux, link_name);
	urchin_mux_close(mux, link_name);
	assert_int_equal(urchin_mux_open(other, &addr, true, &name), 0);
	/* Another program's. */
	addr.port = port_of(fd);
	assert_int_equal(urchin_mux_open(other, &addr, false, &name), URCHIN_EEXIST);
	addr = addr_of("192.0.2.1", port);
	assert_int_equal(urchin_mux_open(other, &addr, false, &name), URCHIN_ESYSTEM);
	close(fd);
	urchin_mux_free(other);
	urchin_mux_free(member);
}

static void a_tcp_port_that_is_taken_leaves_nothing_open(void **state)
{
	int fd = open_plain(SOCK_STREAM);
	struct urchin_addr addr = addr_of("127.0.0.1", port_of(fd));
	struct urchin_mux *other = urchin_mux_new(&loop, NULL);
	uint32_t name;

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(urchin_mux_open(mux, &addr, true, &name), URCHIN_EEXIST);
	assert_int_equal(urchin_mux_open(other, &addr, false, &name), 0);
	close(fd);
	urchin_mux_free(other);
}

static void both_families_listen(void **state)
{
	struct user ann = make_user();
	struct urchin_addr addr = addr_of("::1", port);
	struct sockaddr_in6 to = {
	    .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint8_t bytes[256];
	size_t len = write_check(bytes, sizeof(bytes), "Aann:x", NULL, false);
	uint32_t name;

	(void)state;
	if (urchin_mux_open(mux, &addr, false, &name)) {
		close(fd);
		skip();
	}
	assert_int_not_equal(name, link_name);
	assert_int_equal(urchin_mux_add_ufrag(mux, "Aann", &ann.base), 0);
	assert_int_equal(sendto(fd, bytes, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
	turn_until(&loop, &ann.stuns, 1);
	assert_int_equal(ann.way.link, name);
	assert_int_equal(ann.way.remote.family, URCHIN_ADDR_IPV6);
	addr = urchin_mux_local(mux, &ann.way);
	assert_int_equal(addr.port, port);
	close(fd);
}

/* --- several workers --- */

struct foreign {
	size_t count;
	int worker;
	bool takes;
};

static bool on_foreign(void *owner, int worker, const struct urchin_mux_datagram *datagram)
{
	struct foreign *foreign = owner;

	assert_true(datagram->remote.port != 0 && datagram->bytes && datagram->len > 0 && datagram->now_us > 0);
	assert_int_equal(datagram->local.port, port);
	foreign->count++;
	foreign->worker = worker;
	return foreign->takes;
}

static void strangers_of_other_workers_are_offered_to_them(void **state)
{
	struct foreign foreign = {.takes = true};
	struct urchin_mux_group group = {.index = 2, .on_foreign = on_foreign, .owner = &foreign};
	struct urchin_mux *member = urchin_mux_new(&loop, &group);
	struct user cat = make_user();
	struct urchin_addr addr = addr_of("127.0.0.1", port);
	int fd = open_peer();
	struct urchin_mux_datagram datagram;
	uint8_t bytes[256];
	size_t len;
	uint32_t name;

	(void)state;
	cat.mux = member;
	assert_int_equal(urchin_mux_open(member, &addr, false, &name), 0);
	/* From here on only the member hears. */
	urchin_mux_close(mux, link_name);
	assert_int_equal(urchin_mux_add_ufrag(member, "Ccat", &cat.base), 0);
	send_check(fd, "Ddog:x");
	turn_until(&loop, &foreign.count, 1);
	assert_int_equal(foreign.worker, 3);
	send_check(fd, "+dog:x");
	turn_until(&loop, &foreign.count, 2);
	assert_int_equal(foreign.worker, 62);
	send(fd, "\x80media......", 12, 0);
	turn_until(&loop, &foreign.count, 3);
	assert_int_equal(foreign.worker, -1);
	/* Its own are not, whether it knows them or not. */
	send_check(fd, "Cxxx:x");
	send_check(fd, "Ccat:x");
	turn_until(&loop, &cat.stuns, 1);
	send(fd, "\x80media......", 12, 0);
	turn_until(&loop, &cat.packets, 1);
	assert_int_equal(foreign.count, 3);
	/* What was handed over to this worker goes through its tables, and never back. */
	len = write_check(bytes, sizeof(bytes), "Ccat:x", NULL, false);
	datagram = (struct urchin_mux_datagram){
	    .local = addr, .remote = cat.way.remote, .bytes = bytes, .len = len, .now_us = urchin_clock_us()};
	assert_true(urchin_mux_feed(member, &datagram, bytes));
	assert_int_equal(cat.stuns, 2);
	len = write_check(bytes, sizeof(bytes), "Ddog:x", NULL, false);
	datagram.len = len;
	urchin_mux_feed(member, &datagram, bytes);
	assert_int_equal(foreign.count, 3);
	datagram.local.port ^= 1;
	assert_false(urchin_mux_feed(member, &datagram, bytes));
	close(fd);
	urchin_mux_free(member);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(stun_finds_its_user_by_ufrag_and_the_rest_by_address),
	    TEST(a_train_is_taken_apart),
	    TEST(garbage_changes_nothing_for_others),
	    TEST(malformed_stun_reaches_nobody),
	    TEST(an_early_client_hello_waits_for_the_check),
	    TEST(few_early_packets_are_kept_and_not_for_long),
	    TEST(a_way_changes_hands_only_when_its_owner_lets_go),
	    TEST(the_port_belongs_to_one_process),
	    TEST(a_tcp_port_that_is_taken_leaves_nothing_open),
	    TEST(both_families_listen),
	    TEST(strangers_of_other_workers_are_offered_to_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

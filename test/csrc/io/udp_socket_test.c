/* Our UDP sockets: alone, and beside another socket on the same port, where packets are sorted. */
#include "support/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/udp_socket.h"
#include "support/fds.h"

#define TAG 0xa1b2c3d4U
#define PATIENCE_US 5000000

static struct urchin_loop loop;

struct heard {
	int count;
	size_t len;
	uint8_t first;
	struct urchin_addr from;
	bool closes;
};

static void on_packet(void *owner, struct urchin_udp_socket *udp, const struct urchin_addr *from, uint8_t *bytes,
		      size_t len, uint64_t now_us)
{
	struct heard *heard = owner;

	assert_true(now_us <= urchin_clock_us());
	heard->count++;
	heard->len = len;
	heard->first = bytes[0];
	heard->from = *from;
	if (heard->closes)
		urchin_udp_socket_close(udp);
}

static void turn_until(const int *count, int wanted)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	while (*count < wanted && urchin_clock_us() < end_us)
		urchin_loop_turn(&loop, 100000);
	assert_int_equal(*count, wanted);
}

static int set_up(void **state)
{
	(void)state;
	return urchin_loop_init(&loop);
}

static int tear_down(void **state)
{
	(void)state;
	urchin_loop_clear(&loop);
	return 0;
}

static void test_two_sockets_talk(void **state)
{
	static const char *const texts[] = {"127.0.0.1", "::1"};
	int level = count_fds();

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct urchin_udp_socket a, b;
		struct urchin_addr addr;
		struct heard heard = {0};
		uint8_t bytes[1500] = {0x80};

		assert_int_equal(urchin_addr_read(&addr, texts[i], 0), 0);
		assert_int_equal(urchin_udp_socket_open(&a, &loop, &addr), 0);
		assert_int_equal(urchin_udp_socket_open(&b, &loop, &addr), 0);
		assert_int_not_equal(a.addr.port, 0);
		b.on_packet = on_packet;
		b.owner = &heard;
		/* More than one batch. */
		for (int j = 0; j < 100; j++)
			assert_int_equal(urchin_udp_socket_send(&a, &b.addr, bytes, sizeof(bytes)), 0);
		turn_until(&heard.count, 100);
		assert_int_equal(heard.len, sizeof(bytes));
		assert_true(urchin_addr_equal(&heard.from, &a.addr));
		assert_int_equal(a.counters.packets_sent, 100);
		assert_int_equal(a.counters.bytes_sent, 150000);
		assert_int_equal(b.counters.packets_received, 100);
		urchin_udp_socket_close(&a);
		/* Its port is taken. */
		assert_int_equal(urchin_udp_socket_open(&a, &loop, &b.addr), URCHIN_EEXIST);
		assert_int_equal(a.fd, -1);
		urchin_udp_socket_close(&b);
		urchin_udp_socket_close(&b);
		assert_int_equal(count_fds(), level);
	}
}

static void test_packets_are_sorted_between_neighbours(void **state)
{
	static const struct {
		uint8_t bytes[24];
		size_t len;
		bool is_ours;
	} packets[] = {
	    {{0x80, 0x60}, 24, true}, /* RTP */
	    {{0xbf}, 1, true},        /* the last of RTP's range */
	    {{22, 254}, 13, true},    /* DTLS */
	    {{20}, 24, true},         /* the first of DTLS' range */
	    {{63}, 24, true},         /* the last */
	    {{80}, 24, true},         /* QUIC */
	    {{255}, 24, true},        /* nothing known */
	    {{0x00, 0x01, 0, 4, 0x21, 0x12, 0xa4, 0x42, 0xa1, 0xb2, 0xc3, 0xd4}, 24, false}, /* a request */
	    {{0x01, 0x01, 0, 4, 0x21, 0x12, 0xa4, 0x42, 0xa1, 0xb2, 0xc3, 0xd4}, 24, true},  /* our answer */
	    {{0x01, 0x11, 0, 4, 0x21, 0x12, 0xa4, 0x42, 0xa1, 0xb2, 0xc3, 0xd4}, 24, true},  /* our error */
	    {{0x01, 0x01, 0, 4, 0x21, 0x12, 0xa4, 0x42, 0xa1, 0xb2, 0xc3, 0xd5}, 24, false}, /* libnice's */
	    {{0x01, 0x13, 0, 4, 0x21, 0x12, 0xa4, 0x42, 0xa1, 0xb2, 0xc3, 0xd4}, 24, false}, /* TURN's */
	    {{0x01, 0x01}, 2, false},                                                        /* no transaction id */
	    {{0x01}, 1, false},
	    {{19}, 24, false},   /* the last of STUN's and ZRTP's range */
	    {{0x40}, 24, false}, /* channel data */
	    {{0x4f}, 24, false},
	};
	static const int families[] = {AF_INET, AF_INET6};

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		int fd = open_bound(families[f], NULL, NULL);
		int sender = open_bound(families[f], NULL, NULL);
		struct urchin_udp_socket udp;
		struct sockaddr_storage to = {0};
		struct heard heard = {0};
		socklen_t len;
		int expected = 0;

		assert_int_equal(urchin_udp_socket_open_beside(&udp, &loop, fd, TAG), 0);
		udp.on_packet = on_packet;
		udp.owner = &heard;
		len = urchin_sockaddr_write(&udp.addr, &to);
		for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
			uint8_t bytes[64];
			ssize_t received;

			assert_int_equal(
			    sendto(sender, packets[i].bytes, packets[i].len, 0, (struct sockaddr *)&to, len),
			    packets[i].len);
			expected += packets[i].is_ours;
			if (packets[i].is_ours)
				turn_until(&heard.count, expected);
			received = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
			assert_int_equal(received, packets[i].is_ours ? -1 : (ssize_t)packets[i].len);
		}
		urchin_loop_turn(&loop, 0);
		assert_int_equal(heard.count, expected);
		/* What it sends comes from the shared port. */
		assert_int_equal(sendto(sender, "x", 1, 0, (struct sockaddr *)&to, len), 1);
		turn_until(&heard.count, ++expected);
		assert_int_equal(urchin_udp_socket_send(&udp, &heard.from, (const uint8_t *)"y", 1), 0);
		{
			struct sockaddr_storage from = {0};
			socklen_t from_len = sizeof(from);
			struct urchin_addr addr;
			char byte;

			assert_int_equal(recvfrom(sender, &byte, 1, 0, (struct sockaddr *)&from, &from_len), 1);
			assert_true(urchin_sockaddr_read(&addr, (struct sockaddr *)&from));
			assert_true(urchin_addr_equal(&addr, &udp.addr));
		}
		urchin_udp_socket_close(&udp);
		close(fd);
		close(sender);
	}
}

static void test_sending_to_nowhere_is_a_loss(void **state)
{
	struct urchin_udp_socket udp;
	struct urchin_addr addr, closed, other;
	uint8_t byte = 0x80;

	(void)state;
	assert_int_equal(urchin_addr_read(&addr, "127.0.0.1", 0), 0);
	assert_int_equal(urchin_addr_read(&closed, "127.0.0.1", 9), 0);
	assert_int_equal(urchin_addr_read(&other, "::1", 9), 0);
	assert_int_equal(urchin_udp_socket_open(&udp, &loop, &addr), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(urchin_udp_socket_send(&udp, &closed, &byte, 1), 0);
	assert_int_equal(urchin_udp_socket_send(&udp, &other, &byte, 1), URCHIN_ESYSTEM);
	assert_int_equal(udp.counters.send_failed, 1);
	urchin_udp_socket_close(&udp);
}

static void test_closing_inside_a_packet_ends_the_batch(void **state)
{
	struct urchin_udp_socket a, b;
	struct urchin_addr addr;
	struct heard heard = {.closes = true};
	uint8_t byte = 0x80;

	(void)state;
	assert_int_equal(urchin_addr_read(&addr, "127.0.0.1", 0), 0);
	assert_int_equal(urchin_udp_socket_open(&a, &loop, &addr), 0);
	assert_int_equal(urchin_udp_socket_open(&b, &loop, &addr), 0);
	b.on_packet = on_packet;
	b.owner = &heard;
	for (int i = 0; i < 5; i++)
		assert_int_equal(urchin_udp_socket_send(&a, &b.addr, &byte, 1), 0);
	turn_until(&heard.count, 1);
	urchin_loop_turn(&loop, 0);
	assert_int_equal(heard.count, 1);
	urchin_udp_socket_close(&a);
}

/* A flood at one socket leaves the others their part of each turn. */
static void test_a_turn_is_shared(void **state)
{
	struct urchin_udp_socket sender, flooded, calm;
	struct urchin_addr addr;
	struct heard flood = {0}, heard = {0};
	uint8_t byte = 0x80;

	(void)state;
	assert_int_equal(urchin_addr_read(&addr, "127.0.0.1", 0), 0);
	assert_int_equal(urchin_udp_socket_open(&sender, &loop, &addr), 0);
	assert_int_equal(urchin_udp_socket_open(&flooded, &loop, &addr), 0);
	assert_int_equal(urchin_udp_socket_open(&calm, &loop, &addr), 0);
	flooded.on_packet = calm.on_packet = on_packet;
	flooded.owner = &flood;
	calm.owner = &heard;
	for (int i = 0; i < 400; i++)
		assert_int_equal(urchin_udp_socket_send(&sender, &flooded.addr, &byte, 1), 0);
	assert_int_equal(urchin_udp_socket_send(&sender, &calm.addr, &byte, 1), 0);
	urchin_loop_turn(&loop, 0);
	assert_int_equal(heard.count, 1);
	assert_in_range(flood.count, 64, 399);
	turn_until(&flood.count, 400);
	urchin_udp_socket_close(&sender);
	urchin_udp_socket_close(&flooded);
	urchin_udp_socket_close(&calm);
}

/* The workers of a process share a port; nobody else gets it, also by SO_REUSEPORT. */
static void test_a_port_is_shared_by_those_who_join(void **state)
{
	struct urchin_udp_socket first, second, third;
	struct urchin_addr addr;
	int level = count_fds();

	(void)state;
	assert_int_equal(urchin_addr_read(&addr, "127.0.0.1", 0), 0);
	assert_int_equal(urchin_udp_socket_open_shared(&first, &loop, &addr, false), 0);
	assert_int_equal(urchin_udp_socket_open_shared(&second, &loop, &first.addr, true), 0);
	assert_true(urchin_addr_equal(&first.addr, &second.addr));
	assert_int_equal(urchin_udp_socket_open_shared(&third, &loop, &first.addr, false), URCHIN_EEXIST);
	assert_int_equal(third.fd, -1);
	urchin_udp_socket_close(&first);
	urchin_udp_socket_close(&second);
	assert_int_equal(count_fds(), level);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_two_sockets_talk, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_packets_are_sorted_between_neighbours, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_sending_to_nowhere_is_a_loss, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_closing_inside_a_packet_ends_the_batch, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_turn_is_shared, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_port_is_shared_by_those_who_join, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

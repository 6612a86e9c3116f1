/* Peers of a shared port for the tests of io: plain sockets on loopback, and STUN checks as they write them. */
#ifndef URCHIN_TEST_IO_MUX_SIDE_H
#define URCHIN_TEST_IO_MUX_SIDE_H

#include "support/cmocka_all.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/udp_socket.h"
#include "transport/stun_integrity.h"
#include "wire/stun.h"

#define PATIENCE_US 5000000

static inline struct urchin_addr addr_of(const char *text, uint16_t port)
{
	struct urchin_addr addr;

	assert_int_equal(urchin_addr_read(&addr, text, port), 0);
	return addr;
}

static inline uint16_t port_of(int fd)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	return ntohs(addr.sin_port);
}

/* A socket on a free port of 127.0.0.1. */
static inline int open_plain(int type)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	struct timeval patience = {.tv_sec = 5};

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return fd;
}

static inline void connect_to(int fd, uint16_t port)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
}

/* A port that is free for UDP and TCP. */
static inline uint16_t free_port(void)
{
	int fd = open_plain(SOCK_STREAM);
	uint16_t port = port_of(fd);

	close(fd);
	return port;
}

/* A check with a new transaction each time. Returns its length. */
static inline size_t write_check(uint8_t *bytes, size_t cap, const char *username, const char *pwd, bool nominates)
{
	static uint8_t counter;
	uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN] = {0x77, ++counter};
	struct urchin_stun_writer writer;
	int len;

	urchin_stun_begin(&writer, bytes, cap, URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	urchin_stun_add_username(&writer, username);
	urchin_stun_add_role(&writer, true, 1);
	urchin_stun_add_priority(&writer, 1845501695);
	if (nominates)
		urchin_stun_add_use_candidate(&writer);
	if (pwd)
		urchin_stun_add_integrity(&writer, pwd);
	len = urchin_stun_finish(&writer);
	assert_true(len > 0);
	return (size_t)len;
}

static inline void turn_until(struct urchin_loop *loop, const size_t *count, size_t wanted)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	while (*count < wanted && urchin_clock_us() < end_us)
		urchin_loop_turn(loop, 100000);
	assert_int_equal(*count, wanted);
}

/* Turns while there is something to do. */
static inline void turn_idle(struct urchin_loop *loop)
{
	for (int i = 0; i < 20; i++)
		urchin_loop_turn(loop, 2000);
}

#endif

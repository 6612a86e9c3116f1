/* The bridge to TURN over TLS: much data, back-pressure, and what was sent just before the end. */
#include "io/turn_tls_world.h"

#define BIG_LEN (2u * 1024 * 1024 + 11)

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 31 + (at >> 11));
}

static void write_some(int fd, size_t *sent)
{
	uint8_t bytes[5000];
	size_t len = BIG_LEN - *sent < sizeof(bytes) ? BIG_LEN - *sent : sizeof(bytes);
	ssize_t count;

	for (size_t i = 0; i < len; i++)
		bytes[i] = pattern(*sent + i);
	count = send(fd, bytes, len, MSG_NOSIGNAL);
	if (count > 0)
		*sent += (size_t)count;
}

static void read_some(int fd, size_t *received, size_t cap)
{
	uint8_t bytes[5000];
	size_t len = receive(fd, bytes, cap);

	for (size_t i = 0; i < len; i++)
		if (bytes[i] != pattern(*received + i))
			fail_msg("wrong byte at %zu", *received + i);
	*received += len;
}

static void ssl_write_some(size_t *sent)
{
	uint8_t bytes[5000];
	size_t len = BIG_LEN - *sent < sizeof(bytes) ? BIG_LEN - *sent : sizeof(bytes);
	int count;

	for (size_t i = 0; i < len; i++)
		bytes[i] = pattern(*sent + i);
	count = len > 0 ? SSL_write(world.ssl, bytes, (int)len) : 0;
	if (count > 0)
		*sent += (size_t)count;
}

static void ssl_read_some(size_t *received, size_t cap)
{
	uint8_t bytes[5000];
	int len = SSL_read(world.ssl, bytes, (int)cap);

	for (int i = 0; i < len; i++)
		if (bytes[i] != pattern(*received + (size_t)i))
			fail_msg("wrong byte at %zu", *received + (size_t)i);
	if (len > 0)
		*received += (size_t)len;
	else if (SSL_get_error(world.ssl, len) == SSL_ERROR_ZERO_RETURN)
		world.server_saw_end = true;
}

static int begin_by_hand(void)
{
	int fd;

	world.conduct = BY_HAND;
	begin();
	fd = connect_local();
	TURN_UNTIL(world.server_open);
	return fd;
}

static void test_big_transfer(void **state)
{
	size_t sent = 0, received = 0, server_sent = 0, server_received = 0;
	uint64_t until_us = urchin_clock_us() + 3 * LIVENESS_US;
	int fd = begin_by_hand();

	(void)state;
	/* Each side reads in odd pieces, and now and then not at all. */
	for (size_t i = 0; received < BIG_LEN || server_received < BIG_LEN; i++) {
		assert_true(urchin_clock_us() < until_us);
		write_some(fd, &sent);
		ssl_write_some(&server_sent);
		if (i % 64 < 48)
			for (size_t j = 0; j < 40; j++)
				read_some(fd, &received, 1 + (i + j) % 397);
		if (i % 96 < 72)
			for (size_t j = 0; j < 40; j++)
				ssl_read_some(&server_received, 1 + (i + j) % 401);
		urchin_loop_turn(&world.loop, 0);
		ERR_clear_error();
	}
	assert_int_equal(received, BIG_LEN);
	assert_int_equal(server_received, BIG_LEN);
	assert_int_equal(world.errors, 0);
	close(fd);
}

/* The loop sleeps although something is ready that nobody can use now. */
static void assert_sleeps(void)
{
	uint64_t until_us = urchin_clock_us() + 200000;
	int turns = 0;

	for (; urchin_clock_us() < until_us; turns++)
		urchin_loop_turn(&world.loop, 50000);
	assert_true(turns < 40);
}

/* Sends until nobody takes more for a while. */
static size_t fill(bool (*write_more)(int fd, size_t *sent), int fd)
{
	size_t sent = 0;
	int idle = 0;

	while (idle < 50) {
		idle = write_more(fd, &sent) ? 0 : idle + 1;
		urchin_loop_turn(&world.loop, 1000);
	}
	return sent;
}

static bool fill_local(int fd, size_t *sent)
{
	static uint8_t bytes[65536];
	ssize_t len = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);

	*sent += len > 0 ? (size_t)len : 0;
	assert_true(*sent < 200u * 1024 * 1024);
	return len > 0;
}

static bool fill_server(int fd, size_t *sent)
{
	static uint8_t bytes[16384];
	int len = SSL_write(world.ssl, bytes, sizeof(bytes));

	(void)fd;
	ERR_clear_error();
	*sent += len > 0 ? (size_t)len : 0;
	assert_true(*sent < 200u * 1024 * 1024);
	return len > 0;
}

/* A server that reads nothing stops libnice's side, and the other way round; neither costs memory or CPU. */
static void test_back_pressure(void **state)
{
	int fd = begin_by_hand();

	(void)state;
	assert_true(fill(fill_local, fd) > 100000);
	assert_sleeps();
	assert_true(fill(fill_server, fd) > 100000);
	assert_sleeps();
	/* Its reset comes while nobody reads or writes: noticed at the latest when libnice's side moves. */
	assert_int_equal(world.errors, 0);
	close_server();
	assert_sleeps();
	while (!is_closed(fd)) {
		uint8_t bytes[65536];

		receive(fd, bytes, sizeof(bytes));
		urchin_loop_turn(&world.loop, 1000);
	}
	assert_int_equal(world.errors, 1);
	assert_int_equal(world.stage, URCHIN_TURN_TLS_LOST);
	close(fd);
}

/* libnice's last request, to give its allocation back, is sent just before it closes. */
static void test_last_words_up(void **state)
{
	size_t sent = 0, received = 0;
	int fd = begin_by_hand();

	(void)state;
	while (sent < 200000) {
		write_some(fd, &sent);
		urchin_loop_turn(&world.loop, 0);
		ssl_read_some(&received, 5000);
	}
	close(fd);
	TURN_UNTIL((ssl_read_some(&received, 5000), world.server_saw_end));
	assert_int_equal(received, sent);
	assert_int_equal(world.errors, 0);
}

static void test_last_words_down(void **state)
{
	size_t sent = 0, received = 0;
	int fd = begin_by_hand();

	(void)state;
	for (int i = 0; i < 20; i++) {
		ssl_write_some(&sent);
		urchin_loop_turn(&world.loop, 0);
	}
	while (SSL_shutdown(world.ssl) < 0)
		turn();
	close_server();
	world.server_fd = dup(world.listen_fd);
	TURN_UNTIL((read_some(fd, &received, 3000), is_closed(fd)));
	assert_int_equal(received, sent);
	assert_error(URCHIN_TURN_TLS_LOST, "the server closed the connection");
	close(fd);
}

/* The kernel keeps little of what the bridge sends to the server: find its socket among the process's own. */
static void shrink_bridge_s_buffer(void)
{
	int small = 4096, found = 0;

	for (int fd = 0; fd < 256; fd++) {
		struct sockaddr_storage storage;
		struct urchin_addr peer;
		socklen_t len = sizeof(storage);

		if (getpeername(fd, (struct sockaddr *)&storage, &len) == 0 &&
		    urchin_sockaddr_read(&peer, (struct sockaddr *)&storage) &&
		    urchin_addr_equal(&peer, &world.config.server)) {
			assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
			found++;
		}
	}
	assert_int_equal(found, 1);
}

/* Somebody who takes nothing any more does not keep the last words, and the link, alive for ever. */
static void test_drains_not_for_ever(void **state)
{
	uint8_t bytes[4096];
	uint64_t began_us, last_us = urchin_clock_us() + LIVENESS_US;
	int fd = begin_by_hand();

	(void)state;
	shrink_bridge_s_buffer();
	fill(fill_local, fd);
	close(fd);
	/* The server takes just so much that the bridge gets to the end of what libnice sent. */
	while (!urchin_heap_first(&world.loop.timers)) {
		assert_true(urchin_clock_us() < last_us);
		receive(world.server_fd, bytes, sizeof(bytes));
		urchin_loop_turn(&world.loop, 0);
	}
	began_us = urchin_clock_us();
	TURN_UNTIL(!urchin_heap_first(&world.loop.timers));
	assert_true(urchin_clock_us() - began_us > 1000000);
	assert_int_equal(world.errors, 0);
}

static void test_server_resets(void **state)
{
	const struct linger now = {.l_onoff = 1};
	int fd = begin_by_hand();

	(void)state;
	setsockopt(world.server_fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	SSL_set_quiet_shutdown(world.ssl, 1);
	close_server();
	world.server_fd = dup(world.listen_fd);
	TURN_UNTIL(is_closed(fd));
	assert_error(URCHIN_TURN_TLS_LOST, "reset");
	close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_big_transfer),    TEST(test_back_pressure),       TEST(test_last_words_up),
	    TEST(test_last_words_down), TEST(test_drains_not_for_ever), TEST(test_server_resets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The bridge to TURN over TLS: servers good and bad, who may connect, and ends in every state. */
#include "io/turn_tls_world.h"

#include <ifaddrs.h>

/* One client against one server ends with this error, and the client is closed. */
static void expect_failure(enum urchin_turn_tls_stage stage, const char *text)
{
	int fd;

	begin();
	fd = connect_local();
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	TURN_UNTIL(world.errors > 0 && is_closed(fd));
	assert_error(stage, text);
	for (int i = 0; i < 20; i++)
		turn();
	assert_int_equal(world.errors, 1);
	close(fd);
}

static void echo_once(int fd)
{
	uint8_t bytes[16];
	size_t len = 0;

	assert_int_equal(send(fd, "hello", 5, 0), 5);
	TURN_UNTIL((len += receive(fd, bytes + len, sizeof(bytes) - len)) >= 5);
	assert_int_equal(len, 5);
	assert_memory_equal(bytes, "hello", 5);
}

static void test_good(void **state)
{
	int fd;

	(void)state;
	begin();
	assert_true(urchin_addr_is_loopback(urchin_turn_tls_address(world.bridge)));
	assert_int_not_equal(urchin_turn_tls_address(world.bridge)->port, 0);
	fd = connect_local();
	/* The first bytes are sent long before TLS stands. */
	echo_once(fd);
	echo_once(fd);
	assert_int_equal(world.errors, 0);
	close(fd);
	TURN_UNTIL(world.server_saw_end);
	assert_int_equal(world.errors, 0);
	assert_int_equal(world.server_received, 10);
}

static void test_ipv6(void **state)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has_ipv6 = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	(void)state;
	if (fd >= 0)
		close(fd);
	if (!has_ipv6) {
		print_message("no ::1 here: skipped\n");
		skip();
	}
	close(world.listen_fd);
	world.listen_fd = listen_on("::1", 8, &world.config.server);
	world.config.listen_ipv6 = true;
	begin();
	assert_int_equal(urchin_turn_tls_address(world.bridge)->family, URCHIN_ADDR_IPV6);
	fd = connect_local();
	echo_once(fd);
	close(fd);
}

static void test_wrong_name(void **state)
{
	(void)state;
	world.config.name = "other.example";
	expect_failure(URCHIN_TURN_TLS_CERTIFICATE, "other.example is refused: hostname mismatch");
}

static void test_wrong_address(void **state)
{
	(void)state;
	world.config.name = "127.0.0.1";
	expect_failure(URCHIN_TURN_TLS_CERTIFICATE, "IP address mismatch");
}

static void test_unknown_authority(void **state)
{
	struct authority other;

	(void)state;
	authority_init(&other, "somebody else");
	world.config.ca_pem = other.pem;
	expect_failure(URCHIN_TURN_TLS_CERTIFICATE, "issuer");
	authority_clear(&other);
}

static void test_only_the_system_s_authorities(void **state)
{
	(void)state;
	world.config.ca_pem = NULL;
	expect_failure(URCHIN_TURN_TLS_CERTIFICATE, "issuer");
}

static void test_expired(void **state)
{
	(void)state;
	SSL_CTX_free(world.ctx);
	world.ctx = server_ctx_new(&world.authority, "DNS:" NAME, -2 * DAY_S, -DAY_S);
	expect_failure(URCHIN_TURN_TLS_CERTIFICATE, "expired");
}

static void test_old_version(void **state)
{
	(void)state;
	SSL_CTX_set_security_level(world.ctx, 0);
	SSL_CTX_set_min_proto_version(world.ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(world.ctx, TLS1_1_VERSION);
	expect_failure(URCHIN_TURN_TLS_HANDSHAKE, "protocol version");
}

static void test_refused(void **state)
{
	(void)state;
	close(world.listen_fd);
	world.listen_fd = -1;
	expect_failure(URCHIN_TURN_TLS_CONNECT, "Connection refused");
	assert_non_null(strstr(world.text, "127.0.0.1"));
}

/* Once the queue of a listening socket is full, further SYNs are lost, as behind a firewall. */
static void test_connect_unanswered(void **state)
{
	struct sockaddr_storage storage;
	socklen_t len;
	int fds[8];

	(void)state;
	close(world.listen_fd);
	world.listen_fd = listen_on("127.0.0.1", 0, &world.config.server);
	len = urchin_sockaddr_write(&world.config.server, &storage);
	for (int i = 0; i < 8; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(fds[i], (struct sockaddr *)&storage, len);
	}
	/* Nobody accepts. */
	world.server_fd = dup(world.listen_fd);
	world.config.timeout_us = 150000;
	expect_failure(URCHIN_TURN_TLS_CONNECT, "no answer within 150 ms");
	for (int i = 0; i < 8; i++)
		close(fds[i]);
}

static void test_silent(void **state)
{
	(void)state;
	world.conduct = SILENT;
	world.config.timeout_us = 150000;
	expect_failure(URCHIN_TURN_TLS_HANDSHAKE, "no answer within 150 ms");
}

static void test_garbage(void **state)
{
	(void)state;
	world.conduct = GARBAGE;
	expect_failure(URCHIN_TURN_TLS_HANDSHAKE, "wrong version");
}

static void test_server_closes_in_handshake(void **state)
{
	int fd;

	(void)state;
	world.conduct = SILENT;
	begin();
	fd = connect_local();
	TURN_UNTIL(world.server_fd >= 0);
	shutdown(world.server_fd, SHUT_WR);
	TURN_UNTIL(world.errors > 0);
	assert_error(URCHIN_TURN_TLS_HANDSHAKE, "closed the connection");
	assert_true(is_closed(fd));
	close(fd);
}

static void test_local_closes_at_every_state(void **state)
{
	(void)state;
	for (size_t turns = 0; turns < 12; turns++) {
		int fd;

		begin();
		fd = connect_local();
		for (size_t i = 0; i < turns; i++)
			turn();
		if (turns % 2) {
			const struct linger now = {.l_onoff = 1};

			setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		}
		close(fd);
		for (int i = 0; i < 10; i++)
			turn();
		TURN_UNTIL(world.server_fd >= 0 && (world.server_saw_end || is_closed(world.server_fd)));
		assert_int_equal(world.errors, 0);
		assert_null(urchin_heap_first(&world.loop.timers));
		close_server();
		urchin_turn_tls_free(world.bridge);
		world.bridge = NULL;
		world.server_open = world.server_saw_end = false;
	}
}

static void test_free_at_every_state(void **state)
{
	(void)state;
	for (size_t turns = 0; turns < 12; turns++) {
		int fd, other;

		begin();
		fd = connect_local();
		other = connect_local();
		for (size_t i = 0; i < turns; i++)
			turn();
		urchin_turn_tls_free(world.bridge);
		world.bridge = NULL;
		assert_true(is_closed(fd) && is_closed(other));
		assert_null(urchin_heap_first(&world.loop.timers));
		close(fd);
		close(other);
		close_server();
		/* Whatever is still in the queue. */
		while ((fd = accept4(world.listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
			close(fd);
		world.server_open = world.server_saw_end = false;
	}
	assert_int_equal(world.errors, 0);
}

static void test_only_expected_connections(void **state)
{
	int fds[6];

	(void)state;
	world.conduct = SILENT;
	world.config.connections_max = 2;
	begin();
	for (int i = 0; i < 3; i++)
		fds[i] = connect_local();
	TURN_UNTIL(is_closed(fds[2]));
	assert_false(is_closed(fds[0]) || is_closed(fds[1]));
	/* A place that is free again is given again. */
	close(fds[0]);
	for (int i = 0; i < 10; i++)
		turn();
	fds[3] = connect_local();
	for (int i = 0; i < 10; i++)
		turn();
	assert_false(is_closed(fds[3]));
	urchin_turn_tls_stop_accepting(world.bridge);
	urchin_turn_tls_stop_accepting(world.bridge);
	assert_int_equal(connect_from(NULL), -1);
	assert_int_equal(errno, ECONNREFUSED);
	turn();
	assert_false(is_closed(fds[1]) || is_closed(fds[3]));
	for (int i = 1; i < 4; i++)
		close(fds[i]);
	assert_int_equal(world.errors, 0);
}

/* An IPv4 address of this machine that is not loopback. */
static bool find_address(char *text, socklen_t cap)
{
	struct ifaddrs *first = NULL, *item;
	bool found = false;

	getifaddrs(&first);
	for (item = first; item && !found; item = item->ifa_next) {
		const struct sockaddr_in *address = (const struct sockaddr_in *)item->ifa_addr;

		if (address && address->sin_family == AF_INET && ntohl(address->sin_addr.s_addr) >> 24 != 127)
			found = inet_ntop(AF_INET, &address->sin_addr, text, cap) != NULL;
	}
	freeifaddrs(first);
	return found;
}

static void test_only_loopback(void **state)
{
	char text[INET_ADDRSTRLEN];
	int fd;

	(void)state;
	if (!find_address(text, sizeof(text))) {
		print_message("no address but loopback: skipped\n");
		skip();
	}
	begin();
	fd = connect_from(text);
	assert_true(fd >= 0);
	TURN_UNTIL(is_closed(fd));
	assert_int_equal(world.server_fd, -1);
	assert_int_equal(world.errors, 0);
	close(fd);
	fd = connect_local();
	echo_once(fd);
	close(fd);
}

static void test_config(void **state)
{
	const struct urchin_turn_tls_config good = world.config;
	struct urchin_turn_tls_config rows[6] = {good, good, good, good, good, good};

	(void)state;
	rows[0].server.family = URCHIN_ADDR_NONE;
	rows[1].server.port = 0;
	rows[2].name = "";
	rows[3].ca_pem = "nothing";
	rows[4].connections_max = 0;
	rows[5].connections_max = URCHIN_TURN_TLS_CONNECTIONS_MAX + 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(urchin_turn_tls_new(&world.bridge, &world.loop, &rows[i], &callbacks, &world),
				 URCHIN_EINVAL);
	assert_null(world.bridge);
	urchin_turn_tls_free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_good),
	    TEST(test_ipv6),
	    TEST(test_wrong_name),
	    TEST(test_wrong_address),
	    TEST(test_unknown_authority),
	    TEST(test_only_the_system_s_authorities),
	    TEST(test_expired),
	    TEST(test_old_version),
	    TEST(test_refused),
	    TEST(test_connect_unanswered),
	    TEST(test_silent),
	    TEST(test_garbage),
	    TEST(test_server_closes_in_handshake),
	    TEST(test_local_closes_at_every_state),
	    TEST(test_free_at_every_state),
	    TEST(test_only_expected_connections),
	    TEST(test_only_loopback),
	    TEST(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

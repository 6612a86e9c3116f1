/*
 * A bridge with a TCP client on one side, as libnice is one, and a TLS server on the other, all on one loop in one
 * thread. Functions are static: each test program has its own.
 */
#ifndef URCHIN_TEST_IO_TURN_TLS_WORLD_H
#define URCHIN_TEST_IO_TURN_TLS_WORLD_H

#include "transport/tls_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/turn_tls.h"
#include "io/udp_socket.h"
#include "support/fds.h"

#define NAME "turn.example"
#define LIVENESS_US 20000000u

/* What the server does with its connection. */
enum conduct { ECHO, SILENT, GARBAGE, BY_HAND };

struct world {
	struct urchin_loop loop;
	struct urchin_turn_tls *bridge;
	struct urchin_turn_tls_config config;
	struct authority authority;
	SSL_CTX *ctx;
	int listen_fd;
	int server_fd;
	SSL *ssl;
	enum conduct conduct;
	bool server_open;
	bool server_saw_end; /* close_notify */
	size_t server_received;
	int fds;
	int errors;
	enum urchin_turn_tls_stage stage;
	char text[512];
};

static struct world world;

UNUSED_OK static void on_error(void *owner, enum urchin_turn_tls_stage stage, const char *text)
{
	assert_ptr_equal(owner, &world);
	world.errors++;
	world.stage = stage;
	snprintf(world.text, sizeof(world.text), "%s", text);
}

static const struct urchin_turn_tls_callbacks callbacks = {.on_error = on_error};

UNUSED_OK static int listen_on(const char *address, int backlog, struct urchin_addr *addr)
{
	struct sockaddr_storage storage;
	socklen_t len;
	int small = 8192, fd;

	assert_int_equal(urchin_addr_read(addr, address, 1), 0);
	addr->port = 0;
	len = urchin_sockaddr_write(addr, &storage);
	fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(bind(fd, (struct sockaddr *)&storage, len), 0);
	assert_int_equal(listen(fd, backlog), 0);
	len = sizeof(storage);
	getsockname(fd, (struct sockaddr *)&storage, &len);
	assert_true(urchin_sockaddr_read(addr, (struct sockaddr *)&storage));
	return fd;
}

UNUSED_OK static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.fds = count_fds();
	world.server_fd = -1;
	authority_init(&world.authority, "test authority");
	world.ctx = server_ctx_new(&world.authority, "DNS:" NAME, -DAY_S, DAY_S);
	SSL_CTX_set_mode(world.ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	assert_int_equal(urchin_loop_init(&world.loop), 0);
	world.listen_fd = listen_on("127.0.0.1", 8, &world.config.server);
	world.config.name = NAME;
	world.config.ca_pem = world.authority.pem;
	world.config.connections_max = 4;
	return 0;
}

UNUSED_OK static void close_server(void)
{
	SSL_free(world.ssl);
	world.ssl = NULL;
	if (world.server_fd >= 0)
		close(world.server_fd);
	world.server_fd = -1;
}

UNUSED_OK static int teardown(void **state)
{
	(void)state;
	urchin_turn_tls_free(world.bridge);
	assert_null(urchin_heap_first(&world.loop.timers));
	urchin_loop_clear(&world.loop);
	close_server();
	if (world.listen_fd >= 0)
		close(world.listen_fd);
	SSL_CTX_free(world.ctx);
	authority_clear(&world.authority);
	ERR_clear_error();
	assert_int_equal(count_fds(), world.fds);
	return 0;
}

UNUSED_OK static void begin(void)
{
	assert_int_equal(urchin_turn_tls_new(&world.bridge, &world.loop, &world.config, &callbacks, &world), 0);
}

/* A client of the bridge. source: local address to bind to first, or NULL. */
UNUSED_OK static int connect_from(const char *source)
{
	struct sockaddr_storage storage;
	struct urchin_addr from;
	socklen_t len;
	int fd = socket(urchin_turn_tls_address(world.bridge)->family == URCHIN_ADDR_IPV6 ? AF_INET6 : AF_INET,
			SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (source) {
		assert_int_equal(urchin_addr_read(&from, source, 1), 0);
		from.port = 0;
		len = urchin_sockaddr_write(&from, &storage);
		assert_int_equal(bind(fd, (struct sockaddr *)&storage, len), 0);
	}
	len = urchin_sockaddr_write(urchin_turn_tls_address(world.bridge), &storage);
	if (connect(fd, (struct sockaddr *)&storage, len) < 0) {
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

UNUSED_OK static int connect_local(void)
{
	int fd = connect_from(NULL);

	assert_true(fd >= 0);
	return fd;
}

UNUSED_OK static void accept_connection(void)
{
	static const char garbage[] = "SSH-2.0-OpenSSH_9.2 and so on\r\n";

	world.server_fd = accept4(world.listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (world.server_fd < 0)
		return;
	if (world.conduct == GARBAGE)
		send(world.server_fd, garbage, sizeof(garbage), MSG_NOSIGNAL);
	if (world.conduct == GARBAGE || world.conduct == SILENT)
		return;
	world.ssl = SSL_new(world.ctx);
	SSL_set_fd(world.ssl, world.server_fd);
	SSL_set_accept_state(world.ssl);
}

UNUSED_OK static void echo(void)
{
	uint8_t bytes[700];
	int len = SSL_read(world.ssl, bytes, sizeof(bytes));

	if (len > 0) {
		world.server_received += (size_t)len;
		/* Tests that echo much read it as fast as they write. */
		assert_int_equal(SSL_write(world.ssl, bytes, len), len);
	} else if (SSL_get_error(world.ssl, len) == SSL_ERROR_ZERO_RETURN) {
		world.server_saw_end = true;
	}
}

UNUSED_OK static void turn(void)
{
	urchin_loop_turn(&world.loop, 1000);
	/* OpenSSL's own sockets raise it; the bridge must not. */
	signal(SIGPIPE, SIG_IGN);
	if (world.server_fd < 0)
		accept_connection();
	if (world.ssl && !world.server_open)
		world.server_open = SSL_do_handshake(world.ssl) == 1;
	else if (world.ssl && world.conduct == ECHO)
		echo();
	ERR_clear_error();
	signal(SIGPIPE, SIG_DFL);
}

#define TURN_UNTIL(condition)                                                                                          \
	do {                                                                                                           \
		uint64_t until_us = urchin_clock_us() + LIVENESS_US;                                                   \
		while (!(condition)) {                                                                                 \
			if (urchin_clock_us() > until_us)                                                              \
				fail_msg("never: %s (last error: %s)", #condition, world.text);                        \
			turn();                                                                                        \
		}                                                                                                      \
	} while (0)

/* Whether the other side has closed, in order or not. */
UNUSED_OK static bool is_closed(int fd)
{
	uint8_t byte;
	ssize_t len = recv(fd, &byte, 1, MSG_PEEK);

	return len == 0 || (len < 0 && errno != EAGAIN);
}

UNUSED_OK static void assert_error(enum urchin_turn_tls_stage stage, const char *text)
{
	assert_int_equal(world.errors, 1);
	assert_int_equal(world.stage, stage);
	if (!strstr(world.text, text))
		fail_msg("\"%s\" does not say \"%s\"", world.text, text);
}

UNUSED_OK static size_t receive(int fd, uint8_t *bytes, size_t cap)
{
	ssize_t len = recv(fd, bytes, cap, 0);

	return len > 0 ? (size_t)len : 0;
}

#endif

/* Relayed pairs through a real TURN server (coturn) on loopback; skipped where none is installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/glib_log.h"
#include "io/ice_nice.h"
#include "io/loop.h"
#include "support/fds.h"
#include "transport/tls_server.h"

#define PORT 24781
#define TLS_PORT 24782
#define PATIENCE_US 20000000

struct side {
	struct urchin_loop *loop;
	struct urchin_ice *ice;
	struct urchin_candidate candidates[8];
	size_t count;
	struct urchin_candidate_pair pair;
	enum urchin_ice_state state;
	int gathered;
	int packets;
	int errors;
	char error[200];
	int closed;
	const char *ufrag;
};

static void on_candidate(void *owner, const struct urchin_candidate *candidate)
{
	struct side *side = owner;

	assert_true(side->count < 8);
	side->candidates[side->count++] = *candidate;
}

static void on_gathered(void *owner)
{
	((struct side *)owner)->gathered++;
}

static void on_state(void *owner, enum urchin_ice_state ice_state)
{
	((struct side *)owner)->state = ice_state;
}

static void on_selected_pair(void *owner, const struct urchin_candidate_pair *pair)
{
	((struct side *)owner)->pair = *pair;
}

static void on_packet(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	(void)bytes;
	(void)now_us;
	assert_int_equal(len, 1000);
	((struct side *)owner)->packets++;
}

static void on_server_error(void *owner, const struct urchin_ice_server_error *error)
{
	assert_true(error->server->is_turn);
	assert_int_equal(error->code, 701);
	((struct side *)owner)->errors++;
	snprintf(((struct side *)owner)->error, sizeof(((struct side *)owner)->error), "%s", error->text);
}

static void on_closed(void *owner)
{
	((struct side *)owner)->closed++;
}

static const struct urchin_ice_callbacks callbacks = {
    .on_candidate = on_candidate,
    .on_gathered = on_gathered,
    .on_state = on_state,
    .on_selected_pair = on_selected_pair,
    .on_packet = on_packet,
    .on_server_error = on_server_error,
    .on_closed = on_closed,
};

static pid_t server;
static struct authority authority;
static char directory[] = "/tmp/urchin-turn-XXXXXX";
static char cert_path[64];
static char key_path[64];

/* A certificate for 127.0.0.1 and localhost, where coturn finds it. */
static void write_certificate(void)
{
	SSL_CTX *ctx;
	FILE *file;

	assert_non_null(mkdtemp(directory));
	snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", directory);
	snprintf(key_path, sizeof(key_path), "%s/key.pem", directory);
	authority_init(&authority, "Urchin's test");
	ctx = server_ctx_new(&authority, "IP:127.0.0.1,DNS:localhost", -DAY_S, DAY_S);
	file = fopen(cert_path, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, SSL_CTX_get0_certificate(ctx)), 1);
	fclose(file);
	file = fopen(key_path, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_PrivateKey(file, SSL_CTX_get0_privatekey(ctx), NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	SSL_CTX_free(ctx);
}

static void remove_certificate(void)
{
	unlink(cert_path);
	unlink(key_path);
	rmdir(directory);
	authority_clear(&authority);
}

static struct urchin_loop loop;

/* With 32 ports, fewer than are asked for: allocations that are not given back make the last ones fail. */
static pid_t start_server(void)
{
	char cert[80];
	char key[80];
	pid_t pid = fork();
	int quiet;

	if (pid != 0)
		return pid;
	quiet = open("/dev/null", O_RDWR);
	dup2(quiet, 1);
	dup2(quiet, 2);
	snprintf(cert, sizeof(cert), "--cert=%s", cert_path);
	snprintf(key, sizeof(key), "--pkey=%s", key_path);
	execlp("turnserver", "turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
	       "--listening-port=24781", "--user=user:secret", "--realm=test", "--lt-cred-mech",
	       "--allow-loopback-peers", "--tls-listening-port=24782", cert, key, "--no-dtls", "--cli-password=x",
	       "--cli-port=24783", "--log-file=/dev/null", "--simple-log", "--pidfile=/dev/null", "--userdb=/dev/null",
	       "--min-port=24800", "--max-port=24831", (char *)NULL);
	_exit(127);
}

static bool is_over(pid_t pid)
{
	return pid <= 0 || waitpid(pid, NULL, WNOHANG) == pid;
}

static void stop_server(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const char *ca; /* what sides trust */

static struct urchin_ice_server server_over(enum urchin_turn_protocol protocol, const char *host)
{
	return (struct urchin_ice_server){.is_turn = true,
					  .turn_protocol = protocol,
					  .host = host,
					  .port = protocol == URCHIN_TURN_TLS ? TLS_PORT : PORT,
					  .username = "user",
					  .credential = "secret"};
}

static void open_with(struct side *side, const char *ufrag, const struct urchin_ice_server *servers, size_t count)
{
	static const char *const addresses[] = {"127.0.0.1"};
	static struct urchin_ice_nice_home home = {.loop = &loop};
	struct urchin_ice_config config = {.servers = servers,
					   .server_count = count,
					   .addresses = addresses,
					   .address_count = 1,
					   .relay_only = true,
					   .tls_ca = ca};

	memset(side, 0, sizeof(*side));
	side->loop = &loop;
	side->ufrag = ufrag;
	side->ice = urchin_ice_nice_new(&home, &config, &callbacks, side);
	assert_non_null(side->ice);
}

static void open_side(struct side *side, const char *ufrag, enum urchin_turn_protocol protocol, const char *host)
{
	struct urchin_ice_server turn = server_over(protocol, host);

	open_with(side, ufrag, &turn, 1);
}

static void gather(struct side *side, bool controlling)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	assert_int_equal(side->ice->ops->gather(side->ice, side->ufrag, "password-of-22-characters", controlling), 0);
	while (!side->gathered && urchin_clock_us() < end_us)
		urchin_loop_turn(&loop, 100000);
	assert_int_equal(side->gathered, 1);
}

static void set_remote(struct side *side, const struct side *peer)
{
	assert_int_equal(side->ice->ops->set_remote(side->ice, peer->ufrag, "password-of-22-characters", false), 0);
	for (size_t i = 0; i < peer->count; i++)
		assert_int_equal(side->ice->ops->add_candidate(side->ice, &peer->candidates[i]), 0);
	assert_int_equal(side->ice->ops->end_candidates(side->ice), 0);
}

/*
 * Returns how long it took. What libnice was not asked to read woke it again and again: a worker spun for 300 ms with
 * each connection that had a relay.
 */
static uint64_t close_side(struct side *side)
{
	uint64_t begin_us = urchin_clock_us();
	int turns = 0;

	side->ice->ops->close(side->ice);
	for (; !side->closed && urchin_clock_us() < begin_us + PATIENCE_US; turns++)
		urchin_loop_turn(&loop, 100000);
	assert_int_equal(side->closed, 1);
	assert_in_range(turns, 1, 500);
	return urchin_clock_us() - begin_us;
}

static void connect_sides(struct side *a, struct side *b)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	set_remote(a, b);
	set_remote(b, a);
	while ((a->state != URCHIN_ICE_CONNECTED || b->state != URCHIN_ICE_CONNECTED) && urchin_clock_us() < end_us)
		urchin_loop_turn(&loop, 100000);
	assert_int_equal(a->state, URCHIN_ICE_CONNECTED);
	assert_int_equal(b->state, URCHIN_ICE_CONNECTED);
}

static void pass_packets(struct side *from, struct side *to)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;
	static const uint8_t bytes[1000] = {0x80};

	for (int i = 0; i < 20; i++)
		assert_int_equal(from->ice->ops->send(from->ice, bytes, sizeof(bytes)), 0);
	while (to->packets < 20 && urchin_clock_us() < end_us)
		urchin_loop_turn(&loop, 100000);
	assert_int_equal(to->packets, 20);
}

static int set_up(void **state)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	(void)state;
	urchin_glib_log_catch(NULL, NULL);
	if (urchin_loop_init(&loop))
		return -1;
	write_certificate();
	server = start_server();
	/* It is up when it gives a relay. */
	while (urchin_clock_us() < end_us) {
		struct side side;

		usleep(100000);
		if (is_over(server)) {
			server = 0;
			return 0;
		}
		open_side(&side, "probe", URCHIN_TURN_UDP, "127.0.0.1");
		gather(&side, true);
		close_side(&side);
		if (side.count)
			return 0;
	}
	return -1;
}

static int tear_down(void **state)
{
	(void)state;
	stop_server(server);
	remove_certificate();
	urchin_loop_clear(&loop);
	return 0;
}

static void relay_over(enum urchin_turn_protocol protocol, const char *host)
{
	struct side a, b;
	int level;

	if (!server)
		skip();
	for (int round = 0; round < 3; round++) {
		open_side(&a, "aaaa", protocol, host);
		open_side(&b, "bbbb", protocol, host);
		gather(&a, true);
		gather(&b, false);
		assert_int_equal(a.count, 1);
		assert_int_equal(a.candidates[0].type, URCHIN_CANDIDATE_RELAY);
		assert_in_range(a.candidates[0].port, 24800, 24831);
		assert_string_not_equal(a.candidates[0].related_address, "");
		connect_sides(&a, &b);
		assert_int_equal(a.pair.local.type, URCHIN_CANDIDATE_RELAY);
		pass_packets(&a, &b);
		pass_packets(&b, &a);
		close_side(&a);
		close_side(&b);
		if (round == 0)
			level = count_fds();
		assert_int_equal(count_fds(), level);
	}
}

static void test_a_relayed_pair_over_udp(void **state)
{
	(void)state;
	relay_over(URCHIN_TURN_UDP, "127.0.0.1");
}

static void test_a_relayed_pair_over_tcp(void **state)
{
	(void)state;
	relay_over(URCHIN_TURN_TCP, "127.0.0.1");
}

static void test_a_relay_whose_server_is_named(void **state)
{
	(void)state;
	relay_over(URCHIN_TURN_UDP, "localhost");
}

/* libnice would speak plain TCP to such a server, or nothing that one understands. */
static void test_a_relayed_pair_over_tls(void **state)
{
	(void)state;
	ca = authority.pem;
	relay_over(URCHIN_TURN_TLS, "127.0.0.1");
	relay_over(URCHIN_TURN_TLS, "localhost");
	ca = NULL;
}

static void test_a_tls_server_that_nobody_trusts_is_told(void **state)
{
	struct side side;

	(void)state;
	if (!server)
		skip();
	open_side(&side, "aaaa", URCHIN_TURN_TLS, "127.0.0.1");
	gather(&side, true);
	assert_int_equal(side.count, 0);
	assert_int_equal(side.errors, 1);
	assert_non_null(strstr(side.error, "certificate"));
	close_side(&side);
}

/* libnice keeps trying for 2 s to give the allocation back, but that is all a worker's end may take (urchin.h). */
static void test_a_server_that_died_does_not_hold_up_closing(void **state)
{
	struct side a;

	(void)state;
	if (!server)
		skip();
	open_side(&a, "aaaa", URCHIN_TURN_UDP, "127.0.0.1");
	gather(&a, true);
	assert_int_equal(a.count, 1);
	kill(server, SIGSTOP);
	assert_true(close_side(&a) < 1900000);
	kill(server, SIGCONT);
}

/*
 * A process died when one of its connections closed. Of the relays of one server libnice keeps the first and gives
 * the others back for 2 s, without being asked; a connection that closed before left 80 KB for each, and a timer that
 * sent by a socket which was gone when it was due at this very moment.
 */
static void test_relays_that_are_not_needed_are_given_back_before_the_end(void **state)
{
	const struct urchin_ice_server servers[] = {server_over(URCHIN_TURN_UDP, "127.0.0.1"),
						    server_over(URCHIN_TURN_TCP, "127.0.0.1")};
	size_t level = 0;

	(void)state;
	if (!server)
		skip();
	for (int round = 0; round < 3; round++) {
		struct side a;

		open_with(&a, "aaaa", servers, 2);
		gather(&a, true);
		assert_int_equal(a.count, 1);
		close_side(&a);
		if (round == 0)
			level = mallinfo2().uordblks;
	}
	assert_in_range(mallinfo2().uordblks, 0, level + 40000);
}

/* libnice waits for ever when a relay is allocated after it was told to close: one server answers, one does later. */
static void test_a_side_closes_while_it_gathers(void **state)
{
	struct urchin_ice_server servers[] = {server_over(URCHIN_TURN_UDP, "127.0.0.1"),
					      server_over(URCHIN_TURN_TCP, "127.0.0.1"),
					      server_over(URCHIN_TURN_UDP, "127.0.0.1")};
	struct sockaddr_in silent = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(silent);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;
	struct side a;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&silent, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&silent, &len), 0);
	servers[2].port = ntohs(silent.sin_port);
	if (!server)
		skip();
	open_with(&a, "aaaa", servers, 3);
	assert_int_equal(a.ice->ops->gather(a.ice, a.ufrag, "password-of-22-characters", true), 0);
	while (!a.count && urchin_clock_us() < end_us)
		urchin_loop_turn(&loop, 100000);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.gathered, 0);
	assert_true(close_side(&a) < 5000000);
	close(fd);
}

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable()
#define __lsan_enable()
#endif

/* What libnice keeps of them is lost then. */
static void test_a_worker_that_ends_waits_for_no_relays(void **state)
{
	const struct urchin_ice_server servers[] = {server_over(URCHIN_TURN_UDP, "127.0.0.1"),
						    server_over(URCHIN_TURN_TCP, "127.0.0.1")};
	struct side a;

	(void)state;
	if (!server)
		skip();
	__lsan_disable();
	open_with(&a, "aaaa", servers, 2);
	gather(&a, true);
	loop.is_ending = true;
	assert_true(close_side(&a) < 1900000);
	loop.is_ending = false;
	__lsan_enable();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_relayed_pair_over_udp),
	    cmocka_unit_test(test_a_relayed_pair_over_tcp),
	    cmocka_unit_test(test_a_relay_whose_server_is_named),
	    cmocka_unit_test(test_a_relayed_pair_over_tls),
	    cmocka_unit_test(test_a_tls_server_that_nobody_trusts_is_told),
	    cmocka_unit_test(test_a_server_that_died_does_not_hold_up_closing),
	    cmocka_unit_test(test_relays_that_are_not_needed_are_given_back_before_the_end),
	    cmocka_unit_test(test_a_side_closes_while_it_gathers),
	    cmocka_unit_test(test_a_worker_that_ends_waits_for_no_relays),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

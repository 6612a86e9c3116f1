/*
 * ICE-TCP over several workers: any of them may accept a connection, the first check on it says whose it is. Each
 * worker used to need a port of its own for that, so that all TCP peers of a server were the first worker's.
 */
#include "io/host.h"
#include "io/mux_side.h"

#include <errno.h>
#include <signal.h>

#include "base/bytes.h"
#include "support/fds.h"

#define PEERS 12
#define PWD "even-password-0123456789"

struct scene {
	struct host hosts[2];
	char names[2][32]; /* user names of checks */
	uint16_t port;
};

static void open_lite(struct scene *scene, size_t index)
{
	struct host *host = &scene->hosts[index];
	struct urchin_connection_config config = plain_config();
	char ufrag[16];

	start(host);
	config.ice.lite_port = scene->port;
	config.ice.tcp = true;
	assert_int_equal(urchin_open_connection(host->worker, 0, 1, &config), 0);
	snprintf(ufrag, sizeof(ufrag), "%cufrag", digit_of(host));
	snprintf(scene->names[index], sizeof(scene->names[index]), "%s:peer", ufrag);
	assert_int_equal(urchin_gather(host->worker, 0, 1, ufrag, PWD, false), 0);
	await(host, 1, URCHIN_EVENT_GATHERED);
}

static void open_scene(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	scene->port = free_port();
	open_lite(scene, 0);
	open_lite(scene, 1);
}

static int connect_peer(const struct scene *scene)
{
	int fd = open_plain(SOCK_STREAM);

	connect_to(fd, scene->port);
	return fd;
}

/* In two pieces if `pieces`: the worker waits for the rest. */
static void send_check(int fd, const char *username, bool pieces)
{
	uint8_t frame[300];
	size_t len = write_check(frame + 2, sizeof(frame) - 2, username, PWD, false);
	size_t first = pieces ? 30 : len + 2;

	urchin_write_u16(frame, (uint16_t)len);
	assert_int_equal(send(fd, frame, first, 0), first);
	if (!pieces)
		return;
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	assert_int_equal(send(fd, frame + first, len + 2 - first, 0), len + 2 - first);
}

static bool is_answered(int fd)
{
	uint8_t bytes[300];
	ssize_t len = recv(fd, bytes, sizeof(bytes), 0);

	/* RFC 8489: Binding success */
	return len > 22 && bytes[2] == 1 && bytes[3] == 1;
}

static bool is_ended(int fd)
{
	uint8_t byte;

	return recv(fd, &byte, 1, 0) <= 0 && errno != EAGAIN;
}

static void each_check_is_answered_whoever_accepted(void **state)
{
	struct scene scene;
	int level = count_fds();
	int fds[PEERS];

	(void)state;
	open_scene(&scene);
	for (size_t i = 0; i < PEERS; i++) {
		fds[i] = connect_peer(&scene);
		send_check(fds[i], scene.names[i % 2], i % 3 == 0);
	}
	for (size_t i = 0; i < PEERS; i++)
		assert_true(is_answered(fds[i]));
	/* It is theirs for good: the next check comes to the same worker. */
	for (size_t i = 0; i < PEERS; i++) {
		send_check(fds[i], scene.names[i % 2], false);
		assert_true(is_answered(fds[i]));
		close(fds[i]);
	}
	stop(&scene.hosts[0]);
	stop(&scene.hosts[1]);
	assert_int_equal(count_fds(), level);
}

static void what_is_no_check_for_anybody_ends_at_once(void **state)
{
	static const char *const junk[] = {"GET / HTTP/1.1\r\n\r\n", "\0\x0d\x80media.......",
					   "\0\x1bs\x16\xfe\xfdhello.......................", "\xff\xff", "\0\x01x"};
	static const size_t lengths[] = {18, 15, 29, 2, 3};
	struct scene scene;
	int level = count_fds();
	char nobody[] = "?nobody:peer";

	(void)state;
	open_scene(&scene);
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		int fd = connect_peer(&scene);

		assert_int_equal(send(fd, junk[i], lengths[i], 0), lengths[i]);
		assert_true(is_ended(fd));
		close(fd);
	}
	/* Of a worker that there is, of one that there is not, of none. */
	for (const char *digit = "AB/?"; *digit; digit++) {
		int fd = connect_peer(&scene);

		nobody[0] = *digit;
		send_check(fd, nobody, false);
		assert_true(is_ended(fd));
		close(fd);
	}
	stop(&scene.hosts[0]);
	stop(&scene.hosts[1]);
	assert_int_equal(count_fds(), level);
}

/* Slow ones hold no place for long: the newest that proves itself is served among hundreds that say nothing. */
static void peers_that_say_nothing_hold_up_nobody(void **state)
{
	struct scene scene;
	int level = count_fds();
	int slow[200];

	(void)state;
	open_scene(&scene);
	for (size_t i = 0; i < 200; i++) {
		slow[i] = connect_peer(&scene);
		send(slow[i], "\0\x40\0\1", i % 5, MSG_NOSIGNAL);
	}
	for (size_t i = 0; i < 2; i++) {
		int fd = connect_peer(&scene);

		send_check(fd, scene.names[i], true);
		assert_true(is_answered(fd));
		close(fd);
	}
	for (size_t i = 0; i < 200; i++)
		close(slow[i]);
	stop(&scene.hosts[0]);
	stop(&scene.hosts[1]);
	assert_int_equal(count_fds(), level);
}

/* Connections on their way to a worker that ends meanwhile end too. */
static void a_worker_that_ends_leaves_no_descriptor(void **state)
{
	int level = count_fds();

	(void)state;
	for (size_t round = 0; round < 3; round++) {
		struct scene scene;
		int fds[PEERS];

		open_scene(&scene);
		for (size_t i = 0; i < PEERS; i++) {
			fds[i] = connect_peer(&scene);
			send_check(fds[i], scene.names[0], false);
		}
		stop(&scene.hosts[0]);
		send_check(fds[0], scene.names[0], false);
		stop(&scene.hosts[1]);
		for (size_t i = 0; i < PEERS; i++)
			close(fds[i]);
		assert_int_equal(count_fds(), level);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_check_is_answered_whoever_accepted),
	    cmocka_unit_test(what_is_no_check_for_anybody_ends_at_once),
	    cmocka_unit_test(peers_that_say_nothing_hold_up_nobody),
	    cmocka_unit_test(a_worker_that_ends_leaves_no_descriptor),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

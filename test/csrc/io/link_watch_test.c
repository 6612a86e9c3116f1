/* The network watch, in a network namespace of its own: changes are told once per burst, also those that did not fit.
 */
#include "support/cmocka_all.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/link_watch.h"
#include "io/loop.h"
#include "support/fds.h"

#define NO_RIGHTS 77

struct world {
	struct urchin_loop loop;
	struct urchin_link_watch watch;
	int changes;
	bool clear_in_callback;
};

static void on_change(void *owner)
{
	struct world *world = owner;

	world->changes++;
	if (world->clear_in_callback)
		urchin_link_watch_clear(&world->watch);
}

static void begin(struct world *world)
{
	*world = (struct world){0};
	assert_int_equal(urchin_loop_init(&world->loop), 0);
	assert_int_equal(urchin_link_watch_init(&world->watch, &world->loop, on_change, world), 0);
}

static void finish(struct world *world)
{
	urchin_link_watch_clear(&world->watch);
	urchin_link_watch_clear(&world->watch);
	urchin_loop_clear(&world->loop);
}

static void turn_for(struct world *world, uint64_t time_us)
{
	uint64_t until_us = urchin_clock_us() + time_us;

	while (urchin_clock_us() < until_us)
		urchin_loop_turn(&world->loop, until_us - urchin_clock_us());
}

static void turn_until_change(struct world *world, int changes)
{
	uint64_t until_us = urchin_clock_us() + 20000000;

	while (world->changes < changes && urchin_clock_us() < until_us)
		urchin_loop_turn(&world->loop, 50000);
}

/* Loopback goes up or down: one message for the link, and more for its addresses. */
static void set_loopback(bool is_up)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(request.ifr_name, "lo");
	request.ifr_flags = is_up ? IFF_UP : 0;
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

/* Runs a test in a child with an empty network of its own; a failed assertion there is a failure here. */
static void in_namespace(void (*run)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNET) < 0)
			_exit(NO_RIGHTS);
		run();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_RIGHTS) {
		print_message("not allowed to make a network namespace (root is): skipped\n");
		skip();
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* cmocka's assertions jump back into the test; in a child they must end it. */
#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                        \
			_exit(1);                                                                                      \
		}                                                                                                      \
	} while (0)

static void once_per_burst(void)
{
	struct world world;
	uint64_t began_us;

	begin(&world);
	CHECK(urchin_link_watch_is_active(&world.watch));
	turn_for(&world, 300000);
	CHECK(world.changes == 0);
	began_us = urchin_clock_us();
	set_loopback(true);
	set_loopback(false);
	set_loopback(true);
	turn_until_change(&world, 1);
	CHECK(world.changes == 1);
	CHECK(urchin_clock_us() - began_us >= 100000);
	turn_for(&world, 300000);
	CHECK(world.changes == 1);
	set_loopback(false);
	turn_until_change(&world, 2);
	CHECK(world.changes == 2);
	finish(&world);
}

static void restless(void)
{
	struct world world;
	uint64_t until_us;
	bool is_up = false;

	begin(&world);
	until_us = urchin_clock_us() + 20000000;
	/* Never quiet for 100 ms: told all the same, before it ends. */
	while (world.changes == 0 && urchin_clock_us() < until_us) {
		is_up = !is_up;
		set_loopback(is_up);
		turn_for(&world, 20000);
	}
	CHECK(world.changes == 1);
	finish(&world);
}

static void overflow(void)
{
	struct world world;
	char byte;

	begin(&world);
	for (int i = 0; i < 3000; i++)
		set_loopback(i % 2 == 0);
	/* The socket is full, or else this tests nothing. */
	CHECK(recv(world.watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == ENOBUFS);
	set_loopback(true);
	turn_until_change(&world, 1);
	CHECK(world.changes == 1);
	turn_for(&world, 300000);
	CHECK(world.changes == 1);
	set_loopback(false);
	turn_until_change(&world, 2);
	CHECK(world.changes == 2);
	finish(&world);
}

static void clear_inside(void)
{
	struct world world;

	begin(&world);
	world.clear_in_callback = true;
	set_loopback(true);
	turn_until_change(&world, 1);
	CHECK(world.changes == 1);
	CHECK(!urchin_link_watch_is_active(&world.watch));
	set_loopback(false);
	turn_for(&world, 300000);
	CHECK(world.changes == 1);
	finish(&world);
}

static void test_once_per_burst(void **state)
{
	(void)state;
	in_namespace(once_per_burst);
}

static void test_restless(void **state)
{
	(void)state;
	in_namespace(restless);
}

static void test_overflow(void **state)
{
	(void)state;
	in_namespace(overflow);
}

static void test_clear_inside(void **state)
{
	(void)state;
	in_namespace(clear_inside);
}

/* A socket that breaks, or that the system never gave: no watch, and a loop that sleeps. */
static void test_no_watch(void **state)
{
	struct world world;
	int turns = 0, pipe_fds[2];
	uint64_t until_us;

	(void)state;
	begin(&world);
	/* Reading from the writing end of a pipe is refused for good, as a socket would be that is beyond repair. */
	assert_int_equal(pipe(pipe_fds), 0);
	dup2(pipe_fds[1], world.watch.fd);
	world.watch.watch.on_ready(&world.watch.watch, world.watch.fd, 0);
	assert_false(urchin_link_watch_is_active(&world.watch));
	until_us = urchin_clock_us() + 100000;
	for (; urchin_clock_us() < until_us; turns++)
		urchin_loop_turn(&world.loop, 50000);
	assert_true(turns < 20);
	assert_int_equal(world.changes, 0);
	finish(&world);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void test_leaves_nothing(void **state)
{
	struct urchin_link_watch zeroed = {0};
	struct world world;
	int fds = count_fds();

	(void)state;
	for (int i = 0; i < 10; i++) {
		begin(&world);
		finish(&world);
	}
	assert_int_equal(count_fds(), fds);
	urchin_link_watch_clear(&zeroed);
	assert_false(urchin_link_watch_is_active(&zeroed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_once_per_burst), cmocka_unit_test(test_restless),
	    cmocka_unit_test(test_overflow),       cmocka_unit_test(test_clear_inside),
	    cmocka_unit_test(test_no_watch),       cmocka_unit_test(test_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

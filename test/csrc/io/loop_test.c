/* The loop: order of deadlines, tasks posted by tasks, descriptors whose numbers are given out again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib-unix.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/glib_source.h"
#include "io/loop.h"

static int order[16];
static int order_count;

struct test_timer {
	struct urchin_loop_timer timer;
	int id;
};

struct test_task {
	struct urchin_loop_task task;
	int id;
	struct urchin_loop *loop;
	struct test_task *posts;
	struct test_task *cancels;
};

struct test_watch {
	struct urchin_loop_watch watch;
	int id;
};

static void note(int id)
{
	order[order_count++] = id;
}

static void on_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	assert_true(timer->entry.position == 0);
	assert_true(now_us <= urchin_clock_us());
	note(((struct test_timer *)timer)->id);
}

static void run_task(struct urchin_loop_task *task)
{
	struct test_task *test = (struct test_task *)task;

	note(test->id);
	if (test->posts)
		urchin_loop_post(test->loop, &test->posts->task);
	if (test->cancels)
		urchin_loop_cancel(test->loop, &test->cancels->task);
}

static void on_ready(struct urchin_loop_watch *watch, int fd, uint32_t events)
{
	uint64_t count;

	assert_int_equal(events, EPOLLIN);
	assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
	note(((struct test_watch *)watch)->id);
}

static int set_up(void **state)
{
	static struct urchin_loop loop;

	order_count = 0;
	*state = &loop;
	return urchin_loop_init(&loop);
}

static int tear_down(void **state)
{
	urchin_loop_clear(*state);
	return 0;
}

static void test_deadlines_in_their_order(void **state)
{
	struct test_timer a = {{.on_due = on_due}, 1}, b = {{.on_due = on_due}, 2}, c = {{.on_due = on_due}, 3};
	uint64_t now_us = urchin_clock_us();

	urchin_loop_set_timer(*state, &a.timer, now_us + 3000);
	urchin_loop_set_timer(*state, &b.timer, now_us + 1000);
	urchin_loop_set_timer(*state, &c.timer, now_us + 2000);
	urchin_loop_set_timer(*state, &c.timer, URCHIN_NEVER_US);
	while (order_count < 2)
		urchin_loop_turn(*state, 1000000);
	assert_int_equal(order[0], 2);
	assert_int_equal(order[1], 1);
	assert_true(urchin_clock_us() >= now_us + 3000);
	urchin_loop_turn(*state, 0);
	assert_int_equal(order_count, 2);
}

static void test_a_task_runs_once_and_may_post_another_for_the_next_turn(void **state)
{
	struct test_task b = {{.run = run_task}, 2, *state, NULL, NULL};
	struct test_task a = {{.run = run_task}, 1, *state, &b, NULL};

	urchin_loop_post(*state, &a.task);
	urchin_loop_post(*state, &a.task);
	urchin_loop_turn(*state, 1000000);
	assert_int_equal(order_count, 1);
	/* Does not wait: there is something to do. */
	urchin_loop_turn(*state, UINT64_MAX);
	assert_int_equal(order_count, 2);
	assert_int_equal(order[1], 2);
	urchin_loop_turn(*state, 0);
	assert_int_equal(order_count, 2);
}

static void test_a_task_cancels_one_of_the_same_turn(void **state)
{
	struct test_task c = {{.run = run_task}, 3, *state, NULL, NULL};
	struct test_task b = {{.run = run_task}, 2, *state, NULL, NULL};
	struct test_task a = {{.run = run_task}, 1, *state, NULL, &b};

	urchin_loop_post(*state, &a.task);
	urchin_loop_post(*state, &b.task);
	urchin_loop_post(*state, &c.task);
	urchin_loop_turn(*state, 0);
	assert_int_equal(order_count, 2);
	assert_int_equal(order[1], 3);
	urchin_loop_cancel(*state, &c.task);
	urchin_loop_post(*state, &c.task);
	urchin_loop_cancel(*state, &c.task);
	urchin_loop_turn(*state, 0);
	assert_int_equal(order_count, 2);
}

/*
 * A socket was closed, its number went to another connection's socket, and when the first owner tidied up it took the
 * second one's registration out of the epoll set: that connection never heard anything again.
 */
static void test_a_number_given_out_again_stays_with_its_new_owner(void **state)
{
	struct test_watch first = {{on_ready}, 1}, second = {{on_ready}, 2};
	uint64_t one = 1;
	int fd = eventfd(0, EFD_NONBLOCK);

	assert_int_equal(urchin_loop_set_fd(*state, &first.watch, fd, EPOLLIN), 0);
	close(fd);
	assert_int_equal(eventfd(0, EFD_NONBLOCK), fd);
	assert_int_equal(urchin_loop_set_fd(*state, &second.watch, fd, EPOLLIN), 0);
	urchin_loop_remove_fd(*state, &first.watch, fd);
	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
	urchin_loop_turn(*state, 1000000);
	assert_int_equal(order_count, 1);
	assert_int_equal(order[0], 2);
	urchin_loop_remove_fd(*state, &second.watch, fd);
	close(fd);
}

static void test_a_number_reopened_by_its_owner_is_registered_again(void **state)
{
	struct test_watch watch = {{on_ready}, 1};
	uint64_t one = 1;
	int fd = eventfd(0, EFD_NONBLOCK);

	assert_int_equal(urchin_loop_set_fd(*state, &watch.watch, fd, EPOLLIN), 0);
	close(fd);
	assert_int_equal(eventfd(0, EFD_NONBLOCK), fd);
	assert_int_equal(urchin_loop_set_fd(*state, &watch.watch, fd, EPOLLIN), 0);
	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
	urchin_loop_turn(*state, 1000000);
	assert_int_equal(order_count, 1);
	/* Closed first, forgotten later: harmless. */
	close(fd);
	urchin_loop_remove_fd(*state, &watch.watch, fd);
	urchin_loop_remove_fd(*state, &watch.watch, fd);
	urchin_loop_turn(*state, 0);
}

static gboolean note_timeout(gpointer data)
{
	note(GPOINTER_TO_INT(data));
	return G_SOURCE_REMOVE;
}

static gboolean note_fd(gint fd, GIOCondition condition, gpointer data)
{
	uint64_t count;

	assert_int_equal(condition, G_IO_IN);
	assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
	note(GPOINTER_TO_INT(data));
	return G_SOURCE_CONTINUE;
}

static void attach(GMainContext *context, GSource *source, GSourceFunc function, int id)
{
	g_source_set_callback(source, function, GINT_TO_POINTER(id), NULL);
	g_source_attach(source, context);
	g_source_unref(source);
}

static GSource *unix_fd_source(int fd)
{

	return g_unix_fd_source_new(fd, G_IO_IN);
}

static void test_a_context_gets_its_timeouts_and_descriptors(void **state)
{
	struct urchin_glib_source source;
	uint64_t one = 1;
	int fd = eventfd(0, EFD_NONBLOCK);

	assert_int_equal(urchin_glib_source_init(&source, *state, false), 0);
	attach(source.context, g_timeout_source_new(20), note_timeout, 2);
	attach(source.context, g_timeout_source_new(1), note_timeout, 1);
	attach(source.context, unix_fd_source(fd), G_SOURCE_FUNC(note_fd), 3);
	urchin_glib_source_touch(&source);
	while (order_count < 2)
		urchin_loop_turn(*state, UINT64_MAX);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 2);
	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
	while (order_count < 3)
		urchin_loop_turn(*state, UINT64_MAX);
	assert_int_equal(order[2], 3);
	/* Nothing is left to do: a turn waits. */
	for (int i = 0; i < 3; i++)
		urchin_loop_turn(*state, 0);
	assert_null(((struct urchin_loop *)*state)->tasks.first);
	urchin_glib_source_clear(&source);
	close(fd);
}

/* More descriptors than there was room for, then none. */
static void test_a_contexts_descriptors_come_and_go(void **state)
{
	struct urchin_glib_source source;
	GSource *sources[10];
	int fds[10];
	uint64_t one = 1;

	assert_int_equal(urchin_glib_source_init(&source, *state, false), 0);
	for (int i = 0; i < 10; i++) {
		fds[i] = eventfd(0, EFD_NONBLOCK);
		sources[i] = unix_fd_source(fds[i]);
		g_source_set_callback(sources[i], G_SOURCE_FUNC(note_fd), GINT_TO_POINTER(i), NULL);
		g_source_attach(sources[i], source.context);
	}
	urchin_glib_source_touch(&source);
	urchin_loop_turn(*state, 0);
	assert_int_equal(write(fds[9], &one, sizeof(one)), sizeof(one));
	while (order_count < 1)
		urchin_loop_turn(*state, UINT64_MAX);
	assert_int_equal(order[0], 9);
	for (int i = 0; i < 10; i++) {
		g_source_destroy(sources[i]);
		g_source_unref(sources[i]);
		close(fds[i]);
	}
	urchin_glib_source_touch(&source);
	urchin_loop_turn(*state, 0);
	/* The context's own eventfd. */
	assert_int_equal(source.fd_count, 1);
	urchin_glib_source_clear(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_deadlines_in_their_order, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_task_runs_once_and_may_post_another_for_the_next_turn, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(test_a_task_cancels_one_of_the_same_turn, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_number_given_out_again_stays_with_its_new_owner, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_number_reopened_by_its_owner_is_registered_again, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_context_gets_its_timeouts_and_descriptors, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_contexts_descriptors_come_and_go, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Events on their way out of a worker, without its thread: log lines are bounded, all else arrives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "io/worker.h"

static void ignore(void *owner)
{
	(void)owner;
}

static int set_up(void **state)
{
	static struct urchin_worker worker;

	memset(&worker, 0, sizeof(worker));
	worker.log_level = URCHIN_LOG_INFO;
	*state = &worker;
	return urchin_queue_init(&worker.events, sizeof(struct urchin_event), ignore, NULL);
}

static int tear_down(void **state)
{
	struct urchin_worker *worker = *state;

	urchin_batch_clear(&worker->taken_events);
	urchin_queue_clear(&worker->events);
	return 0;
}

static void test_lines_below_the_level_are_not_made(void **state)
{
	struct urchin_event event;

	urchin_worker_log(*state, 1, URCHIN_LOG_DEBUG, "too much");
	urchin_worker_log(*state, 1, URCHIN_LOG_INFO, "just right");
	event = (struct urchin_event){.type = URCHIN_EVENT_LOG, .code = URCHIN_LOG_DEBUG, .text = strdup("a line")};
	urchin_worker_emit(*state, &event);
	assert_int_equal(urchin_worker_take_events(*state, &event, 1), 1);
	assert_string_equal(event.text, "just right");
	assert_int_equal(event.connection_id, 1);
	urchin_event_clear(&event);
	assert_int_equal(urchin_worker_take_events(*state, &event, 1), 0);
}

static void test_a_flood_of_lines_is_cut_and_told_but_no_event_is_lost(void **state)
{
	struct urchin_worker *worker = *state;
	struct urchin_event event;
	uint64_t results = 0;
	int lines = 0;

	for (uint64_t i = 1; i <= 10000; i++) {
		struct urchin_event result = {.type = URCHIN_EVENT_RESULT, .object_id = i};

		urchin_worker_log(worker, i, URCHIN_LOG_INFO, "line");
		urchin_worker_emit(worker, &result);
	}
	while (urchin_worker_take_events(worker, &event, 1)) {
		if (event.type == URCHIN_EVENT_RESULT)
			assert_int_equal(event.object_id, ++results);
		else
			lines++;
		urchin_event_clear(&event);
	}
	assert_int_equal(results, 10000);
	assert_int_equal(lines, 2048);
	urchin_worker_tell_dropped(worker);
	assert_int_equal(urchin_worker_take_events(worker, &event, 1), 1);
	assert_string_equal(event.text, "log: 7952 lines were dropped");
	urchin_event_clear(&event);
	urchin_worker_tell_dropped(worker);
	assert_int_equal(urchin_worker_take_events(worker, &event, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_lines_below_the_level_are_not_made, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_flood_of_lines_is_cut_and_told_but_no_event_is_lost, set_up,
					    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

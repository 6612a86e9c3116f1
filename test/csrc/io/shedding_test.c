/* A worker whose turns take too long says so, leaves out video, and takes it back: through urchin.h alone. */
#include "io/host.h"

#include <stdatomic.h>

#define REQUEST 1000

static atomic_bool is_slow;

/* On the worker's thread, when it has told something: so its turns can be made long. */
static void on_slow_events(void *owner)
{
	on_events(owner);
	if (atomic_load(&is_slow))
		nanosleep(&(struct timespec){.tv_nsec = 70000000}, NULL);
}

static void start_slow(struct host *host)
{
	struct urchin_worker_config config = {
	    .on_events = on_slow_events, .owner = host, .log_level = URCHIN_LOG_ERROR};

	start(host);
	urchin_worker_free(host->worker);
	host->worker = urchin_worker_new(&config, NULL);
	assert_non_null(host->worker);
}

static double value_of(const struct urchin_stats *stats, const char *name)
{
	for (size_t i = 0; i < stats->count; i++)
		if (strcmp(stats->items[i].name, name) == 0)
			return stats->items[i].value;
	fail_msg("no %s", name);
	return -1;
}

/* One of the worker's own figures. */
static double ask(struct host *host, const char *name)
{
	struct urchin_event *event;

	forget_events(host);
	assert_int_equal(urchin_get_stats(host->worker, REQUEST, 0), 0);
	event = await(host, 0, URCHIN_EVENT_STATS);
	assert_int_equal(event->object_id, REQUEST);
	return value_of(event->stats, name);
}

/* The worker answers a question in each turn, slowly, until it tells this level. Returns how many have no video then.
 */
static uint64_t ask_until_level(struct host *host, int32_t level)
{
	for (int i = 0; i < 1000; i++) {
		struct urchin_event *event = find(host, 0, URCHIN_EVENT_OVERLOAD);

		if (event && event->code == level)
			return event->object_id;
		forget_events(host);
		assert_int_equal(urchin_get_stats(host->worker, REQUEST, 0), 0);
		wait_events(host, 20000);
	}
	fail_msg("level %d was not reached", (int)level);
	return 0;
}

static void a_worker_tells_its_own_statistics(void **state)
{
	struct host host;

	(void)state;
	start(&host);
	assert_int_equal(ask(&host, "connections"), 0);
	assert_int_equal(ask(&host, "overloadLevel"), 0);
	assert_int_equal(ask(&host, "overloadRises"), 0);
	assert_int_equal(ask(&host, "videoParcelsDropped"), 0);
	assert_true(ask(&host, "maxLag") >= 0);
	forget_events(&host);
	assert_int_equal(urchin_get_stats(host.worker, REQUEST, 5), 0);
	assert_int_equal(await_result(&host, REQUEST), URCHIN_ENOTFOUND);
	stop(&host);
}

static void a_worker_that_is_too_slow_leaves_out_video_until_it_is_not(void **state)
{
	const char *addresses[] = {"127.0.0.1"};
	struct urchin_connection_config config = {.ice = {.addresses = addresses, .address_count = 1}};
	struct urchin_event *event;
	struct host host;

	(void)state;
	atomic_store(&is_slow, false);
	start_slow(&host);
	for (uint64_t id = 1; id <= 8; id++)
		assert_int_equal(urchin_open_connection(host.worker, id, id, &config), 0);
	assert_int_equal(await_result(&host, 8), 0);
	atomic_store(&is_slow, true);
	assert_in_range(ask_until_level(&host, 1), 1, 4);
	assert_int_equal(ask_until_level(&host, 4), 8);
	atomic_store(&is_slow, false);
	/* One that comes now has no video either, and can go at any time. */
	assert_int_equal(urchin_open_connection(host.worker, 9, 9, &config), 0);
	close_connection(&host, 9);
	close_connection(&host, 1);
	/* Nothing happens on it any more: it notices that by itself. */
	forget_events(&host);
	event = await(&host, 0, URCHIN_EVENT_OVERLOAD);
	assert_int_equal(event->code, 3);
	assert_in_range(event->object_id, 3, 7);
	assert_int_equal(ask(&host, "overloadLevel"), 3);
	assert_int_equal(ask(&host, "overloadRises"), 4);
	assert_true(ask(&host, "maxLag") >= 0.05);
	stop(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_worker_tells_its_own_statistics),
	    cmocka_unit_test(a_worker_that_is_too_slow_leaves_out_video_until_it_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Workers through urchin.h alone: calls over loopback, closing at any moment, descriptors, signals. */
#include "io/host.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/fds.h"

static void test_two_connections_of_one_worker_get_ready(void **state)
{
	struct host host;
	struct urchin_event *stats;

	(void)state;
	start(&host);
	call(&host, 1, &host, 2, NULL);
	await(&host, 1, URCHIN_EVENT_READY);
	await(&host, 2, URCHIN_EVENT_READY);
	assert_int_equal(urchin_get_stats(host.worker, 77, 1), 0);
	stats = await(&host, 1, URCHIN_EVENT_STATS);
	assert_int_equal(stats->object_id, 77);
	assert_true(stats->stats->count > 0);
	close_connection(&host, 1);
	close_connection(&host, 2);
	check_order(&host, 1);
	check_order(&host, 2);
	stop(&host);
}

static void test_connections_of_two_workers_get_ready(void **state)
{
	struct host a, b;

	(void)state;
	start(&a);
	start(&b);
	assert_string_not_equal(urchin_worker_fingerprint(a.worker), urchin_worker_fingerprint(b.worker));
	call(&a, 1, &b, 2, NULL);
	await(&a, 1, URCHIN_EVENT_READY);
	await(&b, 2, URCHIN_EVENT_READY);
	close_connection(&a, 1);
	await(&b, 2, URCHIN_EVENT_PEER_CLOSED);
	close_connection(&b, 2);
	check_order(&a, 1);
	check_order(&b, 2);
	stop(&a);
	stop(&b);
}

static void test_a_wrong_fingerprint_fails(void **state)
{
	struct urchin_fingerprint wrong;
	struct urchin_event *failed;
	struct host a, b;

	(void)state;
	start(&a);
	start(&b);
	wrong = read_fingerprint(urchin_worker_fingerprint(b.worker));
	call(&a, 1, &b, 2, &wrong);
	failed = await(&b, 2, URCHIN_EVENT_FAILED);
	assert_int_equal(failed->code, URCHIN_REASON_DTLS_FINGERPRINT);
	assert_null(find(&b, 2, URCHIN_EVENT_READY));
	close_connection(&b, 2);
	close_connection(&a, 1);
	stop(&a);
	stop(&b);
}

static void test_a_restart_of_both_sides_keeps_the_connection(void **state)
{
	struct urchin_event *again = NULL;
	struct host host;
	char ufrag[32];

	(void)state;
	start(&host);
	call(&host, 1, &host, 2, NULL);
	await(&host, 1, URCHIN_EVENT_READY);
	await(&host, 2, URCHIN_EVENT_READY);
	forget_events(&host);
	assert_int_equal(urchin_restart_ice(host.worker, 5, 1, "v1", pwd_of(1)), 0);
	assert_int_equal(urchin_restart_ice(host.worker, 6, 2, "v2", pwd_of(2)), 0);
	assert_int_equal(await_result(&host, 5), 0);
	assert_int_equal(await_result(&host, 6), 0);
	for (uint64_t id = 1; id <= 2; id++) {
		struct urchin_fingerprint fingerprint = read_fingerprint(urchin_worker_fingerprint(host.worker));
		struct urchin_remote remote = {
		    .ufrag = ufrag,
		    .pwd = pwd_of(3 - id),
		    .local_dtls_role = id == 1 ? URCHIN_DTLS_CLIENT : URCHIN_DTLS_SERVER,
		    .fingerprints = &fingerprint,
		    .fingerprint_count = 1,
		};

		snprintf(ufrag, sizeof(ufrag), "v%d", (int)(3 - id));
		assert_int_equal(urchin_set_remote(host.worker, 6 + id, id, &remote), 0);
		assert_int_equal(await_result(&host, 6 + id), 0);
	}
	assert_int_equal(await(&host, 1, URCHIN_EVENT_STARTED)->generation, 1);
	assert_int_equal(await(&host, 1, URCHIN_EVENT_CANDIDATE)->generation, 1);
	pass_candidates(&host, 1, &host, 2);
	pass_candidates(&host, 2, &host, 1);
	again = await(&host, 1, URCHIN_EVENT_SELECTED_PAIR);
	assert_non_null(again);
	assert_null(find(&host, 1, URCHIN_EVENT_FAILED));
	assert_null(find(&host, 1, URCHIN_EVENT_READY));
	stop(&host);
}

static void sleep_us(long us)
{
	struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

	nanosleep(&time, NULL);
}

static void test_closing_at_any_moment(void **state)
{
	struct host host;

	(void)state;
	srand(1);
	start(&host);
	for (uint64_t id = 1; id <= 80; id += 2) {
		call(&host, id, &host, id + 1, NULL);
		sleep_us(rand() % 40000);
		if (rand() % 2)
			assert_int_equal(urchin_close_connection(host.worker, 0, id + 1), 0);
		assert_int_equal(urchin_close_connection(host.worker, 0, id), 0);
		assert_int_equal(urchin_close_connection(host.worker, 0, id + 1), 0);
		await(&host, id, URCHIN_EVENT_CLOSED);
		await(&host, id + 1, URCHIN_EVENT_CLOSED);
		forget_events(&host);
	}
	stop(&host);
}

/* Freed with everything in flight: commands queued, connections in every stage. */
static void test_a_worker_ends_at_any_moment(void **state)
{
	(void)state;
	srand(2);
	for (int round = 0; round < 12; round++) {
		struct host a, b;

		start(&a);
		start(&b);
		for (uint64_t id = 1; id <= 6; id += 2)
			call(&a, id, &b, id + 1, NULL);
		sleep_us(rand() % 30000);
		open_connection(&a, 100);
		gather(&a, 100, true);
		stop(&a);
		stop(&b);
	}
}

static void test_descriptors_and_connections_stay_level(void **state)
{
	struct host host;
	int level = 0;

	(void)state;
	start(&host);
	for (uint64_t id = 1; id <= 200; id++) {
		open_connection(&host, id);
		if (id % 3)
			gather(&host, id, id % 2);
		close_connection(&host, id);
		forget_events(&host);
		if (id == 10)
			level = count_fds();
	}
	/* The agent is gone before CLOSED is told. */
	assert_int_equal(count_fds(), level);
	stop(&host);
	start(&host);
	stop(&host);
	assert_true(count_fds() < level);
}

static void test_the_port_range_used_up_is_told(void **state)
{
	struct urchin_connection_config config = plain_config();
	struct urchin_event *failed;
	struct host host;

	(void)state;
	config.ice.port_min = config.ice.port_max = 22440;
	start(&host);
	assert_int_equal(urchin_open_connection(host.worker, 0, 1, &config), 0);
	assert_int_equal(urchin_open_connection(host.worker, 0, 2, &config), 0);
	gather(&host, 1, true);
	gather(&host, 2, true);
	assert_int_equal(await(&host, 1, URCHIN_EVENT_CANDIDATE)->pair->local.port, 22440);
	failed = await(&host, 2, URCHIN_EVENT_FAILED);
	assert_int_equal(failed->code, URCHIN_REASON_ICE_PORTS);
	stop(&host);
}

/* The blocked signals of the process's thread with this name, as /proc shows them; 0 when there is none. */
static unsigned long long blocked_by(const char *name)
{
	unsigned long long blocked = 0;
	DIR *directory = opendir("/proc/self/task");
	struct dirent *entry;

	while ((entry = readdir(directory))) {
		char path[300];
		char line[128];
		bool is_it = false;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file)) {
			is_it = is_it || (strncmp(line, "Name:", 5) == 0 && strstr(line, name));
			if (is_it && strncmp(line, "SigBlk:", 7) == 0)
				blocked = strtoull(line + 7, NULL, 16);
		}
		if (file)
			fclose(file);
	}
	closedir(directory);
	return blocked;
}

/* Signals are the embedding process's business: none of them may be delivered to a worker's thread. */
static void test_signals_are_left_to_the_other_threads(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD, SIGUSR1, SIGWINCH};
	unsigned long long blocked;
	sigset_t before, after;
	struct host host;

	(void)state;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	start(&host);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	for (int signal = 1; signal < 32; signal++)
		assert_int_equal(sigismember(&before, signal), sigismember(&after, signal));
	assert_int_equal(urchin_close_connection(host.worker, 1, 1), 0);
	assert_int_equal(await_result(&host, 1), URCHIN_ENOTFOUND);
	blocked = blocked_by("urchin-worker");
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		assert_true(blocked >> (signals[i] - 1) & 1);
	assert_false(blocked >> (SIGSEGV - 1) & 1);
	stop(&host);
}

/* Leaves room for `spare` more descriptors; returns the limit before. */
static struct rlimit limit_fds(int spare)
{
	struct rlimit before, limit;
	int lowest = dup(0);

	close(lowest);
	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = (rlim_t)(lowest + spare);
	setrlimit(RLIMIT_NOFILE, &limit);
	return before;
}

/* GLib aborts the process when it can't have its eventfd: a server with too many calls took all of them with it. */
static void test_descriptors_used_up_fail_single_connections(void **state)
{
	struct rlimit before;
	struct host host;
	int failed = 0;

	(void)state;
	start(&host);
	before = limit_fds(60);
	for (uint64_t id = 1; id <= 40; id++) {
		open_connection(&host, id);
		gather(&host, id, true);
	}
	for (uint64_t id = 1; id <= 40; id++) {
		while (!find(&host, id, URCHIN_EVENT_FAILED) && !find(&host, id, URCHIN_EVENT_GATHERED))
			assert_true(wait_events(&host, PATIENCE_MS));
		failed += find(&host, id, URCHIN_EVENT_FAILED) != NULL;
	}
	assert_in_range(failed, 1, 39);
	for (uint64_t id = 1; id <= 40; id++) {
		urchin_close_connection(host.worker, 0, id);
		await(&host, id, URCHIN_EVENT_CLOSED);
	}
	forget_events(&host);
	open_connection(&host, 50);
	gather(&host, 50, true);
	await(&host, 50, URCHIN_EVENT_GATHERED);
	stop(&host);
	setrlimit(RLIMIT_NOFILE, &before);
}

static void test_a_worker_that_can_not_be_made_leaves_nothing(void **state)
{
	struct urchin_worker_config config = {0};
	int level = count_fds();

	(void)state;
	for (int spare = 0; spare < 2; spare++) {
		struct rlimit before = limit_fds(spare);
		int err = 0;

		assert_null(urchin_worker_new(&config, &err));
		assert_int_equal(err, URCHIN_ESYSTEM);
		assert_null(urchin_worker_new(&config, NULL));
		setrlimit(RLIMIT_NOFILE, &before);
	}
	assert_int_equal(count_fds(), level);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_connections_of_one_worker_get_ready),
	    cmocka_unit_test(test_connections_of_two_workers_get_ready),
	    cmocka_unit_test(test_a_wrong_fingerprint_fails),
	    cmocka_unit_test(test_a_restart_of_both_sides_keeps_the_connection),
	    cmocka_unit_test(test_closing_at_any_moment),
	    cmocka_unit_test(test_a_worker_ends_at_any_moment),
	    cmocka_unit_test(test_descriptors_and_connections_stay_level),
	    cmocka_unit_test(test_the_port_range_used_up_is_told),
	    cmocka_unit_test(test_signals_are_left_to_the_other_threads),
	    cmocka_unit_test(test_descriptors_used_up_fail_single_connections),
	    cmocka_unit_test(test_a_worker_that_can_not_be_made_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Workers through urchin.h alone: calls over loopback, closing at any moment, floods, leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "support/fds.h"
#include "urchin.h"

#define EVENTS_MAX 400
#define PATIENCE_MS 20000

/* A worker and what it told. */
struct host {
	struct urchin_worker *worker;
	pthread_mutex_t mutex;
	pthread_cond_t filled;
	bool is_filled;
	bool on_own_thread;
	pthread_t thread;
	struct urchin_event events[EVENTS_MAX];
	size_t count;
	uint64_t requests;
};

static void on_events(void *owner)
{
	struct host *host = owner;

	pthread_mutex_lock(&host->mutex);
	host->is_filled = true;
	host->on_own_thread = host->on_own_thread || pthread_equal(pthread_self(), host->thread);
	pthread_cond_signal(&host->filled);
	pthread_mutex_unlock(&host->mutex);
}

static void start(struct host *host)
{
	struct urchin_worker_config config = {.on_events = on_events, .owner = host, .log_level = URCHIN_LOG_ERROR};
	int err = 1;

	memset(host, 0, sizeof(*host));
	pthread_mutex_init(&host->mutex, NULL);
	pthread_cond_init(&host->filled, NULL);
	host->thread = pthread_self();
	host->worker = urchin_worker_new(&config, &err);
	assert_non_null(host->worker);
	assert_int_equal(err, 0);
}

static void forget_events(struct host *host)
{
	for (size_t i = 0; i < host->count; i++)
		urchin_event_clear(&host->events[i]);
	host->count = 0;
}

static void stop(struct host *host)
{
	urchin_worker_free(host->worker);
	assert_false(host->on_own_thread);
	forget_events(host);
	pthread_mutex_destroy(&host->mutex);
	pthread_cond_destroy(&host->filled);
}

/* Takes what there is. Log lines are let go. */
static void take(struct host *host)
{
	struct urchin_event events[7];
	size_t count;

	do {
		count = urchin_worker_take_events(host->worker, events, 7);
		for (size_t i = 0; i < count; i++) {
			if (events[i].type == URCHIN_EVENT_LOG) {
				urchin_event_clear(&events[i]);
				continue;
			}
			assert_true(host->count < EVENTS_MAX);
			host->events[host->count++] = events[i];
		}
	} while (count == 7);
}

/* Waits until the worker signals; returns false when it doesn't for long. */
static bool wait_events(struct host *host, int timeout_ms)
{
	struct timespec end;
	bool is_filled;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += timeout_ms / 1000;
	end.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&host->mutex);
	while (!host->is_filled && pthread_cond_timedwait(&host->filled, &host->mutex, &end) == 0)
		continue;
	is_filled = host->is_filled;
	host->is_filled = false;
	pthread_mutex_unlock(&host->mutex);
	take(host);
	return is_filled;
}

static struct urchin_event *find(struct host *host, uint64_t id, enum urchin_event_type type)
{
	for (size_t i = 0; i < host->count; i++)
		if (host->events[i].connection_id == id && host->events[i].type == type)
			return &host->events[i];
	return NULL;
}

static struct urchin_event *await(struct host *host, uint64_t id, enum urchin_event_type type)
{
	struct urchin_event *event = find(host, id, type);

	while (!event && wait_events(host, PATIENCE_MS))
		event = find(host, id, type);
	if (!event)
		fail_msg("no event %d of connection %d", (int)type, (int)id);
	return event;
}

/* The code that a request was answered with; asserts that it is answered. */
static int32_t await_result(struct host *host, uint64_t request_id)
{
	for (size_t i = 0;;) {
		for (; i < host->count; i++)
			if (host->events[i].type == URCHIN_EVENT_RESULT && host->events[i].object_id == request_id)
				return host->events[i].code;
		assert_true(wait_events(host, PATIENCE_MS));
	}
}

static const char *const loopback[] = {"127.0.0.1"};

static struct urchin_connection_config plain_config(void)
{
	return (struct urchin_connection_config){
	    .ice = {.addresses = loopback, .address_count = 1},
	    .connect_timeout_us = 15000000,
	};
}

static void open_connection(struct host *host, uint64_t id)
{
	struct urchin_connection_config config = plain_config();

	assert_int_equal(urchin_open_connection(host->worker, 0, id, &config), 0);
}

static const char *pwd_of(uint64_t id)
{
	return id % 2 ? "odd-password-0123456789" : "even-password-0123456789";
}

static void gather(struct host *host, uint64_t id, bool controlling)
{
	char ufrag[32];

	snprintf(ufrag, sizeof(ufrag), "u%d", (int)id);
	assert_int_equal(urchin_gather(host->worker, 0, id, ufrag, pwd_of(id), controlling), 0);
}

static struct urchin_fingerprint read_fingerprint(const char *text)
{
	struct urchin_fingerprint fingerprint = {.algorithm = "sha-256", .len = 32};

	for (int i = 0; i < 32; i++)
		fingerprint.bytes[i] = (uint8_t)strtoul(text + (ptrdiff_t)3 * i, NULL, 16);
	return fingerprint;
}

static void set_remote(struct host *host, uint64_t id, struct host *peer, uint64_t peer_id,
		       const struct urchin_fingerprint *fingerprint)
{
	char ufrag[32];
	struct urchin_fingerprint real = read_fingerprint(urchin_worker_fingerprint(peer->worker));
	struct urchin_remote remote = {
	    .ufrag = ufrag,
	    .pwd = pwd_of(peer_id),
	    .local_dtls_role = id < peer_id ? URCHIN_DTLS_CLIENT : URCHIN_DTLS_SERVER,
	    .fingerprints = fingerprint ? fingerprint : &real,
	    .fingerprint_count = 1,
	};

	snprintf(ufrag, sizeof(ufrag), "u%d", (int)peer_id);
	assert_int_equal(urchin_set_remote(host->worker, 0, id, &remote), 0);
}

static void pass_candidates(struct host *from, uint64_t from_id, struct host *to, uint64_t to_id)
{
	await(from, from_id, URCHIN_EVENT_GATHERED);
	for (size_t i = 0; i < from->count; i++)
		if (from->events[i].type == URCHIN_EVENT_CANDIDATE && from->events[i].connection_id == from_id)
			assert_int_equal(urchin_add_candidate(to->worker, 0, to_id, &from->events[i].pair->local), 0);
	assert_int_equal(urchin_end_candidates(to->worker, 0, to_id), 0);
}

/* A call between two connections, as far as signalling goes. */
static void call(struct host *a, uint64_t a_id, struct host *b, uint64_t b_id,
		 const struct urchin_fingerprint *fingerprint_for_b)
{
	open_connection(a, a_id);
	open_connection(b, b_id);
	gather(a, a_id, true);
	gather(b, b_id, false);
	set_remote(a, a_id, b, b_id, NULL);
	set_remote(b, b_id, a, a_id, fingerprint_for_b);
	pass_candidates(a, a_id, b, b_id);
	pass_candidates(b, b_id, a, a_id);
}

/* Asserts the order that urchin.h's readers rely on. */
static void check_order(struct host *host, uint64_t id)
{
	static const enum urchin_event_type first_to_last[] = {
	    URCHIN_EVENT_STARTED,       URCHIN_EVENT_CANDIDATE, URCHIN_EVENT_HOSTS_GATHERED, URCHIN_EVENT_GATHERED,
	    URCHIN_EVENT_SELECTED_PAIR, URCHIN_EVENT_READY,     URCHIN_EVENT_CLOSED};
	struct urchin_event *before = NULL;
	int closed = 0;

	for (size_t i = 0; i < sizeof(first_to_last) / sizeof(first_to_last[0]); i++) {
		struct urchin_event *event = find(host, id, first_to_last[i]);

		assert_non_null(event);
		assert_true(event > before);
		before = event;
	}
	for (size_t i = 0; i < host->count; i++) {
		if (host->events[i].connection_id != id)
			continue;
		assert_int_equal(closed, 0);
		closed += host->events[i].type == URCHIN_EVENT_CLOSED;
	}
	assert_int_equal(closed, 1);
}

static void close_connection(struct host *host, uint64_t id)
{
	assert_int_equal(urchin_close_connection(host->worker, 0, id), 0);
	await(host, id, URCHIN_EVENT_CLOSED);
}

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
	char ufrag[32] = "u1";

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

static void test_unknown_ids_are_answered(void **state)
{
	struct urchin_receiver_config receiver = {.format.kind = URCHIN_VIDEO};
	struct urchin_sender_config sender = {.format.kind = URCHIN_VIDEO};
	struct urchin_connection_config config = plain_config();
	struct urchin_candidate candidate = {.foundation = "1", .priority = 1, .address = "127.0.0.1", .port = 9};
	struct host host;

	(void)state;
	start(&host);
	assert_int_equal(urchin_gather(host.worker, 1, 9, "u", "p", true), 0);
	assert_int_equal(urchin_close_connection(host.worker, 2, 9), 0);
	assert_int_equal(urchin_get_stats(host.worker, 3, 9), 0);
	assert_int_equal(urchin_add_receiver(host.worker, 4, 9, 1, &receiver), 0);
	assert_int_equal(urchin_add_sender(host.worker, 5, 9, 1, &sender), 0);
	assert_int_equal(urchin_pause_receiver(host.worker, 6, 1, true), 0);
	assert_int_equal(urchin_pause_sender(host.worker, 7, 1, true), 0);
	assert_int_equal(urchin_request_keyframe(host.worker, 8, 1), 0);
	assert_int_equal(urchin_set_sender_source(host.worker, 9, 1, 2, NULL, 0), 0);
	assert_int_equal(urchin_add_candidate(host.worker, 10, 9, &candidate), 0);
	assert_int_equal(urchin_end_candidates(host.worker, 11, 9), 0);
	assert_int_equal(urchin_restart_ice(host.worker, 12, 9, "u", "p"), 0);
	assert_int_equal(urchin_remove_receiver(host.worker, 13, 9, 1), 0);
	assert_int_equal(urchin_remove_sender(host.worker, 14, 9, 1), 0);
	assert_int_equal(urchin_update_receiver(host.worker, 15, 9, 1, &receiver), 0);
	assert_int_equal(urchin_update_sender(host.worker, 16, 9, 1, &sender), 0);
	for (uint64_t request = 1; request <= 16; request++)
		assert_int_equal(await_result(&host, request), URCHIN_ENOTFOUND);
	assert_int_equal(urchin_open_connection(host.worker, 17, 1, &config), 0);
	assert_int_equal(urchin_open_connection(host.worker, 18, 1, &config), 0);
	assert_int_equal(await_result(&host, 17), 0);
	assert_int_equal(await_result(&host, 18), URCHIN_EEXIST);
	assert_int_equal(urchin_remove_receiver(host.worker, 19, 1, 1), 0);
	assert_int_equal(await_result(&host, 19), URCHIN_ENOTFOUND);
	/* In order, one answer each. */
	for (size_t i = 0; i < host.count; i++)
		assert_int_equal(host.events[i].object_id, i + 1);
	stop(&host);
}

static void test_bad_arguments_are_refused_at_once(void **state)
{
	static const char *const null_address[] = {NULL};
	struct urchin_ice_server server = {.host = "127.0.0.1", .port = 3478};
	struct urchin_connection_config config = plain_config();
	struct urchin_receiver_config receiver = {.format.codec_count = URCHIN_CODECS_PER_FORMAT + 1};
	struct urchin_payload_map map[129] = {{0}};
	struct urchin_fingerprint fingerprint = {.algorithm = "sha-256", .len = URCHIN_FINGERPRINT_CAP + 1};
	struct urchin_remote remote = {.ufrag = "u", .pwd = "p", .fingerprints = &fingerprint, .fingerprint_count = 1};
	struct urchin_candidate candidate;
	char long_text[300];
	struct host host;

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	memset(&candidate, 'x', sizeof(candidate));
	start(&host);
	assert_int_equal(urchin_open_connection(host.worker, 1, 0, &config), URCHIN_EINVAL);
	assert_int_equal(urchin_open_connection(host.worker, 1, (uint64_t)1 << 53, &config), URCHIN_EINVAL);
	assert_int_equal(urchin_open_connection(host.worker, 1, 1, NULL), URCHIN_EINVAL);
	config.ice.addresses = null_address;
	assert_int_equal(urchin_open_connection(host.worker, 1, 1, &config), URCHIN_EINVAL);
	config = plain_config();
	config.ice.port_min = 10;
	assert_int_equal(urchin_open_connection(host.worker, 1, 1, &config), URCHIN_EINVAL);
	config = plain_config();
	config.ice.servers = &server;
	config.ice.server_count = 1;
	server.is_turn = true;
	assert_int_equal(urchin_open_connection(host.worker, 1, 1, &config), URCHIN_EINVAL);
	server.is_turn = false;
	server.host = "";
	assert_int_equal(urchin_open_connection(host.worker, 1, 1, &config), URCHIN_EINVAL);
	assert_int_equal(urchin_gather(host.worker, 1, 1, "", "p", true), URCHIN_EINVAL);
	assert_int_equal(urchin_gather(host.worker, 1, 1, "u", long_text, true), URCHIN_EINVAL);
	assert_int_equal(urchin_gather(host.worker, 1, 1, NULL, "p", true), URCHIN_EINVAL);
	assert_int_equal(urchin_set_remote(host.worker, 1, 1, &remote), URCHIN_EINVAL);
	remote.fingerprint_count = 0;
	assert_int_equal(urchin_set_remote(host.worker, 1, 1, &remote), URCHIN_EINVAL);
	assert_int_equal(urchin_add_candidate(host.worker, 1, 1, &candidate), URCHIN_EINVAL);
	assert_int_equal(urchin_add_candidate(host.worker, 1, 1, NULL), URCHIN_EINVAL);
	assert_int_equal(urchin_add_receiver(host.worker, 1, 1, 1, &receiver), URCHIN_EINVAL);
	assert_int_equal(urchin_set_sender_source(host.worker, 1, 1, 1, map, 129), URCHIN_EINVAL);
	assert_int_equal(urchin_set_sender_source(host.worker, 1, 1, 1, NULL, 1), URCHIN_EINVAL);
	stop(&host);
}

static void test_the_command_queue_is_bounded_but_closing_is_possible(void **state)
{
	struct host host;
	int err = 0;
	size_t taken = 0;

	(void)state;
	start(&host);
	open_connection(&host, 1);
	gather(&host, 1, true);
	/* Faster than any worker can run them. */
	while (taken < 5000000 && (err = urchin_set_sender_source(host.worker, 0, 1, 2, NULL, 0)) == 0)
		taken++;
	if (err) {
		assert_int_equal(err, URCHIN_EFULL);
		assert_true(taken >= 65536);
	}
	assert_int_equal(urchin_close_connection(host.worker, 0, 1), 0);
	await(&host, 1, URCHIN_EVENT_CLOSED);
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
	config.ice.port_min = config.ice.port_max = 42440;
	start(&host);
	assert_int_equal(urchin_open_connection(host.worker, 0, 1, &config), 0);
	assert_int_equal(urchin_open_connection(host.worker, 0, 2, &config), 0);
	gather(&host, 1, true);
	gather(&host, 2, true);
	assert_int_equal(await(&host, 1, URCHIN_EVENT_CANDIDATE)->pair->local.port, 42440);
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
	    cmocka_unit_test(test_unknown_ids_are_answered),
	    cmocka_unit_test(test_bad_arguments_are_refused_at_once),
	    cmocka_unit_test(test_the_command_queue_is_bounded_but_closing_is_possible),
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

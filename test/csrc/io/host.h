/* A worker, its owner's side, and calls between connections; for tests through urchin.h. */
#ifndef URCHIN_TEST_IO_HOST_H
#define URCHIN_TEST_IO_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

static inline void on_events(void *owner)
{
	struct host *host = owner;

	pthread_mutex_lock(&host->mutex);
	host->is_filled = true;
	host->on_own_thread = host->on_own_thread || pthread_equal(pthread_self(), host->thread);
	pthread_cond_signal(&host->filled);
	pthread_mutex_unlock(&host->mutex);
}

/* `like` (may be NULL): the host whose certificate this one has too. */
static inline void start_like(struct host *host, const struct host *like)
{
	struct urchin_worker_config config = {
	    .on_events = on_events, .owner = host, .log_level = URCHIN_LOG_ERROR, .like = like ? like->worker : NULL};
	int err = 1;

	memset(host, 0, sizeof(*host));
	pthread_mutex_init(&host->mutex, NULL);
	pthread_cond_init(&host->filled, NULL);
	host->thread = pthread_self();
	host->worker = urchin_worker_new(&config, &err);
	assert_non_null(host->worker);
	assert_int_equal(err, 0);
}

static inline void start(struct host *host)
{
	start_like(host, NULL);
}

static inline void forget_events(struct host *host)
{
	for (size_t i = 0; i < host->count; i++)
		urchin_event_clear(&host->events[i]);
	host->count = 0;
}

static inline void stop(struct host *host)
{
	urchin_worker_free(host->worker);
	assert_false(host->on_own_thread);
	forget_events(host);
	pthread_mutex_destroy(&host->mutex);
	pthread_cond_destroy(&host->filled);
}

/* Takes what there is. Log lines are let go. */
static inline void take(struct host *host)
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
static inline bool wait_events(struct host *host, int timeout_ms)
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

static inline struct urchin_event *find(struct host *host, uint64_t id, enum urchin_event_type type)
{
	for (size_t i = 0; i < host->count; i++)
		if (host->events[i].connection_id == id && host->events[i].type == type)
			return &host->events[i];
	return NULL;
}

static inline struct urchin_event *await(struct host *host, uint64_t id, enum urchin_event_type type)
{
	struct urchin_event *event = find(host, id, type);

	while (!event && wait_events(host, PATIENCE_MS))
		event = find(host, id, type);
	if (!event)
		fail_msg("no event %d of connection %d", (int)type, (int)id);
	return event;
}

/* The code that a request was answered with; asserts that it is answered. */
static inline int32_t await_result(struct host *host, uint64_t request_id)
{
	for (size_t i = 0;;) {
		for (; i < host->count; i++)
			if (host->events[i].type == URCHIN_EVENT_RESULT && host->events[i].object_id == request_id)
				return host->events[i].code;
		assert_true(wait_events(host, PATIENCE_MS));
	}
}

static const char *const loopback[] = {"127.0.0.1"};

static inline struct urchin_connection_config plain_config(void)
{
	return (struct urchin_connection_config){
	    .ice = {.addresses = loopback, .address_count = 1},
	    .connect_timeout_us = 15000000,
	};
}

static inline void open_connection(struct host *host, uint64_t id)
{
	struct urchin_connection_config config = plain_config();

	assert_int_equal(urchin_open_connection(host->worker, 0, id, &config), 0);
}

static inline const char *pwd_of(uint64_t id)
{
	return id % 2 ? "odd-password-0123456789" : "even-password-0123456789";
}

/* Names the worker in a ufrag's first place, for those that share a port. */
static inline char digit_of(const struct host *host)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	int number = urchin_worker_number(host->worker);

	assert_in_range(number, 0, 63);
	return digits[number];
}

static inline void write_ufrag(char ufrag[32], const struct host *host, uint64_t id)
{
	snprintf(ufrag, 32, "%cu%d", digit_of(host), (int)id);
}

static inline void gather(struct host *host, uint64_t id, bool controlling)
{
	char ufrag[32];

	write_ufrag(ufrag, host, id);
	assert_int_equal(urchin_gather(host->worker, 0, id, ufrag, pwd_of(id), controlling), 0);
}

static inline struct urchin_fingerprint read_fingerprint(const char *text)
{
	struct urchin_fingerprint fingerprint = {.algorithm = "sha-256", .len = 32};

	for (int i = 0; i < 32; i++)
		fingerprint.bytes[i] = (uint8_t)strtoul(text + (ptrdiff_t)3 * i, NULL, 16);
	return fingerprint;
}

static inline void set_remote(struct host *host, uint64_t id, struct host *peer, uint64_t peer_id,
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

	write_ufrag(ufrag, peer, peer_id);
	assert_int_equal(urchin_set_remote(host->worker, 0, id, &remote), 0);
}

static inline void pass_candidates(struct host *from, uint64_t from_id, struct host *to, uint64_t to_id)
{
	await(from, from_id, URCHIN_EVENT_GATHERED);
	for (size_t i = 0; i < from->count; i++)
		if (from->events[i].type == URCHIN_EVENT_CANDIDATE && from->events[i].connection_id == from_id)
			assert_int_equal(urchin_add_candidate(to->worker, 0, to_id, &from->events[i].pair->local), 0);
	assert_int_equal(urchin_end_candidates(to->worker, 0, to_id), 0);
}

/* A call between two connections, as far as signalling goes. */
static inline void call(struct host *a, uint64_t a_id, struct host *b, uint64_t b_id,
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
static inline void check_order(struct host *host, uint64_t id)
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

static inline void close_connection(struct host *host, uint64_t id)
{
	assert_int_equal(urchin_close_connection(host->worker, 0, id), 0);
	await(host, id, URCHIN_EVENT_CLOSED);
}

#endif

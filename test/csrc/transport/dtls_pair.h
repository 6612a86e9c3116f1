/* Two DTLS associations joined by a lossy link in fake time. Functions are static: each test program has its own. */
#ifndef URCHIN_TEST_TRANSPORT_DTLS_PAIR_H
#define URCHIN_TEST_TRANSPORT_DTLS_PAIR_H

#include "support/cmocka_all.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/heap.h"
#include "support/fake_clock.h"
#include "transport/dtls.h"

#define PAIR_MTU 1200
#define PAIR_QUEUE_CAP 512
#define MAYBE_UNUSED __attribute__((unused))

struct pair_datagram {
	size_t len;
	uint8_t *bytes;
};

struct pair_end {
	struct dtls_pair *pair;
	int index;
	struct urchin_cert *cert;
	struct urchin_dtls *dtls;
	struct pair_datagram in[PAIR_QUEUE_CAP]; /* on the way to this end */
	size_t in_count;
	size_t sent;
	size_t largest_sent;
	struct pair_datagram last_sent;
	int connected;
	int failed;
	int closed;
	enum urchin_reason reason;
	char detail[200];
	struct urchin_srtp_keys keys;
	bool close_in_callbacks;
};

/*
 * What happens to the n-th (from 0) datagram that end `from` sends: 'd' delivered, 'l' lost, '2' twice,
 * 's' put before the one that is on its way already.
 */
typedef char (*pair_fate)(int from, size_t n);

struct dtls_pair {
	size_t mtu;
	struct pair_end ends[2];
	pair_fate fate;
	uint64_t now_us;
};

static void pair_push(struct pair_end *to, const uint8_t *bytes, size_t len, bool is_swapped)
{
	struct pair_datagram datagram = {.len = len, .bytes = malloc(len)};

	assert_true(to->in_count < PAIR_QUEUE_CAP);
	assert_non_null(datagram.bytes);
	memcpy(datagram.bytes, bytes, len);
	to->in[to->in_count++] = datagram;
	if (is_swapped && to->in_count > 1) {
		to->in[to->in_count - 1] = to->in[to->in_count - 2];
		to->in[to->in_count - 2] = datagram;
	}
}

static void pair_on_send(void *owner, const uint8_t *bytes, size_t len)
{
	struct pair_end *end = owner;
	struct pair_end *other = &end->pair->ends[1 - end->index];
	char fate = end->pair->fate ? end->pair->fate(end->index, end->sent) : 'd';

	assert_true(len <= end->pair->mtu);
	assert_true(len > 0);
	end->sent++;
	if (len > end->largest_sent)
		end->largest_sent = len;
	free(end->last_sent.bytes);
	end->last_sent = (struct pair_datagram){.len = len, .bytes = malloc(len)};
	memcpy(end->last_sent.bytes, bytes, len);
	if (fate == 'd' || fate == '2' || fate == 's')
		pair_push(other, bytes, len, fate == 's');
	if (fate == '2')
		pair_push(other, bytes, len, false);
	if (end->close_in_callbacks)
		urchin_dtls_close(end->dtls);
}

static void pair_on_connected(void *owner, const struct urchin_srtp_keys *keys)
{
	struct pair_end *end = owner;

	end->connected++;
	end->keys = *keys;
	if (end->close_in_callbacks)
		urchin_dtls_close(end->dtls);
}

static void pair_on_failed(void *owner, enum urchin_reason reason, const char *detail)
{
	struct pair_end *end = owner;

	end->failed++;
	end->reason = reason;
	assert_non_null(detail);
	snprintf(end->detail, sizeof(end->detail), "%s", detail);
	if (end->close_in_callbacks)
		urchin_dtls_close(end->dtls);
}

static void pair_on_closed(void *owner)
{
	struct pair_end *end = owner;

	end->closed++;
	if (end->close_in_callbacks)
		urchin_dtls_close(end->dtls);
}

/* The certificate's own fingerprint as a struct. */
MAYBE_UNUSED static struct urchin_fingerprint pair_fingerprint(const struct urchin_cert *cert)
{
	struct urchin_fingerprint fingerprint = {.algorithm = "sha-256", .len = 32};
	const char *text = urchin_cert_fingerprint(cert);

	for (size_t i = 0; i < fingerprint.len; i++)
		fingerprint.bytes[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
	return fingerprint;
}

/* Makes both associations, not started. The certificates stay the caller's. */
MAYBE_UNUSED static struct dtls_pair *pair_open_mtu(struct urchin_cert *cert0, struct urchin_cert *cert1, size_t mtu)
{
	static const struct urchin_dtls_callbacks callbacks = {
	    .send = pair_on_send,
	    .on_connected = pair_on_connected,
	    .on_failed = pair_on_failed,
	    .on_closed = pair_on_closed,
	};
	struct dtls_pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	pair->now_us = 1000000;
	pair->mtu = mtu;
	fake_clock_set_us(pair->now_us);
	for (int i = 0; i < 2; i++) {
		struct pair_end *end = &pair->ends[i];

		end->pair = pair;
		end->index = i;
		end->cert = i ? cert1 : cert0;
		end->dtls = urchin_dtls_new(end->cert, mtu, &callbacks, end);
		assert_non_null(end->dtls);
	}
	return pair;
}

MAYBE_UNUSED static struct dtls_pair *pair_open(struct urchin_cert *cert0, struct urchin_cert *cert1)
{
	return pair_open_mtu(cert0, cert1, PAIR_MTU);
}

MAYBE_UNUSED static void pair_close(struct dtls_pair *pair)
{
	for (int i = 0; i < 2; i++) {
		struct pair_end *end = &pair->ends[i];

		urchin_dtls_free(end->dtls);
		for (size_t n = 0; n < end->in_count; n++)
			free(end->in[n].bytes);
		free(end->last_sent.bytes);
	}
	free(pair);
	fake_clock_set_us(UINT64_MAX);
}

/* Starts one end; it expects the other's certificate. */
MAYBE_UNUSED static void pair_start(struct dtls_pair *pair, int index, enum urchin_dtls_role role)
{
	struct urchin_fingerprint fingerprint = pair_fingerprint(pair->ends[1 - index].cert);

	assert_int_equal(urchin_dtls_start(pair->ends[index].dtls, role, &fingerprint, 1, pair->now_us), 0);
}

/* Gives one end the first datagram that waits for it. */
MAYBE_UNUSED static bool pair_deliver_one(struct pair_end *end)
{
	struct pair_datagram datagram;

	if (end->in_count == 0)
		return false;
	datagram = end->in[0];
	end->in_count--;
	memmove(end->in, end->in + 1, end->in_count * sizeof(end->in[0]));
	urchin_dtls_feed(end->dtls, datagram.bytes, datagram.len, end->pair->now_us);
	free(datagram.bytes);
	return true;
}

MAYBE_UNUSED static void pair_deliver(struct dtls_pair *pair)
{
	while (pair_deliver_one(&pair->ends[0]) || pair_deliver_one(&pair->ends[1]))
		;
}

MAYBE_UNUSED static bool pair_is_settled(const struct dtls_pair *pair)
{
	if (pair->ends[0].failed || pair->ends[1].failed)
		return true;
	return pair->ends[0].connected && pair->ends[1].connected;
}

/* Delivers and lets time pass, timer by timer, until both are connected, one failed, or `span_us` went by. */
MAYBE_UNUSED static void pair_run(struct dtls_pair *pair, uint64_t span_us)
{
	uint64_t end_us = pair->now_us + span_us;

	pair_deliver(pair);
	while (!pair_is_settled(pair)) {
		uint64_t next_us = URCHIN_NEVER_US;

		for (int i = 0; i < 2; i++) {
			uint64_t due_us = urchin_dtls_deadline_us(pair->ends[i].dtls, pair->now_us);

			if (due_us < next_us)
				next_us = due_us;
		}
		if (next_us > end_us) {
			pair->now_us = end_us;
			break;
		}
		/* A timer that is due and does not move on would spin for ever. */
		pair->now_us = next_us > pair->now_us ? next_us : pair->now_us + 1;
		fake_clock_set_us(pair->now_us);
		urchin_dtls_tick(pair->ends[0].dtls, pair->now_us);
		urchin_dtls_tick(pair->ends[1].dtls, pair->now_us);
		pair_deliver(pair);
	}
}

MAYBE_UNUSED static void pair_assert_connected(const struct dtls_pair *pair)
{
	const struct urchin_srtp_keys *a = &pair->ends[0].keys;
	const struct urchin_srtp_keys *b = &pair->ends[1].keys;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(pair->ends[i].failed, 0);
		assert_int_equal(pair->ends[i].connected, 1);
		assert_true(urchin_dtls_is_connected(pair->ends[i].dtls));
		assert_true(urchin_dtls_deadline_us(pair->ends[i].dtls, pair->now_us) == URCHIN_NEVER_US);
	}
	assert_int_equal(a->profile, b->profile);
	assert_memory_equal(a->send_key, b->receive_key, URCHIN_SRTP_KEY_CAP);
	assert_memory_equal(a->send_salt, b->receive_salt, URCHIN_SRTP_SALT_CAP);
	assert_memory_equal(a->receive_key, b->send_key, URCHIN_SRTP_KEY_CAP);
	assert_memory_equal(a->receive_salt, b->send_salt, URCHIN_SRTP_SALT_CAP);
	assert_memory_not_equal(a->send_key, a->receive_key, URCHIN_SRTP_KEY_CAP);
}

/* A numeric value of an association's statistics; fails the test when there is none. */
MAYBE_UNUSED static double pair_stat(const struct pair_end *end, const char *name)
{
	struct urchin_stats stats = {0};
	double value = -1;

	assert_int_equal(urchin_dtls_add_stats(end->dtls, &stats), 0);
	for (size_t i = 0; i < stats.count; i++) {
		if (strcmp(stats.items[i].name, name) == 0)
			value = stats.items[i].value;
	}
	urchin_stats_clear(&stats);
	assert_true(value >= 0);
	return value;
}

/* A text value, "" when there is none. */
MAYBE_UNUSED static const char *pair_stat_text(const struct pair_end *end, const char *name)
{
	struct urchin_stats stats = {0};
	const char *text = "";

	assert_int_equal(urchin_dtls_add_stats(end->dtls, &stats), 0);
	for (size_t i = 0; i < stats.count; i++) {
		if (strcmp(stats.items[i].name, name) == 0)
			text = stats.items[i].text;
	}
	urchin_stats_clear(&stats);
	return text;
}

#endif

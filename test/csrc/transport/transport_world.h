/* Two transports over the fake ICE link in fake time. Functions are static: each test program has its own. */
#ifndef URCHIN_TEST_TRANSPORT_TRANSPORT_WORLD_H
#define URCHIN_TEST_TRANSPORT_TRANSPORT_WORLD_H

#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/heap.h"
#include "support/fake_clock.h"
#include "support/fake_ice.h"
#include "transport/test_certs.h"
#include "transport/transport.h"

#define S 1000000ull
#define EVENTS_MAX 400
#define MAYBE_UNUSED __attribute__((unused))

struct side {
	struct world *world;
	struct urchin_cert *cert;
	struct urchin_transport *transport;
	struct fake_ice_end *end;
	enum urchin_event_type events[EVENTS_MAX]; /* LOG left out */
	size_t event_count;
	size_t logs[4];
	int32_t reason;
	char detail[200];
	int32_t ice_state;
	uint32_t generation;
	size_t rtp_count;
	size_t rtcp_count;
	uint8_t last[2048];
	size_t last_len;
	int closed;
	size_t deadlines;
	int close_at; /* closes inside the n-th event of any kind, counted from 1; 0: never */
	int seen;
};

struct world {
	struct fake_ice_link *link;
	struct side sides[2];
	uint64_t now_us;
};

MAYBE_UNUSED static size_t count_events(const struct side *side, enum urchin_event_type type)
{
	size_t count = 0;

	for (size_t i = 0; i < side->event_count; i++)
		count += side->events[i] == type;
	return count;
}

/* Place of the first event of a type, or a large number. */
MAYBE_UNUSED static size_t place_of(const struct side *side, enum urchin_event_type type)
{
	for (size_t i = 0; i < side->event_count; i++) {
		if (side->events[i] == type)
			return i;
	}
	return EVENTS_MAX;
}

MAYBE_UNUSED static void on_event(void *owner, struct urchin_event *event)
{
	struct side *side = owner;

	assert_int_equal(side->closed, 0);
	assert_true(side->event_count < EVENTS_MAX);
	if (event->type == URCHIN_EVENT_LOG) {
		assert_non_null(event->text);
		/* Credentials never show. */
		assert_null(strstr(event->text, "password"));
		side->logs[event->code]++;
	} else {
		if (count_events(side, URCHIN_EVENT_FAILED) > 0)
			assert_int_equal(event->type, URCHIN_EVENT_CLOSED);
		side->events[side->event_count++] = event->type;
	}
	if (event->type == URCHIN_EVENT_FAILED) {
		side->reason = event->code;
		snprintf(side->detail, sizeof(side->detail), "%s", event->text);
	}
	if (event->type == URCHIN_EVENT_ICE_STATE)
		side->ice_state = event->code;
	if (event->type == URCHIN_EVENT_CANDIDATE || event->type == URCHIN_EVENT_SELECTED_PAIR)
		assert_non_null(event->pair);
	side->generation = event->generation;
	urchin_event_clear(event);
	if (++side->seen == side->close_at)
		urchin_transport_close(side->transport);
}

MAYBE_UNUSED static void keep(struct side *side, const uint8_t *bytes, size_t len)
{
	memcpy(side->last, bytes, len);
	side->last_len = len;
}

MAYBE_UNUSED static void on_rtp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct side *side = owner;

	assert_true(now_us == side->world->now_us);
	side->rtp_count++;
	keep(side, bytes, len);
}

MAYBE_UNUSED static void on_rtcp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct side *side = owner;

	assert_true(now_us == side->world->now_us);
	side->rtcp_count++;
	keep(side, bytes, len);
}

MAYBE_UNUSED static void on_closed(void *owner)
{
	struct side *side = owner;

	assert_true(side->event_count > 0);
	assert_int_equal(side->events[side->event_count - 1], URCHIN_EVENT_CLOSED);
	side->closed++;
}

MAYBE_UNUSED static void on_deadline(void *owner)
{
	((struct side *)owner)->deadlines++;
}

MAYBE_UNUSED static void set_now(struct world *world, uint64_t now_us)
{
	world->now_us = now_us;
	fake_clock_set_us(now_us);
}

MAYBE_UNUSED static struct urchin_transport *new_transport(struct side *side, enum urchin_log_level log_level)
{
	static const struct urchin_transport_callbacks callbacks = {
	    .on_event = on_event,
	    .on_rtp = on_rtp,
	    .on_rtcp = on_rtcp,
	    .on_closed = on_closed,
	    .on_deadline = on_deadline,
	};
	static const char *const addresses[] = {"192.0.2.1"};
	static const struct urchin_ice_config ice = {.addresses = addresses, .address_count = 1};
	struct urchin_transport_config config = {
	    .cert = side->cert,
	    .ice_new = fake_ice_new,
	    .ice_factory_owner = side->end,
	    .ice = &ice,
	    .connect_timeout_us = 20 * S,
	    .now_us = side->world->now_us,
	    .log_level = log_level,
	};

	return urchin_transport_new(&config, &callbacks, side);
}

MAYBE_UNUSED static struct world *open_world(void)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	set_now(world, 5 * S);
	world->link = fake_ice_link_new();
	assert_non_null(world->link);
	for (int i = 0; i < 2; i++) {
		struct side *side = &world->sides[i];

		side->world = world;
		side->cert = certs[i];
		side->end = fake_ice_end(world->link, i);
		side->transport = new_transport(side, URCHIN_LOG_DEBUG);
		assert_non_null(side->transport);
	}
	return world;
}

MAYBE_UNUSED static void close_world(struct world *world)
{
	for (int i = 0; i < 2; i++) {
		urchin_transport_close(world->sides[i].transport);
		urchin_transport_close(world->sides[i].transport);
	}
	for (int i = 0; i < 2; i++)
		assert_true(urchin_transport_deadline_us(world->sides[i].transport, world->now_us) == URCHIN_NEVER_US);
	fake_ice_pump(world->link, world->now_us);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(world->sides[i].closed, 1);
		assert_int_equal(count_events(&world->sides[i], URCHIN_EVENT_CLOSED), 1);
		urchin_transport_free(world->sides[i].transport);
	}
	fake_ice_link_free(world->link);
	free(world);
	fake_clock_set_us(UINT64_MAX);
}

static const char *const ufrags[2][3] = {{"u0ga", "u0gb", "u0gc"}, {"u1ga", "u1gb", "u1gc"}};
static const char *const pwds[2][3] = {
    {"password0gaxxxxxxxxxxx", "password0gbxxxxxxxxxxx", "password0gcxxxxxxxxxxx"},
    {"password1gaxxxxxxxxxxx", "password1gbxxxxxxxxxxx", "password1gcxxxxxxxxxxx"},
};

MAYBE_UNUSED static int gather(struct world *world, int i)
{
	return urchin_transport_gather(world->sides[i].transport, ufrags[i][0], pwds[i][0], i == 0, world->now_us);
}

MAYBE_UNUSED static struct urchin_fingerprint fingerprint_of(const struct urchin_cert *cert)
{
	struct urchin_fingerprint fingerprint = {.algorithm = "sha-256", .len = 32};

	for (size_t i = 0; i < fingerprint.len; i++)
		fingerprint.bytes[i] = (uint8_t)strtoul(urchin_cert_fingerprint(cert) + 3 * i, NULL, 16);
	return fingerprint;
}

/* Tells side i about the other one, whose ICE generation it is. */
MAYBE_UNUSED static int set_remote(struct world *world, int i, int generation)
{
	struct urchin_fingerprint fingerprint = fingerprint_of(world->sides[1 - i].cert);
	struct urchin_remote remote = {
	    .ufrag = ufrags[1 - i][generation],
	    .pwd = pwds[1 - i][generation],
	    .local_dtls_role = i ? URCHIN_DTLS_CLIENT : URCHIN_DTLS_SERVER,
	    .fingerprints = &fingerprint,
	    .fingerprint_count = 1,
	};

	return urchin_transport_set_remote(world->sides[i].transport, &remote, world->now_us);
}

/* Lets `span_us` go by, timer by timer. */
MAYBE_UNUSED static void run(struct world *world, uint64_t span_us)
{
	uint64_t end_us = world->now_us + span_us;

	fake_ice_pump(world->link, world->now_us);
	for (;;) {
		uint64_t next_us = fake_ice_deadline_us(world->link);

		for (int i = 0; i < 2; i++) {
			uint64_t due_us = world->sides[i].closed
					      ? URCHIN_NEVER_US
					      : urchin_transport_deadline_us(world->sides[i].transport, world->now_us);

			if (due_us < next_us)
				next_us = due_us;
		}
		if (next_us > end_us)
			break;
		if (next_us > world->now_us)
			set_now(world, next_us);
		for (int i = 0; i < 2; i++)
			urchin_transport_tick(world->sides[i].transport, world->now_us);
		fake_ice_pump(world->link, world->now_us);
	}
	set_now(world, end_us);
}

MAYBE_UNUSED static struct world *connect_world(void)
{
	struct world *world = open_world();

	for (int i = 0; i < 2; i++) {
		assert_int_equal(gather(world, i), 0);
		assert_int_equal(set_remote(world, i, 0), 0);
	}
	run(world, S);
	for (int i = 0; i < 2; i++)
		assert_true(urchin_transport_is_ready(world->sides[i].transport));
	return world;
}

MAYBE_UNUSED static double stat(const struct side *side, const char *name)
{
	struct urchin_stats stats = {0};
	double value = -1;

	assert_int_equal(urchin_transport_add_stats(side->transport, &stats, 0), 0);
	for (size_t i = 0; i < stats.count; i++) {
		if (strcmp(stats.items[i].name, name) == 0)
			value = stats.items[i].value;
	}
	urchin_stats_clear(&stats);
	assert_true(value >= 0);
	return value;
}

MAYBE_UNUSED static void assert_stat_text(const struct side *side, const char *name, const char *expected)
{
	struct urchin_stats stats = {0};
	const char *text = "absent";

	assert_int_equal(urchin_transport_add_stats(side->transport, &stats, 0), 0);
	for (size_t i = 0; i < stats.count; i++) {
		if (strcmp(stats.items[i].name, name) == 0)
			text = stats.items[i].text;
	}
	assert_string_equal(text, expected);
	urchin_stats_clear(&stats);
}

MAYBE_UNUSED static size_t make_rtp(uint8_t *bytes, uint16_t seq)
{
	memset(bytes, 0, 12);
	bytes[0] = 0x80;
	bytes[1] = 111;
	urchin_write_u16(bytes + 2, seq);
	urchin_write_u32(bytes + 8, 4242);
	for (size_t i = 12; i < 100; i++)
		bytes[i] = (uint8_t)i;
	return 100;
}

#endif

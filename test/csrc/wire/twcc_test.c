/* Transport-wide feedback: round trips within a tick. */
#include "wire/twcc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

#define LOST URCHIN_TWCC_LOST

/* Writes, reads back, and compares each time within the 250 us of a tick. Returns how many were reported. */
static size_t round_trip(const uint64_t *arrival_us, size_t count, size_t cap)
{
	uint8_t out[1400];
	uint64_t read_us[URCHIN_TWCC_PACKETS_MAX];
	size_t used = 0;
	int len = urchin_twcc_write(out, cap, 1, 2, 3, 65530, arrival_us, count, &used);
	assert_true(len > 0 && (size_t)len <= cap && len % 4 == 0);
	struct urchin_rtcp rtcp;
	size_t at = 0;
	assert_true(urchin_rtcp_next(out, (size_t)len, &at, &rtcp));
	struct urchin_twcc twcc;
	assert_int_equal(urchin_twcc_read(&rtcp, &twcc, read_us, URCHIN_TWCC_PACKETS_MAX), 0);
	assert_int_equal(twcc.base_seq, 65530);
	assert_int_equal(twcc.feedback_count, 3);
	assert_int_equal(twcc.count, used);
	for (size_t i = 0; i < used; i++) {
		if (arrival_us[i] == LOST) {
			assert_true(read_us[i] == LOST);
			continue;
		}
		/* The wire knows the time modulo a turn. */
		uint64_t difference_us =
		    (arrival_us[i] + 2 * URCHIN_TWCC_TURN_US + 250 - read_us[i]) % URCHIN_TWCC_TURN_US;
		assert_in_range(difference_us, 1, 499);
	}
	return used;
}

static void feedback_round_trips(void **state)
{
	(void)state;
	static const struct {
		size_t count;
		size_t reported;
		uint64_t arrival_us[16];
	} table[] = {
	    {1, 1, {1000000}},                      /* 1: one packet */
	    {3, 3, {1000000, 1001000, 1001000}},    /* 2: two at once */
	    {4, 4, {1000000, LOST, LOST, 1004000}}, /* 3: a gap */
	    {4, 2, {1000000, 1000300, LOST, LOST}}, /* 4: a loss at the tail waits */
	    {3, 3, {LOST, LOST, 1000000}},          /* 5: losses first */
	    {3, 3, {1000000, 1200000, 1100000}},    /* 6: late: a negative delta */
	    {3, 2, {1000000, 1010000, 20000000}},   /* 7: a delta over 16 bits */
	    {3, 2, {20000000, 20010000, 1000000}},  /* 8: a negative one over 16 bits */
	    {3, 3, {1000000, 9191750, 1000000}},    /* 9: the largest of 16 bits, and nearly the smallest */
	    {2, 2, {64000, 63750}},                 /* 10: before the reference time */
	    {2, 2, {URCHIN_TWCC_TURN_US - 250, URCHIN_TWCC_TURN_US + 250}}, /* 11: over the reference's wrap */
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(round_trip(table[i].arrival_us, table[i].count, 1400), table[i].reported);
}

/*
 * A packet that overtook another around the reference time: its time came out as 0, because times counted from the
 * reference and could not be negative.
 */
static void times_before_the_reference_are_kept(void **state)
{
	(void)state;
	static const uint64_t sent_us[] = {128000, 127000, 1000, 129000};
	uint8_t out[64];
	uint64_t read_us[4];
	size_t used, at = 0;
	struct urchin_rtcp rtcp;
	struct urchin_twcc twcc;
	int len = urchin_twcc_write(out, sizeof(out), 1, 2, 0, 0, sent_us, 4, &used);
	assert_true(len > 0 && urchin_rtcp_next(out, (size_t)len, &at, &rtcp));
	assert_int_equal(urchin_twcc_read(&rtcp, &twcc, read_us, 4), 0);
	for (size_t i = 0; i < 4; i++)
		assert_true(read_us[i] == URCHIN_TWCC_TURN_US + sent_us[i]);
}

static void random_patterns_round_trip(void **state)
{
	(void)state;
	srand(11);
	for (int round = 0; round < 300; round++) {
		uint64_t arrival_us[600];
		uint64_t now_us = 5000000;
		size_t count = 1 + (size_t)rand() % 600;
		int loss = rand() % 3 * 40;
		for (size_t i = 0; i < count; i++) {
			now_us += (uint64_t)rand() % 20000;
			arrival_us[i] = rand() % 100 < loss ? LOST : now_us;
		}
		arrival_us[0] = 5000000;
		size_t cap = 24 + (size_t)rand() % 1000;
		assert_true(round_trip(arrival_us, count, cap) >= 1);
	}
}

/* Draft 3.1.3 and 3.1.4, every kind of chunk as another writer would choose it. */
static void reads_every_kind_of_chunk(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {
	    0x8f, 205,  0, 8,    0,    0,    0,    1, 0, 0, 0, 2, /* header */
	    0xff, 0xff, 0, 25,   0xff, 0xff, 0xff, 9, /* base 65535, 25 packets, the last reference time, number 9 */
	    0xa0, 0x03,                               /* one-bit vector: +, 11 lost, +, + */
	    0x00, 0x04,                               /* a run of 4 lost */
	    0xe6, 0x00,                               /* two-bit vector: large, small, large, 4 lost */
	    1,    2,    3,                            /* the small deltas of the first chunk */
	    0xff, 0xff, 4, 0x7f, 0xff, 0,    0,       /* -1, 4, 32767; padding */
	};
	struct urchin_rtcp rtcp;
	struct urchin_twcc twcc;
	uint64_t read_us[25];
	size_t at = 0;
	assert_int_equal(sizeof(bytes), 36);
	assert_true(urchin_rtcp_next(bytes, sizeof(bytes), &at, &rtcp));
	assert_int_equal(urchin_twcc_read(&rtcp, &twcc, read_us, 25), 0);
	assert_int_equal(twcc.base_seq, 65535);
	assert_int_equal(twcc.reference_64ms, 0xffffff);
	assert_int_equal(twcc.feedback_count, 9);
	static const struct {
		size_t index;
		uint64_t ticks;
	} arrived[] = {{0, 1}, {12, 3}, {13, 6}, {18, 5}, {19, 9}, {20, 32776}};
	const uint64_t start_us = 2 * URCHIN_TWCC_TURN_US - 64000;
	size_t k = 0;
	for (size_t i = 0; i < 25; i++) {
		bool has_arrived = k < sizeof(arrived) / sizeof(arrived[0]) && arrived[k].index == i;
		assert_true(read_us[i] == (has_arrived ? start_us + arrived[k].ticks * 250 : LOST));
		k += has_arrived;
	}
}

static void unusable_arguments_are_refused(void **state)
{
	(void)state;
	static const uint64_t lost[] = {LOST, LOST};
	uint8_t out[64];
	size_t used;
	assert_int_equal(urchin_twcc_write(out, sizeof(out), 1, 2, 0, 0, lost, 2, &used), URCHIN_EINVAL);
	assert_int_equal(urchin_twcc_write(out, sizeof(out), 1, 2, 0, 0, lost, 0, &used), URCHIN_EINVAL);
	static const uint64_t one[] = {1000};
	assert_int_equal(urchin_twcc_write(out, 20, 1, 2, 0, 0, one, 1, &used), URCHIN_ETOOBIG);
}

/* Runs of zero must not loop, chunks and deltas must be there, and the count must fit the caller's array. */
static void feedback_that_lies_is_refused(void **state)
{
	(void)state;
	uint8_t bytes[] = {0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 10, 0, 3, 0, 0, 1, 0, 0x20, 0x03, 1, 1};
	struct urchin_rtcp rtcp;
	struct urchin_twcc twcc;
	uint64_t arrival_us[8];
	size_t at = 0;
	assert_true(urchin_rtcp_next(bytes, sizeof(bytes), &at, &rtcp));
	assert_int_equal(urchin_twcc_read(&rtcp, &twcc, arrival_us, 8), URCHIN_EMALFORMED);
	bytes[20] = bytes[21] = 0;
	assert_int_equal(urchin_twcc_read(&rtcp, &twcc, arrival_us, 8), URCHIN_EMALFORMED);
	bytes[14] = 0xff;
	assert_int_equal(urchin_twcc_read(&rtcp, &twcc, arrival_us, 8), URCHIN_ETOOBIG);
	bytes[14] = 0;
	bytes[15] = 2;
	bytes[20] = 0x20;
	bytes[21] = 0x02;
	assert_int_equal(urchin_twcc_read(&rtcp, &twcc, arrival_us, 8), 0);
	assert_true(arrival_us[1] - URCHIN_TWCC_TURN_US == 64000 + 500);
}

/* At every length in 32-bit words the chunks or deltas are cut off: refused, and nothing is touched. */
static void cut_off_feedback_is_refused(void **state)
{
	(void)state;
	uint64_t arrival_us[40], untouched[40];
	uint8_t whole[200];
	size_t used;
	for (size_t i = 0; i < 40; i++)
		arrival_us[i] = i % 3 == 1 ? LOST : 1000000 + i * 70000;
	int len = urchin_twcc_write(whole, sizeof(whole), 1, 2, 3, 65530, arrival_us, 40, &used);
	assert_true(len > 0);
	memset(arrival_us, 0x55, sizeof(arrival_us));
	memset(untouched, 0x55, sizeof(untouched));
	/* All but the last word, which may be padding. */
	for (size_t cut = 4; cut < (size_t)len - 4; cut += 4) {
		uint8_t *bytes = malloc(cut);
		struct urchin_twcc twcc = {.base_seq = 77};
		struct urchin_rtcp rtcp;
		size_t at = 0;
		memcpy(bytes, whole, cut);
		bytes[3] = (uint8_t)(cut / 4 - 1);
		assert_true(urchin_rtcp_next(bytes, cut, &at, &rtcp));
		assert_int_equal(urchin_twcc_read(&rtcp, &twcc, arrival_us, 40), URCHIN_EMALFORMED);
		assert_int_equal(twcc.base_seq, 77);
		assert_memory_equal(arrival_us, untouched, sizeof(untouched));
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(feedback_round_trips),           cmocka_unit_test(times_before_the_reference_are_kept),
	    cmocka_unit_test(random_patterns_round_trip),     cmocka_unit_test(reads_every_kind_of_chunk),
	    cmocka_unit_test(unusable_arguments_are_refused), cmocka_unit_test(feedback_that_lies_is_refused),
	    cmocka_unit_test(cut_off_feedback_is_refused),
	};
	return cmocka_run_group_tests_name("twcc", tests, NULL, NULL);
}

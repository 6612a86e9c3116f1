#include "wire/twcc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

#define LOST URCHIN_TWCC_LOST
#define REFERENCE_US 64000

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
		int64_t difference =
		    (int64_t)(arrival_us[i] - (uint64_t)twcc.reference_64ms * REFERENCE_US - read_us[i]);
		assert_true(difference > -250 && difference < 250);
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
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(round_trip(table[i].arrival_us, table[i].count, 1400), table[i].reported);
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
	assert_int_equal(arrival_us[1], 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(feedback_round_trips),
	    cmocka_unit_test(random_patterns_round_trip),
	    cmocka_unit_test(unusable_arguments_are_refused),
	    cmocka_unit_test(feedback_that_lies_is_refused),
	};
	return cmocka_run_group_tests_name("twcc", tests, NULL, NULL);
}

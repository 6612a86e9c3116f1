/* Arrivals become feedback: every 100 ms, gaps as lost, nothing told twice. */
#include "support/cmocka_all.h"

#include "base/heap.h"
#include "media/twcc_recorder.h"

static struct urchin_twcc_recorder recorder;
static uint8_t out[1200];

static int setup(void **state)
{
	(void)state;
	urchin_twcc_recorder_init(&recorder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	urchin_twcc_recorder_clear(&recorder);
	return 0;
}

/* Writes one feedback packet and reads it back; returns the number of packets it tells of. */
static size_t write_and_read(struct urchin_twcc *twcc, uint64_t *arrival_us, size_t cap)
{
	struct urchin_rtcp rtcp;
	size_t at = 0;
	size_t len = urchin_twcc_recorder_write(&recorder, 1, 2, out, sizeof out);
	if (len == 0)
		return 0;
	assert_true(urchin_rtcp_next(out, len, &at, &rtcp));
	assert_int_equal(urchin_twcc_read(&rtcp, twcc, arrival_us, cap), 0);
	return twcc->count;
}

static void tells_arrivals_and_gaps_over_the_wrap(void **state)
{
	struct urchin_twcc twcc;
	uint64_t arrival_us[64];

	(void)state;
	assert_int_equal(urchin_twcc_recorder_deadline_us(&recorder), URCHIN_NEVER_US);
	urchin_twcc_recorder_feed(&recorder, 65534, 5000000);
	urchin_twcc_recorder_feed(&recorder, 65535, 5010000);
	urchin_twcc_recorder_feed(&recorder, 2, 5030000);
	urchin_twcc_recorder_feed(&recorder, 1, 5040000);
	urchin_twcc_recorder_feed(&recorder, 1, 5090000); /* the first arrival counts */
	assert_int_equal(urchin_twcc_recorder_deadline_us(&recorder), 5100000);
	assert_int_equal(write_and_read(&twcc, arrival_us, 64), 5);
	assert_int_equal(twcc.base_seq, 65534);
	assert_int_equal(arrival_us[1] - arrival_us[0], 10000);
	assert_true(arrival_us[2] == URCHIN_TWCC_LOST);
	assert_int_equal(arrival_us[3] - arrival_us[0], 40000);
	assert_int_equal(arrival_us[4] - arrival_us[0], 30000);
	assert_int_equal(write_and_read(&twcc, arrival_us, 64), 0);
	assert_int_equal(urchin_twcc_recorder_deadline_us(&recorder), URCHIN_NEVER_US);
}

static void goes_on_behind_what_was_told(void **state)
{
	struct urchin_twcc twcc;
	uint64_t arrival_us[64];

	(void)state;
	urchin_twcc_recorder_feed(&recorder, 10, 1000000);
	assert_int_equal(write_and_read(&twcc, arrival_us, 64), 1);
	assert_int_equal(twcc.feedback_count, 0);
	urchin_twcc_recorder_feed(&recorder, 9, 1100000); /* too late */
	assert_int_equal(recorder.dropped, 1);
	urchin_twcc_recorder_feed(&recorder, 13, 1200000);
	assert_int_equal(write_and_read(&twcc, arrival_us, 64), 3);
	assert_int_equal(twcc.base_seq, 11);
	assert_int_equal(twcc.feedback_count, 1);
	assert_true(arrival_us[0] == URCHIN_TWCC_LOST && arrival_us[1] == URCHIN_TWCC_LOST);
}

static void is_bounded(void **state)
{
	struct urchin_twcc twcc;
	uint64_t arrival_us[URCHIN_TWCC_PACKETS_MAX];
	uint64_t now_us = 1000000;
	size_t told = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		urchin_twcc_recorder_feed(&recorder, (uint16_t)i, now_us += 10);
	assert_true(urchin_twcc_recorder_deadline_us(&recorder) <= now_us); /* many wait: at once */
	for (size_t count; (count = write_and_read(&twcc, arrival_us, URCHIN_TWCC_PACKETS_MAX)) > 0;)
		told += count;
	assert_int_equal(told, 1000);
	/* jumps further than the table is long */
	urchin_twcc_recorder_feed(&recorder, 1000, now_us);
	urchin_twcc_recorder_feed(&recorder, 30000, now_us);
	urchin_twcc_recorder_feed(&recorder, 60000, now_us);
	assert_int_equal(write_and_read(&twcc, arrival_us, URCHIN_TWCC_PACKETS_MAX), 1);
	assert_int_equal(twcc.base_seq, 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(tells_arrivals_and_gaps_over_the_wrap, setup, teardown),
	    cmocka_unit_test_setup_teardown(goes_on_behind_what_was_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(is_bounded, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Sequence validation, loss and jitter (RFC 3550 A.1, A.3, A.8). */
#include "support/cmocka_all.h"

#include "media/recv_stats.h"

static enum urchin_recv_order feed(struct urchin_recv_stats *stats, uint16_t seq)
{
	uint64_t ext_seq;
	return urchin_recv_stats_feed(stats, seq, 0, 0, 100, 0, &ext_seq);
}

static void orders_packets(void **state)
{
	static const struct {
		uint16_t seq;
		enum urchin_recv_order order;
	} steps[] = {
	    {65534, URCHIN_RECV_NEWEST}, {65535, URCHIN_RECV_NEWEST}, {1, URCHIN_RECV_NEWEST},
	    {0, URCHIN_RECV_LATE},       {65533, URCHIN_RECV_LATE}, /* before the first one */
	    {3000, URCHIN_RECV_NEWEST},  {9000, URCHIN_RECV_INVALID}, {3001, URCHIN_RECV_NEWEST},
	    {9000, URCHIN_RECV_INVALID}, {9002, URCHIN_RECV_INVALID}, {9003, URCHIN_RECV_RESTART},
	    {9004, URCHIN_RECV_NEWEST},  {7981, URCHIN_RECV_LATE},    {7980, URCHIN_RECV_INVALID},
	};
	struct urchin_recv_stats stats;

	(void)state;
	urchin_recv_stats_init(&stats);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		assert_int_equal(feed(&stats, steps[i].seq), steps[i].order);
	assert_int_equal(stats.invalid, 4);
}

static void extends_numbers_over_the_wrap(void **state)
{
	struct urchin_recv_stats stats;
	uint64_t first;
	uint64_t next;

	(void)state;
	urchin_recv_stats_init(&stats);
	urchin_recv_stats_feed(&stats, 65535, 0, 0, 1, 0, &first);
	urchin_recv_stats_feed(&stats, 0, 0, 0, 1, 0, &next);
	assert_int_equal(next, first + 1);
	urchin_recv_stats_feed(&stats, 65534, 0, 0, 1, 0, &next);
	assert_int_equal(next, first - 1);
}

static void reports_loss(void **state)
{
	struct urchin_recv_stats stats;
	struct urchin_report_block report;

	(void)state;
	urchin_recv_stats_init(&stats);
	for (uint16_t i = 0; i < 100; i++) {
		if (i % 4 != 1)
			feed(&stats, (uint16_t)(65500 + i));
	}
	urchin_recv_stats_report(&stats, 0, &report);
	assert_int_equal(report.cumulative_lost, 25);
	assert_int_equal(report.fraction_lost, 64);
	assert_int_equal(report.highest_seq, 65500 + 99); /* one cycle: 0x1003f */
	urchin_recv_stats_report(&stats, 0, &report);
	assert_int_equal(report.fraction_lost, 0);
	/* late ones and duplicates lower the sum below zero */
	for (int i = 0; i < 40; i++)
		feed(&stats, 63);
	urchin_recv_stats_report(&stats, 0, &report);
	assert_int_equal(report.cumulative_lost, -15);
	assert_int_equal(report.fraction_lost, 0);
}

static void measures_jitter(void **state)
{
	struct urchin_recv_stats stats;
	struct urchin_report_block report;
	uint64_t ext_seq;
	uint64_t now_us = 5000000;

	(void)state;
	urchin_recv_stats_init(&stats);
	for (uint16_t i = 0; i < 500; i++) {
		urchin_recv_stats_feed(&stats, i, i * 960u + 0xfffffff0u, 48000, 100, now_us, &ext_seq);
		now_us += 20000;
	}
	urchin_recv_stats_report(&stats, now_us, &report);
	assert_int_equal(report.jitter_rtp, 0);
	/* every second packet 10 ms late: |D| is always 480 units */
	for (uint16_t i = 500; i < 1000; i++) {
		uint64_t late_us = i % 2 ? 10000 : 0;
		urchin_recv_stats_feed(&stats, i, i * 960u + 0xfffffff0u, 48000, 100, now_us + late_us, &ext_seq);
		now_us += 20000;
	}
	urchin_recv_stats_report(&stats, now_us, &report);
	assert_in_range(report.jitter_rtp, 470, 481);
}

static void tells_when_the_last_sr_came(void **state)
{
	struct urchin_recv_stats stats;
	struct urchin_report_block report;

	(void)state;
	urchin_recv_stats_init(&stats);
	feed(&stats, 1);
	urchin_recv_stats_report(&stats, 77, &report);
	assert_int_equal(report.last_sr_ntp, 0);
	assert_int_equal(report.delay_since_sr, 0);
	urchin_recv_stats_feed_sr(&stats, 0x1111222233334444, 1000000);
	urchin_recv_stats_report(&stats, 2500000, &report);
	assert_int_equal(report.last_sr_ntp, 0x22223333);
	assert_int_equal(report.delay_since_sr, 65536 + 32768);
}

/*
 * At 500 packets a second two lost neighbours that were asked for twice came 130 packets late. The first was thrown
 * away, and the second taken for the beginning of another stream: every viewer had to wait for a key frame.
 */
static void late_retransmissions_are_no_new_beginning(void **state)
{
	struct urchin_recv_stats stats;

	(void)state;
	urchin_recv_stats_init(&stats);
	for (uint16_t seq = 65500; seq != 200; seq++) {
		if (seq != 65535 && seq != 0)
			assert_int_equal(feed(&stats, seq), URCHIN_RECV_NEWEST);
	}
	assert_int_equal(feed(&stats, 65535), URCHIN_RECV_LATE);
	assert_int_equal(feed(&stats, 0), URCHIN_RECV_LATE);
	assert_int_equal(urchin_recv_stats_lost(&stats), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(orders_packets),
	    cmocka_unit_test(extends_numbers_over_the_wrap),
	    cmocka_unit_test(reports_loss),
	    cmocka_unit_test(measures_jitter),
	    cmocka_unit_test(tells_when_the_last_sr_came),
	    cmocka_unit_test(late_retransmissions_are_no_new_beginning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

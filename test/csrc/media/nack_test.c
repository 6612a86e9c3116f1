/* When missing packets are asked for, how often, and when no more. */
#include "support/cmocka_all.h"

#include "base/heap.h"
#include "media/nack.h"

#define BASE 131070u /* two below a wrap of the 16-bit number */
#define RTT_US 50000

static struct urchin_nack nack;
static uint16_t seqs[URCHIN_NACK_CAP];

static int setup(void **state)
{
	(void)state;
	urchin_nack_init(&nack);
	return 0;
}

static size_t collect(uint64_t now_us)
{
	return urchin_nack_collect(&nack, RTT_US, now_us, seqs, URCHIN_NACK_CAP);
}

static void asks_for_nothing_before_the_first_packet(void **state)
{
	(void)state;
	assert_true(urchin_nack_feed(&nack, BASE, 0));
	assert_true(urchin_nack_feed(&nack, BASE - 5, 0));
	assert_int_equal(urchin_nack_deadline_us(&nack), URCHIN_NEVER_US);
	assert_int_equal(collect(1000000), 0);
}

static void asks_over_the_wrap_in_order(void **state)
{
	(void)state;
	urchin_nack_feed(&nack, BASE, 0);
	urchin_nack_feed(&nack, BASE + 4, 1000);
	assert_int_equal(collect(1000), 0); /* it may only be overtaken */
	uint64_t due_us = urchin_nack_deadline_us(&nack);
	assert_true(due_us > 1000 && due_us <= 21000);
	assert_int_equal(collect(due_us), 3);
	assert_int_equal(seqs[0], 65535);
	assert_int_equal(seqs[1], 0);
	assert_int_equal(seqs[2], 1);
}

static void does_not_ask_for_what_was_overtaken(void **state)
{
	(void)state;
	urchin_nack_feed(&nack, BASE, 0);
	urchin_nack_feed(&nack, BASE + 3, 0);
	urchin_nack_feed(&nack, BASE + 2, 1000);
	assert_int_equal(collect(100000), 1);
	assert_int_equal(seqs[0], 65535);
	urchin_nack_feed(&nack, BASE + 1, 110000);
	assert_int_equal(collect(10000000), 0);
	assert_int_equal(urchin_nack_deadline_us(&nack), URCHIN_NEVER_US);
	assert_int_equal(nack.given_up, 0);
}

static void tries_ten_times_a_round_trip_apart(void **state)
{
	int tries = 0;

	(void)state;
	urchin_nack_feed(&nack, BASE, 0);
	urchin_nack_feed(&nack, BASE + 2, 0);
	uint64_t last_us = 0;
	for (uint64_t now_us = 0; now_us < 3000000; now_us += 1000) {
		if (collect(now_us) == 0)
			continue;
		if (tries > 0)
			assert_true(now_us - last_us >= RTT_US);
		last_us = now_us;
		tries++;
	}
	assert_int_equal(tries, URCHIN_NACK_TRIES);
	assert_int_equal(nack.given_up, 1);
	assert_int_equal(urchin_nack_deadline_us(&nack), URCHIN_NEVER_US);
}

static void gives_up_what_is_too_old(void **state)
{
	(void)state;
	urchin_nack_feed(&nack, BASE, 0);
	urchin_nack_feed(&nack, BASE + 2, 0);
	assert_int_equal(collect(20000000), 0);
	assert_int_equal(nack.given_up, 1);
}

static void is_bounded(void **state)
{
	(void)state;
	urchin_nack_feed(&nack, BASE, 0);
	assert_false(urchin_nack_feed(&nack, BASE + URCHIN_NACK_CAP + 2, 0));
	assert_int_equal(collect(20000), 0);
	assert_int_equal(nack.given_up, URCHIN_NACK_CAP + 1);
	uint64_t ext_seq = BASE + URCHIN_NACK_CAP + 2;
	for (int i = 0; i < 2000; i++)
		assert_true(urchin_nack_feed(&nack, ext_seq += 2, 0));
	assert_int_equal(nack.count, URCHIN_NACK_CAP);
	assert_int_equal(collect(20000), URCHIN_NACK_CAP);
	assert_int_equal(seqs[URCHIN_NACK_CAP - 1], (uint16_t)(ext_seq - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(asks_for_nothing_before_the_first_packet, setup),
	    cmocka_unit_test_setup(asks_over_the_wrap_in_order, setup),
	    cmocka_unit_test_setup(does_not_ask_for_what_was_overtaken, setup),
	    cmocka_unit_test_setup(tries_ten_times_a_round_trip_apart, setup),
	    cmocka_unit_test_setup(gives_up_what_is_too_old, setup),
	    cmocka_unit_test_setup(is_bounded, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

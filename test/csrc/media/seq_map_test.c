/* Numbers stay without a gap over drops, pauses, wraps and new sources, and can be found again. */
#include "support/cmocka_all.h"

#include "media/seq_map.h"

static struct urchin_seq_map map;

static void assert_forward(uint64_t ext_seq, uint16_t expected)
{
	uint16_t out;
	uint64_t back;
	assert_true(urchin_seq_map_forward(&map, ext_seq, &out));
	assert_int_equal(out, expected);
	assert_true(urchin_seq_map_reverse(&map, expected, &back));
	assert_int_equal(back, ext_seq);
}

static void assert_unmapped(uint64_t ext_seq)
{
	uint16_t out;
	assert_false(urchin_seq_map_forward(&map, ext_seq, &out));
}

static void keeps_distance_over_the_wrap(void **state)
{
	(void)state;
	urchin_seq_map_init(&map, 65534);
	assert_true(urchin_seq_map_begin(&map, 100000, true));
	for (uint16_t i = 0; i < 5; i++)
		assert_forward(100000u + i, (uint16_t)(65534 + i));
	assert_unmapped(99999);
}

static void closes_the_gap_of_a_dropped_packet(void **state)
{
	(void)state;
	urchin_seq_map_init(&map, 10);
	urchin_seq_map_begin(&map, 1000, true);
	assert_forward(1000, 10);
	urchin_seq_map_drop(&map, 1001);
	urchin_seq_map_drop(&map, 1002);
	assert_forward(1003, 11);
	urchin_seq_map_drop(&map, 1005);
	assert_forward(1006, 13);
	assert_forward(1004, 12); /* late, from before the drop */
	assert_unmapped(1005);
	assert_unmapped(1001);
}

static void leaves_a_gap_for_a_late_drop(void **state)
{
	uint64_t back;

	(void)state;
	urchin_seq_map_init(&map, 10);
	urchin_seq_map_begin(&map, 1000, true);
	assert_forward(1000, 10);
	assert_forward(1002, 12);
	urchin_seq_map_drop(&map, 1001);
	assert_forward(1003, 13);
	assert_false(urchin_seq_map_reverse(&map, 14, &back)); /* never sent */
}

static void goes_on_after_a_pause(void **state)
{
	(void)state;
	urchin_seq_map_init(&map, 10);
	urchin_seq_map_begin(&map, 1000, true);
	assert_forward(1000, 10);
	assert_forward(1001, 11);
	assert_true(urchin_seq_map_begin(&map, 5000, false));
	assert_forward(5000, 12);
	assert_forward(1000, 10); /* resent */
	assert_unmapped(1002);    /* its number belongs to 5000 now */
	assert_false(urchin_seq_map_begin(&map, 4000, false));
	assert_forward(5001, 13);
}

static void a_pause_after_an_early_drop_gives_no_number_twice(void **state)
{
	(void)state;
	urchin_seq_map_init(&map, 10);
	urchin_seq_map_begin(&map, 1000, true);
	assert_forward(1000, 10);
	urchin_seq_map_drop(&map, 1003); /* 1001 and 1002 are still under way */
	urchin_seq_map_begin(&map, 2000, false);
	assert_forward(2000, 11);
	assert_unmapped(1001);
	assert_unmapped(1002);
}

static void forgets_the_source_before(void **state)
{
	uint64_t back;

	(void)state;
	urchin_seq_map_init(&map, 10);
	urchin_seq_map_begin(&map, 1000, true);
	assert_forward(1000, 10);
	urchin_seq_map_begin(&map, 70, true);
	assert_forward(70, 11);
	assert_unmapped(69);
	assert_unmapped(60);
	assert_false(urchin_seq_map_reverse(&map, 10, &back));
}

static void survives_more_drops_than_it_remembers(void **state)
{
	uint16_t expected = 10;
	uint16_t out;
	uint64_t back;

	(void)state;
	urchin_seq_map_init(&map, 10);
	urchin_seq_map_begin(&map, 1000, true);
	for (uint64_t ext_seq = 1000; ext_seq < 1000 + 6 * URCHIN_SEQ_MAP_RANGES; ext_seq++) {
		if (ext_seq % 3 == 0)
			urchin_seq_map_drop(&map, ext_seq);
		else
			assert_forward(ext_seq, expected++);
	}
	assert_false(urchin_seq_map_forward(&map, 1000, &out));
	assert_false(urchin_seq_map_reverse(&map, 10, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_distance_over_the_wrap),
	    cmocka_unit_test(closes_the_gap_of_a_dropped_packet),
	    cmocka_unit_test(leaves_a_gap_for_a_late_drop),
	    cmocka_unit_test(goes_on_after_a_pause),
	    cmocka_unit_test(a_pause_after_an_early_drop_gives_no_number_twice),
	    cmocka_unit_test(forgets_the_source_before),
	    cmocka_unit_test(survives_more_drops_than_it_remembers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

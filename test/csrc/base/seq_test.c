/* Numbers that wrap, and big-endian integers. */
#include "base/seq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/bytes.h"

static void extends_across_wraps(void **state)
{
	(void)state;
	static const struct {
		uint64_t reference;
		uint16_t seq;
		uint64_t expected;
	} table[] = {
	    {65536 + 10, 11, 65536 + 11},          /* 1: next */
	    {65536 + 10, 65535, 65535},            /* 2: late, from before the wrap */
	    {65535, 0, 65536},                     /* 3: the wrap itself */
	    {65536 * 5 + 65530, 3, 65536 * 6 + 3}, /* 4: a wrap with a gap */
	    {65536 + 1, 1, 65536 + 1},             /* 5: the same */
	    {65536, 32767, 65536 + 32767},         /* 6: as far ahead as there is */
	    {65536, 32768, 32768},                 /* 7: one more is behind */
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(urchin_seq_extend(table[i].reference, table[i].seq), table[i].expected);
}

static void order_wraps(void **state)
{
	(void)state;
	assert_int_equal(urchin_seq_diff(3, 65534), 5);
	assert_int_equal(urchin_rtp_time_diff(5, UINT32_MAX - 4), 10);
	assert_int_equal(urchin_rtp_time_diff(UINT32_MAX - 4, 5), -10);
}

static void integers_round_trip(void **state)
{
	(void)state;
	uint8_t bytes[8];
	urchin_write_u16(bytes, 0x1234);
	assert_int_equal(bytes[0], 0x12);
	assert_int_equal(urchin_read_u16(bytes), 0x1234);
	urchin_write_u24(bytes, 0xfedcba);
	assert_int_equal(urchin_read_u24(bytes), 0xfedcba);
	urchin_write_u32(bytes, 0x89abcdef);
	assert_int_equal(urchin_read_u32(bytes), 0x89abcdef);
	urchin_write_u64(bytes, UINT64_C(0x0123456789abcdef));
	assert_int_equal(bytes[0], 0x01);
	assert_int_equal(urchin_read_u64(bytes), UINT64_C(0x0123456789abcdef));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(extends_across_wraps),
	    cmocka_unit_test(order_wraps),
	    cmocka_unit_test(integers_round_trip),
	};
	return cmocka_run_group_tests_name("seq", tests, NULL, NULL);
}

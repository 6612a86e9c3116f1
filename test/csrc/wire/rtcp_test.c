/* Reports, SDES and BYE: round trips, cuts and lies (RFC 3550). */
#include "wire/rtcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/err.h"

static const struct urchin_report_block blocks[] = {
    {0x01020304, 17, -5, 0x00012345, 99, 0xaabbccdd, 0x10000},
    {0x05060708, 255, 0x7fffff, 0xffffffff, 0, 0, 0},
};

static void sender_reports_round_trip(void **state)
{
	(void)state;
	const struct urchin_sender_info info = {UINT64_C(0x0123456789abcdef), 0x11223344, 55, 66};
	uint8_t out[100];
	int len = urchin_rtcp_write_sr(out, sizeof(out), 0xcafe, &info, blocks, 2);
	assert_int_equal(len, 28 + 48);
	struct urchin_rtcp rtcp;
	size_t at = 0;
	assert_true(urchin_rtcp_next(out, (size_t)len, &at, &rtcp));
	assert_int_equal(rtcp.type, URCHIN_RTCP_SR);
	uint32_t ssrc;
	struct urchin_sender_info read;
	assert_int_equal(urchin_rtcp_read_sr(&rtcp, &ssrc, &read), 0);
	assert_int_equal(ssrc, 0xcafe);
	/* Field by field: compared as bytes, the struct's padding once failed the optimised build by chance. */
	assert_true(read.time_ntp == info.time_ntp);
	assert_int_equal(read.time_rtp, info.time_rtp);
	assert_int_equal(read.packet_count, info.packet_count);
	assert_int_equal(read.octet_count, info.octet_count);
	for (size_t i = 0; i < 2; i++) {
		struct urchin_report_block block;
		assert_int_equal(urchin_rtcp_read_block(&rtcp, i, &block), 0);
		assert_int_equal(block.ssrc, blocks[i].ssrc);
		assert_int_equal(block.fraction_lost, blocks[i].fraction_lost);
		assert_int_equal(block.cumulative_lost, blocks[i].cumulative_lost);
		assert_int_equal(block.highest_seq, blocks[i].highest_seq);
		assert_int_equal(block.jitter_rtp, blocks[i].jitter_rtp);
		assert_int_equal(block.last_sr_ntp, blocks[i].last_sr_ntp);
		assert_int_equal(block.delay_since_sr, blocks[i].delay_since_sr);
	}
	struct urchin_report_block block;
	assert_int_equal(urchin_rtcp_read_block(&rtcp, 2, &block), URCHIN_EMALFORMED);
	assert_false(urchin_rtcp_next(out, (size_t)len, &at, &rtcp));
}

/* RFC 3550 A.3: more than 24 bits of loss, in both directions, is clamped. */
static void cumulative_loss_is_clamped(void **state)
{
	(void)state;
	const struct urchin_report_block much[] = {{.cumulative_lost = 0x1000000}, {.cumulative_lost = -0x1000000}};
	uint8_t out[100];
	int len = urchin_rtcp_write_rr(out, sizeof(out), 1, much, 2);
	struct urchin_rtcp rtcp;
	struct urchin_report_block block;
	size_t at = 0;
	assert_true(urchin_rtcp_next(out, (size_t)len, &at, &rtcp));
	assert_int_equal(urchin_rtcp_read_block(&rtcp, 0, &block), 0);
	assert_int_equal(block.cumulative_lost, 0x7fffff);
	assert_int_equal(urchin_rtcp_read_block(&rtcp, 1, &block), 0);
	assert_int_equal(block.cumulative_lost, -0x800000);
}

static void a_compound_round_trips(void **state)
{
	(void)state;
	static const char *const cnames[] = {"a", "ab", "abc", "abcd", "a-longer-name@example"};
	for (size_t i = 0; i < sizeof(cnames) / sizeof(cnames[0]); i++) {
		uint8_t out[200];
		const uint32_t left[] = {7, 8};
		int rr = urchin_rtcp_write_rr(out, sizeof(out), 3, NULL, 0);
		int sdes = urchin_rtcp_write_sdes(out + rr, sizeof(out) - (size_t)rr, 3, cnames[i]);
		int bye = urchin_rtcp_write_bye(out + rr + sdes, sizeof(out) - (size_t)(rr + sdes), left, 2);
		size_t len = (size_t)(rr + sdes + bye);
		assert_int_equal(sdes % 4, 0);
		struct urchin_rtcp rtcp;
		size_t at = 0;
		uint32_t ssrc;
		assert_true(urchin_rtcp_next(out, len, &at, &rtcp));
		assert_int_equal(urchin_rtcp_read_rr(&rtcp, &ssrc), 0);
		assert_int_equal(ssrc, 3);
		assert_true(urchin_rtcp_next(out, len, &at, &rtcp));
		/* RFC 3550 6.5: SSRC, CNAME, its length and bytes, then at least one zero byte. */
		size_t name_len = strlen(cnames[i]);
		assert_int_equal(urchin_read_u32(rtcp.body), 3);
		assert_int_equal(rtcp.body[4], 1);
		assert_int_equal(rtcp.body[5], name_len);
		assert_memory_equal(rtcp.body + 6, cnames[i], name_len);
		assert_true(rtcp.body_len > 6 + name_len);
		for (size_t k = 6 + name_len; k < rtcp.body_len; k++)
			assert_int_equal(rtcp.body[k], 0);
		assert_true(urchin_rtcp_next(out, len, &at, &rtcp));
		assert_int_equal(urchin_rtcp_read_bye(&rtcp, 1, &ssrc), 0);
		assert_int_equal(ssrc, 8);
		assert_int_equal(urchin_rtcp_read_bye(&rtcp, 2, &ssrc), URCHIN_EMALFORMED);
		assert_false(urchin_rtcp_next(out, len, &at, &rtcp));
	}
}

/* Counts and lengths that lie, at every cut (erizo trusted them). */
static void what_is_cut_off_is_refused(void **state)
{
	(void)state;
	const struct urchin_sender_info info = {1, 2, 3, 4};
	uint8_t whole[100];
	int len = urchin_rtcp_write_sr(whole, sizeof(whole), 1, &info, blocks, 2);
	for (size_t cut = 0; cut < (size_t)len; cut++) {
		uint8_t *bytes = malloc(cut ? cut : 1);
		struct urchin_rtcp rtcp;
		size_t at = 0;
		memcpy(bytes, whole, cut);
		assert_false(urchin_rtcp_next(bytes, cut, &at, &rtcp));
		/* With a length that fits the cut, the block count lies instead. */
		if (cut >= 8 && cut % 4 == 0) {
			bytes[3] = (uint8_t)(cut / 4 - 1);
			uint32_t ssrc;
			struct urchin_sender_info read;
			assert_true(urchin_rtcp_next(bytes, cut, &at, &rtcp));
			assert_int_equal(urchin_rtcp_read_sr(&rtcp, &ssrc, &read), URCHIN_EMALFORMED);
		}
		free(bytes);
	}
}

static void reports_whose_count_lies_are_refused(void **state)
{
	(void)state;
	uint8_t body[4 + 24] = {0};
	struct urchin_report_block block = {.ssrc = 77};
	uint32_t ssrc = 77;
	const struct urchin_rtcp two = {URCHIN_RTCP_RR, 2, body, sizeof(body)};
	assert_int_equal(urchin_rtcp_read_rr(&two, &ssrc), URCHIN_EMALFORMED);
	assert_int_equal(urchin_rtcp_read_block(&two, 1, &block), URCHIN_EMALFORMED);
	const struct urchin_rtcp other = {URCHIN_RTCP_APP, 1, body, sizeof(body)};
	assert_int_equal(urchin_rtcp_read_block(&other, 0, &block), URCHIN_EMALFORMED);
	assert_int_equal(ssrc, 77);
	assert_int_equal(block.ssrc, 77);
}

static void padding_and_versions_are_checked(void **state)
{
	(void)state;
	struct urchin_rtcp rtcp;
	size_t at = 0;
	uint8_t padded[] = {0xa0, 201, 0, 2, 0, 0, 0, 9, 0, 0, 0, 4};
	assert_true(urchin_rtcp_next(padded, sizeof(padded), &at, &rtcp));
	assert_int_equal(rtcp.body_len, 4);
	at = 0;
	padded[11] = 0;
	assert_false(urchin_rtcp_next(padded, sizeof(padded), &at, &rtcp));
	padded[11] = 9;
	assert_false(urchin_rtcp_next(padded, sizeof(padded), &at, &rtcp));
	padded[0] = 0x40;
	assert_false(urchin_rtcp_next(padded, sizeof(padded), &at, &rtcp));
}

static void writers_keep_to_their_buffer(void **state)
{
	(void)state;
	uint8_t out[100];
	const struct urchin_sender_info info = {0};
	const uint32_t ssrcs[32] = {0};
	assert_int_equal(urchin_rtcp_write_sr(out, 27, 1, &info, NULL, 0), URCHIN_ETOOBIG);
	assert_int_equal(urchin_rtcp_write_rr(out, 31, 1, blocks, 1), URCHIN_ETOOBIG);
	assert_int_equal(urchin_rtcp_write_rr(out, sizeof(out), 1, blocks, 32), URCHIN_EINVAL);
	assert_int_equal(urchin_rtcp_write_sr(out, sizeof(out), 1, &info, blocks, 32), URCHIN_EINVAL);
	assert_int_equal(urchin_rtcp_write_sdes(out, 11, 1, "abc"), URCHIN_ETOOBIG);
	assert_int_equal(urchin_rtcp_write_sdes(out, sizeof(out), 1, ""), URCHIN_EINVAL);
	assert_int_equal(urchin_rtcp_write_bye(out, 7, ssrcs, 1), URCHIN_ETOOBIG);
	assert_int_equal(urchin_rtcp_write_bye(out, sizeof(out), ssrcs, 32), URCHIN_EINVAL);
	assert_int_equal(urchin_rtcp_write_bye(out, sizeof(out), ssrcs, 0), URCHIN_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sender_reports_round_trip),
	    cmocka_unit_test(cumulative_loss_is_clamped),
	    cmocka_unit_test(a_compound_round_trips),
	    cmocka_unit_test(what_is_cut_off_is_refused),
	    cmocka_unit_test(reports_whose_count_lies_are_refused),
	    cmocka_unit_test(padding_and_versions_are_checked),
	    cmocka_unit_test(writers_keep_to_their_buffer),
	};
	return cmocka_run_group_tests_name("rtcp", tests, NULL, NULL);
}

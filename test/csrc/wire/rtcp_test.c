/* Reports, SDES and BYE: round trips, cuts and lies (RFC 3550). */
#include "wire/rtcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
		const char *cname = NULL;
		assert_int_equal(urchin_rtcp_read_cname(&rtcp, 0, &ssrc, &cname), strlen(cnames[i]));
		assert_memory_equal(cname, cnames[i], strlen(cnames[i]));
		assert_int_equal(urchin_rtcp_read_cname(&rtcp, 1, &ssrc, &cname), URCHIN_EMALFORMED);
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

static void sdes_items_that_lie_are_refused(void **state)
{
	(void)state;
	uint8_t bytes[] = {0x81, 202, 0, 2, 0, 0, 0, 1, 1, 200, 'a', 0};
	struct urchin_rtcp rtcp;
	uint32_t ssrc;
	const char *cname = NULL;
	size_t at = 0;
	assert_true(urchin_rtcp_next(bytes, sizeof(bytes), &at, &rtcp));
	assert_int_equal(urchin_rtcp_read_cname(&rtcp, 0, &ssrc, &cname), URCHIN_EMALFORMED);
	assert_null(cname);
}

static void a_bye_says_why(void **state)
{
	(void)state;
	static const char *const reasons[] = {"x", "abc", "abcd", "teardown"};
	const uint32_t left[] = {7, 8};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		size_t reason_len = strlen(reasons[i]);
		uint8_t out[100];
		memset(out, 0xff, sizeof(out));
		int len = urchin_rtcp_write_bye_reason(out, sizeof(out), left, 2, reasons[i]);
		assert_int_equal(len, 12 + (reason_len / 4 + 1) * 4);
		struct urchin_rtcp rtcp;
		size_t at = 0;
		uint32_t ssrc;
		const char *reason = NULL;
		assert_true(urchin_rtcp_next(out, (size_t)len, &at, &rtcp));
		assert_int_equal(urchin_rtcp_read_bye(&rtcp, 1, &ssrc), 0);
		assert_int_equal(ssrc, 8);
		assert_int_equal(urchin_rtcp_read_bye_reason(&rtcp, &reason), reason_len);
		assert_memory_equal(reason, reasons[i], reason_len);
		for (int k = 13 + (int)reason_len; k < len; k++)
			assert_int_equal(out[k], 0);
		assert_int_equal(urchin_rtcp_write_bye_reason(out, (size_t)len - 1, left, 2, reasons[i]),
				 URCHIN_ETOOBIG);
	}
	uint8_t out[400];
	char longest[257] = {0};
	memset(longest, 'a', 255);
	assert_int_equal(urchin_rtcp_write_bye_reason(out, sizeof(out), left, 1, longest), 8 + 256);
	longest[255] = 'a';
	assert_int_equal(urchin_rtcp_write_bye_reason(out, sizeof(out), left, 1, longest), URCHIN_EINVAL);
}

/* The reason's length is the sender's claim (in another stack it was believed: CVE-2021-43804). */
static void bye_reasons_that_lie_are_refused(void **state)
{
	(void)state;
	static const struct {
		size_t len;
		uint8_t count;
		int expected;
		uint8_t body[8];
	} table[] = {
	    {4, 1, 0, {0, 0, 0, 1}},                             /* 1: no reason */
	    {8, 1, 0, {0, 0, 0, 1, 0}},                          /* 2: an empty one */
	    {8, 1, 3, {0, 0, 0, 1, 3, 'a', 'b', 'c'}},           /* 3 */
	    {8, 1, URCHIN_EMALFORMED, {0, 0, 0, 1, 4, 'a'}},     /* 4: one byte more than there is */
	    {8, 1, URCHIN_EMALFORMED, {0, 0, 0, 1, 255, 'a'}},   /* 5 */
	    {8, 3, URCHIN_EMALFORMED, {0, 0, 0, 1, 0, 0, 0, 2}}, /* 6: the count lies */
	    {0, 1, URCHIN_EMALFORMED, {0}},                      /* 7 */
	    {0, 0, 0, {0}},                                      /* 8: nobody leaves, RFC 3550 6.6 allows it */
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct urchin_rtcp rtcp = {URCHIN_RTCP_BYE, table[i].count, table[i].body, table[i].len};
		const char *reason = NULL;
		int len = urchin_rtcp_read_bye_reason(&rtcp, &reason);
		if (len != table[i].expected)
			fail_msg("row %zu: %d", i + 1, len);
		assert_true((reason != NULL) == (len > 0));
	}
	const struct urchin_rtcp other = {URCHIN_RTCP_RR, 0, NULL, 0};
	const char *reason = NULL;
	assert_int_equal(urchin_rtcp_read_bye_reason(&other, &reason), URCHIN_EMALFORMED);
}

/* Each cut gets a length that fits it, so that only what is within lies. */
static void cut_off_names_and_goodbyes_are_refused(void **state)
{
	(void)state;
	const uint32_t left[] = {7, 8, 9};
	uint8_t whole[100];
	int len = urchin_rtcp_write_sdes(whole, sizeof(whole), 3, "a-longer-name@example");
	for (size_t cut = 0; cut + 4 < (size_t)len; cut++) {
		uint8_t *body = malloc(cut ? cut : 1);
		memcpy(body, whole + 4, cut);
		const struct urchin_rtcp rtcp = {URCHIN_RTCP_SDES, 1, body, cut};
		uint32_t ssrc = 77;
		const char *cname = NULL;
		/* Behind the name is one zero byte, and without it the list has no end. */
		assert_int_equal(urchin_rtcp_read_cname(&rtcp, 0, &ssrc, &cname), URCHIN_EMALFORMED);
		assert_int_equal(ssrc, 77);
		assert_null(cname);
		free(body);
	}
	len = urchin_rtcp_write_bye_reason(whole, sizeof(whole), left, 3, "gone");
	for (size_t cut = 0; cut + 4 < (size_t)len; cut++) {
		uint8_t *body = malloc(cut ? cut : 1);
		memcpy(body, whole + 4, cut);
		const struct urchin_rtcp rtcp = {URCHIN_RTCP_BYE, 3, body, cut};
		for (size_t i = 0; i < 3; i++) {
			uint32_t ssrc = 77;
			assert_int_equal(urchin_rtcp_read_bye(&rtcp, i, &ssrc),
					 cut < 4 * (i + 1) ? URCHIN_EMALFORMED : 0);
			assert_int_equal(ssrc, cut < 4 * (i + 1) ? 77 : left[i]);
		}
		const char *reason = NULL;
		int expected = cut == 12 ? 0 : cut < 17 ? URCHIN_EMALFORMED : 4;
		assert_int_equal(urchin_rtcp_read_bye_reason(&rtcp, &reason), expected);
		free(body);
	}
}

/* Several chunks in one SDES: each is found behind the padding of those before it. */
static void finds_the_name_of_every_chunk(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {
	    0x83, 202, 0, 9,                               /* header */
	    0,    0,   0, 1, 1, 2, 'a', 'b', 0, 0,   0, 0, /* CNAME, zero bytes to the boundary */
	    0,    0,   0, 2, 2, 1, 'n', 1,   1, 'c', 0, 0, /* NAME, then CNAME */
	    0,    0,   0, 3, 8, 1, 'p', 0,   0, 0,   0, 0, /* PRIV only */
	};
	struct urchin_rtcp rtcp;
	size_t at = 0;
	assert_true(urchin_rtcp_next(bytes, sizeof(bytes), &at, &rtcp));
	static const struct {
		int len;
		const char *cname;
	} table[] = {{2, "ab"}, {1, "c"}, {0, NULL}};
	/* The third chunk ends at its first boundary; what follows is no fourth. */
	for (size_t i = 0; i < 3; i++) {
		uint32_t ssrc;
		const char *cname = NULL;
		assert_int_equal(urchin_rtcp_read_cname(&rtcp, i, &ssrc, &cname), table[i].len);
		assert_int_equal(ssrc, i + 1);
		if (table[i].len)
			assert_memory_equal(cname, table[i].cname, (size_t)table[i].len);
		else
			assert_null(cname);
	}
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
	    cmocka_unit_test(sdes_items_that_lie_are_refused),
	    cmocka_unit_test(a_bye_says_why),
	    cmocka_unit_test(bye_reasons_that_lie_are_refused),
	    cmocka_unit_test(cut_off_names_and_goodbyes_are_refused),
	    cmocka_unit_test(finds_the_name_of_every_chunk),
	    cmocka_unit_test(writers_keep_to_their_buffer),
	};
	return cmocka_run_group_tests_name("rtcp", tests, NULL, NULL);
}

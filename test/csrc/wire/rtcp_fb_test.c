/* Feedback packets: round trips and lies (RFC 4585, RFC 5104, REMB). */
#include "wire/rtcp_fb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/err.h"

static struct urchin_rtcp read_one(const uint8_t *bytes, int len)
{
	struct urchin_rtcp rtcp;
	size_t at = 0;
	assert_true(len > 0);
	assert_true(urchin_rtcp_next(bytes, (size_t)len, &at, &rtcp));
	assert_int_equal(at, len);
	return rtcp;
}

static void nacks_round_trip_over_the_wrap(void **state)
{
	(void)state;
	static const uint16_t seqs[] = {65530, 65533, 65535, 0, 1, 10, 26, 27, 500};
	const size_t count = sizeof(seqs) / sizeof(seqs[0]);
	uint8_t out[64];
	size_t used = 0;
	int len = urchin_nack_write(out, sizeof(out), 1, 2, seqs, count, &used);
	/* 65530 reaches to 10, 26 to 27, and 500: three entries. */
	assert_int_equal(len, 12 + 3 * 4);
	assert_int_equal(used, count);
	struct urchin_rtcp rtcp = read_one(out, len);
	size_t at = 0;
	uint16_t seq;
	for (size_t i = 0; i < count; i++) {
		assert_true(urchin_nack_next(&rtcp, &at, &seq));
		assert_int_equal(seq, seqs[i]);
	}
	assert_false(urchin_nack_next(&rtcp, &at, &seq));
	uint32_t sender, media;
	assert_int_equal(urchin_rtcp_fb_read(&rtcp, &sender, &media), 0);
	assert_int_equal(sender, 1);
	assert_int_equal(media, 2);
}

static void a_full_buffer_takes_what_fits(void **state)
{
	(void)state;
	static const uint16_t seqs[] = {0, 100, 200};
	uint8_t out[20];
	size_t used = 0;
	assert_int_equal(urchin_nack_write(out, sizeof(out), 1, 2, seqs, 3, &used), 20);
	assert_int_equal(used, 2);
	assert_int_equal(urchin_nack_write(out, 15, 1, 2, seqs, 3, &used), URCHIN_ETOOBIG);
	assert_int_equal(urchin_nack_write(out, 15, 1, 2, seqs, 0, &used), URCHIN_EINVAL);
}

static void key_frame_requests_round_trip(void **state)
{
	(void)state;
	uint8_t out[64];
	struct urchin_rtcp rtcp = read_one(out, urchin_pli_write(out, sizeof(out), 1, 0xabc));
	assert_int_equal(rtcp.type, URCHIN_RTCP_PSFB);
	assert_int_equal(rtcp.count, URCHIN_PSFB_PLI);
	uint32_t sender, media;
	assert_int_equal(urchin_rtcp_fb_read(&rtcp, &sender, &media), 0);
	assert_int_equal(media, 0xabc);

	uint8_t command_seq;
	rtcp = read_one(out, urchin_fir_write(out, sizeof(out), 1, 0xabc, 7));
	assert_int_equal(urchin_fir_read(&rtcp, 0, &media, &command_seq), 0);
	assert_int_equal(media, 0xabc);
	assert_int_equal(command_seq, 7);
	assert_int_equal(urchin_fir_read(&rtcp, 1, &media, &command_seq), URCHIN_EMALFORMED);
	assert_int_equal(urchin_pli_write(out, 11, 1, 2), URCHIN_ETOOBIG);
	assert_int_equal(urchin_fir_write(out, 19, 1, 2, 3), URCHIN_ETOOBIG);
	assert_int_equal(urchin_remb_write(out, 19, 1, 1000, NULL, 0), URCHIN_ETOOBIG);
}

static void remb_round_trips_within_its_precision(void **state)
{
	(void)state;
	static const uint64_t bitrates[] = {0, 1, 262143, 262144, 2500000, 123456789, UINT64_C(1) << 40, UINT64_MAX};
	const uint32_t ssrcs[] = {5, 6};
	for (size_t i = 0; i < sizeof(bitrates) / sizeof(bitrates[0]); i++) {
		uint8_t out[64];
		struct urchin_rtcp rtcp = read_one(out, urchin_remb_write(out, sizeof(out), 1, bitrates[i], ssrcs, 2));
		struct urchin_remb remb;
		assert_int_equal(urchin_remb_read(&rtcp, &remb), 0);
		assert_true(remb.bitrate_bps <= bitrates[i]);
		assert_true(bitrates[i] - remb.bitrate_bps <= bitrates[i] >> 17);
		assert_int_equal(remb.ssrc_count, 2);
		assert_int_equal(urchin_read_u32(remb.ssrcs + 4), 6);
	}
}

/* The exponent goes to 63 and the mantissa has 18 bits: together they overflow 64. */
static void an_overflowing_remb_is_the_most_there_is(void **state)
{
	(void)state;
	uint8_t out[64];
	int len = urchin_remb_write(out, sizeof(out), 1, 0x3ffff, NULL, 0);
	out[17] = (uint8_t)(63 << 2 | 3);
	struct urchin_rtcp rtcp = read_one(out, len);
	struct urchin_remb remb;
	assert_int_equal(urchin_remb_read(&rtcp, &remb), 0);
	assert_true(remb.bitrate_bps == UINT64_MAX);
	out[17] = 63 << 2;
	out[18] = out[19] = 0;
	assert_int_equal(urchin_remb_read(&rtcp, &remb), 0);
	assert_int_equal(remb.bitrate_bps, 0);
}

static void other_application_feedback_is_no_remb(void **state)
{
	(void)state;
	uint8_t out[64];
	struct urchin_remb remb;
	int len = urchin_remb_write(out, sizeof(out), 1, 1000, NULL, 0);
	struct urchin_rtcp rtcp = read_one(out, len);
	out[16] = 1; /* counts an SSRC that is not there */
	assert_int_equal(urchin_remb_read(&rtcp, &remb), URCHIN_EMALFORMED);
	out[16] = 0;
	out[12] = 'X';
	assert_int_equal(urchin_remb_read(&rtcp, &remb), URCHIN_EMALFORMED);
}

/* Cut at every byte: a reader gives what is whole and touches nothing else. */
static void cut_off_feedback_is_refused(void **state)
{
	(void)state;
	static const uint16_t seqs[] = {1, 100, 200};
	const uint32_t ssrcs[] = {5, 6};
	size_t used;
	uint8_t nack[64], fir[64], remb[64];
	const struct {
		const uint8_t *whole;
		int len;
	} table[] = {
	    {nack, urchin_nack_write(nack, sizeof(nack), 1, 2, seqs, 3, &used)},
	    {fir, urchin_fir_write(fir, sizeof(fir), 1, 2, 3)},
	    {remb, urchin_remb_write(remb, sizeof(remb), 1, 1000, ssrcs, 2)},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_true(table[i].len > 0);
		for (size_t cut = 0; cut + 4 < (size_t)table[i].len; cut++) {
			uint8_t *body = malloc(cut ? cut : 1);
			memcpy(body, table[i].whole + 4, cut);
			const struct urchin_rtcp rtcp = {table[i].whole[1], table[i].whole[0] & 0x1f, body, cut};
			uint32_t sender = 77, media = 77;
			assert_int_equal(urchin_rtcp_fb_read(&rtcp, &sender, &media), cut < 8 ? URCHIN_EMALFORMED : 0);
			assert_int_equal(sender, cut < 8 ? 77 : 1);
			size_t at = 0, count = 0;
			for (uint16_t seq; urchin_nack_next(&rtcp, &at, &seq); count++)
				assert_int_equal(seq, seqs[count]);
			assert_int_equal(count, i == 0 && cut >= 8 ? (cut - 8) / 4 : 0);
			uint8_t command_seq = 77;
			assert_int_equal(urchin_fir_read(&rtcp, 0, &media, &command_seq), URCHIN_EMALFORMED);
			assert_int_equal(command_seq, 77);
			struct urchin_remb read = {.ssrc_count = 77};
			assert_int_equal(urchin_remb_read(&rtcp, &read), URCHIN_EMALFORMED);
			assert_int_equal(read.ssrc_count, 77);
			free(body);
		}
	}
}

/* The length field has 16 bits: a packet of all numbers ends there, however large the buffer is. */
static void a_nack_keeps_to_its_length_field(void **state)
{
	(void)state;
	const size_t count = 2 * 65536, cap = 1 << 20;
	uint16_t *seqs = malloc(count * sizeof(*seqs));
	uint8_t *out = malloc(cap);
	size_t used = 0;
	/* Steps of 17 are never in the same entry. */
	for (size_t i = 0; i < count; i++)
		seqs[i] = (uint16_t)(i * 17);
	int len = urchin_nack_write(out, cap, 1, 2, seqs, count, &used);
	assert_int_equal(len, 4 * 65536);
	assert_int_equal(used, 65536 - 3);
	read_one(out, len);
	free(seqs);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nacks_round_trip_over_the_wrap),
	    cmocka_unit_test(a_full_buffer_takes_what_fits),
	    cmocka_unit_test(key_frame_requests_round_trip),
	    cmocka_unit_test(remb_round_trips_within_its_precision),
	    cmocka_unit_test(an_overflowing_remb_is_the_most_there_is),
	    cmocka_unit_test(other_application_feedback_is_no_remb),
	    cmocka_unit_test(cut_off_feedback_is_refused),
	    cmocka_unit_test(a_nack_keeps_to_its_length_field),
	};
	return cmocka_run_group_tests_name("rtcp_fb", tests, NULL, NULL);
}

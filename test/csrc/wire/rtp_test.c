/* RTP packets: fields, cuts, padding (RFC 3550 5.1). */
#include "wire/rtp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

/* Version 2, padding, extension, 1 CSRC, marker, type 111, with 3 bytes of payload and 2 of padding. */
static const uint8_t vector[] = {
    0xb1, 0xef, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04, 0x0a, 0x0b, 0x0c, 0x0d, /* header */
    0x11, 0x12, 0x13, 0x14,                                                 /* CSRC */
    0xbe, 0xde, 0x00, 0x01, 0x10, 0x7f, 0x00, 0x00,                         /* extension */
    0xaa, 0xbb, 0xcc, 0x00, 0x02,
};

static void reads_every_field(void **state)
{
	(void)state;
	struct urchin_rtp rtp;
	assert_int_equal(urchin_rtp_read(&rtp, vector, sizeof(vector)), 0);
	assert_true(rtp.marker);
	assert_int_equal(rtp.payload_type, 111);
	assert_int_equal(rtp.seq, 0x1234);
	assert_int_equal(rtp.timestamp, 0x01020304);
	assert_int_equal(rtp.ssrc, 0x0a0b0c0d);
	assert_int_equal(rtp.csrc_count, 1);
	assert_int_equal(rtp.csrcs[0], 0x11);
	assert_true(rtp.has_ext);
	assert_int_equal(rtp.ext_profile, 0xbede);
	assert_int_equal(rtp.ext_len, 4);
	assert_int_equal(rtp.payload_len, 3);
	assert_int_equal(rtp.payload[0], 0xaa);
	assert_int_equal(rtp.padding_len, 2);
	assert_int_equal(rtp.header_len, 24);
	assert_ptr_equal(rtp.payload, vector + rtp.header_len);
}

/* Cut at any byte, the header or the padding count lies: malformed, and nothing is touched. */
static void cut_off_packets_are_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(vector); len++) {
		/* Exactly as long as told, so that a sanitizer sees a read behind the end. */
		uint8_t *bytes = malloc(len ? len : 1);
		struct urchin_rtp rtp = {.seq = 77};
		memcpy(bytes, vector, len);
		int err = urchin_rtp_read(&rtp, bytes, len);
		assert_true(err == 0 || err == URCHIN_EMALFORMED);
		if (len < 25)
			assert_int_equal(err, URCHIN_EMALFORMED);
		if (err)
			assert_int_equal(rtp.seq, 77);
		free(bytes);
	}
}

static void padding_must_fit(void **state)
{
	(void)state;
	static const struct {
		uint8_t count;
		int expected;
	} table[] = {{0, URCHIN_EMALFORMED}, {1, 0}, {5, 0}, {6, URCHIN_EMALFORMED}, {255, URCHIN_EMALFORMED}};
	uint8_t bytes[sizeof(vector)];
	memcpy(bytes, vector, sizeof(vector));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct urchin_rtp rtp;
		bytes[sizeof(bytes) - 1] = table[i].count;
		assert_int_equal(urchin_rtp_read(&rtp, bytes, sizeof(bytes)), table[i].expected);
	}
}

static void other_versions_are_refused(void **state)
{
	(void)state;
	struct urchin_rtp rtp;
	uint8_t bytes[12] = {0x40};
	assert_int_equal(urchin_rtp_read(&rtp, bytes, sizeof(bytes)), URCHIN_EMALFORMED);
	bytes[0] = 0xc0;
	assert_int_equal(urchin_rtp_read(&rtp, bytes, sizeof(bytes)), URCHIN_EMALFORMED);
}

static void what_is_written_reads_the_same(void **state)
{
	(void)state;
	struct urchin_rtp rtp;
	uint8_t out[64];
	assert_int_equal(urchin_rtp_read(&rtp, vector, sizeof(vector)), 0);
	int len = urchin_rtp_write(out, sizeof(out), &rtp, rtp.ext - 4, rtp.ext_len + 4);
	assert_int_equal(len, sizeof(vector));
	assert_memory_equal(out, vector, (size_t)len - 2);
	assert_int_equal(out[len - 2], 0);
	assert_int_equal(out[len - 1], 2);
	assert_int_equal(urchin_rtp_write(out, (size_t)len - 1, &rtp, rtp.ext - 4, rtp.ext_len + 4), URCHIN_ETOOBIG);
	rtp.padding_len = 256;
	assert_int_equal(urchin_rtp_write(out, sizeof(out), &rtp, NULL, 0), URCHIN_ETOOBIG);
	rtp.padding_len = 0;
	assert_int_equal(urchin_rtp_write(out, sizeof(out), &rtp, NULL, 0), 12 + 4 + 3);
	assert_int_equal(out[0], 0x81);
}

static void parts_are_header_and_what_is_encrypted(void **state)
{
	(void)state;
	struct urchin_rtp rtp;
	struct urchin_rtp_parts parts;
	uint8_t out[64] = {0};
	assert_int_equal(urchin_rtp_read(&rtp, vector, sizeof(vector)), 0);
	assert_int_equal(urchin_rtp_split(&parts, vector, sizeof(vector)), 0);
	assert_ptr_equal(parts.header, vector);
	assert_int_equal(parts.header_len, rtp.header_len);
	assert_ptr_equal(parts.body, rtp.payload);
	assert_int_equal(parts.body_len, rtp.payload_len + rtp.padding_len);
	for (size_t len = 0; len < rtp.header_len; len++)
		assert_int_equal(urchin_rtp_split(&parts, vector, len), URCHIN_EMALFORMED);

	size_t ext_len = rtp.ext_len + 4;
	memcpy(out + URCHIN_RTP_HEADER_LEN + 4 * rtp.csrc_count, rtp.ext - 4, ext_len);
	assert_int_equal(urchin_rtp_write_header(out, rtp.header_len, &rtp, ext_len), rtp.header_len);
	assert_memory_equal(out, vector, rtp.header_len);
	assert_int_equal(urchin_rtp_write_header(out, rtp.header_len - 1, &rtp, ext_len), URCHIN_ETOOBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_every_field),
	    cmocka_unit_test(cut_off_packets_are_refused),
	    cmocka_unit_test(padding_must_fit),
	    cmocka_unit_test(other_versions_are_refused),
	    cmocka_unit_test(what_is_written_reads_the_same),
	    cmocka_unit_test(parts_are_header_and_what_is_encrypted),
	};
	return cmocka_run_group_tests_name("rtp", tests, NULL, NULL);
}

/* Header extensions in both forms (RFC 8285). */
#include "wire/rtp_ext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static struct urchin_rtp packet_with(uint16_t profile, const uint8_t *ext, size_t len)
{
	return (struct urchin_rtp){.has_ext = true, .ext_profile = profile, .ext = ext, .ext_len = len};
}

static void walks_the_one_byte_form(void **state)
{
	(void)state;
	/* id 1 with 1 byte, padding, id 3 with 2 bytes */
	static const uint8_t ext[] = {0x10, 0xaa, 0x00, 0x00, 0x31, 0xbb, 0xcc, 0x00};
	struct urchin_rtp rtp = packet_with(0xbede, ext, sizeof(ext));
	struct urchin_rtp_ext element;
	size_t at = 0;
	assert_true(urchin_rtp_ext_next(&rtp, &at, &element));
	assert_int_equal(element.id, 1);
	assert_int_equal(element.len, 1);
	assert_true(urchin_rtp_ext_next(&rtp, &at, &element));
	assert_int_equal(element.id, 3);
	assert_int_equal(element.len, 2);
	assert_int_equal(element.data[1], 0xcc);
	assert_false(urchin_rtp_ext_next(&rtp, &at, &element));
	assert_true(urchin_rtp_ext_find(&rtp, 3, &element));
	assert_false(urchin_rtp_ext_find(&rtp, 2, &element));
}

/* erizo indexed a table of 15 with the id 15 and died (licode 2046); RFC 8285 4.2: it ends the processing. */
static void id_15_ends_the_one_byte_form(void **state)
{
	(void)state;
	static const uint8_t ext[] = {0xf0, 0xaa, 0x10, 0xbb};
	struct urchin_rtp rtp = packet_with(0xbede, ext, sizeof(ext));
	struct urchin_rtp_ext element;
	size_t at = 0;
	assert_false(urchin_rtp_ext_next(&rtp, &at, &element));
}

static void walks_the_two_byte_form(void **state)
{
	(void)state;
	static const uint8_t ext[] = {0x10, 0x00, 0xff, 0x02, 0xaa, 0xbb, 0x00, 0x00};
	struct urchin_rtp rtp = packet_with(0x1005, ext, sizeof(ext));
	struct urchin_rtp_ext element;
	size_t at = 0;
	assert_true(urchin_rtp_ext_next(&rtp, &at, &element));
	assert_int_equal(element.id, 0x10);
	assert_int_equal(element.len, 0);
	assert_true(urchin_rtp_ext_next(&rtp, &at, &element));
	assert_int_equal(element.id, 0xff);
	assert_int_equal(element.len, 2);
	assert_false(urchin_rtp_ext_next(&rtp, &at, &element));
}

static void lengths_that_lie_end_the_walk(void **state)
{
	(void)state;
	static const uint8_t one[] = {0x1f, 0xaa, 0xbb, 0xcc};
	static const uint8_t two[] = {0x01, 0xff, 0xaa, 0xbb};
	static const uint8_t cut[] = {0x00, 0x00, 0x00, 0x05};
	struct urchin_rtp_ext element;
	size_t at = 0;
	struct urchin_rtp rtp = packet_with(0xbede, one, sizeof(one));
	assert_false(urchin_rtp_ext_next(&rtp, &at, &element));
	rtp = packet_with(0x1000, two, sizeof(two));
	assert_false(urchin_rtp_ext_next(&rtp, &at, &element));
	rtp = packet_with(0x1000, cut, sizeof(cut));
	assert_false(urchin_rtp_ext_next(&rtp, &at, &element));
	rtp = packet_with(0x4242, one, sizeof(one));
	assert_false(urchin_rtp_ext_next(&rtp, &at, &element));
	rtp = (struct urchin_rtp){.has_ext = false};
	assert_false(urchin_rtp_ext_next(&rtp, &at, &element));
}

static void round_trip(const struct urchin_rtp_ext *elements, size_t count, uint16_t profile)
{
	uint8_t out[1200];
	int len = urchin_rtp_ext_write(out, sizeof(out), elements, count);
	assert_true(len > 0 && len % 4 == 0);
	assert_int_equal(out[0] << 8 | out[1], profile);
	assert_int_equal(4 * (out[2] << 8 | out[3]) + 4, len);
	struct urchin_rtp rtp = packet_with(profile, out + 4, (size_t)len - 4);
	struct urchin_rtp_ext element;
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		assert_true(urchin_rtp_ext_next(&rtp, &at, &element));
		assert_int_equal(element.id, elements[i].id);
		assert_int_equal(element.len, elements[i].len);
		assert_memory_equal(element.data, elements[i].data, element.len);
	}
	assert_false(urchin_rtp_ext_next(&rtp, &at, &element));
	for (size_t cap = 0; cap < (size_t)len; cap++)
		assert_int_equal(urchin_rtp_ext_write(out, cap, elements, count), URCHIN_ETOOBIG);
}

static void what_is_written_reads_the_same(void **state)
{
	(void)state;
	uint8_t data[255];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i + 1);
	const struct urchin_rtp_ext small[] = {{1, data, 1}, {14, data, 16}, {5, data, 3}};
	const struct urchin_rtp_ext high_id[] = {{1, data, 1}, {15, data, 2}};
	const struct urchin_rtp_ext longer[] = {{1, data, 17}, {255, data, 255}, {3, data, 0}, {4, data, 1}};
	round_trip(small, 3, 0xbede);
	round_trip(high_id, 2, 0x1000);
	round_trip(longer, 4, 0x1000);
	uint8_t out[8];
	assert_int_equal(urchin_rtp_ext_write(out, sizeof(out), small, 0), 0);
	const struct urchin_rtp_ext zero = {0, data, 1};
	assert_int_equal(urchin_rtp_ext_write(out, sizeof(out), &zero, 1), URCHIN_EINVAL);
}

static void reads_values(void **state)
{
	(void)state;
	static const uint8_t data[] = {0x85, 0x01};
	struct urchin_rtp_ext element = {1, data, 2};
	uint16_t seq;
	assert_int_equal(urchin_transport_seq_read(&element, &seq), 0);
	assert_int_equal(seq, 0x8501);
	element.len = 1;
	assert_int_equal(urchin_transport_seq_read(&element, &seq), URCHIN_EMALFORMED);
}

/* Cut at every word, the elements before the cut are still there and nothing behind it is read. */
static void cut_off_blocks_end_the_walk(void **state)
{
	(void)state;
	static const uint8_t data[20] = {1, 2, 3};
	const struct urchin_rtp_ext one_byte[] = {{1, data, 3}, {2, data, 16}, {3, data, 1}};
	const struct urchin_rtp_ext two_byte[] = {{1, data, 3}, {200, data, 20}, {3, data, 1}};
	const struct {
		uint16_t profile;
		const struct urchin_rtp_ext *elements;
	} forms[] = {{0xbede, one_byte}, {0x1000, two_byte}};
	for (size_t form = 0; form < 2; form++) {
		uint8_t whole[64];
		int len = urchin_rtp_ext_write(whole, sizeof(whole), forms[form].elements, 3);
		assert_true(len > 0);
		for (size_t cut = 0; cut < (size_t)len - 4; cut++) {
			uint8_t *ext = malloc(cut ? cut : 1);
			struct urchin_rtp rtp = packet_with(forms[form].profile, ext, cut);
			struct urchin_rtp_ext element;
			size_t at = 0, count = 0;
			memcpy(ext, whole + 4, cut);
			while (urchin_rtp_ext_next(&rtp, &at, &element)) {
				assert_int_equal(element.id, forms[form].elements[count].id);
				assert_true(element.data + element.len <= ext + cut);
				count++;
			}
			assert_in_range(count, 0, cut + 4 + 3 < (size_t)len ? 2 : 3);
			assert_true(at <= cut);
			free(ext);
		}
	}
}

static void abs_send_time_is_6_18_fixed_point(void **state)
{
	(void)state;
	assert_int_equal(urchin_abs_send_time_of(0), 0);
	assert_int_equal(urchin_abs_send_time_of(1000000), 1 << 18);
	assert_int_equal(urchin_abs_send_time_of(63500000), 63 << 18 | 1 << 17);
	assert_int_equal(urchin_abs_send_time_of(64000000), 0);
	uint8_t out[3];
	urchin_abs_send_time_write(out, 1500000);
	assert_memory_equal(out, ((uint8_t[]){0x06, 0x00, 0x00}), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(walks_the_one_byte_form),           cmocka_unit_test(id_15_ends_the_one_byte_form),
	    cmocka_unit_test(walks_the_two_byte_form),           cmocka_unit_test(lengths_that_lie_end_the_walk),
	    cmocka_unit_test(what_is_written_reads_the_same),    cmocka_unit_test(reads_values),
	    cmocka_unit_test(abs_send_time_is_6_18_fixed_point), cmocka_unit_test(cut_off_blocks_end_the_walk),
	};
	return cmocka_run_group_tests_name("rtp_ext", tests, NULL, NULL);
}

/* What the cache holds, and that it never holds more. */
#include "support/cmocka_all.h"

#include <string.h>

#include "media/packet_cache.h"

static void put(struct urchin_packet_cache *cache, uint64_t ext_seq, size_t len)
{
	uint8_t bytes[512];
	memset(bytes, (int)(ext_seq & 0xff), sizeof bytes);
	urchin_packet_cache_put(cache, ext_seq, 7 * ext_seq, bytes, len);
}

static int has(const struct urchin_packet_cache *cache, uint64_t ext_seq, size_t expected_len)
{
	size_t len = 0;
	uint64_t put_us = 0;
	const uint8_t *bytes = urchin_packet_cache_get(cache, ext_seq, &len, &put_us);
	if (!bytes)
		return 0;
	assert_int_equal(len, expected_len);
	assert_int_equal(put_us, 7 * ext_seq);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], ext_seq & 0xff);
	return 1;
}

static void is_bounded_in_packets(void **state)
{
	struct urchin_packet_cache *cache = urchin_packet_cache_new(8, 100000);

	(void)state;
	for (uint64_t i = 65530; i < 65550; i++)
		put(cache, i, 10);
	for (uint64_t i = 65530; i < 65550; i++)
		assert_int_equal(has(cache, i, 10), i >= 65542);
	urchin_packet_cache_clear(cache);
	assert_false(has(cache, 65549, 10));
	urchin_packet_cache_free(cache);
}

static void is_bounded_in_bytes(void **state)
{
	struct urchin_packet_cache *cache = urchin_packet_cache_new(256, 1000);

	(void)state;
	for (uint64_t i = 100; i < 200; i++) {
		size_t kept = 0;
		put(cache, i, 90 + i % 7);
		assert_true(has(cache, i, 90 + i % 7));
		for (uint64_t j = 100; j <= i; j++)
			kept += (size_t)has(cache, j, 90 + j % 7);
		assert_true(kept <= 11);
		assert_true(i < 112 || kept >= 8);
	}
	urchin_packet_cache_free(cache);
}

static void takes_late_packets_but_no_stragglers(void **state)
{
	struct urchin_packet_cache *cache = urchin_packet_cache_new(8, 1000);

	(void)state;
	put(cache, 1000, 10);
	put(cache, 1002, 10);
	put(cache, 1001, 20);
	assert_true(has(cache, 1001, 20));
	put(cache, 992, 10); /* the place of 1000 */
	assert_true(has(cache, 1000, 10));
	assert_false(has(cache, 992, 10));
	put(cache, 1003, 501); /* over half of it */
	assert_false(has(cache, 1003, 501));
	assert_false(has(cache, 1004, 10));
	urchin_packet_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_bounded_in_packets),
	    cmocka_unit_test(is_bounded_in_bytes),
	    cmocka_unit_test(takes_late_packets_but_no_stragglers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
	struct urchin_cached_packet cached;
	if (!urchin_packet_cache_get(cache, ext_seq, &cached))
		return 0;
	assert_int_equal(cached.len, expected_len);
	assert_int_equal(cached.put_us, 7 * ext_seq);
	for (size_t i = 0; i < cached.len; i++)
		assert_int_equal(cached.bytes[i], ext_seq & 0xff);
	return 1;
}

static void padding_is_noted_for_what_is_there(void **state)
{
	struct urchin_packet_cache *cache = urchin_packet_cache_new(8, 100000);
	struct urchin_cached_packet cached;

	(void)state;
	put(cache, 5, 10);
	urchin_packet_cache_set_padding(cache, 5, 3);
	urchin_packet_cache_set_padding(cache, 13, 4); /* has the same slot */
	assert_true(urchin_packet_cache_get(cache, 5, &cached));
	assert_int_equal(cached.padding_len, 3);
	put(cache, 13, 10);
	assert_true(urchin_packet_cache_get(cache, 13, &cached));
	assert_int_equal(cached.padding_len, 0);
	urchin_packet_cache_free(cache);
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
	    cmocka_unit_test(padding_is_noted_for_what_is_there),
	    cmocka_unit_test(is_bounded_in_packets),
	    cmocka_unit_test(is_bounded_in_bytes),
	    cmocka_unit_test(takes_late_packets_but_no_stragglers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

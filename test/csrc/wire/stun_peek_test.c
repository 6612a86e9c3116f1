/* The ufrag of a STUN message, found without reading the rest. */
#include "wire/stun_peek.h"

#include "support/cmocka_all.h"

#include <string.h>

static const uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN] = {1};

static void assert_ufrag(const uint8_t *bytes, size_t len, const char *expected)
{
	struct urchin_stun_bytes ufrag = urchin_stun_peek_ufrag(bytes, len);

	if (!expected) {
		assert_null(ufrag.bytes);
		return;
	}
	assert_non_null(ufrag.bytes);
	assert_int_equal(ufrag.len, strlen(expected));
	assert_memory_equal(ufrag.bytes, expected, ufrag.len);
}

static void finds_what_is_before_the_colon(void **state)
{
	uint8_t bytes[256];
	struct urchin_stun_writer writer;

	(void)state;
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	urchin_stun_add_software(&writer, "odd");
	urchin_stun_add_priority(&writer, 7);
	urchin_stun_add_username(&writer, "AbCd+/01:peer:x");
	urchin_stun_add_username(&writer, "other:peer");
	assert_ufrag(bytes, (size_t)urchin_stun_finish(&writer), "AbCd+/01");
}

static void nothing_without_a_colon_or_a_username(void **state)
{
	uint8_t bytes[256];
	struct urchin_stun_writer writer;

	(void)state;
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	assert_ufrag(bytes, (size_t)urchin_stun_finish_plain(&writer), NULL);
	urchin_stun_add_username(&writer, "AbCd");
	assert_ufrag(bytes, (size_t)urchin_stun_finish(&writer), NULL);
}

static void an_empty_part_is_empty(void **state)
{
	uint8_t bytes[64];
	struct urchin_stun_writer writer;

	(void)state;
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	urchin_stun_add_username(&writer, ":peer");
	assert_ufrag(bytes, (size_t)urchin_stun_finish(&writer), "");
}

static void a_length_beyond_the_end_is_no_username(void **state)
{
	uint8_t bytes[64];
	struct urchin_stun_writer writer;
	size_t len;

	(void)state;
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	urchin_stun_add_username(&writer, "AbCd:peer");
	len = (size_t)urchin_stun_finish_plain(&writer);
	/* Every cut, and a length that lies. */
	for (size_t cut = URCHIN_STUN_HEADER_LEN; cut < URCHIN_STUN_HEADER_LEN + 4 + 9; cut++)
		assert_ufrag(bytes, cut, NULL);
	bytes[URCHIN_STUN_HEADER_LEN + 2] = 0xff;
	assert_ufrag(bytes, len, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_what_is_before_the_colon),
	    cmocka_unit_test(nothing_without_a_colon_or_a_username),
	    cmocka_unit_test(an_empty_part_is_empty),
	    cmocka_unit_test(a_length_beyond_the_end_is_no_username),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

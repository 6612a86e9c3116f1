/* Reading STUN: the vectors of RFC 5769, lengths that lie, what counts and what is ignored (RFC 8489). */
#include "wire/stun.h"

#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "support/stun_vectors.h"

#define CAP 65600

/* A message being put together, so that it can be as wrong as a test wants. */
struct message {
	uint8_t bytes[CAP];
	size_t len;
};

static void start(struct message *message, uint16_t type)
{
	memset(message->bytes, 0, URCHIN_STUN_HEADER_LEN);
	urchin_write_u16(message->bytes, type);
	urchin_write_u32(message->bytes + 4, 0x2112a442);
	for (uint8_t i = 0; i < URCHIN_STUN_TRANSACTION_LEN; i++)
		message->bytes[8 + i] = i;
	message->len = URCHIN_STUN_HEADER_LEN;
}

/* `said`: the length that the attribute claims. */
static void put_lying(struct message *message, uint16_t type, size_t said, const void *value, size_t len)
{
	uint8_t *at = message->bytes + message->len;
	urchin_write_u16(at, type);
	urchin_write_u16(at + 2, (uint16_t)said);
	memset(at + 4, 0xa5, (len + 3) / 4 * 4); /* RFC 8489 14: padding may be anything */
	if (len)
		memcpy(at + 4, value, len);
	message->len += 4 + (len + 3) / 4 * 4;
	urchin_write_u16(message->bytes + 2, (uint16_t)(message->len - URCHIN_STUN_HEADER_LEN));
}

static void put(struct message *message, uint16_t type, const void *value, size_t len)
{
	put_lying(message, type, len, value, len);
}

static void put_fingerprint(struct message *message)
{
	uint8_t value[4];
	size_t len = message->len;
	urchin_write_u16(message->bytes + 2, (uint16_t)(len + 8 - URCHIN_STUN_HEADER_LEN));
	urchin_write_u32(value, urchin_stun_fingerprint(message->bytes, len));
	put(message, 0x8028, value, 4);
}

/* Reads a copy of exactly that length, so that a sanitizer sees a read behind the end. Views become invalid. */
static int read_exactly(struct urchin_stun *stun, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	memcpy(copy, bytes, len);
	int err = urchin_stun_read(stun, copy, len);
	free(copy);
	return err;
}

static int read_message(struct urchin_stun *stun, const struct message *message)
{
	return read_exactly(stun, message->bytes, message->len);
}

static void assert_view(struct urchin_stun_bytes view, const char *text)
{
	assert_non_null(view.bytes);
	assert_int_equal(view.len, strlen(text));
	assert_memory_equal(view.bytes, text, view.len);
}

static void assert_addr(const struct urchin_addr *addr, const char *text, uint16_t port)
{
	struct urchin_addr wanted;
	assert_int_equal(urchin_addr_read(&wanted, text, port), 0);
	assert_true(urchin_addr_equal(addr, &wanted));
}

/* RFC 5769 2.1 */
static void reads_the_sample_request(void **state)
{
	(void)state;
	struct urchin_stun stun;
	assert_int_equal(urchin_stun_read(&stun, stun_vector_request, sizeof(stun_vector_request)), 0);
	assert_int_equal(stun.class, URCHIN_STUN_REQUEST);
	assert_int_equal(stun.method, URCHIN_STUN_BINDING);
	assert_ptr_equal(stun.transaction, stun_vector_request + 8);
	assert_view(stun.software, "STUN test client");
	assert_true(stun.has_priority);
	assert_int_equal(stun.priority, 0x6e0001ff);
	assert_true(stun.has_controlled);
	assert_false(stun.has_controlling);
	assert_true(stun.tiebreaker == UINT64_C(0x932ff9b151263b36));
	assert_view(stun.username, "evtj:h6vY");
	assert_int_equal(stun.integrity.len, URCHIN_STUN_INTEGRITY_LEN);
	assert_int_equal(stun.integrity_offset, sizeof(stun_vector_request) - 32);
	assert_ptr_equal(stun.integrity.bytes, stun_vector_request + stun.integrity_offset + 4);
	assert_true(stun.has_fingerprint);
	assert_false(stun.use_candidate || stun.has_change_request);
	assert_int_equal(stun.mapped.family, URCHIN_ADDR_NONE);
	assert_int_equal(stun.error_code, 0);
	assert_int_equal(stun.unknown_count, 0);
}

/* RFC 5769 2.2, 2.3; RFC 8489 14.2: an IPv6 address is XORed with the transaction id too. */
static void reads_the_sample_responses(void **state)
{
	(void)state;
	struct urchin_stun stun;
	assert_int_equal(urchin_stun_read(&stun, stun_vector_ipv4_response, sizeof(stun_vector_ipv4_response)), 0);
	assert_int_equal(stun.class, URCHIN_STUN_SUCCESS);
	assert_int_equal(stun.method, URCHIN_STUN_BINDING);
	assert_view(stun.software, "test vector");
	assert_addr(&stun.mapped, "192.0.2.1", 32853);
	assert_true(stun.has_fingerprint);
	assert_int_equal(urchin_stun_read(&stun, stun_vector_ipv6_response, sizeof(stun_vector_ipv6_response)), 0);
	assert_addr(&stun.mapped, "2001:db8:1234:5678:11:2233:4455:6677", 32853);
	assert_view(stun.software, "test vector");
	assert_true(stun.has_fingerprint);
}

/* RFC 5769 2.4: REALM and NONCE are known, so nothing is reported as unknown. */
static void reads_the_sample_request_with_long_term_credentials(void **state)
{
	(void)state;
	struct urchin_stun stun;
	const uint8_t *bytes = stun_vector_long_term_request;
	assert_int_equal(urchin_stun_read(&stun, bytes, sizeof(stun_vector_long_term_request)), 0);
	assert_view(stun.username, "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9");
	assert_int_equal(stun.integrity.len, URCHIN_STUN_INTEGRITY_LEN);
	assert_false(stun.has_fingerprint);
	assert_int_equal(stun.unknown_count, 0);
}

/* RFC 8489 5: the class is two bits in the midst of the method's twelve. */
static void reads_every_class_and_method(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 0x4000; type++) {
		struct message message;
		struct urchin_stun stun;
		start(&message, (uint16_t)type);
		assert_int_equal(read_message(&stun, &message), 0);
		assert_int_equal(stun.class, (type & 0x100) / 0x80 + (type & 0x10) / 0x10);
		assert_int_equal(stun.method, (type & 0x3e00) / 4 + (type & 0xe0) / 2 + (type & 15));
	}
}

/* RFC 8489 5, 6.3: the first two bits, the cookie, a length that is the datagram's and a multiple of 4. */
static void refuses_wrong_headers(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint8_t flip;
	} cases[] = {{0, 0x40}, {0, 0x80}, {0, 0xc0}, {2, 1}, {3, 4}, {3, 1}, {3, 0xff}, {4, 1}, {7, 0x80}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message;
		struct urchin_stun stun = {.priority = 77};
		start(&message, 0x0001);
		put(&message, 0x0025, NULL, 0);
		message.bytes[cases[i].at] ^= cases[i].flip;
		assert_int_equal(read_message(&stun, &message), URCHIN_EMALFORMED);
		assert_int_equal(stun.priority, 77);
	}
}

static void refuses_lengths_that_are_no_multiple_of_4(void **state)
{
	(void)state;
	struct message message;
	struct urchin_stun stun;
	start(&message, 0x0001);
	put(&message, 0x8022, "abcd", 4);
	for (size_t len = message.len - 7; len < message.len; len++) {
		urchin_write_u16(message.bytes + 2, (uint16_t)(len - URCHIN_STUN_HEADER_LEN));
		assert_int_equal(read_exactly(&stun, message.bytes, len), URCHIN_EMALFORMED);
	}
	assert_int_equal(urchin_stun_read(&stun, NULL, 0), URCHIN_EMALFORMED);
}

/* Every vector cut anywhere: as it is, and with a header that fits the cut. */
static void refuses_every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < STUN_VECTORS; i++) {
		const struct stun_vector *vector = &stun_vectors[i];
		size_t boundary = URCHIN_STUN_HEADER_LEN;
		for (size_t len = 0; len < vector->len; len++) {
			struct urchin_stun stun;
			uint8_t bytes[256];
			memcpy(bytes, vector->bytes, vector->len);
			assert_int_equal(read_exactly(&stun, bytes, len), URCHIN_EMALFORMED);
			if (len < URCHIN_STUN_HEADER_LEN)
				continue;
			urchin_write_u16(bytes + 2, (uint16_t)(len - URCHIN_STUN_HEADER_LEN));
			assert_int_equal(read_exactly(&stun, bytes, len), len == boundary ? 0 : URCHIN_EMALFORMED);
			if (len == boundary)
				boundary += 4 + (urchin_read_u16(vector->bytes + len + 2) + 3U) / 4 * 4;
		}
		assert_int_equal(boundary, vector->len);
	}
}

/* RFC 8489 14.7: one wrong bit anywhere, and the fingerprint is wrong, or is none any more. */
static void refuses_every_flipped_bit(void **state)
{
	(void)state;
	for (size_t i = 0; i < STUN_VECTORS; i++) {
		const struct stun_vector *vector = &stun_vectors[i];
		if (vector->bytes == stun_vector_long_term_request)
			continue;
		for (size_t bit = 0; bit < 8 * vector->len; bit++) {
			struct urchin_stun stun;
			uint8_t bytes[256];
			memcpy(bytes, vector->bytes, vector->len);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (read_exactly(&stun, bytes, vector->len) == 0)
				assert_false(stun.has_fingerprint);
		}
	}
}

static void wants_fingerprint_last(void **state)
{
	(void)state;
	struct message message;
	struct urchin_stun stun;
	start(&message, 0x0001);
	put_fingerprint(&message);
	assert_int_equal(read_message(&stun, &message), 0);
	assert_true(stun.has_fingerprint);
	/* Right for the message as it is, but not at its end. */
	start(&message, 0x0001);
	put_fingerprint(&message);
	put(&message, 0x8022, "abcd", 4);
	urchin_write_u32(message.bytes + 24, urchin_stun_fingerprint(message.bytes, 20));
	assert_int_equal(read_message(&stun, &message), URCHIN_EMALFORMED);
	start(&message, 0x0001);
	put(&message, 0x8028, "abcdefgh", 8);
	assert_int_equal(read_message(&stun, &message), URCHIN_EMALFORMED);
	start(&message, 0x0001);
	put(&message, 0x8028, NULL, 0);
	assert_int_equal(read_message(&stun, &message), URCHIN_EMALFORMED);
}

static void refuses_attributes_that_leave_the_message(void **state)
{
	(void)state;
	static const size_t said[] = {5, 8, 9, 255, 0x7fff, 0xfff8, 0xfffc, 0xfffd, 0xfffe, 0xffff};
	static const uint16_t types[] = {0x0006, 0x8022, 0x0020, 0x0008, 0x8028, 0x7777, 0xfeed};
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		for (size_t j = 0; j < sizeof(types) / sizeof(types[0]); j++) {
			struct message message;
			struct urchin_stun stun;
			start(&message, 0x0001);
			put_lying(&message, types[j], said[i], "abcd", 4);
			assert_int_equal(read_message(&stun, &message), URCHIN_EMALFORMED);
		}
	}
}

static void reads_the_longest_message(void **state)
{
	(void)state;
	static struct message message;
	static uint8_t value[65528];
	struct urchin_stun stun;
	start(&message, 0x0001);
	put(&message, 0x8022, value, sizeof(value));
	assert_int_equal(message.len, 65552);
	assert_int_equal(read_message(&stun, &message), 0);
	assert_int_equal(stun.software.len, sizeof(value));
}

static void refuses_attributes_of_a_wrong_shape(void **state)
{
	(void)state;
	static const struct {
		uint16_t type;
		uint8_t value[24];
		size_t len;
	} cases[] = {
	    {0x0024, {0}, 3},                                  /* PRIORITY */
	    {0x0024, {0}, 8},          {0x0025, {0}, 1},       /* USE-CANDIDATE */
	    {0x8029, {0}, 4},                                  /* ICE-CONTROLLED */
	    {0x802a, {0}, 12},         {0x0003, {0}, 0},       /* CHANGE-REQUEST */
	    {0x0008, {0}, 19},                                 /* MESSAGE-INTEGRITY */
	    {0x0008, {0}, 24},         {0x0009, {0, 0, 4}, 3}, /* ERROR-CODE */
	    {0x0009, {0, 0, 2, 0}, 4}, {0x0009, {0, 0, 7, 0}, 4}, {0x0009, {0, 0, 4, 100}, 4},
	    {0x0001, {0, 1}, 0}, /* MAPPED-ADDRESS */
	    {0x0001, {0, 1}, 7},       {0x0001, {0, 1}, 20},      {0x0001, {0, 2}, 8},
	    {0x0001, {0, 2}, 24},      {0x0001, {0, 0}, 8},       {0x0020, {0, 3}, 8}, /* XOR-MAPPED-ADDRESS */
	    {0x802b, {0, 1}, 12},                                                      /* RESPONSE-ORIGIN */
	    {0x802c, {0, 9}, 8},                                                       /* OTHER-ADDRESS */
	    {0x0005, {0, 1}, 4},                                                       /* CHANGED-ADDRESS */
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message;
		struct urchin_stun stun;
		start(&message, 0x0101);
		put(&message, cases[i].type, cases[i].value, cases[i].len);
		if (read_message(&stun, &message) != URCHIN_EMALFORMED)
			fail_msg("case %zu was read", i);
	}
}

/* RFC 8489 14.3 allows 508 bytes; ICE's two ufrags of 256 and a colon are 513 (RFC 8445 7.1.1, RFC 8839 5.4). */
static void limits_user_names(void **state)
{
	(void)state;
	static const uint8_t name[URCHIN_STUN_USERNAME_MAX + 1];
	struct message message;
	struct urchin_stun stun;
	start(&message, 0x0001);
	put(&message, 0x0006, name, URCHIN_STUN_USERNAME_MAX);
	assert_int_equal(read_message(&stun, &message), 0);
	assert_int_equal(stun.username.len, URCHIN_STUN_USERNAME_MAX);
	start(&message, 0x0001);
	put(&message, 0x0006, name, URCHIN_STUN_USERNAME_MAX + 1);
	assert_int_equal(read_message(&stun, &message), URCHIN_EMALFORMED);
	/* Empty is not absent. */
	start(&message, 0x0001);
	put(&message, 0x0006, NULL, 0);
	assert_int_equal(read_message(&stun, &message), 0);
	assert_non_null(stun.username.bytes);
	assert_int_equal(stun.username.len, 0);
}

/* RFC 8489 14 */
static void the_first_of_repeated_attributes_counts(void **state)
{
	(void)state;
	static const uint8_t first[] = {0, 1, 0, 1, 192, 0, 2, 1}, second[] = {0, 1, 0, 2, 192, 0, 2, 2};
	struct message message;
	struct urchin_stun stun;
	start(&message, 0x0111);
	put(&message, 0x0006, "one", 3);
	put(&message, 0x0006, "another", 7);
	put(&message, 0x0024, "\0\0\0\1", 4);
	put(&message, 0x0024, "\0\0\0\2", 4);
	put(&message, 0x802a, "\0\0\0\0\0\0\0\3", 8);
	put(&message, 0x8029, "\0\0\0\0\0\0\0\4", 8);
	put(&message, 0x0003, "\0\0\0\2", 4);
	put(&message, 0x0003, "\0\0\0\4", 4);
	put(&message, 0x0009, "\0\0\4\1first", 9);
	put(&message, 0x0009, "\0\0\4\2second", 10);
	put(&message, 0x8022, "soft", 4);
	put(&message, 0x8022, "ware", 4);
	put(&message, 0x802b, first, 8);
	put(&message, 0x802b, second, 8);
	put(&message, 0x802c, first, 8);
	put(&message, 0x802c, second, 8);
	put(&message, 0x0001, first, 8);
	put(&message, 0x0001, second, 8);
	assert_int_equal(urchin_stun_read(&stun, message.bytes, message.len), 0);
	assert_view(stun.username, "one");
	assert_int_equal(stun.priority, 1);
	assert_true(stun.has_controlling);
	assert_false(stun.has_controlled);
	assert_true(stun.tiebreaker == 3);
	assert_true(stun.has_change_request && stun.change_port && !stun.change_ip);
	assert_int_equal(stun.error_code, 401);
	assert_view(stun.error_reason, "first");
	assert_view(stun.software, "soft");
	assert_addr(&stun.response_origin, "192.0.2.1", 1);
	assert_addr(&stun.other_address, "192.0.2.1", 1);
	assert_addr(&stun.mapped, "192.0.2.1", 1);
}

/* RFC 8489 14.5: whoever adds attributes behind the integrity must not be believed; FINGERPRINT excepted. */
static void ignores_what_follows_the_integrity(void **state)
{
	(void)state;
	static const uint8_t integrity[URCHIN_STUN_INTEGRITY_LEN] = {1}, forged[URCHIN_STUN_INTEGRITY_LEN] = {2};
	static const uint8_t addr[] = {0, 1, 0, 1, 192, 0, 2, 1};
	struct message message;
	struct urchin_stun stun;
	start(&message, 0x0001);
	put(&message, 0x0024, "\0\0\0\1", 4);
	put(&message, 0x0008, integrity, sizeof(integrity));
	put(&message, 0x0008, forged, sizeof(forged));
	put(&message, 0x0006, "forged", 6);
	put(&message, 0x0025, NULL, 0);
	put(&message, 0x0024, "\0\0\0", 3); /* even of a wrong shape */
	put(&message, 0x0001, addr, 8);
	put(&message, 0x802a, "\0\0\0\0\0\0\0\3", 8);
	put(&message, 0x7777, NULL, 0);
	put_fingerprint(&message);
	assert_int_equal(urchin_stun_read(&stun, message.bytes, message.len), 0);
	assert_int_equal(stun.priority, 1);
	assert_int_equal(stun.integrity.bytes[0], 1);
	assert_int_equal(stun.integrity_offset, 28);
	assert_null(stun.username.bytes);
	assert_false(stun.use_candidate || stun.has_controlling);
	assert_int_equal(stun.mapped.family, URCHIN_ADDR_NONE);
	assert_int_equal(stun.unknown_count, 0);
	assert_true(stun.has_fingerprint);
	message.bytes[message.len - 1] ^= 1;
	assert_int_equal(urchin_stun_read(&stun, message.bytes, message.len), URCHIN_EMALFORMED);
}

/* RFC 8489 6.3.1: those below 0x8000 must be understood; of each type one is told, and not more than fit. */
static void collects_unknown_attributes(void **state)
{
	(void)state;
	struct message message;
	struct urchin_stun stun;
	start(&message, 0x0001);
	put(&message, 0x7fff, "abc", 3);
	put(&message, 0x8000, "abc", 3);
	put(&message, 0xc057, "abcd", 4);
	put(&message, 0x0002, NULL, 0);
	put(&message, 0x7fff, NULL, 0);
	assert_int_equal(read_message(&stun, &message), 0);
	assert_int_equal(stun.unknown_count, 2);
	assert_int_equal(stun.unknown[0], 0x7fff);
	assert_int_equal(stun.unknown[1], 0x0002);
	start(&message, 0x0001);
	for (uint16_t type = 0x1000; type < 0x1100; type++)
		put(&message, type, NULL, 0);
	assert_int_equal(read_message(&stun, &message), 0);
	assert_int_equal(stun.unknown_count, URCHIN_STUN_UNKNOWN_MAX);
	assert_int_equal(stun.unknown[URCHIN_STUN_UNKNOWN_MAX - 1], 0x1000 + URCHIN_STUN_UNKNOWN_MAX - 1);
}

/* RFC 8489 12 and RFC 5780 7: servers answer with both forms, old ones with those of RFC 3489 only. */
static void prefers_the_new_form_of_addresses(void **state)
{
	(void)state;
	static const uint8_t old[] = {0, 1, 0, 1, 192, 0, 2, 1}, new[] = {0, 1, 0, 2, 192, 0, 2, 2};
	static const uint8_t masked[] = {0, 1, 0x21, 0x12 ^ 3, 192 ^ 0x21, 0x12, 2 ^ 0xa4, 3 ^ 0x42};
	struct message message;
	struct urchin_stun stun;
	start(&message, 0x0101);
	put(&message, 0x0001, old, 8);
	put(&message, 0x0004, old, 8);
	put(&message, 0x0005, old, 8);
	assert_int_equal(read_message(&stun, &message), 0);
	assert_addr(&stun.mapped, "192.0.2.1", 1);
	assert_addr(&stun.other_address, "192.0.2.1", 1);
	assert_int_equal(stun.unknown_count, 0);
	put(&message, 0x802c, new, 8);
	put(&message, 0x0020, masked, 8);
	assert_int_equal(read_message(&stun, &message), 0);
	assert_addr(&stun.mapped, "192.0.2.3", 3);
	assert_addr(&stun.other_address, "192.0.2.2", 2);
}

/* "123456789" is the usual check of a CRC-32: 0xcbf43926. */
static void computes_the_fingerprint(void **state)
{
	(void)state;
	assert_true(urchin_stun_fingerprint((const uint8_t *)"123456789", 9) == (0xcbf43926 ^ 0x5354554e));
	assert_true(urchin_stun_fingerprint(NULL, 0) == 0x5354554e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_sample_request),
	    cmocka_unit_test(reads_the_sample_responses),
	    cmocka_unit_test(reads_the_sample_request_with_long_term_credentials),
	    cmocka_unit_test(reads_every_class_and_method),
	    cmocka_unit_test(refuses_wrong_headers),
	    cmocka_unit_test(refuses_lengths_that_are_no_multiple_of_4),
	    cmocka_unit_test(refuses_every_truncation),
	    cmocka_unit_test(refuses_every_flipped_bit),
	    cmocka_unit_test(wants_fingerprint_last),
	    cmocka_unit_test(refuses_attributes_that_leave_the_message),
	    cmocka_unit_test(reads_the_longest_message),
	    cmocka_unit_test(refuses_attributes_of_a_wrong_shape),
	    cmocka_unit_test(limits_user_names),
	    cmocka_unit_test(the_first_of_repeated_attributes_counts),
	    cmocka_unit_test(ignores_what_follows_the_integrity),
	    cmocka_unit_test(collects_unknown_attributes),
	    cmocka_unit_test(prefers_the_new_form_of_addresses),
	    cmocka_unit_test(computes_the_fingerprint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

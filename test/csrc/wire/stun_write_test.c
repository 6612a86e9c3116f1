/* Writing STUN: the vectors of RFC 5769 byte for byte, a round trip of every attribute, messages that do not fit. */
#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "support/stun_vectors.h"
#include "wire/stun.h"

static const uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN] = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
								 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

struct message {
	struct urchin_stun_writer writer;
	struct urchin_stun stun;
	uint8_t bytes[URCHIN_STUN_MESSAGE_CAP];
};

static void start(struct message *message, enum urchin_stun_class class)
{
	memset(message->bytes, 0xee, sizeof(message->bytes));
	urchin_stun_begin(&message->writer, message->bytes, sizeof(message->bytes), class, URCHIN_STUN_BINDING,
			  transaction);
}

static void finish_and_read(struct message *message)
{
	int len = urchin_stun_finish(&message->writer);
	assert_true(len > 0 && len % 4 == 0);
	assert_int_equal(urchin_stun_read(&message->stun, message->bytes, (size_t)len), 0);
	assert_true(message->stun.has_fingerprint);
	assert_memory_equal(message->stun.transaction, transaction, sizeof(transaction));
}

/* The vectors pad with spaces, we with zeros. */
static void pad_with_spaces(struct urchin_stun_writer *writer, size_t count)
{
	memset(writer->bytes + writer->len - count, ' ', count);
}

/* Appends the vector's own integrity and checks that all bytes are the vector's. */
static void finish_like(struct urchin_stun_writer *writer, const uint8_t *vector, size_t len)
{
	urchin_stun_add(writer, 0x0008, vector + len - 28, URCHIN_STUN_INTEGRITY_LEN);
	assert_int_equal(urchin_stun_finish(writer), len);
	assert_memory_equal(writer->bytes, vector, len);
}

static void writes_the_samples_of_rfc_5769(void **state)
{
	(void)state;
	struct message message;
	struct urchin_addr addr;
	start(&message, URCHIN_STUN_REQUEST);
	urchin_stun_add_software(&message.writer, "STUN test client");
	urchin_stun_add_priority(&message.writer, 0x6e0001ff);
	urchin_stun_add_role(&message.writer, false, UINT64_C(0x932ff9b151263b36));
	urchin_stun_add_username(&message.writer, "evtj:h6vY");
	pad_with_spaces(&message.writer, 3);
	finish_like(&message.writer, stun_vector_request, sizeof(stun_vector_request));

	start(&message, URCHIN_STUN_SUCCESS);
	urchin_stun_add_software(&message.writer, "test vector");
	pad_with_spaces(&message.writer, 1);
	assert_int_equal(urchin_addr_read(&addr, "192.0.2.1", 32853), 0);
	urchin_stun_add_mapped(&message.writer, &addr);
	finish_like(&message.writer, stun_vector_ipv4_response, sizeof(stun_vector_ipv4_response));

	start(&message, URCHIN_STUN_SUCCESS);
	urchin_stun_add_software(&message.writer, "test vector");
	pad_with_spaces(&message.writer, 1);
	assert_int_equal(urchin_addr_read(&addr, "2001:db8:1234:5678:11:2233:4455:6677", 32853), 0);
	urchin_stun_add_mapped(&message.writer, &addr);
	finish_like(&message.writer, stun_vector_ipv6_response, sizeof(stun_vector_ipv6_response));
}

static void writes_every_class_and_method(void **state)
{
	(void)state;
	for (unsigned int method = 0; method < 0x1000; method++) {
		for (unsigned int kind = URCHIN_STUN_REQUEST; kind <= URCHIN_STUN_ERROR; kind++) {
			uint8_t bytes[URCHIN_STUN_HEADER_LEN];
			struct urchin_stun_writer writer;
			struct urchin_stun stun;
			urchin_stun_begin(&writer, bytes, sizeof(bytes), (enum urchin_stun_class)kind, (uint16_t)method,
					  transaction);
			assert_int_equal(urchin_stun_finish_plain(&writer), sizeof(bytes));
			assert_int_equal(urchin_stun_read(&stun, bytes, sizeof(bytes)), 0);
			assert_int_equal(stun.class, kind);
			assert_int_equal(stun.method, method);
		}
	}
}

static void a_check_reads_as_it_was_written(void **state)
{
	(void)state;
	struct message message;
	start(&message, URCHIN_STUN_REQUEST);
	urchin_stun_add_username(&message.writer, "remote:local");
	urchin_stun_add_priority(&message.writer, UINT32_MAX);
	urchin_stun_add_use_candidate(&message.writer);
	urchin_stun_add_role(&message.writer, true, UINT64_MAX - 1);
	finish_and_read(&message);
	assert_int_equal(message.stun.username.len, 12);
	assert_memory_equal(message.stun.username.bytes, "remote:local", 12);
	assert_true(message.stun.has_priority);
	assert_true(message.stun.priority == UINT32_MAX);
	assert_true(message.stun.use_candidate);
	assert_true(message.stun.has_controlling && !message.stun.has_controlled);
	assert_true(message.stun.tiebreaker == UINT64_MAX - 1);
	assert_int_equal(message.stun.unknown_count, 0);
}

static void questions_about_a_nat_read_as_they_were_written(void **state)
{
	(void)state;
	for (unsigned int change = 0; change < 4; change++) {
		struct message message;
		start(&message, URCHIN_STUN_REQUEST);
		urchin_stun_add_change_request(&message.writer, change & 1, change & 2);
		urchin_stun_add_response_port(&message.writer, 0xabcd);
		finish_and_read(&message);
		assert_true(message.stun.has_change_request);
		assert_int_equal(message.stun.change_ip, (change & 1) != 0);
		assert_int_equal(message.stun.change_port, (change & 2) != 0);
		/* RFC 5780 7.5: 16 bits and padding. Servers read it, we don't. */
		static const uint8_t response_port[] = {0x00, 0x27, 0x00, 0x02, 0xab, 0xcd, 0x00, 0x00};
		assert_memory_equal(message.bytes + 28, response_port, sizeof(response_port));
		assert_int_equal(message.stun.unknown_count, 1);
		assert_int_equal(message.stun.unknown[0], 0x0027);
	}
}

static void errors_read_as_they_were_written(void **state)
{
	(void)state;
	static const uint16_t unknown[] = {0x7fff, 0x0027, 0x0002};
	static const uint8_t listed[] = {0x00, 0x0a, 0x00, 0x06, 0x7f, 0xff, 0x00, 0x27, 0x00, 0x02, 0x00, 0x00};
	struct message message;
	start(&message, URCHIN_STUN_ERROR);
	urchin_stun_add_error(&message.writer, 420, "Unknown Attribute");
	urchin_stun_add_unknown(&message.writer, unknown, 3);
	assert_memory_equal(message.bytes + message.writer.len - sizeof(listed), listed, sizeof(listed));
	finish_and_read(&message);
	assert_int_equal(message.stun.class, URCHIN_STUN_ERROR);
	assert_int_equal(message.stun.error_code, 420);
	assert_int_equal(message.stun.error_reason.len, 17);
	assert_memory_equal(message.stun.error_reason.bytes, "Unknown Attribute", 17);
	assert_int_equal(message.stun.unknown_count, 0);
	for (uint16_t code = 300; code < 700; code++) {
		start(&message, URCHIN_STUN_ERROR);
		urchin_stun_add_error(&message.writer, code, "");
		finish_and_read(&message);
		assert_int_equal(message.stun.error_code, code);
		assert_int_equal(message.stun.error_reason.len, 0);
	}
}

/* RFC 8489 14.8: fewer than 128 characters. */
static void long_reasons_are_cut(void **state)
{
	(void)state;
	struct message message;
	char reason[200];
	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	start(&message, URCHIN_STUN_ERROR);
	urchin_stun_add_error(&message.writer, 500, reason);
	finish_and_read(&message);
	assert_int_equal(message.stun.error_reason.len, 127);
}

static void addresses_read_as_they_were_written(void **state)
{
	(void)state;
	static const char *const texts[] = {"0.0.0.0", "255.255.255.255",
					    "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (uint32_t port = 0; port < 65536; port += 257) {
			struct message message;
			struct urchin_addr addr;
			assert_int_equal(urchin_addr_read(&addr, texts[i], (uint16_t)port), 0);
			start(&message, URCHIN_STUN_SUCCESS);
			urchin_stun_add_mapped(&message.writer, &addr);
			finish_and_read(&message);
			assert_true(urchin_addr_equal(&message.stun.mapped, &addr));
		}
	}
}

/* RFC 8489 14: padding is sent as zeros; libnice before 0.1.22 sends what was in memory. */
static void padding_is_zero(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 8; len++) {
		struct message message;
		start(&message, URCHIN_STUN_REQUEST);
		urchin_stun_add(&message.writer, 0x8022, (const uint8_t *)"abcdefgh", len);
		assert_int_equal(message.writer.len, 24 + (len + 3) / 4 * 4);
		for (size_t at = 24 + len; at < message.writer.len; at++)
			assert_int_equal(message.bytes[at], 0);
		finish_and_read(&message);
		assert_int_equal(message.stun.software.len, len);
		assert_memory_equal(message.stun.software.bytes, "abcdefgh", len);
	}
}

static int write_everything(uint8_t *bytes, size_t cap)
{
	struct urchin_stun_writer writer;
	struct urchin_addr addr = {.family = URCHIN_ADDR_IPV6, .port = 1};
	const uint16_t unknown = 0x7fff;
	urchin_stun_begin(&writer, bytes, cap, URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	urchin_stun_add_software(&writer, "software");
	urchin_stun_add_username(&writer, "name");
	urchin_stun_add_priority(&writer, 1);
	urchin_stun_add_use_candidate(&writer);
	urchin_stun_add_role(&writer, true, 1);
	urchin_stun_add_mapped(&writer, &addr);
	urchin_stun_add_change_request(&writer, true, true);
	urchin_stun_add_response_port(&writer, 1);
	urchin_stun_add_error(&writer, 420, "reason");
	urchin_stun_add_unknown(&writer, &unknown, 1);
	return urchin_stun_finish(&writer);
}

/* Whatever does not fit, the message as a whole is refused and nothing is written behind the end. */
static void messages_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	uint8_t whole[URCHIN_STUN_MESSAGE_CAP];
	int len = write_everything(whole, sizeof(whole));
	assert_true(len > 0);
	for (size_t cap = 0; cap <= (size_t)len; cap++) {
		uint8_t *bytes = malloc(cap ? cap : 1);
		assert_int_equal(write_everything(bytes, cap), cap == (size_t)len ? len : URCHIN_ETOOBIG);
		if (cap == (size_t)len)
			assert_memory_equal(bytes, whole, cap);
		free(bytes);
	}
}

/* An attribute that fits after one that did not must not make the message look whole. */
static void an_overflow_is_remembered(void **state)
{
	(void)state;
	uint8_t bytes[64];
	struct urchin_stun_writer writer;
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	urchin_stun_add_username(&writer, "a name that is longer than what is left of the buffer");
	urchin_stun_add_priority(&writer, 1);
	assert_int_equal(writer.len, URCHIN_STUN_HEADER_LEN);
	assert_int_equal(urchin_stun_finish_plain(&writer), URCHIN_ETOOBIG);
	assert_int_equal(urchin_stun_finish(&writer), URCHIN_ETOOBIG);
}

static void what_has_no_form_is_refused(void **state)
{
	(void)state;
	static uint8_t big[70000];
	static const uint8_t value[65536];
	static const uint16_t codes[] = {0, 299, 700, UINT16_MAX};
	struct urchin_addr none = {.port = 1};
	char name[URCHIN_STUN_USERNAME_MAX + 2];
	struct message message;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		start(&message, URCHIN_STUN_ERROR);
		urchin_stun_add_error(&message.writer, codes[i], "");
		assert_int_equal(urchin_stun_finish(&message.writer), URCHIN_ETOOBIG);
	}
	start(&message, URCHIN_STUN_SUCCESS);
	urchin_stun_add_mapped(&message.writer, &none);
	assert_int_equal(urchin_stun_finish(&message.writer), URCHIN_ETOOBIG);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	start(&message, URCHIN_STUN_REQUEST);
	urchin_stun_add_username(&message.writer, name);
	assert_int_equal(urchin_stun_finish(&message.writer), URCHIN_ETOOBIG);
	name[sizeof(name) - 2] = '\0';
	start(&message, URCHIN_STUN_REQUEST);
	urchin_stun_add_username(&message.writer, name);
	finish_and_read(&message);
	/* The header's length has 16 bits. */
	for (size_t len = 65520; len <= sizeof(value); len++) {
		struct urchin_stun_writer writer;
		urchin_stun_begin(&writer, big, sizeof(big), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
		urchin_stun_add(&writer, 0x8022, value, len);
		int written = urchin_stun_finish(&writer);
		assert_int_equal(written, len <= 65520 ? (int)(URCHIN_STUN_HEADER_LEN + 4 + len + 8) : URCHIN_ETOOBIG);
	}
	start(&message, URCHIN_STUN_ERROR);
	urchin_stun_add_unknown(&message.writer, NULL, SIZE_MAX / 2 + 3);
	assert_int_equal(urchin_stun_finish(&message.writer), URCHIN_ETOOBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_the_samples_of_rfc_5769),
	    cmocka_unit_test(writes_every_class_and_method),
	    cmocka_unit_test(a_check_reads_as_it_was_written),
	    cmocka_unit_test(questions_about_a_nat_read_as_they_were_written),
	    cmocka_unit_test(errors_read_as_they_were_written),
	    cmocka_unit_test(long_reasons_are_cut),
	    cmocka_unit_test(addresses_read_as_they_were_written),
	    cmocka_unit_test(padding_is_zero),
	    cmocka_unit_test(messages_that_do_not_fit_are_refused),
	    cmocka_unit_test(an_overflow_is_remembered),
	    cmocka_unit_test(what_has_no_form_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* MESSAGE-INTEGRITY: the vectors of RFC 5769 both ways, wrong keys and bytes, OpenSSL's HMAC() as reference. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "transport/stun_integrity.h"

#include "support/cmocka_all.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "support/stun_vectors.h"

static const uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN] = "transaction";

static int check(const uint8_t *bytes, size_t len, const char *key)
{
	struct urchin_stun stun;
	int err = urchin_stun_read(&stun, bytes, len);
	return err ? err : urchin_stun_check_integrity(&stun, bytes, key);
}

/* RFC 5769 2.1 to 2.4 */
static void accepts_the_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < STUN_VECTORS; i++)
		assert_int_equal(check(stun_vectors[i].bytes, stun_vectors[i].len, stun_vectors[i].key), 0);
}

static void refuses_other_keys(void **state)
{
	(void)state;
	static const char *const keys[] = {"", "VOkJxbRl1RmTxUk/WvJxB", "VOkJxbRl1RmTxUk/WvJxBu",
					   "vOkJxbRl1RmTxUk/WvJxBt", STUN_VECTOR_PASSWORD " "};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_int_equal(check(stun_vector_request, sizeof(stun_vector_request), keys[i]), URCHIN_EAUTH);
}

/* RFC 8489 14.5: every bit before the attribute, and of it, counts. With the fingerprint made right again, as an
 * attacker would. */
static void refuses_every_flipped_bit(void **state)
{
	(void)state;
	size_t len = sizeof(stun_vector_request);
	for (size_t bit = 0; bit < 8 * (len - 8); bit++) {
		uint8_t bytes[sizeof(stun_vector_request)];
		memcpy(bytes, stun_vector_request, len);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		urchin_write_u32(bytes + len - 4, urchin_stun_fingerprint(bytes, len - 8));
		assert_true(check(bytes, len, STUN_VECTOR_PASSWORD) < 0);
	}
}

static void refuses_a_message_without_integrity(void **state)
{
	(void)state;
	uint8_t bytes[64];
	struct urchin_stun_writer writer;
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	int len = urchin_stun_finish(&writer);
	assert_int_equal(check(bytes, (size_t)len, ""), URCHIN_EAUTH);
}

/* RFC 8489 14.5: the length that is hashed ends at the attribute, whatever follows. */
static void what_follows_does_not_matter(void **state)
{
	(void)state;
	uint8_t bytes[256];
	struct urchin_stun_writer writer;
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	urchin_stun_add_username(&writer, "a:b");
	urchin_stun_add_integrity(&writer, "key");
	assert_int_equal(check(bytes, writer.len, "key"), 0);
	urchin_stun_add_use_candidate(&writer);
	urchin_stun_add_software(&writer, "added on the way");
	assert_int_equal(check(bytes, writer.len, "key"), 0);
	int len = urchin_stun_finish(&writer);
	assert_int_equal(check(bytes, (size_t)len, "key"), 0);
}

/* RFC 5769 2.1 as a whole; its padding is spaces, ours zeros. */
static void writes_the_sample_request(void **state)
{
	(void)state;
	uint8_t bytes[URCHIN_STUN_MESSAGE_CAP];
	struct urchin_stun_writer writer;
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING,
			  stun_vector_request + 8);
	urchin_stun_add_software(&writer, "STUN test client");
	urchin_stun_add_priority(&writer, 0x6e0001ff);
	urchin_stun_add_role(&writer, false, UINT64_C(0x932ff9b151263b36));
	urchin_stun_add_username(&writer, "evtj:h6vY");
	memset(bytes + writer.len - 3, ' ', 3);
	urchin_stun_add_integrity(&writer, STUN_VECTOR_PASSWORD);
	assert_int_equal(urchin_stun_finish(&writer), sizeof(stun_vector_request));
	assert_memory_equal(bytes, stun_vector_request, sizeof(stun_vector_request));
}

static void add_reference(struct urchin_stun_writer *writer, const char *key)
{
	size_t len = writer->len;
	uint8_t mac[URCHIN_STUN_INTEGRITY_LEN] = {0};
	urchin_stun_add(writer, 0x0008, mac, sizeof(mac));
	HMAC(EVP_sha1(), key, (int)strlen(key), writer->bytes, len, mac, NULL);
	memcpy(writer->bytes + len + 4, mac, sizeof(mac));
}

/* Keys around SHA-1's block of 64 bytes (RFC 2104 2), up to the longest password of ICE (RFC 8839 5.4). */
static void keys_of_every_length_agree_with_openssl(void **state)
{
	(void)state;
	char key[257];
	for (size_t key_len = 0; key_len < sizeof(key); key_len++) {
		uint8_t ours[URCHIN_STUN_MESSAGE_CAP], theirs[URCHIN_STUN_MESSAGE_CAP];
		struct urchin_stun_writer a, b;
		for (size_t i = 0; i < key_len; i++)
			key[i] = (char)('!' + (i + key_len) % 90);
		key[key_len] = '\0';
		urchin_stun_begin(&a, ours, sizeof(ours), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
		urchin_stun_begin(&b, theirs, sizeof(theirs), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
		/* Messages of many lengths as well. */
		urchin_stun_add_username(&a, key);
		urchin_stun_add_username(&b, key);
		urchin_stun_add_integrity(&a, key);
		add_reference(&b, key);
		assert_int_equal(a.len, b.len);
		assert_memory_equal(ours, theirs, a.len);
		assert_int_equal(check(theirs, b.len, key), 0);
	}
}

static void an_overflow_is_remembered(void **state)
{
	(void)state;
	uint8_t bytes[URCHIN_STUN_HEADER_LEN + 24];
	for (size_t cap = 0; cap <= sizeof(bytes); cap++) {
		struct urchin_stun_writer writer;
		urchin_stun_begin(&writer, bytes, cap, URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
		urchin_stun_add_integrity(&writer, "key");
		assert_int_equal(urchin_stun_finish_plain(&writer), cap == sizeof(bytes) ? (int)cap : URCHIN_ETOOBIG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepts_the_samples),
	    cmocka_unit_test(refuses_other_keys),
	    cmocka_unit_test(refuses_every_flipped_bit),
	    cmocka_unit_test(refuses_a_message_without_integrity),
	    cmocka_unit_test(what_follows_does_not_matter),
	    cmocka_unit_test(writes_the_sample_request),
	    cmocka_unit_test(keys_of_every_length_agree_with_openssl),
	    cmocka_unit_test(an_overflow_is_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

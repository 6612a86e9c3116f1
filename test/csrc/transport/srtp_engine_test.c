/* What computes AES-GCM: an engine that gives one wrong byte must be found out, and a change must harm no key in use.
 */
#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "transport/srtp.h"
#include "transport/srtp_engine.h"
#include "transport/srtp_ipsec_mb.h"
#include "transport/srtp_openssl.h"

#define CAP 1300

/* OpenSSL's engine with a fault that shows at one length only. */
enum fault { WRONG_TEXT, WRONG_TAG, OPENS_ALL, OPENS_NONE, WRITES_BEHIND };
static enum fault fault;
static size_t faulty_len;

static int seal_wrongly(void *state, const uint8_t *iv, const struct urchin_srtp_text *text, uint8_t *tag)
{
	int err = urchin_srtp_openssl()->gcm_seal(state, iv, text, tag);

	if (text->len == faulty_len) {
		text->out[0] ^= fault == WRONG_TEXT;
		tag[3] ^= fault == WRONG_TAG;
		tag[URCHIN_GCM_TAG_LEN + 7] ^= fault == WRITES_BEHIND;
	}
	return err;
}

static int open_wrongly(void *state, const uint8_t *iv, const struct urchin_srtp_text *text, const uint8_t *tag)
{
	int err = urchin_srtp_openssl()->gcm_open(state, iv, text, tag);

	if (text->len == faulty_len && fault == OPENS_ALL)
		err = 0;
	if (text->len == faulty_len && fault == OPENS_NONE)
		err = URCHIN_EAUTH;
	return err;
}

static void one_wrong_byte_is_found(void **state)
{
	struct urchin_srtp_engine faulty = *urchin_srtp_openssl();

	(void)state;
	faulty.gcm_seal = seal_wrongly;
	faulty.gcm_open = open_wrongly;
	faulty_len = SIZE_MAX;
	assert_true(urchin_srtp_engine_agrees(&faulty, urchin_srtp_openssl()));
	faulty_len = 129;
	for (fault = WRONG_TEXT; fault <= WRITES_BEHIND; fault++)
		assert_false(urchin_srtp_engine_agrees(&faulty, urchin_srtp_openssl()));
}

static void another_version_is_not_known(void **state)
{
	(void)state;
	assert_true(urchin_srtp_ipsec_mb_knows(0x10300));
	assert_false(urchin_srtp_ipsec_mb_knows(0));
	assert_false(urchin_srtp_ipsec_mb_knows(0x03700));
	assert_false(urchin_srtp_ipsec_mb_knows(0x20000));
}

/* A file that is not there, none of a library, and another library: OpenSSL goes on. */
static void what_is_not_the_library_is_not_used(void **state)
{
	(void)state;
	assert_string_equal(urchin_srtp_engine_choose("/nowhere/libIPSec_MB.so.1"), "OpenSSL");
	assert_string_equal(urchin_srtp_engine_choose("/proc/self/maps"), "OpenSSL");
	assert_string_equal(urchin_srtp_engine_choose("libcmocka.so.0"), "OpenSSL");
	assert_string_equal(urchin_srtp_engine_choose("off"), "OpenSSL");
	assert_ptr_equal(urchin_srtp_engine(), urchin_srtp_openssl());
}

static const char *choose_ipsec_mb(void)
{
	const char *file = getenv("URCHIN_IPSEC_MB");

	return urchin_srtp_engine_choose(file && file[0] ? file : "auto");
}

static void fill(struct urchin_srtp_keys *keys, uint8_t seed, bool mirrored)
{
	*keys = (struct urchin_srtp_keys){.profile = URCHIN_SRTP_AEAD_AES_128_GCM};
	for (size_t i = 0; i < 16; i++) {
		(mirrored ? keys->receive_key : keys->send_key)[i] = (uint8_t)(i * 7 + seed);
		(mirrored ? keys->send_key : keys->receive_key)[i] = (uint8_t)(i * 5 + seed);
	}
}

/* One packet from `from` to `to`; returns what `to` says. */
static int pass(struct urchin_srtp *from, struct urchin_srtp *to, uint16_t seq)
{
	uint8_t plain[200] = {0x80, 96, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 0, 0, 0, 0, 0, 9}, sealed[CAP];
	int len, opened;

	memset(plain + 12, (uint8_t)seq, sizeof(plain) - 12);
	len = urchin_srtp_protect_rtp(from, plain, sizeof(plain), sealed, CAP);
	assert_int_equal(len, sizeof(plain) + URCHIN_GCM_TAG_LEN);
	opened = urchin_srtp_unprotect_rtp(to, sealed, (size_t)len);
	if (opened >= 0)
		assert_memory_equal(sealed, plain, sizeof(plain));
	return opened;
}

/* Connections that exist keep their engine: its states are of no use to another. */
static void a_change_leaves_keys_in_use_alone(void **state)
{
	struct urchin_srtp_keys keys, mirrored;
	struct urchin_srtp *old, *new;

	(void)state;
	if (strcmp(choose_ipsec_mb(), "OpenSSL") == 0)
		skip();
	assert_ptr_not_equal(urchin_srtp_engine(), urchin_srtp_openssl());
	fill(&keys, 3, false);
	fill(&mirrored, 3, true);
	old = urchin_srtp_new(&keys);
	assert_string_equal(urchin_srtp_engine_choose("off"), "OpenSSL");
	new = urchin_srtp_new(&mirrored);
	for (uint16_t seq = 1; seq < 50; seq++) {
		assert_int_equal(pass(old, new, seq), 200);
		assert_int_equal(pass(new, old, seq), 200);
	}
	urchin_srtp_free(old);
	urchin_srtp_free(new);
}

/* New keys for the old peer, in memory that the old ones have just left: what the old ones sealed must not open. */
static void new_keys_are_not_the_old_ones(void **state)
{
	static const char *const wishes[] = {"off", NULL};
	struct urchin_srtp_keys keys, mirrored;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct urchin_srtp *from, *to;

		if (wishes[i])
			urchin_srtp_engine_choose(wishes[i]);
		else
			choose_ipsec_mb();
		fill(&keys, 1, false);
		fill(&mirrored, 1, true);
		from = urchin_srtp_new(&keys);
		to = urchin_srtp_new(&mirrored);
		assert_int_equal(pass(from, to, 1), 200);
		fill(&mirrored, 2, true);
		urchin_srtp_free(to);
		to = urchin_srtp_new(&mirrored);
		assert_int_equal(pass(from, to, 2), URCHIN_EAUTH);
		fill(&keys, 2, false);
		urchin_srtp_free(from);
		from = urchin_srtp_new(&keys);
		assert_int_equal(pass(from, to, 3), 200);
		urchin_srtp_free(from);
		urchin_srtp_free(to);
	}
}

static int back_to_openssl(void **state)
{
	(void)state;
	urchin_srtp_engine_choose("off");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_wrong_byte_is_found),
	    cmocka_unit_test(another_version_is_not_known),
	    cmocka_unit_test_teardown(what_is_not_the_library_is_not_used, back_to_openssl),
	    cmocka_unit_test_teardown(a_change_leaves_keys_in_use_alone, back_to_openssl),
	    cmocka_unit_test_teardown(new_keys_are_not_the_old_ones, back_to_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

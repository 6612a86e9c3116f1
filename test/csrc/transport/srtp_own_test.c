/*
 * Our own SRTP transform against libsrtp2: the same bytes and the same verdicts, packet for packet. By OpenSSL, and
 * where intel-ipsec-mb is installed (URCHIN_IPSEC_MB: its file) also by that.
 */
#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "transport/srtp.h"
#include "transport/srtp_engine.h"
#include "transport/srtp_window.h"

#define CAP 1700
#define PACKETS 6000

static const enum urchin_srtp_profile profiles[] = {URCHIN_SRTP_AEAD_AES_128_GCM, URCHIN_SRTP_AES128_CM_SHA1_80,
						    URCHIN_SRTP_AEAD_AES_256_GCM};
#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

static uint64_t state_of_chance = 1;

/* xorshift64 */
static uint32_t chance(uint32_t below)
{
	state_of_chance ^= state_of_chance << 13;
	state_of_chance ^= state_of_chance >> 7;
	state_of_chance ^= state_of_chance << 17;
	return (uint32_t)(state_of_chance >> 32) % below;
}

static struct urchin_srtp *open_by(enum urchin_srtp_implementation implementation, enum urchin_srtp_profile profile,
				   bool mirrored)
{
	struct urchin_srtp_keys keys = {.profile = profile};
	struct urchin_srtp *srtp;

	for (size_t i = 0; i < URCHIN_SRTP_KEY_CAP; i++) {
		(mirrored ? keys.receive_key : keys.send_key)[i] = (uint8_t)(i * 7 + 1);
		(mirrored ? keys.send_key : keys.receive_key)[i] = (uint8_t)(i * 11 + 3);
	}
	for (size_t i = 0; i < URCHIN_SRTP_SALT_CAP; i++) {
		(mirrored ? keys.receive_salt : keys.send_salt)[i] = (uint8_t)(i * 5 + 9);
		(mirrored ? keys.send_salt : keys.receive_salt)[i] = (uint8_t)(i * 3 + 2);
	}
	srtp = urchin_srtp_new_by(implementation, &keys);
	assert_non_null(srtp);
	return srtp;
}

/* A packet with up to 3 CSRCs, perhaps an extension, and 0 to 1400 bytes of payload. */
static size_t make_rtp(uint8_t *bytes, uint32_t ssrc, uint16_t seq)
{
	size_t csrcs = chance(4), words = chance(3), payload_len = chance(8) ? chance(1400) : 0, len = 12;

	bytes[0] = (uint8_t)(0x80 | csrcs);
	bytes[1] = 96;
	urchin_write_u16(bytes + 2, seq);
	urchin_write_u32(bytes + 4, seq * 90u);
	urchin_write_u32(bytes + 8, ssrc);
	len += 4 * csrcs;
	if (words) {
		bytes[0] |= 0x10;
		urchin_write_u16(bytes + len, 0xbede);
		urchin_write_u16(bytes + len + 2, (uint16_t)words);
		len += 4 + 4 * words;
	}
	for (size_t i = 12; i < len + payload_len; i++)
		if (i < 12 + 4 * csrcs || i >= 16 + 4 * csrcs)
			bytes[i] = (uint8_t)chance(256);
	return len + payload_len;
}

static size_t make_rtcp(uint8_t *bytes, uint32_t ssrc)
{
	size_t words = 1 + chance(40);

	bytes[0] = 0x80;
	bytes[1] = 200;
	urchin_write_u16(bytes + 2, (uint16_t)words);
	urchin_write_u32(bytes + 4, ssrc);
	for (size_t i = 8; i < 4 + 4 * words; i++)
		bytes[i] = (uint8_t)chance(256);
	return 4 + 4 * words;
}

/* Steps that wander forth and back, over several roll-overs, and sometimes repeat a number. */
static void the_same_bytes_are_sent(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct urchin_srtp *own = open_by(URCHIN_SRTP_OWN, profiles[p], false);
		struct urchin_srtp *reference = open_by(URCHIN_SRTP_LIBSRTP, profiles[p], false);
		uint8_t plain[CAP], a[CAP], b[CAP];
		uint32_t seq = 20000;

		state_of_chance = 7;
		for (int i = 0; i < PACKETS; i++) {
			size_t len;
			int a_len, b_len;

			seq += chance(10) ? chance(60) : 0u - chance(300);
			len = make_rtp(plain, 0x1000 + chance(3), (uint16_t)seq);
			a_len = urchin_srtp_protect_rtp(own, plain, len, a, CAP);
			b_len = urchin_srtp_protect_rtp(reference, plain, len, b, CAP);
			assert_int_equal(a_len, b_len);
			if (a_len > 0)
				assert_memory_equal(a, b, (size_t)a_len);
		}
		urchin_srtp_free(own);
		urchin_srtp_free(reference);
	}
}

static void the_same_reports_are_sent(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct urchin_srtp *own = open_by(URCHIN_SRTP_OWN, profiles[p], false);
		struct urchin_srtp *reference = open_by(URCHIN_SRTP_LIBSRTP, profiles[p], false);
		uint8_t plain[CAP], a[CAP], b[CAP];

		for (int i = 0; i < 500; i++) {
			size_t len = make_rtcp(plain, 99);
			int a_len = urchin_srtp_protect_rtcp(own, plain, len, a, CAP);

			assert_int_equal(a_len, urchin_srtp_protect_rtcp(reference, plain, len, b, CAP));
			assert_memory_equal(a, b, (size_t)a_len);
		}
		urchin_srtp_free(own);
		urchin_srtp_free(reference);
	}
}

/* Loss, reordering, duplicates and damage: whatever libsrtp2 says of a packet, we say too. */
static void the_same_verdicts_are_given(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct urchin_srtp *sender = open_by(URCHIN_SRTP_LIBSRTP, profiles[p], true);
		struct urchin_srtp *own = open_by(URCHIN_SRTP_OWN, profiles[p], false);
		struct urchin_srtp *reference = open_by(URCHIN_SRTP_LIBSRTP, profiles[p], false);
		uint8_t plain[CAP], sent[CAP], a[CAP], b[CAP];
		uint32_t seq = 500;
		int taken = 0, refused = 0;

		state_of_chance = 11;
		for (int i = 0; i < PACKETS; i++) {
			size_t plain_len;
			int len, verdict;

			seq += chance(20) ? 1 + chance(40) : 0u - chance(200);
			plain_len = make_rtp(plain, 0x77, (uint16_t)seq);
			len = urchin_srtp_protect_rtp(sender, plain, plain_len, sent, CAP);
			if (len < 0)
				continue;
			if (!chance(20))
				sent[chance((uint32_t)len)] ^= (uint8_t)(1 + chance(255));
			memcpy(a, sent, (size_t)len);
			memcpy(b, sent, (size_t)len);
			verdict = urchin_srtp_unprotect_rtp(own, a, (size_t)len);
			assert_int_equal(verdict < 0, urchin_srtp_unprotect_rtp(reference, b, (size_t)len) < 0);
			if (verdict >= 0)
				assert_memory_equal(a, b, (size_t)verdict);
			taken += verdict >= 0;
			refused += verdict < 0;
		}
		assert_true(taken > PACKETS / 2);
		assert_true(refused > PACKETS / 50);
		urchin_srtp_free(sender);
		urchin_srtp_free(own);
		urchin_srtp_free(reference);
	}
}

static void a_window_remembers_its_width(void **state)
{
	struct urchin_srtp_window window = {0};
	const uint64_t width = URCHIN_SRTP_RECEIVE_WINDOW;

	(void)state;
	assert_true(urchin_srtp_window_allows(&window, 0));
	urchin_srtp_window_note(&window, 5000);
	assert_false(urchin_srtp_window_allows(&window, 5000));
	assert_true(urchin_srtp_window_allows(&window, 5000 - width + 1));
	assert_false(urchin_srtp_window_allows(&window, 5000 - width));
	urchin_srtp_window_note(&window, 4999);
	urchin_srtp_window_note(&window, 5000 + width - 1);
	assert_false(urchin_srtp_window_allows(&window, 5000));
	assert_true(urchin_srtp_window_allows(&window, 5001));
	urchin_srtp_window_note(&window, 5000 + 3 * width);
	for (uint64_t i = 1; i < width; i++)
		assert_true(urchin_srtp_window_allows(&window, 5000 + 3 * width - i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_bytes_are_sent),
	    cmocka_unit_test(the_same_reports_are_sent),
	    cmocka_unit_test(the_same_verdicts_are_given),
	    cmocka_unit_test(a_window_remembers_its_width),
	};
	const char *file = getenv("URCHIN_IPSEC_MB");
	int failed = cmocka_run_group_tests_name("OpenSSL", tests, NULL, NULL);
	const char *engine = urchin_srtp_engine_choose(file && file[0] ? file : "auto");

	if (strcmp(engine, "OpenSSL") != 0)
		failed += cmocka_run_group_tests_name(engine, tests, NULL, NULL);
	return failed;
}

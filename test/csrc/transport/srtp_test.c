/* Every SRTP profile, by our own transform and by libsrtp2: round trips, replays, damage in each region, sequence
 * numbers that wrap, retransmission. */
#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "transport/srtp.h"

#define CAP 1600

static const enum urchin_srtp_profile profiles[] = {URCHIN_SRTP_AEAD_AES_128_GCM, URCHIN_SRTP_AES128_CM_SHA1_80,
						    URCHIN_SRTP_AEAD_AES_256_GCM};
#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

static enum urchin_srtp_implementation implementation;

struct srtp_pair {
	struct urchin_srtp *a;
	struct urchin_srtp *b;
};

static struct srtp_pair open_pair(enum urchin_srtp_profile profile)
{
	struct urchin_srtp_keys keys = {.profile = profile}, mirrored = {.profile = profile};
	struct srtp_pair pair;

	for (uint8_t i = 0; i < URCHIN_SRTP_KEY_CAP; i++) {
		keys.send_key[i] = mirrored.receive_key[i] = i;
		keys.receive_key[i] = mirrored.send_key[i] = (uint8_t)(100 + i);
	}
	for (uint8_t i = 0; i < 14; i++) {
		keys.send_salt[i] = mirrored.receive_salt[i] = (uint8_t)(50 + i);
		keys.receive_salt[i] = mirrored.send_salt[i] = (uint8_t)(200 + i);
	}
	pair.a = urchin_srtp_new_by(implementation, &keys);
	pair.b = urchin_srtp_new_by(implementation, &mirrored);
	assert_non_null(pair.a);
	assert_non_null(pair.b);
	return pair;
}

static void close_pair(struct srtp_pair *pair)
{
	urchin_srtp_free(pair->a);
	urchin_srtp_free(pair->b);
}

/* An RTP packet with one CSRC, an extension of two words and `payload_len` bytes of payload; returns its length. */
static size_t make_rtp(uint8_t *bytes, uint32_t ssrc, uint16_t seq, size_t payload_len)
{
	size_t len = 12 + 4 + 4 + 8;

	memset(bytes, 0, len);
	bytes[0] = 0x80 | 0x10 | 1;
	bytes[1] = 96;
	urchin_write_u16(bytes + 2, seq);
	urchin_write_u32(bytes + 4, seq * 3000u);
	urchin_write_u32(bytes + 8, ssrc);
	urchin_write_u16(bytes + 16, 0xbede);
	urchin_write_u16(bytes + 18, 2);
	bytes[20] = 0x10;
	for (size_t i = 0; i < payload_len; i++)
		bytes[len + i] = (uint8_t)(seq + i);
	return len + payload_len;
}

static size_t make_rtcp(uint8_t *bytes, uint32_t ssrc)
{
	memset(bytes, 0, 28);
	bytes[0] = 0x80;
	bytes[1] = 200;
	urchin_write_u16(bytes + 2, 6);
	urchin_write_u32(bytes + 4, ssrc);
	return 28;
}

static int protect(struct urchin_srtp *srtp, uint16_t seq, uint8_t *out)
{
	uint8_t plain[CAP];
	size_t len = make_rtp(plain, 1234, seq, 100);

	return urchin_srtp_protect_rtp(srtp, plain, len, out, CAP);
}

/* Unprotects a copy; checks the plain bytes when it succeeds. */
static int unprotect(struct urchin_srtp *srtp, uint16_t seq, const uint8_t *bytes, int len)
{
	uint8_t copy[CAP], plain[CAP];
	size_t plain_len = make_rtp(plain, 1234, seq, 100);
	int result;

	assert_true(len > 0);
	memcpy(copy, bytes, (size_t)len);
	result = urchin_srtp_unprotect_rtp(srtp, copy, (size_t)len);
	if (result >= 0) {
		assert_int_equal(result, plain_len);
		assert_memory_equal(copy, plain, plain_len);
	}
	return result;
}

static void packets_go_both_ways(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct srtp_pair pair = open_pair(profiles[p]);
		uint8_t out[CAP], back[CAP];
		int len;

		for (uint16_t seq = 1; seq < 50; seq++) {
			len = protect(pair.a, seq, out);
			assert_int_equal(len, 128 + (profiles[p] == URCHIN_SRTP_AES128_CM_SHA1_80 ? 10 : 16));
			assert_true(unprotect(pair.b, seq, out, len) > 0);
			len = protect(pair.b, seq, back);
			assert_true(unprotect(pair.a, seq, back, len) > 0);
			/* Other keys in the other direction. */
			assert_memory_not_equal(out, back, (size_t)len);
		}
		close_pair(&pair);
	}
}

static void rtcp_goes_both_ways_once(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct srtp_pair pair = open_pair(profiles[p]);
		uint8_t plain[28], out[CAP], copy[CAP];
		size_t plain_len = make_rtcp(plain, 77);
		int len = urchin_srtp_protect_rtcp(pair.a, plain, plain_len, out, sizeof(out));

		assert_int_equal(len, 28 + 4 + (profiles[p] == URCHIN_SRTP_AES128_CM_SHA1_80 ? 10 : 16));
		memcpy(copy, out, (size_t)len);
		assert_int_equal(urchin_srtp_unprotect_rtcp(pair.b, copy, (size_t)len), 28);
		assert_memory_equal(copy, plain, plain_len);
		assert_int_equal(urchin_srtp_unprotect_rtcp(pair.b, out, (size_t)len), URCHIN_EREPLAY);
		close_pair(&pair);
	}
}

static void replayed_packet_is_refused(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct srtp_pair pair = open_pair(profiles[p]);
		uint8_t first[CAP], out[CAP];
		int first_len = protect(pair.a, 100, first);

		assert_true(unprotect(pair.b, 100, first, first_len) > 0);
		assert_int_equal(unprotect(pair.b, 100, first, first_len), URCHIN_EREPLAY);
		for (uint16_t seq = 101; seq < 1200; seq++)
			assert_true(unprotect(pair.b, seq, out, protect(pair.a, seq, out)) > 0);
		/* Beyond the window now: too old. */
		assert_int_equal(unprotect(pair.b, 100, first, first_len), URCHIN_EREPLAY);
		close_pair(&pair);
	}
}

static void late_packet_within_the_window_is_taken(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct srtp_pair pair = open_pair(profiles[p]);
		uint8_t late[CAP], out[CAP];
		int late_len;

		assert_true(unprotect(pair.b, 99, out, protect(pair.a, 99, out)) > 0);
		late_len = protect(pair.a, 100, late);
		for (uint16_t seq = 101; seq < 1100; seq++)
			assert_true(unprotect(pair.b, seq, out, protect(pair.a, seq, out)) > 0);
		assert_true(unprotect(pair.b, 100, late, late_len) > 0);
		assert_int_equal(unprotect(pair.b, 100, late, late_len), URCHIN_EREPLAY);
		close_pair(&pair);
	}
}

/* Each byte of the packet belongs to a region (header, CSRC, extension, payload, tag): none may be changed. */
static void damage_anywhere_is_noticed_and_moves_nothing(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct srtp_pair pair = open_pair(profiles[p]);
		uint8_t out[CAP];
		int len = protect(pair.a, 500, out);

		for (int i = 0; i < len; i++) {
			out[i] ^= 0x01;
			assert_in_range(-unprotect(pair.b, 500, out, len), -URCHIN_EMALFORMED, -URCHIN_EREPLAY);
			out[i] ^= 0x01;
		}
		assert_true(unprotect(pair.b, 500, out, len) > 0);
		close_pair(&pair);
	}
}

static void damaged_rtcp_is_noticed(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct srtp_pair pair = open_pair(profiles[p]);
		uint8_t plain[28], out[CAP], copy[CAP];
		int len = urchin_srtp_protect_rtcp(pair.a, plain, make_rtcp(plain, 77), out, sizeof(out));

		for (int i = 0; i < len; i++) {
			memcpy(copy, out, (size_t)len);
			copy[i] ^= 0x01;
			assert_true(urchin_srtp_unprotect_rtcp(pair.b, copy, (size_t)len) < 0);
		}
		assert_int_equal(urchin_srtp_unprotect_rtcp(pair.b, out, (size_t)len), 28);
		close_pair(&pair);
	}
}

static void truncated_packets_are_refused(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct srtp_pair pair = open_pair(profiles[p]);
		uint8_t out[CAP], plain[28], rtcp[CAP];
		int len = protect(pair.a, 1, out);
		int rtcp_len = urchin_srtp_protect_rtcp(pair.a, plain, make_rtcp(plain, 77), rtcp, sizeof(rtcp));

		/* Copies of the exact size, so that a sanitizer sees a read beyond them. */
		for (size_t cut = 0; cut < (size_t)len; cut++) {
			uint8_t *part = malloc(cut ? cut : 1);

			memcpy(part, out, cut);
			assert_true(urchin_srtp_unprotect_rtp(pair.b, part, cut) < 0);
			free(part);
		}
		for (size_t cut = 0; cut < (size_t)rtcp_len; cut++) {
			uint8_t *part = malloc(cut ? cut : 1);

			memcpy(part, rtcp, cut);
			assert_true(urchin_srtp_unprotect_rtcp(pair.b, part, cut) < 0);
			free(part);
		}
		close_pair(&pair);
	}
}

static void headers_that_lie_are_malformed(void **state)
{
	struct srtp_pair pair = open_pair(URCHIN_SRTP_AEAD_AES_128_GCM);
	uint8_t out[CAP], plain[CAP];
	size_t len = make_rtp(plain, 1, 1, 0);

	(void)state;
	assert_true(urchin_srtp_protect_rtp(pair.a, plain, len, out, sizeof(out)) > 0);
	plain[0] |= 0x0f; /* 15 CSRCs in 28 bytes */
	assert_int_equal(urchin_srtp_protect_rtp(pair.a, plain, len, out, sizeof(out)), URCHIN_EMALFORMED);
	make_rtp(plain, 1, 1, 0);
	urchin_write_u16(plain + 18, 3); /* an extension that ends behind the packet */
	assert_int_equal(urchin_srtp_protect_rtp(pair.a, plain, len, out, sizeof(out)), URCHIN_EMALFORMED);
	urchin_write_u16(plain + 18, 0xffff);
	assert_int_equal(urchin_srtp_unprotect_rtp(pair.b, plain, len), URCHIN_EMALFORMED);
	make_rtp(plain, 1, 1, 0);
	plain[0] = (uint8_t)(plain[0] & 0x3f) | 0x40; /* version 1 */
	assert_int_equal(urchin_srtp_protect_rtp(pair.a, plain, len, out, sizeof(out)), URCHIN_EMALFORMED);
	make_rtp(plain, 1, 1, 0);
	assert_int_equal(urchin_srtp_protect_rtp(pair.a, plain, len, out, len + URCHIN_SRTP_OVERHEAD - 1),
			 URCHIN_ETOOBIG);
	assert_int_equal(urchin_srtp_protect_rtcp(pair.a, plain, 7, out, sizeof(out)), URCHIN_EMALFORMED);
	assert_int_equal(urchin_srtp_protect_rtcp(pair.a, plain, 28, out, 28), URCHIN_ETOOBIG);
	close_pair(&pair);
}

/* RFC 3711 3.3.1: the roll-over counter is guessed from the order of arrival. */
static void sequence_numbers_wrap(void **state)
{
	static const struct {
		const char *name;
		uint16_t arrivals[8]; /* 0xeeee: end */
	} orders[] = {
	    {"in order", {65533, 65534, 65535, 0, 1, 2, 0xeeee}},
	    {"0 before 65535", {65533, 65534, 0, 65535, 1, 2, 0xeeee}},
	    {"1 before 65535", {65533, 65534, 1, 65535, 0, 2, 0xeeee}},
	    {"edge lost", {65533, 65534, 1, 2, 0xeeee}},
	    {"old after the edge", {65532, 65534, 65535, 0, 1, 65533, 2, 0xeeee}},
	};

	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		for (size_t o = 0; o < sizeof(orders) / sizeof(orders[0]); o++) {
			struct srtp_pair pair = open_pair(profiles[p]);
			uint8_t packets[16][CAP];
			int lens[16];

			for (uint16_t i = 0; i < 16; i++)
				lens[i] = protect(pair.a, (uint16_t)(65528 + i), packets[i]);
			for (size_t i = 0; orders[o].arrivals[i] != 0xeeee; i++) {
				uint16_t seq = orders[o].arrivals[i];
				uint16_t n = (uint16_t)(seq - 65528);

				if (unprotect(pair.b, seq, packets[n], lens[n]) < 0)
					fail_msg("%s: %u refused", orders[o].name, seq);
				assert_int_equal(unprotect(pair.b, seq, packets[n], lens[n]), URCHIN_EREPLAY);
			}
			close_pair(&pair);
		}
	}
}

static void two_rounds_of_sequence_numbers(void **state)
{
	struct srtp_pair pair = open_pair(URCHIN_SRTP_AEAD_AES_128_GCM);
	uint8_t out[CAP];

	(void)state;
	for (uint32_t i = 0; i < 2 * 65536 + 100; i += 50)
		assert_true(unprotect(pair.b, (uint16_t)i, out, protect(pair.a, (uint16_t)i, out)) > 0);
	close_pair(&pair);
}

static void retransmission_gives_the_same_bytes(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct srtp_pair pair = open_pair(profiles[p]);
		uint8_t first[CAP], again[CAP], out[CAP];
		int len = protect(pair.a, 65500, first);

		for (uint16_t i = 1; i < 1500; i++)
			assert_true(protect(pair.a, (uint16_t)(65500 + i), out) > 0);
		/* The roll-over lies between. */
		assert_int_equal(protect(pair.a, 65500, again), len);
		assert_memory_equal(first, again, (size_t)len);
		for (uint16_t i = 1500; i < 3000; i++)
			assert_true(protect(pair.a, (uint16_t)(65500 + i), out) > 0);
		assert_int_equal(protect(pair.a, 65500, again), URCHIN_EREPLAY);
		close_pair(&pair);
	}
}

static void each_ssrc_has_a_state_of_its_own(void **state)
{
	struct srtp_pair pair = open_pair(URCHIN_SRTP_AEAD_AES_128_GCM);
	uint8_t plain[CAP], out[CAP];

	(void)state;
	for (uint32_t ssrc = 1; ssrc <= 200; ssrc++) {
		size_t len = make_rtp(plain, ssrc, (uint16_t)(ssrc * 300), 50);
		int out_len = urchin_srtp_protect_rtp(pair.a, plain, len, out, sizeof(out));

		assert_true(out_len > 0);
		assert_int_equal(urchin_srtp_unprotect_rtp(pair.b, out, (size_t)out_len), len);
		assert_memory_equal(out, plain, len);
	}
	close_pair(&pair);
}

static void wrong_key_is_an_authentication_error(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct srtp_pair pair = open_pair(profiles[p]);
		uint8_t out[CAP];
		int len = protect(pair.a, 1, out);

		/* a receives with the key that b sends with. */
		assert_int_equal(unprotect(pair.a, 1, out, len), URCHIN_EAUTH);
		close_pair(&pair);
	}
}

static void unknown_profile_is_refused(void **state)
{
	struct urchin_srtp_keys keys = {.profile = URCHIN_SRTP_NONE};

	(void)state;
	assert_null(urchin_srtp_new_by(implementation, &keys));
	assert_string_equal(urchin_srtp_profile_name(URCHIN_SRTP_AEAD_AES_128_GCM), "AEAD_AES_128_GCM");
	assert_string_equal(urchin_srtp_profile_name(URCHIN_SRTP_AES128_CM_SHA1_80), "AES_CM_128_HMAC_SHA1_80");
	assert_string_equal(urchin_srtp_profile_name(URCHIN_SRTP_AEAD_AES_256_GCM), "AEAD_AES_256_GCM");
	urchin_srtp_free(NULL);
}

/* libsrtp keeps a state per SSRC and looks for it in a list: an authentic peer with a million of them stopped all. */
static void a_peer_has_a_bounded_number_of_ssrcs(void **state)
{
	(void)state;
	for (size_t p = 0; p < PROFILES; p++) {
		struct srtp_pair pair = open_pair(profiles[p]);
		uint8_t plain[CAP], out[CAP];

		for (uint32_t ssrc = 0; ssrc <= 1024; ssrc++) {
			size_t plain_len = ssrc % 2 ? make_rtp(plain, ssrc, 1, 50) : make_rtcp(plain, ssrc);
			int len = ssrc % 2 ? urchin_srtp_protect_rtp(pair.a, plain, plain_len, out, CAP)
					   : urchin_srtp_protect_rtcp(pair.a, plain, plain_len, out, CAP);
			int result = ssrc % 2 ? urchin_srtp_unprotect_rtp(pair.b, out, (size_t)len)
					      : urchin_srtp_unprotect_rtcp(pair.b, out, (size_t)len);

			assert_int_equal(result, ssrc < 1024 ? (int)plain_len : URCHIN_EFULL);
		}
		/* Those known before go on. */
		size_t plain_len = make_rtp(plain, 7, 2, 50);
		int len = urchin_srtp_protect_rtp(pair.a, plain, plain_len, out, CAP);

		assert_int_equal(urchin_srtp_unprotect_rtp(pair.b, out, (size_t)len), plain_len);
		close_pair(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packets_go_both_ways),
	    cmocka_unit_test(rtcp_goes_both_ways_once),
	    cmocka_unit_test(replayed_packet_is_refused),
	    cmocka_unit_test(late_packet_within_the_window_is_taken),
	    cmocka_unit_test(damage_anywhere_is_noticed_and_moves_nothing),
	    cmocka_unit_test(damaged_rtcp_is_noticed),
	    cmocka_unit_test(truncated_packets_are_refused),
	    cmocka_unit_test(headers_that_lie_are_malformed),
	    cmocka_unit_test(sequence_numbers_wrap),
	    cmocka_unit_test(two_rounds_of_sequence_numbers),
	    cmocka_unit_test(retransmission_gives_the_same_bytes),
	    cmocka_unit_test(each_ssrc_has_a_state_of_its_own),
	    cmocka_unit_test(wrong_key_is_an_authentication_error),
	    cmocka_unit_test(unknown_profile_is_refused),
	    cmocka_unit_test(a_peer_has_a_bounded_number_of_ssrcs),
	};

	int failed;

	implementation = URCHIN_SRTP_OWN;
	failed = cmocka_run_group_tests_name("own transform", tests, NULL, NULL);
	implementation = URCHIN_SRTP_LIBSRTP;
	return failed + cmocka_run_group_tests_name("libsrtp2", tests, NULL, NULL);
}

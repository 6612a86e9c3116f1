/*
 * Any bytes as a packet to seal and as one that came: our transform does as libsrtp2 does, opens what it sealed and
 * nothing that was changed. Input: profile, kind and engine in the first byte, where to damage in two, then the packet.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "check.h"
#include "transport/srtp.h"
#include "transport/srtp_engine.h"

#define PLAIN_LEN_MAX 2000

typedef int change(struct urchin_srtp *srtp, const uint8_t *plain, size_t len, uint8_t *out, size_t cap);
typedef int restore(struct urchin_srtp *srtp, uint8_t *bytes, size_t len);

static struct urchin_srtp *open_by(enum urchin_srtp_implementation implementation, enum urchin_srtp_profile profile,
				   bool is_mirrored)
{
	struct urchin_srtp_keys keys = {.profile = profile};
	struct urchin_srtp *srtp;

	memset(is_mirrored ? keys.receive_key : keys.send_key, 0x35, URCHIN_SRTP_KEY_CAP);
	memset(is_mirrored ? keys.receive_salt : keys.send_salt, 0x71, URCHIN_SRTP_SALT_CAP);
	srtp = urchin_srtp_new_by(implementation, &keys);
	CHECK(srtp);
	return srtp;
}

/* A copy in memory of just its size, so that an access behind it is seen. */
static uint8_t *copy_of(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	CHECK(copy);
	memcpy(copy, bytes, len);
	return copy;
}

/* Returns the length sealed, or a negative error. */
static int check_sealing(enum urchin_srtp_profile profile, change *protect, const uint8_t *plain, size_t len,
			 uint8_t *sealed)
{
	struct urchin_srtp *own = open_by(URCHIN_SRTP_OWN, profile, false);
	struct urchin_srtp *reference = open_by(URCHIN_SRTP_LIBSRTP, profile, false);
	size_t cap = len + URCHIN_SRTP_OVERHEAD;
	uint8_t *a = malloc(cap), b[PLAIN_LEN_MAX + URCHIN_SRTP_OVERHEAD];
	int a_len = protect(own, plain, len, a, cap), b_len = protect(reference, plain, len, b, sizeof(b));

	CHECK(protect(own, plain, len, a, cap - 1) < 0);
	CHECK((a_len < 0) == (b_len < 0));
	if (a_len >= 0) {
		CHECK(a_len == b_len && memcmp(a, b, (size_t)a_len) == 0);
		memcpy(sealed, a, (size_t)a_len);
	}
	free(a);
	urchin_srtp_free(own);
	urchin_srtp_free(reference);
	return a_len;
}

static void check_opening(enum urchin_srtp_profile profile, restore *unprotect, const uint8_t *plain, size_t len,
			  const uint8_t *sealed, size_t sealed_len, size_t place)
{
	struct urchin_srtp *own = open_by(URCHIN_SRTP_OWN, profile, true);
	uint8_t *bytes = copy_of(sealed, sealed_len);

	bytes[place % sealed_len] ^= (uint8_t)(1 + place % 255);
	CHECK(unprotect(own, bytes, sealed_len) < 0);
	memcpy(bytes, sealed, sealed_len);
	CHECK(unprotect(own, bytes, sealed_len) == (int)len && memcmp(bytes, plain, len) == 0);
	memcpy(bytes, sealed, sealed_len);
	CHECK(unprotect(own, bytes, sealed_len) == URCHIN_EREPLAY);
	free(bytes);
	urchin_srtp_free(own);
}

/* Looks for the library once. */
static const char *wish_for_library(void)
{
	static const char *wish;

	if (!wish) {
		const char *file = getenv("URCHIN_IPSEC_MB");

		wish = file && file[0] ? file : "auto";
		if (strcmp(urchin_srtp_engine_choose(wish), "OpenSSL") == 0)
			wish = "off";
	}
	return wish;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static const enum urchin_srtp_profile profiles[] = {URCHIN_SRTP_AEAD_AES_128_GCM, URCHIN_SRTP_AES128_CM_SHA1_80,
							    URCHIN_SRTP_AEAD_AES_256_GCM};
	uint8_t sealed[PLAIN_LEN_MAX + URCHIN_SRTP_OVERHEAD], *plain;

	if (len < 3 || len - 3 > PLAIN_LEN_MAX)
		return 0;
	enum urchin_srtp_profile profile = profiles[bytes[0] % 3];
	bool is_rtcp = bytes[0] & 0x40;
	restore *unprotect = is_rtcp ? urchin_srtp_unprotect_rtcp : urchin_srtp_unprotect_rtp;
	urchin_srtp_engine_choose(bytes[0] & 0x80 ? "off" : wish_for_library());

	/* As one that came: it can't be authentic. */
	struct urchin_srtp *own = open_by(URCHIN_SRTP_OWN, profile, true);
	plain = copy_of(bytes + 3, len - 3);
	CHECK(unprotect(own, plain, len - 3) < 0);
	urchin_srtp_free(own);

	memcpy(plain, bytes + 3, len - 3);
	int sealed_len = check_sealing(profile, is_rtcp ? urchin_srtp_protect_rtcp : urchin_srtp_protect_rtp, plain,
				       len - 3, sealed);
	if (sealed_len >= 0)
		check_opening(profile, unprotect, plain, len - 3, sealed, (size_t)sealed_len,
			      (size_t)(bytes[1] << 8 | bytes[2]));
	free(plain);
	return 0;
}

/* What every implementation behind srtp.h shares: profiles, and the checks of lengths that hostile packets need. */
#include "transport/srtp.h"

#include "base/err.h"
#include "base/prefetch.h"
#include "transport/srtp_internal.h"

#define HOT_LEN 128 /* where implementations keep what each packet needs */

const char *urchin_srtp_profile_name(enum urchin_srtp_profile profile)
{
	switch (profile) {
	case URCHIN_SRTP_AES128_CM_SHA1_80:
		return "AES_CM_128_HMAC_SHA1_80";
	case URCHIN_SRTP_AEAD_AES_128_GCM:
		return "AEAD_AES_128_GCM";
	case URCHIN_SRTP_AEAD_AES_256_GCM:
		return "AEAD_AES_256_GCM";
	case URCHIN_SRTP_NONE:
		break;
	}
	return "none";
}

const char *urchin_srtp_engine_name(const struct urchin_srtp *srtp)
{
	return srtp->engine;
}

bool urchin_srtp_is_gcm(enum urchin_srtp_profile profile)
{
	return profile == URCHIN_SRTP_AEAD_AES_128_GCM || profile == URCHIN_SRTP_AEAD_AES_256_GCM;
}

size_t urchin_srtp_key_len(enum urchin_srtp_profile profile)
{
	if (profile == URCHIN_SRTP_AEAD_AES_256_GCM)
		return 32;
	return profile == URCHIN_SRTP_AEAD_AES_128_GCM || profile == URCHIN_SRTP_AES128_CM_SHA1_80 ? 16 : 0;
}

size_t urchin_srtp_salt_len(enum urchin_srtp_profile profile)
{
	if (urchin_srtp_is_gcm(profile))
		return 12; /* RFC 7714 12 */
	return profile == URCHIN_SRTP_AES128_CM_SHA1_80 ? 14 : 0;
}

size_t urchin_srtp_tag_len(enum urchin_srtp_profile profile)
{
	return urchin_srtp_is_gcm(profile) ? 16 : 10;
}

struct urchin_srtp *urchin_srtp_new_by(enum urchin_srtp_implementation implementation,
				       const struct urchin_srtp_keys *keys)
{
	if (urchin_srtp_key_len(keys->profile) == 0)
		return NULL;
	return implementation == URCHIN_SRTP_LIBSRTP ? urchin_srtp_libsrtp_new(keys) : urchin_srtp_own_new(keys);
}

struct urchin_srtp *urchin_srtp_new(const struct urchin_srtp_keys *keys)
{
	return urchin_srtp_new_by(URCHIN_SRTP_OWN, keys);
}

void urchin_srtp_free(struct urchin_srtp *srtp)
{
	if (srtp)
		srtp->ops->free(srtp);
}

static bool is_rtcp(const uint8_t *bytes, size_t len)
{
	return len >= URCHIN_SRTP_RTCP_HEADER_LEN && len <= URCHIN_SRTP_PACKET_MAX_LEN && bytes[0] >> 6 == 2;
}

void urchin_srtp_prefetch(const struct urchin_srtp *srtp, int step)
{
	if (step == 0)
		urchin_prefetch(srtp, HOT_LEN);
	else if (srtp->ops->prefetch)
		srtp->ops->prefetch(srtp);
}

int urchin_srtp_protect_rtp(struct urchin_srtp *srtp, const uint8_t *plain, size_t len, uint8_t *out, size_t cap)
{
	struct urchin_rtp_parts parts;

	if (len > URCHIN_SRTP_PACKET_MAX_LEN || urchin_rtp_split(&parts, plain, len) < 0)
		return URCHIN_EMALFORMED;
	return urchin_srtp_protect_parts(srtp, &parts, out, cap);
}

int urchin_srtp_protect_parts(struct urchin_srtp *srtp, const struct urchin_rtp_parts *parts, uint8_t *out, size_t cap)
{
	size_t len = parts->header_len + parts->body_len;

	if (parts->header_len < URCHIN_SRTP_RTP_HEADER_LEN || len > URCHIN_SRTP_PACKET_MAX_LEN)
		return URCHIN_EMALFORMED;
	if (cap < len + URCHIN_SRTP_OVERHEAD)
		return URCHIN_ETOOBIG;
	return srtp->ops->protect_rtp(srtp, parts, out);
}

int urchin_srtp_protect_rtcp(struct urchin_srtp *srtp, const uint8_t *plain, size_t len, uint8_t *out, size_t cap)
{
	if (!is_rtcp(plain, len))
		return URCHIN_EMALFORMED;
	if (cap < len + URCHIN_SRTP_OVERHEAD)
		return URCHIN_ETOOBIG;
	return srtp->ops->protect_rtcp(srtp, plain, len, out);
}

int urchin_srtp_unprotect_rtp(struct urchin_srtp *srtp, uint8_t *bytes, size_t len)
{
	struct urchin_rtp_parts parts;

	if (len > URCHIN_SRTP_PACKET_MAX_LEN || len < URCHIN_SRTP_RTP_HEADER_LEN + srtp->tag_len ||
	    urchin_rtp_split(&parts, bytes, len - srtp->tag_len) < 0)
		return URCHIN_EMALFORMED;
	return srtp->ops->unprotect_rtp(srtp, bytes, len, parts.header_len);
}

int urchin_srtp_unprotect_rtcp(struct urchin_srtp *srtp, uint8_t *bytes, size_t len)
{
	if (len < URCHIN_SRTP_RTCP_HEADER_LEN + URCHIN_SRTP_INDEX_LEN + srtp->tag_len || !is_rtcp(bytes, len))
		return URCHIN_EMALFORMED;
	return srtp->ops->unprotect_rtcp(srtp, bytes, len);
}

/*
 * SRTP and SRTCP (RFC 3711, RFC 7714) of one connection, both directions.
 * This header is the seam: srtp_libsrtp.c implements it now, a faster one may join.
 * State per SSRC is made by the first packet that authenticates; the caller bounds how many SSRCs a peer may bring.
 */
#ifndef URCHIN_TRANSPORT_SRTP_H
#define URCHIN_TRANSPORT_SRTP_H

#include <stddef.h>
#include <stdint.h>

/* Values: the DTLS SRTPProtectionProfile numbers of RFC 5764 4.1.2 and RFC 7714 14.2. */
enum urchin_srtp_profile {
	URCHIN_SRTP_NONE = 0,
	URCHIN_SRTP_AES128_CM_SHA1_80 = 1,
	URCHIN_SRTP_AEAD_AES_128_GCM = 7,
};

#define URCHIN_SRTP_KEY_LEN 16
#define URCHIN_SRTP_SALT_CAP 14 /* 14 for CM, 12 for GCM */
#define URCHIN_SRTP_OVERHEAD 20 /* at most what protection adds: GCM tag 16 + SRTCP index 4 */

struct urchin_srtp_keys {
	enum urchin_srtp_profile profile;
	uint8_t send_key[URCHIN_SRTP_KEY_LEN];
	uint8_t send_salt[URCHIN_SRTP_SALT_CAP];
	uint8_t receive_key[URCHIN_SRTP_KEY_LEN];
	uint8_t receive_salt[URCHIN_SRTP_SALT_CAP];
};

struct urchin_srtp;

/* Returns NULL when out of memory or when the library refuses. The keys are copied; the caller wipes its own. */
struct urchin_srtp *urchin_srtp_new(const struct urchin_srtp_keys *keys);

/* Wipes the keys. NULL is allowed. */
void urchin_srtp_free(struct urchin_srtp *srtp);

/* Returns "AEAD_AES_128_GCM", ... as getStats() shows it; static storage. */
const char *urchin_srtp_profile_name(enum urchin_srtp_profile profile);

/*
 * Writes the protected form of a packet to `out` (may not overlap `plain`). Needs cap >= len + URCHIN_SRTP_OVERHEAD.
 * Returns the length written, URCHIN_ETOOBIG, URCHIN_EMALFORMED, URCHIN_EREPLAY (a sequence number more than 2048
 * behind the newest) or URCHIN_ELIBRARY. A packet may be protected again for retransmission.
 */
int urchin_srtp_protect_rtp(struct urchin_srtp *srtp, const uint8_t *plain, size_t len, uint8_t *out, size_t cap);
int urchin_srtp_protect_rtcp(struct urchin_srtp *srtp, const uint8_t *plain, size_t len, uint8_t *out, size_t cap);

/*
 * Decrypts in place. Returns the plain length, URCHIN_EMALFORMED, URCHIN_EAUTH, URCHIN_EREPLAY, or URCHIN_EFULL
 * (packets of more than 1024 SSRCs came).
 */
int urchin_srtp_unprotect_rtp(struct urchin_srtp *srtp, uint8_t *bytes, size_t len);
int urchin_srtp_unprotect_rtcp(struct urchin_srtp *srtp, uint8_t *bytes, size_t len);

#endif

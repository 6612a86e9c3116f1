/*
 * SRTP and SRTCP (RFC 3711, RFC 7714, RFC 6188) of one connection, both directions.
 * Two implementations stand behind this header: our own transform on OpenSSL (srtp_own.c), which is used, and libsrtp2
 * (srtp_libsrtp.c), the reference that the own one is checked against.
 * State per SSRC is made by the first packet that authenticates; how many SSRCs a peer may bring is bounded.
 */
#ifndef URCHIN_TRANSPORT_SRTP_H
#define URCHIN_TRANSPORT_SRTP_H

#include <stddef.h>
#include <stdint.h>

#include "wire/rtp.h"

/* Values: the DTLS SRTPProtectionProfile numbers of RFC 5764 4.1.2 and RFC 7714 14.2. */
enum urchin_srtp_profile {
	URCHIN_SRTP_NONE = 0,
	URCHIN_SRTP_AES128_CM_SHA1_80 = 1,
	URCHIN_SRTP_AEAD_AES_128_GCM = 7,
	URCHIN_SRTP_AEAD_AES_256_GCM = 8,
};

enum urchin_srtp_implementation { URCHIN_SRTP_OWN, URCHIN_SRTP_LIBSRTP };

#define URCHIN_SRTP_KEY_CAP 32  /* 16 but for AES_256 */
#define URCHIN_SRTP_SALT_CAP 14 /* 14 for CM, 12 for GCM */
#define URCHIN_SRTP_OVERHEAD 20 /* at most what protection adds: GCM tag 16 + SRTCP index 4 */

struct urchin_srtp_keys {
	enum urchin_srtp_profile profile;
	uint8_t send_key[URCHIN_SRTP_KEY_CAP];
	uint8_t send_salt[URCHIN_SRTP_SALT_CAP];
	uint8_t receive_key[URCHIN_SRTP_KEY_CAP];
	uint8_t receive_salt[URCHIN_SRTP_SALT_CAP];
};

struct urchin_srtp;

/* Returns NULL when out of memory, or when a library refuses. The keys are copied; the caller wipes its own. */
struct urchin_srtp *urchin_srtp_new(const struct urchin_srtp_keys *keys);
struct urchin_srtp *urchin_srtp_new_by(enum urchin_srtp_implementation implementation,
				       const struct urchin_srtp_keys *keys);

/* Wipes the keys. NULL is allowed. */
void urchin_srtp_free(struct urchin_srtp *srtp);

/* Returns "AEAD_AES_128_GCM", ... as getStats() shows it; static storage. */
const char *urchin_srtp_profile_name(enum urchin_srtp_profile profile);

/* Returns who computes: "OpenSSL", "ipsec-mb 1.3.0", "libsrtp2"; static storage. */
const char *urchin_srtp_engine_name(const struct urchin_srtp *srtp);

/* Lengths of a profile's master key and salt in bytes; 0 for an unknown profile. */
size_t urchin_srtp_key_len(enum urchin_srtp_profile profile);
size_t urchin_srtp_salt_len(enum urchin_srtp_profile profile);

/*
 * Writes the protected form of a packet to `out` (may not overlap `plain`). Needs cap >= len + URCHIN_SRTP_OVERHEAD.
 * Returns the length written, URCHIN_ETOOBIG, URCHIN_EMALFORMED, URCHIN_EREPLAY (a sequence number more than 2048
 * behind the newest), URCHIN_EFULL (too many SSRCs) or URCHIN_ELIBRARY. A packet may be protected again, unchanged, for
 * retransmission.
 */
int urchin_srtp_protect_rtp(struct urchin_srtp *srtp, const uint8_t *plain, size_t len, uint8_t *out, size_t cap);
/* The same for a packet in two places, neither of which `out` may overlap: the body is only read. */
int urchin_srtp_protect_parts(struct urchin_srtp *srtp, const struct urchin_rtp_parts *parts, uint8_t *out, size_t cap);
int urchin_srtp_protect_rtcp(struct urchin_srtp *srtp, const uint8_t *plain, size_t len, uint8_t *out, size_t cap);

/* Brings what protection reads into the cache; step 1 reads what step 0 brought. */
void urchin_srtp_prefetch(const struct urchin_srtp *srtp, int step);

/*
 * Decrypts in place. Returns the plain length, URCHIN_EMALFORMED, URCHIN_EAUTH, URCHIN_EREPLAY, or URCHIN_EFULL
 * (packets of more than 1024 SSRCs came).
 */
int urchin_srtp_unprotect_rtp(struct urchin_srtp *srtp, uint8_t *bytes, size_t len);
int urchin_srtp_unprotect_rtcp(struct urchin_srtp *srtp, uint8_t *bytes, size_t len);

#endif

/*
 * The cryptography of one SRTP session key set: AES-GCM (RFC 7714) or AES-CM with HMAC-SHA1 (RFC 3711 4),.
 * States are kept per key, for keying costs more than a packet; only the IV changes.
 */
#ifndef URCHIN_TRANSPORT_SRTP_CIPHER_H
#define URCHIN_TRANSPORT_SRTP_CIPHER_H

#include <openssl/sha.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/srtp.h"
#include "transport/srtp_engine.h"

/* The labels of key derivation (RFC 3711 4.3.2) start here; authentication and salt follow. */
enum urchin_srtp_label { URCHIN_SRTP_LABEL_RTP = 0, URCHIN_SRTP_LABEL_RTCP = 3 };

struct urchin_srtp_cipher {
	const struct urchin_srtp_engine *engine; /* of `gcm` */
	void *gcm;
	struct urchin_srtp_ctr *ctr; /* CM only */
	uint8_t salt[URCHIN_SRTP_SALT_CAP];
	SHA_CTX inner; /* HMAC's states after the key was taken in; CM only */
	SHA_CTX outer;
};

/* Derives the session keys (RFC 3711 4.3.1) from a master key and salt. Returns 0 or URCHIN_ELIBRARY. */
int urchin_srtp_cipher_init(struct urchin_srtp_cipher *cipher, const struct urchin_srtp_keys *keys, bool is_sender,
			    enum urchin_srtp_label label);
/* Wipes. A zeroed cipher is allowed. */
void urchin_srtp_cipher_clear(struct urchin_srtp_cipher *cipher);

/*
 * GCM. The IV is made of SSRC and 48-bit index (RFC 7714 8.1, 9.1). `tag` is 16 bytes. For opening returns 0,
 * URCHIN_EAUTH (what was written to `out` is then worthless) or URCHIN_ELIBRARY.
 */
int urchin_srtp_cipher_seal(struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
			    const struct urchin_srtp_text *text, uint8_t *tag);
int urchin_srtp_cipher_open(struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
			    const struct urchin_srtp_text *text, const uint8_t *tag);

/* CM: encrypts or decrypts text->in, ignoring the associated data (RFC 3711 4.1.1). Returns 0 or URCHIN_ELIBRARY. */
int urchin_srtp_cipher_xor(struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
			   const struct urchin_srtp_text *text);
/* CM: HMAC-SHA1 over `bytes` and then the 4 bytes of `word` (ROC or nothing: NULL), cut to 80 bits (RFC 3711 4.2). */
void urchin_srtp_cipher_mac(const struct urchin_srtp_cipher *cipher, const uint8_t *bytes, size_t len,
			    const uint8_t *word, uint8_t tag[10]);

#endif

/* AES of OpenSSL 3 for SRTP, asked of the provider itself: EVP's own part of a short packet is most of its cost. */
#ifndef URCHIN_TRANSPORT_SRTP_OPENSSL_H
#define URCHIN_TRANSPORT_SRTP_OPENSSL_H

#include "transport/srtp_engine.h"

const struct urchin_srtp_engine *urchin_srtp_openssl(void);

struct urchin_srtp_ctr;

/* AES-128 in counter mode. Returns NULL on failure. */
struct urchin_srtp_ctr *urchin_srtp_ctr_new(const uint8_t key[16]);
/* Wipes. NULL is allowed. */
void urchin_srtp_ctr_free(struct urchin_srtp_ctr *ctr);
/* Encrypts or decrypts text->in with the counter that begins at `iv`. Returns 0 or URCHIN_ELIBRARY. */
int urchin_srtp_ctr_xor(struct urchin_srtp_ctr *ctr, const uint8_t iv[16], const struct urchin_srtp_text *text);

#endif

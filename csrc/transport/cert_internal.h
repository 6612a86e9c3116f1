/* What dtls.c needs of a certificate: the OpenSSL context that presents it. */
#ifndef URCHIN_TRANSPORT_CERT_INTERNAL_H
#define URCHIN_TRANSPORT_CERT_INTERNAL_H

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "transport/cert.h"

struct urchin_cert {
	atomic_uint owners;
	SSL_CTX *ctx; /* holds key and certificate */
	char fingerprint[URCHIN_FINGERPRINT_TEXT_CAP];
};

#endif

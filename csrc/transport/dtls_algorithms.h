/* The algorithms of OpenSSL that DTLS with certificates of WebRTC needs, and no more. */
#ifndef URCHIN_TRANSPORT_DTLS_ALGORITHMS_H
#define URCHIN_TRANSPORT_DTLS_ALGORITHMS_H

#include <openssl/types.h>

/*
 * A library context for SSL_CTX_new_ex(), keys and certificates; made once, never freed, from any thread. NULL, which
 * stands for OpenSSL's own context with everything in it, when it can't be made.
 */
OSSL_LIB_CTX *urchin_dtls_algorithms(void);

#endif

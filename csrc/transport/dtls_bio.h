/*
 * The datagram BIO between OpenSSL and the owner of a DTLS association. OpenSSL 3.0 has none in memory:
 * its memory BIO is a byte stream that would glue datagrams together.
 */
#ifndef URCHIN_TRANSPORT_DTLS_BIO_H
#define URCHIN_TRANSPORT_DTLS_BIO_H

#include <openssl/bio.h>
#include <stddef.h>
#include <stdint.h>

struct urchin_dtls_bio {
	const uint8_t *in; /* what the next read gives, whole; the setter's; NULL: nothing */
	size_t in_len;
	size_t mtu;
	void (*send)(void *owner, const uint8_t *bytes, size_t len);
	void *owner;
};

/* A BIO over `state`, which must outlive it. NULL when out of memory. */
BIO *urchin_dtls_bio_new(struct urchin_dtls_bio *state);

#endif

/* A peer that the test makes with OpenSSL itself. Functions are static: each test program has its own. */
#ifndef URCHIN_TEST_TRANSPORT_DTLS_FOREIGN_H
#define URCHIN_TEST_TRANSPORT_DTLS_FOREIGN_H

#include "transport/dtls_pair.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "transport/cert_internal.h"
#include "transport/dtls_bio.h"
#include "transport/test_certs.h"

/* It talks to ends[0] in the place of ends[1]. */

struct foreign {
	struct dtls_pair *pair;
	SSL_CTX *ctx;
	SSL *ssl;
	struct urchin_dtls_bio bio;
	int result;
};

MAYBE_UNUSED static void foreign_send(void *owner, const uint8_t *bytes, size_t len)
{
	struct foreign *foreign = owner;

	assert_true(len <= PAIR_MTU);
	pair_push(&foreign->pair->ends[0], bytes, len, false);
}

MAYBE_UNUSED static SSL_CTX *foreign_ctx(const char *srtp_profiles)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_method());

	assert_non_null(ctx);
	SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	if (srtp_profiles)
		assert_int_equal(SSL_CTX_set_tlsext_use_srtp(ctx, srtp_profiles), 0);
	return ctx;
}

MAYBE_UNUSED static void use_own_cert(SSL_CTX *ctx)
{
	assert_int_equal(SSL_CTX_use_certificate(ctx, SSL_CTX_get0_certificate(certs[1]->ctx)), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, SSL_CTX_get0_privatekey(certs[1]->ctx)), 1);
}

/* Takes the context. */
MAYBE_UNUSED static void foreign_open(struct foreign *foreign, SSL_CTX *ctx, bool is_client)
{
	*foreign = (struct foreign){.pair = pair_open(certs[0], certs[1]), .ctx = ctx};
	foreign->bio = (struct urchin_dtls_bio){.mtu = PAIR_MTU, .send = foreign_send, .owner = foreign};
	foreign->ssl = SSL_new(ctx);
	assert_non_null(foreign->ssl);
	BIO *bio = urchin_dtls_bio_new(&foreign->bio);

	assert_non_null(bio);
	SSL_set_bio(foreign->ssl, bio, bio);
	SSL_set_mtu(foreign->ssl, PAIR_MTU);
	if (is_client)
		SSL_set_connect_state(foreign->ssl);
	else
		SSL_set_accept_state(foreign->ssl);
}

MAYBE_UNUSED static void foreign_close(struct foreign *foreign)
{
	pair_close(foreign->pair);
	SSL_free(foreign->ssl);
	SSL_CTX_free(foreign->ctx);
	ERR_clear_error();
}

MAYBE_UNUSED static void foreign_run(struct foreign *foreign)
{
	struct pair_end *to_foreign = &foreign->pair->ends[1];

	ERR_clear_error();
	foreign->result = SSL_do_handshake(foreign->ssl);
	for (int i = 0; i < 50; i++) {
		while (pair_deliver_one(&foreign->pair->ends[0]))
			;
		if (to_foreign->in_count == 0)
			break;
		foreign->bio.in = to_foreign->in[0].bytes;
		foreign->bio.in_len = to_foreign->in[0].len;
		ERR_clear_error();
		foreign->result = SSL_do_handshake(foreign->ssl);
		free(to_foreign->in[0].bytes);
		to_foreign->in_count--;
		memmove(to_foreign->in, to_foreign->in + 1, to_foreign->in_count * sizeof(to_foreign->in[0]));
	}
}

#endif

/*
 * Our certificate and the OpenSSL context that every association of one worker shares.
 * What the context allows is RFC 8827 6.5: DTLS 1.2, forward secrecy, no NULL, no renegotiation.
 */
#include "transport/cert_internal.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/dtls_algorithms.h"

#define SERIAL_LEN 16
#define CN_RANDOM_LEN 8
#define VALID_BEFORE_S (24L * 3600) /* peers' clocks differ */
#define VALID_AFTER_S (365L * 24 * 3600)
/* A peer's certificate chain; real ones are below 2 kB. OpenSSL's own limit is 100 kB per handshake. */
#define PEER_CERTIFICATES_MAX_LEN (16 * 1024)

#define CIPHERS                                                                                                        \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                                   \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"                                                   \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"

/* The chain means nothing in WebRTC: the fingerprint decides, after the handshake (RFC 8827 6.5, RFC 8122 6.2). */
static int accept_chain(int preverified, X509_STORE_CTX *store)
{
	/* But a key that can be broken proves nothing: RSA below 2048 bits. */
	return preverified || X509_STORE_CTX_get_error(store) != X509_V_ERR_EE_KEY_TOO_SMALL;
}

static bool set_serial(X509 *x509)
{
	uint8_t bytes[SERIAL_LEN];
	BIGNUM *number = NULL;
	bool done = false;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* RFC 5280 4.1.2.2: positive, and never 0 */
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	if (number)
		done = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
	BN_free(number);
	return done;
}

static bool set_name(X509 *x509)
{
	uint8_t bytes[CN_RANDOM_LEN];
	char text[2 * CN_RANDOM_LEN + 1];
	X509_NAME *name = X509_get_subject_name(x509);

	/* RFC 8827 6.5: nothing in the certificate may tell users apart from one another for long. */
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x509, name) == 1;
}

static X509 *make_x509(EVP_PKEY *key)
{
	X509 *x509 = X509_new_ex(urchin_dtls_algorithms(), NULL);

	if (!x509)
		return NULL;
	if (X509_set_version(x509, 2) != 1 || !set_serial(x509) || !set_name(x509) ||
	    !X509_gmtime_adj(X509_getm_notBefore(x509), -VALID_BEFORE_S) ||
	    !X509_gmtime_adj(X509_getm_notAfter(x509), VALID_AFTER_S) || X509_set_pubkey(x509, key) != 1 ||
	    X509_sign(x509, key, EVP_sha256()) == 0) {
		X509_free(x509);
		return NULL;
	}
	return x509;
}

static bool write_fingerprint(const X509 *x509, char *text)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (X509_digest(x509, EVP_sha256(), digest, &len) != 1)
		return false;
	for (unsigned int i = 0; i < len; i++)
		snprintf(text + 3 * i, 4, "%02X:", digest[i]);
	text[3 * len - 1] = '\0';
	return true;
}

static SSL_CTX *make_ctx(EVP_PKEY *key, X509 *x509)
{
	SSL_CTX *ctx = SSL_CTX_new_ex(urchin_dtls_algorithms(), NULL, DTLS_method());

	if (!ctx)
		return NULL;
	/* Level 2 (112 bits): refuses RSA keys below 2048 bits whatever the distribution's default is. */
	SSL_CTX_set_security_level(ctx, 2);
	SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
				     SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ctx, PEER_CERTIFICATES_MAX_LEN);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_chain);
	/* P-256 must be among the groups, or peers refuse our certificate's curve. use_srtp returns 0 for success. */
	if (SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) != 1 || SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, "X25519:P-256") != 1 || SSL_CTX_use_certificate(ctx, x509) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1 ||
	    SSL_CTX_set_tlsext_use_srtp(ctx, "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80") !=
		0) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

struct urchin_cert *urchin_cert_new(void)
{
	struct urchin_cert *cert = NULL;
	EVP_PKEY *key = NULL;
	X509 *x509 = NULL;

	/* The process may exit while workers still run: an atexit handler would free what they use. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
		return NULL;
	cert = calloc(1, sizeof(*cert));
	if (!cert)
		return NULL;
	atomic_init(&cert->owners, 1);
	key = EVP_PKEY_Q_keygen(urchin_dtls_algorithms(), NULL, "EC", "P-256");
	if (key)
		x509 = make_x509(key);
	if (x509 && write_fingerprint(x509, cert->fingerprint))
		cert->ctx = make_ctx(key, x509);
	X509_free(x509);
	EVP_PKEY_free(key);
	if (!cert->ctx) {
		ERR_clear_error();
		free(cert);
		return NULL;
	}
	return cert;
}

struct urchin_cert *urchin_cert_share(struct urchin_cert *cert)
{
	atomic_fetch_add(&cert->owners, 1);
	return cert;
}

void urchin_cert_free(struct urchin_cert *cert)
{
	if (!cert || atomic_fetch_sub(&cert->owners, 1) > 1)
		return;
	SSL_CTX_free(cert->ctx);
	free(cert);
}

const char *urchin_cert_fingerprint(const struct urchin_cert *cert)
{
	return cert->fingerprint;
}

/*
 * A certificate authority of our own and TLS servers with its certificates, over memory. Functions are static: each
 * test program has its own.
 */
#ifndef URCHIN_TEST_TRANSPORT_TLS_SERVER_H
#define URCHIN_TEST_TRANSPORT_TLS_SERVER_H

#include "support/cmocka_all.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define UNUSED_OK __attribute__((unused))
#define DAY_S (24L * 3600)

struct authority {
	EVP_PKEY *key;
	X509 *x509;
	char pem[4096];
};

static X509 *new_x509(EVP_PKEY *key, const char *common_name, long from_s, long to_s)
{
	static long serial = 1;
	X509 *x509 = X509_new();

	X509_set_version(x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
	X509_gmtime_adj(X509_getm_notBefore(x509), from_s);
	X509_gmtime_adj(X509_getm_notAfter(x509), to_s);
	X509_set_pubkey(x509, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC, (const unsigned char *)common_name,
				   -1, -1, 0);
	return x509;
}

static void add_extension(X509 *x509, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x509, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void write_pem(X509 *x509, char *text, size_t cap)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int len;

	PEM_write_bio_X509(bio, x509);
	len = BIO_read(bio, text, (int)cap - 1);
	assert_true(len > 0);
	text[len] = '\0';
	BIO_free(bio);
}

UNUSED_OK static void authority_init(struct authority *authority, const char *common_name)
{
	authority->key = EVP_EC_gen("P-256");
	authority->x509 = new_x509(authority->key, common_name, -DAY_S, DAY_S);
	X509_set_issuer_name(authority->x509, X509_get_subject_name(authority->x509));
	add_extension(authority->x509, NID_basic_constraints, "critical,CA:TRUE");
	assert_true(X509_sign(authority->x509, authority->key, EVP_sha256()) > 0);
	write_pem(authority->x509, authority->pem, sizeof(authority->pem));
}

UNUSED_OK static void authority_clear(struct authority *authority)
{
	EVP_PKEY_free(authority->key);
	X509_free(authority->x509);
}

/* names: "DNS:a.example,IP:192.0.2.1", or NULL for none. from_s and to_s: validity, relative to now. */
UNUSED_OK static SSL_CTX *server_ctx_new(const struct authority *issuer, const char *names, long from_s, long to_s)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = new_x509(key, "turn.example", from_s, to_s);

	X509_set_issuer_name(x509, X509_get_subject_name(issuer->x509));
	if (names)
		add_extension(x509, NID_subject_alt_name, names);
	assert_true(X509_sign(x509, issuer->key, EVP_sha256()) > 0);
	assert_int_equal(SSL_CTX_use_certificate(ctx, x509), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_free(x509);
	EVP_PKEY_free(key);
	return ctx;
}

#endif

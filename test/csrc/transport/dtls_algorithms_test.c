/* What the context for DTLS can read, and that it is all there for many threads at once. */
#include "transport/dtls_algorithms.h"

#include "support/cmocka_all.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <string.h>

/* A certificate as a peer sends it, made with all that OpenSSL has. Returns its length; the caller frees. */
static int make_certificate(EVP_PKEY *key, const EVP_MD *hash, unsigned char **bytes)
{
	X509 *x509 = X509_new();
	int len;

	assert_non_null(key);
	assert_int_equal(X509_set_version(x509, 2), 1);
	X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
	assert_int_equal(X509_set_pubkey(x509, key), 1);
	assert_true(X509_sign(x509, key, hash) > 0);
	*bytes = NULL;
	len = i2d_X509(x509, bytes);
	assert_true(len > 0);
	X509_free(x509);
	return len;
}

/* Whether a certificate's key can be read in the context and verifies what the key signed. */
static int can_read(EVP_PKEY *key, const EVP_MD *hash)
{
	unsigned char *bytes;
	int len = make_certificate(key, hash, &bytes);
	const unsigned char *at = bytes;
	X509 *x509 = X509_new_ex(urchin_dtls_algorithms(), NULL);
	EVP_PKEY *read;
	int can = 0;

	assert_non_null(d2i_X509(&x509, &at, len));
	read = X509_get0_pubkey(x509);
	if (read)
		can = X509_verify(x509, read) == 1 && EVP_PKEY_eq(read, key) == 1;
	X509_free(x509);
	OPENSSL_free(bytes);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return can;
}

static void reads_the_keys_that_peers_have(void **state)
{
	(void)state;
	assert_non_null(urchin_dtls_algorithms());
	assert_int_equal(can_read(EVP_EC_gen("P-256"), EVP_sha256()), 1);
	assert_int_equal(can_read(EVP_EC_gen("P-384"), EVP_sha384()), 1);
	assert_int_equal(can_read(EVP_RSA_gen(2048), EVP_sha256()), 1);
	assert_int_equal(can_read(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL), 1);
}

static void does_without_the_others(void **state)
{
	(void)state;
	assert_int_equal(can_read(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), NULL), 0);
	assert_null(EVP_PKEY_Q_keygen(urchin_dtls_algorithms(), NULL, "X448"));
	assert_null(EVP_CIPHER_fetch(urchin_dtls_algorithms(), "AES-128-CBC", NULL));
	assert_null(EVP_MD_fetch(urchin_dtls_algorithms(), "MD5", NULL));
	assert_null(EVP_ASYM_CIPHER_fetch(urchin_dtls_algorithms(), "RSA", NULL));
	ERR_clear_error();
}

static void has_what_a_handshake_takes(void **state)
{
	static const char *const ciphers[] = {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"};
	static const char *const hashes[] = {"SHA1", "SHA256", "SHA384", "SHA512"};
	OSSL_LIB_CTX *context = urchin_dtls_algorithms();
	unsigned char bytes[32] = {0}, others[32] = {0};
	EVP_KDF *kdf = EVP_KDF_fetch(context, "TLS1-PRF", NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		EVP_CIPHER *cipher = EVP_CIPHER_fetch(context, ciphers[i], NULL);

		assert_non_null(cipher);
		EVP_CIPHER_free(cipher);
	}
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		EVP_MD *hash = EVP_MD_fetch(context, hashes[i], NULL);

		assert_non_null(hash);
		EVP_MD_free(hash);
	}
	assert_non_null(kdf);
	EVP_KDF_free(kdf);
	assert_int_equal(RAND_bytes_ex(context, bytes, sizeof(bytes), 128), 1);
	assert_int_equal(RAND_bytes_ex(context, others, sizeof(others), 128), 1);
	assert_memory_not_equal(bytes, others, sizeof(bytes));
}

static void *use(void *result)
{
	for (int i = 0; i < 20; i++) {
		EVP_PKEY *key = EVP_PKEY_Q_keygen(urchin_dtls_algorithms(), NULL, "EC", "P-256");

		*(int *)result += key != NULL;
		EVP_PKEY_free(key);
	}
	return NULL;
}

static void serves_threads_that_come_and_go(void **state)
{
	pthread_t threads[4];
	int results[4] = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use, &results[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(results[i], 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(serves_threads_that_come_and_go), /* first: the threads meet where it is made */
	    cmocka_unit_test(reads_the_keys_that_peers_have),
	    cmocka_unit_test(does_without_the_others),
	    cmocka_unit_test(has_what_a_handshake_takes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

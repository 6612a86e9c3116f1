/*
 * To read the key in a certificate, OpenSSL 3 asks each of its provider's sixty decoders and thirty kinds of keys for
 * their names, among all names and methods of its context: three tenths of a handshake's instructions. So a provider of
 * ours (provider(7)) lends a context of its own, of all the default provider has, only what DTLS 1.2 with the suites of
 * cert.c and a certificate of WebRTC can need (RFC 8827 6.5: ECDSA, and RSA for old peers).
 */
#include "transport/dtls_algorithms.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "transport/algorithm_name.h"

#define PROVIDER_NAME "urchin-dtls"
#define NAMES_MAX 4
#define LENT_MAX 24

/* What is lent of one kind of operation; nothing is lent of those that are not listed. */
struct selection {
	int operation;
	const char *names[NAMES_MAX]; /* one of an algorithm's names */
	const char *properties;       /* NULL: any */
	const char *format;           /* NULL: any */
	OSSL_ALGORITHM lent[LENT_MAX + 1];
};

static struct selection selections[] = {
    {OSSL_OP_DIGEST, {"SHA1", "SHA2-256", "SHA2-384", "SHA2-512"}, NULL, NULL, {{0}}},
    {OSSL_OP_CIPHER, {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"}, NULL, NULL, {{0}}},
    {OSSL_OP_MAC, {"HMAC"}, NULL, NULL, {{0}}},
    {OSSL_OP_KDF, {"TLS1-PRF"}, NULL, NULL, {{0}}},
    {OSSL_OP_RAND, {"CTR-DRBG", "SEED-SRC"}, NULL, NULL, {{0}}},
    {OSSL_OP_KEYMGMT, {"EC", "RSA", "ED25519", "X25519"}, NULL, NULL, {{0}}},
    {OSSL_OP_KEYEXCH, {"ECDH", "X25519"}, NULL, NULL, {{0}}},
    {OSSL_OP_SIGNATURE, {"ECDSA", "RSA", "ED25519"}, NULL, NULL, {{0}}},
    {OSSL_OP_DECODER, {"EC", "RSA", "ED25519"}, "structure=SubjectPublicKeyInfo", "input=der", {{0}}},
    {OSSL_OP_ENCODER, {"EC", "RSA", "ED25519"}, "structure=SubjectPublicKeyInfo", "output=der", {{0}}},
};

static OSSL_PROVIDER *lender;
static OSSL_LIB_CTX *context;
static pthread_once_t is_made = PTHREAD_ONCE_INIT;

static bool is_selected(const struct selection *selection, const OSSL_ALGORITHM *algorithm)
{
	const char *properties = algorithm->property_definition;
	bool is_named = false;

	for (size_t i = 0; i < NAMES_MAX && selection->names[i] && !is_named; i++)
		is_named = urchin_algorithm_has_name(algorithm->algorithm_names, selection->names[i]);
	return is_named && (!selection->properties || strstr(properties, selection->properties)) &&
	       (!selection->format || strstr(properties, selection->format));
}

static bool select_algorithms(struct selection *selection)
{
	int no_store = 0;
	const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(lender, selection->operation, &no_store);
	size_t count = 0;

	for (; all && all->algorithm_names && count < LENT_MAX; all++)
		if (is_selected(selection, all))
			selection->lent[count++] = *all;
	return count > 0 && !no_store;
}

static const OSSL_ALGORITHM *query(void *provider_context, int operation, int *no_store)
{
	(void)provider_context;
	*no_store = 0;
	for (size_t i = 0; i < sizeof(selections) / sizeof(selections[0]); i++)
		if (selections[i].operation == operation)
			return selections[i].lent;
	return NULL;
}

/* The groups of TLS; those that no lent kind of key has are left out by libssl. */
static int get_capabilities(void *provider_context, const char *capability, OSSL_CALLBACK *callback, void *argument)
{
	(void)provider_context;
	return OSSL_PROVIDER_get_capabilities(lender, capability, callback, argument);
}

static int init_provider(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
			 void **provider_context)
{
	static const OSSL_DISPATCH functions[] = {
	    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
	    {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities},
	    {0, NULL},
	};

	(void)handle, (void)in;
	*out = functions;
	/* What is lent is made with its own provider's context. */
	*provider_context = OSSL_PROVIDER_get0_provider_ctx(lender);
	return 1;
}

static void make(void)
{
	OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
	bool done = made != NULL;

	lender = OSSL_PROVIDER_load(NULL, "default");
	done = done && lender;
	for (size_t i = 0; done && i < sizeof(selections) / sizeof(selections[0]); i++)
		done = select_algorithms(&selections[i]);
	if (done && OSSL_PROVIDER_add_builtin(made, PROVIDER_NAME, init_provider) == 1 &&
	    OSSL_PROVIDER_load(made, PROVIDER_NAME))
		context = made;
	else
		OSSL_LIB_CTX_free(made);
	ERR_clear_error();
}

OSSL_LIB_CTX *urchin_dtls_algorithms(void)
{
	pthread_once(&is_made, make);
	return context;
}

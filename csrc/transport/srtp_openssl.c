/*
 * EVP_CipherInit_ex asks the provider for the IV's length each time, by names, and EVP_CIPHER_CTX_ctrl looks through
 * eight more for the tag: of a 100-byte packet's cycles 40 %. The provider's functions (provider-cipher(7)) are public
 * and take the IV as it is.
 */
#include "transport/srtp_openssl.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "transport/algorithm_name.h"

#define CTR_IV_LEN 16
#define CTR_KEY_LEN 16

/* One algorithm of the provider that EVP would have taken. */
struct method {
	const char *name;
	EVP_CIPHER *cipher; /* kept for the life of the process: it holds the provider */
	void *provider;
	OSSL_FUNC_cipher_newctx_fn *new_context;
	OSSL_FUNC_cipher_freectx_fn *free_context;
	OSSL_FUNC_cipher_encrypt_init_fn *encrypt_init;
	OSSL_FUNC_cipher_decrypt_init_fn *decrypt_init;
	OSSL_FUNC_cipher_update_fn *update;
	OSSL_FUNC_cipher_final_fn *final;
	OSSL_FUNC_cipher_get_ctx_params_fn *get_params;
	bool is_usable;
};

struct state {
	const struct method *method;
	void *context;
};

struct urchin_srtp_ctr {
	struct state state;
};

static struct method gcm_128 = {.name = "AES-128-GCM"};
static struct method gcm_256 = {.name = "AES-256-GCM"};
static struct method ctr_128 = {.name = "AES-128-CTR"};
static pthread_once_t is_searched = PTHREAD_ONCE_INIT;

static void take_function(struct method *method, const OSSL_DISPATCH *function)
{
	switch (function->function_id) {
	case OSSL_FUNC_CIPHER_NEWCTX:
		method->new_context = OSSL_FUNC_cipher_newctx(function);
		break;
	case OSSL_FUNC_CIPHER_FREECTX:
		method->free_context = OSSL_FUNC_cipher_freectx(function);
		break;
	case OSSL_FUNC_CIPHER_ENCRYPT_INIT:
		method->encrypt_init = OSSL_FUNC_cipher_encrypt_init(function);
		break;
	case OSSL_FUNC_CIPHER_DECRYPT_INIT:
		method->decrypt_init = OSSL_FUNC_cipher_decrypt_init(function);
		break;
	case OSSL_FUNC_CIPHER_UPDATE:
		method->update = OSSL_FUNC_cipher_update(function);
		break;
	case OSSL_FUNC_CIPHER_FINAL:
		method->final = OSSL_FUNC_cipher_final(function);
		break;
	case OSSL_FUNC_CIPHER_GET_CTX_PARAMS:
		method->get_params = OSSL_FUNC_cipher_get_ctx_params(function);
		break;
	default:
		break;
	}
}

static void find_method(struct method *method)
{
	const OSSL_PROVIDER *provider;
	const OSSL_ALGORITHM *all, *found;
	int no_cache;

	method->cipher = EVP_CIPHER_fetch(NULL, method->name, NULL);
	provider = method->cipher ? EVP_CIPHER_get0_provider(method->cipher) : NULL;
	if (!provider)
		return;
	all = OSSL_PROVIDER_query_operation(provider, OSSL_OP_CIPHER, &no_cache);
	for (found = all; found && found->algorithm_names; found++)
		if (urchin_algorithm_has_name(found->algorithm_names, method->name))
			break;
	if (found && found->algorithm_names)
		for (const OSSL_DISPATCH *at = found->implementation; at->function_id != 0; at++)
			take_function(method, at);
	OSSL_PROVIDER_unquery_operation(provider, OSSL_OP_CIPHER, all);
	method->provider = OSSL_PROVIDER_get0_provider_ctx(provider);
	method->is_usable = method->new_context && method->free_context && method->encrypt_init &&
			    method->decrypt_init && method->update && method->final && method->get_params;
}

static void search(void)
{
	find_method(&gcm_128);
	find_method(&gcm_256);
	find_method(&ctr_128);
}

static bool open_state(struct state *state, const struct method *method, const uint8_t *key, size_t key_len,
		       bool is_sender)
{
	pthread_once(&is_searched, search);
	state->method = method;
	state->context = method->is_usable ? method->new_context(method->provider) : NULL;
	return state->context &&
	       (is_sender ? method->encrypt_init : method->decrypt_init)(state->context, key, key_len, NULL, 0, NULL);
}

/* The provider wipes its contexts. */
static void close_state(struct state *state)
{
	if (state->context)
		state->method->free_context(state->context);
}

static void gcm_free(void *opaque)
{
	struct state *state = opaque;

	if (!state)
		return;
	close_state(state);
	free(state);
}

static void *gcm_new(const uint8_t *key, size_t key_len, bool is_sender)
{
	struct state *state = calloc(1, sizeof(*state));

	if (state && !open_state(state, key_len == 32 ? &gcm_256 : &gcm_128, key, key_len, is_sender)) {
		gcm_free(state);
		state = NULL;
	}
	return state;
}

static bool take_text(struct state *state, const struct urchin_srtp_text *text)
{
	const struct method *method = state->method;
	size_t len;

	return method->update(state->context, NULL, &len, text->aad_len, text->aad, text->aad_len) == 1 &&
	       (text->len == 0 || method->update(state->context, text->out, &len, text->len, text->in, text->len) == 1);
}

static int gcm_seal(void *opaque, const uint8_t iv[URCHIN_GCM_IV_LEN], const struct urchin_srtp_text *text,
		    uint8_t tag[URCHIN_GCM_TAG_LEN])
{
	struct state *state = opaque;
	const struct method *method = state->method;
	OSSL_PARAM params[] = {{OSSL_CIPHER_PARAM_AEAD_TAG, OSSL_PARAM_OCTET_STRING, tag, URCHIN_GCM_TAG_LEN, 0},
			       OSSL_PARAM_END};
	size_t len;

	if (method->encrypt_init(state->context, NULL, 0, iv, URCHIN_GCM_IV_LEN, NULL) != 1 ||
	    !take_text(state, text) || method->final(state->context, NULL, &len, 0) != 1 ||
	    method->get_params(state->context, params) != 1)
		return URCHIN_ELIBRARY;
	return 0;
}

static int gcm_open(void *opaque, const uint8_t iv[URCHIN_GCM_IV_LEN], const struct urchin_srtp_text *text,
		    const uint8_t tag[URCHIN_GCM_TAG_LEN])
{
	struct state *state = opaque;
	const struct method *method = state->method;
	uint8_t expected[URCHIN_GCM_TAG_LEN];
	OSSL_PARAM params[] = {{OSSL_CIPHER_PARAM_AEAD_TAG, OSSL_PARAM_OCTET_STRING, expected, sizeof(expected), 0},
			       OSSL_PARAM_END};
	size_t len;

	memcpy(expected, tag, sizeof(expected));
	if (method->decrypt_init(state->context, NULL, 0, iv, URCHIN_GCM_IV_LEN, params) != 1 ||
	    !take_text(state, text))
		return URCHIN_ELIBRARY;
	return method->final(state->context, NULL, &len, 0) == 1 ? 0 : URCHIN_EAUTH;
}

const struct urchin_srtp_engine *urchin_srtp_openssl(void)
{
	static const struct urchin_srtp_engine engine = {
	    .name = "OpenSSL",
	    .gcm_new = gcm_new,
	    .gcm_free = gcm_free,
	    .gcm_seal = gcm_seal,
	    .gcm_open = gcm_open,
	};

	return &engine;
}

struct urchin_srtp_ctr *urchin_srtp_ctr_new(const uint8_t key[CTR_KEY_LEN])
{
	struct urchin_srtp_ctr *ctr = calloc(1, sizeof(*ctr));

	if (ctr && !open_state(&ctr->state, &ctr_128, key, CTR_KEY_LEN, true)) {
		urchin_srtp_ctr_free(ctr);
		ctr = NULL;
	}
	return ctr;
}

void urchin_srtp_ctr_free(struct urchin_srtp_ctr *ctr)
{
	if (!ctr)
		return;
	close_state(&ctr->state);
	free(ctr);
}

int urchin_srtp_ctr_xor(struct urchin_srtp_ctr *ctr, const uint8_t iv[CTR_IV_LEN], const struct urchin_srtp_text *text)
{
	const struct method *method = ctr->state.method;
	void *context = ctr->state.context;
	size_t len;

	if (method->encrypt_init(context, NULL, 0, iv, CTR_IV_LEN, NULL) != 1 ||
	    (text->len > 0 && method->update(context, text->out, &len, text->len, text->in, text->len) != 1))
		return URCHIN_ELIBRARY;
	return 0;
}

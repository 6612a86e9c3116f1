/* One call per packet and no lookups by name, from functions made for this processor. */
#include "transport/srtp_ipsec_mb.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#endif

#include "base/err.h"
#include "transport/srtp_openssl.h"

#define OLDEST_VERSION 0x10000u
#define FIRST_UNKNOWN_VERSION 0x20000u
#define KEY_LEN 1024    /* struct gcm_key_data: 1008 bytes */
#define CONTEXT_LEN 256 /* struct gcm_context_data: 88 bytes */
#define ALIGNMENT 64
#define GUARD 0xa5

typedef unsigned version_function(void);
typedef void pre_function(const void *key, void *key_data);
typedef void text_function(const void *key_data, void *context, uint8_t *out, const uint8_t *in, uint64_t len,
			   const uint8_t *iv, const uint8_t *aad, uint64_t aad_len, uint8_t *tag, uint64_t tag_len);

/* The functions for one length of keys. */
struct functions {
	pre_function *pre;
	text_function *seal;
	text_function *open;
};

struct state {
	_Alignas(ALIGNMENT) uint8_t key[KEY_LEN];
	const struct functions *functions;
};

struct context {
	_Alignas(ALIGNMENT) uint8_t bytes[CONTEXT_LEN];
};

static struct functions functions_128, functions_256;
static char name[32];

bool urchin_srtp_ipsec_mb_knows(unsigned version)
{
	return version >= OLDEST_VERSION && version < FIRST_UNKNOWN_VERSION;
}

#if defined(__x86_64__) && defined(__linux__)
/* VAES, VPCLMULQDQ and GFNI, of which not all compilers know the names: leaf 7's ECX. */
static bool has_wide_aes(void)
{
	const unsigned wanted = 1u << 8 | 1u << 9 | 1u << 10;
	unsigned a = 0, b = 0, c = 0, d = 0;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & wanted) == wanted;
}

/* The kind of functions for this processor, as they are named; NULL: none that is faster than OpenSSL. */
static const char *kind_of_processor(void)
{
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("aes") || !__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("avx2") ||
	    !__builtin_cpu_supports("bmi2"))
		return NULL;
	if (has_wide_aes() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl"))
		return "vaes_avx512";
	return "avx_gen4";
}
#else
static const char *kind_of_processor(void)
{
	return NULL;
}
#endif

static void *find(void *library, const char *what, int bits, const char *kind)
{
	char symbol[64];

	snprintf(symbol, sizeof(symbol), "aes_gcm_%s_%d_%s", what, bits, kind);
	return dlsym(library, symbol);
}

/* ISO C knows no way from an object pointer to a function's; POSIX wants it to be the same bits. */
static bool find_functions(void *library, int bits, const char *kind, struct functions *functions)
{
	*(void **)&functions->pre = find(library, "pre", bits, kind);
	*(void **)&functions->seal = find(library, "enc", bits, kind);
	*(void **)&functions->open = find(library, "dec", bits, kind);
	return functions->pre && functions->seal && functions->open;
}

static void gcm_free(void *opaque)
{
	if (opaque)
		OPENSSL_cleanse(opaque, sizeof(struct state));
	free(opaque);
}

static void *gcm_new(const uint8_t *key, size_t key_len, bool is_sender)
{
	struct state *state = aligned_alloc(ALIGNMENT, sizeof(*state));

	(void)is_sender;
	if (!state)
		return NULL;
	memset(state, 0, sizeof(*state));
	state->functions = key_len == 32 ? &functions_256 : &functions_128;
	state->functions->pre(key, state->key);
	return state;
}

static int gcm_seal(void *opaque, const uint8_t iv[URCHIN_GCM_IV_LEN], const struct urchin_srtp_text *text,
		    uint8_t tag[URCHIN_GCM_TAG_LEN])
{
	const struct state *state = opaque;
	struct context context;

	state->functions->seal(state->key, &context, text->out, text->in, text->len, iv, text->aad, text->aad_len, tag,
			       URCHIN_GCM_TAG_LEN);
	return 0;
}

static int gcm_open(void *opaque, const uint8_t iv[URCHIN_GCM_IV_LEN], const struct urchin_srtp_text *text,
		    const uint8_t tag[URCHIN_GCM_TAG_LEN])
{
	const struct state *state = opaque;
	struct context context;
	uint8_t expected[URCHIN_GCM_TAG_LEN];

	state->functions->open(state->key, &context, text->out, text->in, text->len, iv, text->aad, text->aad_len,
			       expected, sizeof(expected));
	return CRYPTO_memcmp(expected, tag, sizeof(expected)) == 0 ? 0 : URCHIN_EAUTH;
}

static bool is_untouched(const uint8_t *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && bytes[i] == GUARD)
		i++;
	return i == len;
}

/* A version whose structures have grown must not be given too little memory. */
static bool keeps_to_its_memory(const struct functions *functions)
{
	_Alignas(ALIGNMENT) static uint8_t key[8 * KEY_LEN], context[8 * CONTEXT_LEN];
	static const uint8_t secret[32], iv[URCHIN_GCM_IV_LEN], plain[1000];
	uint8_t out[sizeof(plain)], tag[URCHIN_GCM_TAG_LEN];

	memset(key, GUARD, sizeof(key));
	memset(context, GUARD, sizeof(context));
	functions->pre(secret, key);
	functions->seal(key, context, out, plain, sizeof(plain), iv, plain, 12, tag, sizeof(tag));
	functions->open(key, context, out, out, sizeof(plain), iv, plain, 12, tag, sizeof(tag));
	return !is_untouched(key, KEY_LEN) && is_untouched(key + KEY_LEN, sizeof(key) - KEY_LEN) &&
	       is_untouched(context + CONTEXT_LEN, sizeof(context) - CONTEXT_LEN);
}

static bool is_usable(void *library)
{
	const char *kind = kind_of_processor();
	version_function *get_version;
	unsigned version;

	*(void **)&get_version = dlsym(library, "imb_get_version");
	version = get_version ? get_version() : 0;
	snprintf(name, sizeof(name), "ipsec-mb %u.%u.%u", version >> 16, version >> 8 & 0xff, version & 0xff);
	return kind && urchin_srtp_ipsec_mb_knows(version) && find_functions(library, 128, kind, &functions_128) &&
	       find_functions(library, 256, kind, &functions_256) && keeps_to_its_memory(&functions_128) &&
	       keeps_to_its_memory(&functions_256);
}

const struct urchin_srtp_engine *urchin_srtp_ipsec_mb(const char *file)
{
	static const struct urchin_srtp_engine engine = {
	    .name = name,
	    .gcm_new = gcm_new,
	    .gcm_free = gcm_free,
	    .gcm_seal = gcm_seal,
	    .gcm_open = gcm_open,
	};
	static bool is_loaded;
	void *library = is_loaded ? NULL : dlopen(file ? file : "libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);

	if (is_loaded)
		return &engine;
	if (!library)
		return NULL;
	is_loaded = is_usable(library) && urchin_srtp_engine_agrees(&engine, urchin_srtp_openssl());
	if (!is_loaded)
		dlclose(library);
	return is_loaded ? &engine : NULL;
}

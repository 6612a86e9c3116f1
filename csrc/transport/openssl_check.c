#include "transport/openssl_check.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <stddef.h>

const char *urchin_openssl_problem(void)
{
	/* The patch level may differ, the rest is the ABI this was compiled against. */
	if (OpenSSL_version_num() >> 12 != OPENSSL_VERSION_NUMBER >> 12)
		return "the OpenSSL library is not the version Urchin was compiled with";
#ifdef URCHIN_STATIC_OPENSSL
	Dl_info ours, openssl;
	const char *(*self)(void) = urchin_openssl_problem;
	SSL *(*other)(SSL_CTX *) = SSL_new;
	if (!dladdr(*(void **)&self, &ours) || !dladdr(*(void **)&other, &openssl))
		return "the addon can not be found in memory";
	if (ours.dli_fbase != openssl.dli_fbase)
		return "the addon runs on another OpenSSL than the one linked into it";
#endif
	return NULL;
}

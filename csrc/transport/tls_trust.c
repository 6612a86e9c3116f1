/*
 * The context of TLS clients: versions and ciphers by RFC 9325, and the certificate store.
 * OpenSSL reads certificate files and the wall clock by itself here; nothing else in this floor does.
 */
#include "transport/tls_trust.h"

#include <ctype.h>
#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

/* RFC 9325 4.2: forward secrecy and AEAD only. TLS 1.3 has nothing else. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20"
/* A server's chain; real ones are below 10 kB. */
#define SERVER_CERTIFICATES_MAX_LEN (32 * 1024)

struct urchin_tls_trust {
	SSL_CTX *ctx;
};

/*
 * Read once, never changed again, kept for the life of the process: a bundle takes 30 ms of the worker to parse. A
 * directory is better: OpenSSL looks up there only what a chain needs.
 */
static struct {
	pthread_once_t once;
	STACK_OF(X509_INFO) * bundle; /* or NULL */
	char directory[512];          /* or "" */
} system_trust = {.once = PTHREAD_ONCE_INIT};

/* Files are named after the hash of the subject, "5ad8a5d6.0", in a directory that OpenSSL can use. */
static bool is_hash_name(const char *name)
{
	size_t digits = 0;

	while (digits < 8 && isxdigit((unsigned char)name[digits]))
		digits++;
	return digits == 8 && name[8] == '.' && isdigit((unsigned char)name[9]);
}

static bool is_hash_directory(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	bool found = false;

	if (!directory)
		return false;
	while (!found && (entry = readdir(directory)))
		found = is_hash_name(entry->d_name);
	closedir(directory);
	return found;
}

static void use_directory(const char *path)
{
	if (strlen(path) < sizeof(system_trust.directory))
		strcpy(system_trust.directory, path);
}

/* A password would be asked for on the terminal. */
static int refuse_password(char *text, int cap, int is_writing, void *data)
{
	(void)text;
	(void)cap;
	(void)is_writing;
	(void)data;
	return -1;
}

static void use_bundle(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");

	if (bio)
		system_trust.bundle = PEM_X509_INFO_read_bio(bio, NULL, refuse_password, NULL);
	BIO_free(bio);
	ERR_clear_error();
}

/* OPENSSLDIR is the one of the machine that OpenSSL was compiled for, which may be another distribution. */
static void find_system_trust(void)
{
	const char *file = getenv(X509_get_default_cert_file_env());
	const char *directory = getenv(X509_get_default_cert_dir_env());
	const char *const directories[] = {X509_get_default_cert_dir(), "/etc/ssl/certs", "/etc/pki/tls/certs"};
	const char *const bundles[] = {
	    X509_get_default_cert_file(),
	    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Alpine, Arch */
	    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora, RHEL */
	    "/etc/pki/tls/certs/ca-bundle.crt",
	    "/etc/ssl/ca-bundle.pem", /* SUSE */
	    "/etc/ssl/cert.pem",      /* Alpine, macOS */
	    "/opt/homebrew/etc/openssl@3/cert.pem",
	    "/usr/local/etc/openssl@3/cert.pem",
	};

	if (file && *file)
		use_bundle(file);
	if (directory && *directory)
		use_directory(directory);
	if ((file && *file) || (directory && *directory))
		return;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		if (is_hash_directory(directories[i])) {
			use_directory(directories[i]);
			return;
		}
	}
	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]) && !system_trust.bundle; i++)
		use_bundle(bundles[i]);
}

/* Returns how many certificates are in the store now that were in `infos`, or URCHIN_ENOMEM. */
static int add_certificates(X509_STORE *store, const STACK_OF(X509_INFO) * infos)
{
	int count = 0;

	for (int i = 0; i < sk_X509_INFO_num(infos); i++) {
		X509 *x509 = sk_X509_INFO_value(infos, i)->x509;

		if (x509 && X509_STORE_add_cert(store, x509) != 1)
			return URCHIN_ENOMEM;
		count += x509 ? 1 : 0;
	}
	return count;
}

static int add_pem(X509_STORE *store, const char *ca_pem)
{
	size_t len = strlen(ca_pem);
	BIO *bio = len <= INT32_MAX ? BIO_new_mem_buf(ca_pem, (int)len) : NULL;
	STACK_OF(X509_INFO) *infos = NULL;
	int count = 0;

	if (!bio)
		return URCHIN_ENOMEM;
	/* Text around the certificates is allowed; NULL when one of them does not parse. */
	infos = PEM_X509_INFO_read_bio(bio, NULL, refuse_password, NULL);
	if (infos)
		count = add_certificates(store, infos);
	sk_X509_INFO_pop_free(infos, X509_INFO_free);
	BIO_free(bio);
	if (count < 0)
		return count;
	return count > 0 ? 0 : URCHIN_EINVAL;
}

static int add_system(X509_STORE *store)
{
	pthread_once(&system_trust.once, find_system_trust);
	if (system_trust.bundle) {
		int count = add_certificates(store, system_trust.bundle);

		if (count < 0)
			return count;
	}
	if (system_trust.directory[0] && X509_STORE_load_path(store, system_trust.directory) != 1)
		return URCHIN_ENOMEM;
	return 0;
}

static SSL_CTX *make_ctx(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_security_level(ctx, 2);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ctx, SERVER_CERTIFICATES_MAX_LEN);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	/* A certificate that the user gave is an anchor, also when it is a server's own or an intermediate one. */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 && SSL_CTX_set_cipher_list(ctx, CIPHERS) == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

int urchin_tls_trust_new(struct urchin_tls_trust **trust, const char *ca_pem)
{
	struct urchin_tls_trust *made;
	X509_STORE *store;
	int err;

	/* The process may exit while workers still run: an atexit handler would free what they use. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
		return URCHIN_ELIBRARY;
	made = calloc(1, sizeof(*made));
	if (!made)
		return URCHIN_ENOMEM;
	made->ctx = make_ctx();
	store = made->ctx ? SSL_CTX_get_cert_store(made->ctx) : NULL;
	err = store ? add_system(store) : URCHIN_ELIBRARY;
	if (err == 0 && ca_pem)
		err = add_pem(store, ca_pem);
	ERR_clear_error();
	if (err < 0) {
		urchin_tls_trust_free(made);
		return err;
	}
	*trust = made;
	return 0;
}

void urchin_tls_trust_free(struct urchin_tls_trust *trust)
{
	if (!trust)
		return;
	SSL_CTX_free(trust->ctx);
	free(trust);
}

struct ssl_ctx_st *urchin_tls_trust_ctx(const struct urchin_tls_trust *trust)
{
	return trust->ctx;
}

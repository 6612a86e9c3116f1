/* Whom we trust: the environment's files, the system's, and certificates that were given. What is found stays for the
 * process, so each case has a child of its own. */
#include "transport/tls_server.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "transport/tls_trust.h"

#define SYSTEM_DIRECTORY "/etc/ssl/certs"

static struct authority ours, other;
static char directory[] = "/tmp/urchin-trust-XXXXXX";
static char path[600];

static int setup(void **state)
{
	(void)state;
	authority_init(&ours, "ours");
	authority_init(&other, "other");
	strcpy(directory, "/tmp/urchin-trust-XXXXXX");
	assert_non_null(mkdtemp(directory));
	path[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	authority_clear(&ours);
	authority_clear(&other);
	if (path[0])
		unlink(path);
	rmdir(directory);
	return 0;
}

static void write_file(const char *name, const char *text)
{
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static bool is_trusted(const char *ca_pem, X509 *x509)
{
	struct urchin_tls_trust *trust = NULL;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool result;

	if (urchin_tls_trust_new(&trust, ca_pem) < 0)
		_exit(3);
	X509_STORE_CTX_init(ctx, SSL_CTX_get_cert_store(urchin_tls_trust_ctx(trust)), x509, NULL);
	result = X509_verify_cert(ctx) == 1;
	X509_STORE_CTX_free(ctx);
	urchin_tls_trust_free(trust);
	return result;
}

/* Runs a case with these variables; its result is 0 for yes, 1 for no. */
static int run(const char *cert_file, const char *cert_dir, const char *ca_pem, X509 *x509)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		unsetenv("SSL_CERT_FILE");
		unsetenv("SSL_CERT_DIR");
		if (cert_file)
			setenv("SSL_CERT_FILE", cert_file, 1);
		if (cert_dir)
			setenv("SSL_CERT_DIR", cert_dir, 1);
		/* Twice: the second time from what the first one found. */
		_exit(is_trusted(ca_pem, x509) && is_trusted(ca_pem, x509) ? 0 : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_file_of_environment(void **state)
{
	(void)state;
	write_file("bundle.pem", ours.pem);
	assert_int_equal(run(path, NULL, NULL, ours.x509), 0);
	assert_int_equal(run(path, NULL, NULL, other.x509), 1);
	assert_int_equal(run(path, NULL, other.pem, other.x509), 0);
	assert_int_equal(run(path, NULL, other.pem, ours.x509), 0);
}

static void test_directory_of_environment(void **state)
{
	char name[32];

	(void)state;
	snprintf(name, sizeof(name), "%08lx.0", X509_NAME_hash_ex(X509_get_subject_name(ours.x509), NULL, NULL, NULL));
	write_file(name, ours.pem);
	assert_int_equal(run(NULL, directory, NULL, ours.x509), 0);
	assert_int_equal(run(NULL, directory, NULL, other.x509), 1);
	assert_int_equal(run(NULL, directory, other.pem, other.x509), 0);
}

static void test_missing_and_broken_files(void **state)
{
	(void)state;
	write_file("bundle.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	assert_int_equal(run("/nonexistent", "/nonexistent", NULL, ours.x509), 1);
	assert_int_equal(run("/nonexistent", "/nonexistent", ours.pem, ours.x509), 0);
	assert_int_equal(run(path, NULL, NULL, ours.x509), 1);
	assert_int_equal(run(path, NULL, ours.pem, ours.x509), 0);
}

/* Any authority of this machine; NULL when it has none. */
static X509 *find_system_authority(void)
{
	DIR *files = opendir(SYSTEM_DIRECTORY);
	const struct dirent *entry;
	X509 *x509 = NULL;

	while (files && !x509 && (entry = readdir(files))) {
		char name[600];
		FILE *file;

		snprintf(name, sizeof(name), SYSTEM_DIRECTORY "/%s", entry->d_name);
		file = strstr(entry->d_name, ".0") ? fopen(name, "r") : NULL;
		if (file) {
			x509 = PEM_read_X509(file, NULL, NULL, NULL);
			fclose(file);
		}
	}
	if (files)
		closedir(files);
	ERR_clear_error();
	return x509;
}

static void test_system(void **state)
{
	X509 *x509 = find_system_authority();

	(void)state;
	if (!x509) {
		print_message("no certificates in " SYSTEM_DIRECTORY ": nothing to check\n");
		skip();
	}
	assert_int_equal(run(NULL, NULL, NULL, x509), 0);
	assert_int_equal(run(NULL, NULL, NULL, ours.x509), 1);
	assert_int_equal(run(NULL, NULL, ours.pem, ours.x509), 0);
	assert_int_equal(run(NULL, NULL, ours.pem, x509), 0);
	assert_int_equal(run(NULL, "/nonexistent", NULL, x509), 1);
	X509_free(x509);
}

static void test_given_certificates(void **state)
{
	char text[10000];
	struct urchin_tls_trust *trust = NULL;

	(void)state;
	snprintf(text, sizeof(text), "Our authorities\n%s\nand\n%s\n", other.pem, ours.pem);
	assert_int_equal(run("/nonexistent", NULL, text, ours.x509), 0);
	assert_int_equal(run("/nonexistent", NULL, text, other.x509), 0);
	assert_int_equal(urchin_tls_trust_new(&trust, ""), URCHIN_EINVAL);
	assert_int_equal(urchin_tls_trust_new(&trust, "no certificate"), URCHIN_EINVAL);
	snprintf(text, sizeof(text), "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", ours.pem);
	assert_int_equal(urchin_tls_trust_new(&trust, text), URCHIN_EINVAL);
	/* Encrypted: nobody is asked for a password. */
	assert_int_equal(urchin_tls_trust_new(&trust, "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
						      "DEK-Info: AES-128-CBC,000102030405060708090A0B0C0D0E0F\n\n"
						      "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n"),
			 URCHIN_EINVAL);
	assert_null(trust);
	assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_file_of_environment),      TEST(test_directory_of_environment),
	    TEST(test_missing_and_broken_files), TEST(test_system),
	    TEST(test_given_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* TLS over a pair of bounded buffers (OpenSSL's BIO pair): what does not fit is not taken. */
#include "transport/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define NAME_MAX_LEN 253 /* RFC 1035 2.3.4, as text */
#define IN_CAP (16 * 1024)
#define OUT_CAP (32 * 1024)
/* A record's head, tag and padding, and an answer of OpenSSL's own (alert, KeyUpdate) beside it. */
#define OUT_SPARE 512
#define RECORD_MAX 16384

struct urchin_tls_client {
	SSL *ssl;
	BIO *network; /* our end: input is written to it, output read from it */
	enum urchin_tls_state state;
	enum urchin_tls_error error;
	bool is_ended;    /* end(): what is in the buffer is all there is */
	size_t retry_len; /* OpenSSL wants a write of this length again; 0: none */
	char name[NAME_MAX_LEN + 1];
	char error_text[512];
};

static int read_name(char *name, const char *text)
{
	size_t len = strlen(text);

	/* "turn.example.org." is that name, fully qualified; certificates and SNI have no final dot (RFC 6066 3). */
	if (len > 0 && text[len - 1] == '.')
		len--;
	/* To OpenSSL ".example.org" is every host below it. */
	if (len == 0 || len > NAME_MAX_LEN || text[0] == '.')
		return URCHIN_EINVAL;
	memcpy(name, text, len);
	name[len] = '\0';
	return 0;
}

/* Whom the certificate must be for. RFC 6066 3: literal addresses are not permitted in SNI. */
static int expect_name(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
		return 0;
	ERR_clear_error();
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (SSL_set1_host(ssl, name) != 1 || SSL_set_tlsext_host_name(ssl, name) != 1)
		return URCHIN_EINVAL;
	return 0;
}

static int make_ssl(struct urchin_tls_client *client, const struct urchin_tls_trust *trust)
{
	BIO *internal = NULL;

	client->ssl = SSL_new(urchin_tls_trust_ctx(trust));
	if (!client->ssl || BIO_new_bio_pair(&internal, OUT_CAP, &client->network, IN_CAP) != 1)
		return URCHIN_ENOMEM;
	SSL_set_bio(client->ssl, internal, internal);
	SSL_set_connect_state(client->ssl);
	return expect_name(client->ssl, client->name);
}

static void fail(struct urchin_tls_client *client, enum urchin_tls_error error, const char *text)
{
	client->state = URCHIN_TLS_FAILED;
	client->error = error;
	snprintf(client->error_text, sizeof(client->error_text), "%s", text);
}

/* The queue's first entry is the cause, later ones tell who passed it on. */
static void fail_with_openssl(struct urchin_tls_client *client, enum urchin_tls_error error)
{
	const char *reason = ERR_reason_error_string(ERR_get_error());
	long verified = SSL_get_verify_result(client->ssl);

	/* Asked first: for a forged signature the queue begins with what is wrong in its bytes. */
	if (verified != X509_V_OK) {
		fail(client, URCHIN_TLS_BAD_CERTIFICATE, "");
		snprintf(client->error_text, sizeof(client->error_text), "the certificate of %s is refused: %s",
			 client->name, X509_verify_cert_error_string(verified));
	} else {
		fail(client, error, reason ? reason : "the connection broke off");
	}
	ERR_clear_error();
}

static void step_handshake(struct urchin_tls_client *client)
{
	int result, error;

	if (client->state != URCHIN_TLS_HANDSHAKE)
		return;
	/* Left-overs of another call in this thread would be taken for ours. */
	ERR_clear_error();
	result = SSL_do_handshake(client->ssl);
	error = SSL_get_error(client->ssl, result);
	if (result == 1)
		client->state = URCHIN_TLS_OPEN;
	else if (error == SSL_ERROR_ZERO_RETURN)
		fail(client, URCHIN_TLS_BAD_HANDSHAKE, "the server closed the connection during the handshake");
	else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		fail_with_openssl(client, URCHIN_TLS_BAD_HANDSHAKE);
	else if (client->is_ended)
		fail(client, URCHIN_TLS_BAD_HANDSHAKE, "the server closed the connection during the handshake");
}

int urchin_tls_client_new(struct urchin_tls_client **client, const struct urchin_tls_trust *trust, const char *name)
{
	struct urchin_tls_client *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return URCHIN_ENOMEM;
	err = read_name(made->name, name);
	if (err == 0)
		err = make_ssl(made, trust);
	if (err == 0)
		step_handshake(made);
	if (err == 0 && made->state == URCHIN_TLS_FAILED)
		err = URCHIN_ELIBRARY;
	if (err < 0) {
		ERR_clear_error();
		urchin_tls_client_free(made);
		return err;
	}
	*client = made;
	return 0;
}

void urchin_tls_client_free(struct urchin_tls_client *client)
{
	if (!client)
		return;
	SSL_free(client->ssl);
	BIO_free(client->network);
	ERR_clear_error();
	free(client);
}

static bool is_over(const struct urchin_tls_client *client)
{
	return client->state == URCHIN_TLS_CLOSED || client->state == URCHIN_TLS_FAILED;
}

size_t urchin_tls_client_room(const struct urchin_tls_client *client)
{
	if (is_over(client) || client->is_ended)
		return 0;
	return BIO_ctrl_get_write_guarantee(client->network);
}

size_t urchin_tls_client_feed(struct urchin_tls_client *client, const uint8_t *bytes, size_t len)
{
	size_t room = urchin_tls_client_room(client);
	size_t taken = len < room ? len : room;

	if (taken == 0 || BIO_write(client->network, bytes, (int)taken) != (int)taken)
		return 0;
	step_handshake(client);
	return taken;
}

void urchin_tls_client_end(struct urchin_tls_client *client)
{
	client->is_ended = true;
	step_handshake(client);
}

size_t urchin_tls_client_read(struct urchin_tls_client *client, uint8_t *bytes, size_t cap)
{
	size_t len = 0;
	int result, error;

	if (client->state != URCHIN_TLS_OPEN || cap == 0)
		return 0;
	ERR_clear_error();
	result = SSL_read_ex(client->ssl, bytes, cap, &len);
	if (result == 1)
		return len;
	error = SSL_get_error(client->ssl, result);
	if (error == SSL_ERROR_ZERO_RETURN)
		client->state = URCHIN_TLS_CLOSED;
	else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		fail_with_openssl(client, URCHIN_TLS_BROKEN);
	else if (error == SSL_ERROR_WANT_READ && client->is_ended)
		client->state = URCHIN_TLS_CLOSED;
	return 0;
}

/* How much of `len` goes into one record now. */
static size_t record_len(const struct urchin_tls_client *client, size_t len)
{
	size_t room = BIO_ctrl_get_write_guarantee(SSL_get_wbio(client->ssl));

	if (len > RECORD_MAX)
		len = RECORD_MAX;
	if (client->retry_len)
		return client->retry_len <= len ? client->retry_len : 0;
	return room >= len + OUT_SPARE ? len : 0;
}

size_t urchin_tls_client_write(struct urchin_tls_client *client, const uint8_t *bytes, size_t len)
{
	size_t taken = 0;

	while (taken < len && client->state == URCHIN_TLS_OPEN) {
		size_t chunk = record_len(client, len - taken);
		size_t written = 0;
		int result, error;

		if (chunk == 0)
			break;
		ERR_clear_error();
		result = SSL_write_ex(client->ssl, bytes + taken, chunk, &written);
		error = SSL_get_error(client->ssl, result);
		client->retry_len = 0;
		if (result == 1) {
			taken += written;
		} else if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) {
			client->retry_len = chunk;
			break;
		} else {
			fail_with_openssl(client, URCHIN_TLS_BROKEN);
		}
	}
	return taken;
}

const uint8_t *urchin_tls_client_output(struct urchin_tls_client *client, size_t *len)
{
	char *bytes = NULL;
	int count = BIO_nread0(client->network, &bytes);

	*len = count > 0 ? (size_t)count : 0;
	return (const uint8_t *)bytes;
}

void urchin_tls_client_consume(struct urchin_tls_client *client, size_t len)
{
	while (len > 0) {
		char *bytes = NULL;
		int count = BIO_nread(client->network, &bytes, (int)len);

		if (count <= 0)
			break;
		len -= (size_t)count;
	}
	/* A handshake that had no space for its answer goes on. */
	step_handshake(client);
}

void urchin_tls_client_close(struct urchin_tls_client *client)
{
	if (client->state == URCHIN_TLS_OPEN || client->state == URCHIN_TLS_CLOSED) {
		ERR_clear_error();
		if (SSL_is_init_finished(client->ssl) && !(SSL_get_shutdown(client->ssl) & SSL_SENT_SHUTDOWN))
			SSL_shutdown(client->ssl);
		ERR_clear_error();
	}
	if (client->state != URCHIN_TLS_FAILED)
		client->state = URCHIN_TLS_CLOSED;
}

enum urchin_tls_state urchin_tls_client_state(const struct urchin_tls_client *client)
{
	return client->state;
}

enum urchin_tls_error urchin_tls_client_error(const struct urchin_tls_client *client)
{
	return client->error;
}

const char *urchin_tls_client_error_text(const struct urchin_tls_client *client)
{
	return client->error_text;
}

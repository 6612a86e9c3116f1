/* The TLS client against OpenSSL's server in memory: names, validity, issuers, garbage, big transfers in small pieces.
 */
#include "transport/tls_server.h"

#include <stdio.h>

#include "base/err.h"
#include "transport/tls_client.h"

#define NAME "turn.example"
#define BIG_LEN (3u * 1024 * 1024 + 17)

struct world {
	struct authority authority;
	SSL_CTX *ctx;
	SSL *server;
	struct urchin_tls_trust *trust;
	struct urchin_tls_client *client;
	size_t piece_len; /* how many bytes move at a time; 0: all */
	bool server_accepted;
	char sni[256];
};

static struct world world;

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	authority_init(&world.authority, "test authority");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	urchin_tls_client_free(world.client);
	urchin_tls_trust_free(world.trust);
	SSL_free(world.server);
	SSL_CTX_free(world.ctx);
	authority_clear(&world.authority);
	return 0;
}

/* A server with this context, and a client that trusts our authority and expects `name`. */
static void begin(SSL_CTX *ctx, const char *name)
{
	world.ctx = ctx;
	world.server = SSL_new(ctx);
	SSL_set_bio(world.server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(world.server);
	assert_int_equal(urchin_tls_trust_new(&world.trust, world.authority.pem), 0);
	assert_int_equal(urchin_tls_client_new(&world.client, world.trust, name), 0);
}

static void begin_good(void)
{
	begin(server_ctx_new(&world.authority, "DNS:" NAME, -DAY_S, DAY_S), NAME);
}

static size_t piece(size_t len)
{
	return world.piece_len > 0 && len > world.piece_len ? world.piece_len : len;
}

/* One piece each way, and one step of the server's handshake. Returns whether anything moved. */
static bool carry(void)
{
	char *bytes;
	size_t len = 0, taken = 0;
	const uint8_t *output = urchin_tls_client_output(world.client, &len);
	bool moved = len > 0;

	if (len > 0) {
		len = piece(len);
		BIO_write(SSL_get_rbio(world.server), output, (int)len);
		urchin_tls_client_consume(world.client, len);
	}
	if (!world.server_accepted) {
		world.server_accepted = SSL_do_handshake(world.server) == 1;
		ERR_clear_error();
	}
	len = (size_t)BIO_get_mem_data(SSL_get_wbio(world.server), &bytes);
	if (len > 0) {
		uint8_t copy[4096];

		len = piece(len < sizeof(copy) ? len : sizeof(copy));
		if (len > urchin_tls_client_room(world.client))
			len = urchin_tls_client_room(world.client);
		if (len > 0)
			len = (size_t)BIO_read(SSL_get_wbio(world.server), copy, (int)len);
		taken = urchin_tls_client_feed(world.client, copy, len);
		assert_int_equal(taken, len);
	}
	return moved || taken > 0;
}

static void shake_hands(void)
{
	while (carry())
		;
}

static void assert_failed(enum urchin_tls_error error, const char *text)
{
	uint8_t byte = 0;

	assert_int_equal(urchin_tls_client_state(world.client), URCHIN_TLS_FAILED);
	assert_int_equal(urchin_tls_client_error(world.client), error);
	if (!strstr(urchin_tls_client_error_text(world.client), text))
		fail_msg("\"%s\" does not say \"%s\"", urchin_tls_client_error_text(world.client), text);
	assert_int_equal(urchin_tls_client_room(world.client), 0);
	assert_int_equal(urchin_tls_client_feed(world.client, &byte, 1), 0);
	assert_int_equal(urchin_tls_client_write(world.client, &byte, 1), 0);
	assert_int_equal(urchin_tls_client_read(world.client, &byte, 1), 0);
	urchin_tls_client_close(world.client);
	urchin_tls_client_end(world.client);
	assert_int_equal(urchin_tls_client_state(world.client), URCHIN_TLS_FAILED);
}

static void assert_open(void)
{
	if (urchin_tls_client_state(world.client) != URCHIN_TLS_OPEN)
		fail_msg("not open: %s", urchin_tls_client_error_text(world.client));
	assert_true(world.server_accepted);
	assert_string_equal(urchin_tls_client_error_text(world.client), "");
}

static int note_sni(SSL *ssl, int *alert, void *owner)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	(void)owner;
	snprintf(world.sni, sizeof(world.sni), "%s", name ? name : "none");
	return SSL_TLSEXT_ERR_OK;
}

static void test_good(void **state)
{
	uint8_t bytes[16];
	SSL_CTX *ctx = server_ctx_new(&world.authority, "DNS:" NAME, -DAY_S, DAY_S);

	(void)state;
	SSL_CTX_set_tlsext_servername_callback(ctx, note_sni);
	begin(ctx, NAME);
	assert_int_equal(urchin_tls_client_state(world.client), URCHIN_TLS_HANDSHAKE);
	assert_int_equal(urchin_tls_client_write(world.client, (const uint8_t *)"early", 5), 0);
	shake_hands();
	assert_open();
	assert_string_equal(world.sni, NAME);
	assert_int_equal(urchin_tls_client_write(world.client, (const uint8_t *)"hello", 5), 5);
	shake_hands();
	assert_int_equal(SSL_read(world.server, bytes, sizeof(bytes)), 5);
	assert_memory_equal(bytes, "hello", 5);
	assert_int_equal(SSL_write(world.server, "hi", 2), 2);
	shake_hands();
	assert_int_equal(urchin_tls_client_read(world.client, bytes, sizeof(bytes)), 2);
	assert_memory_equal(bytes, "hi", 2);
	assert_int_equal(urchin_tls_client_read(world.client, bytes, sizeof(bytes)), 0);
	assert_open();
}

static void test_versions(void **state)
{
	static const struct {
		int version;
		bool is_good;
	} rows[] = {{TLS1_3_VERSION, true}, {TLS1_2_VERSION, true}, {TLS1_1_VERSION, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SSL_CTX *ctx = server_ctx_new(&world.authority, "DNS:" NAME, -DAY_S, DAY_S);

		SSL_CTX_set_security_level(ctx, 0);
		assert_int_equal(SSL_CTX_set_max_proto_version(ctx, rows[i].version), 1);
		SSL_CTX_set_min_proto_version(ctx, rows[i].version);
		begin(ctx, NAME);
		shake_hands();
		if (rows[i].is_good)
			assert_open();
		else
			assert_failed(URCHIN_TLS_BAD_HANDSHAKE, "protocol version");
		teardown(state);
		setup(state);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *certificate;
		const char *name;
		const char *sni;
		const char *text; /* NULL: accepted */
	} rows[] = {
	    {"DNS:turn.example", "TURN.example", "TURN.example", NULL},
	    {"DNS:turn.example", "turn.example.", "turn.example", NULL},
	    {"DNS:*.example.org", "turn.example.org", "turn.example.org", NULL},
	    {"DNS:*.example.org", "a.turn.example.org", "a.turn.example.org", "hostname mismatch"},
	    {"DNS:t*.example.org", "turn.example.org", "turn.example.org", "hostname mismatch"},
	    {"DNS:other.example", "turn.example", "turn.example", "hostname mismatch"},
	    {"DNS:turn.example", "xturn.example", "xturn.example", "xturn.example"},
	    {"IP:192.0.2.1", "192.0.2.1", "none", NULL},
	    {"IP:2001:db8::1", "2001:db8:0::1", "none", NULL},
	    {"IP:192.0.2.1", "192.0.2.2", "none", "IP address mismatch"},
	    {"DNS:192.0.2.1", "192.0.2.1", "none", "IP address mismatch"},
	    {NULL, "turn.example", "turn.example", NULL}, /* by its common name */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SSL_CTX *ctx = server_ctx_new(&world.authority, rows[i].certificate, -DAY_S, DAY_S);

		SSL_CTX_set_tlsext_servername_callback(ctx, note_sni);
		begin(ctx, rows[i].name);
		shake_hands();
		assert_string_equal(world.sni, rows[i].sni);
		if (rows[i].text)
			assert_failed(URCHIN_TLS_BAD_CERTIFICATE, rows[i].text);
		else
			assert_open();
		teardown(state);
		setup(state);
	}
}

static void test_useless_names(void **state)
{
	static const char *const names[] = {"", ".", ".example"};
	char long_name[300];

	(void)state;
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(urchin_tls_trust_new(&world.trust, NULL), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(urchin_tls_client_new(&world.client, world.trust, names[i]), URCHIN_EINVAL);
	assert_int_equal(urchin_tls_client_new(&world.client, world.trust, long_name), URCHIN_EINVAL);
	assert_null(world.client);
}

static void test_expired(void **state)
{
	(void)state;
	begin(server_ctx_new(&world.authority, "DNS:" NAME, -2 * DAY_S, -DAY_S), NAME);
	shake_hands();
	assert_failed(URCHIN_TLS_BAD_CERTIFICATE, "certificate has expired");
	assert_false(world.server_accepted && SSL_get_shutdown(world.server) == 0);
}

static void test_not_yet_valid(void **state)
{
	(void)state;
	begin(server_ctx_new(&world.authority, "DNS:" NAME, DAY_S, 2 * DAY_S), NAME);
	shake_hands();
	assert_failed(URCHIN_TLS_BAD_CERTIFICATE, "not yet valid");
}

static void test_unknown_authority(void **state)
{
	struct authority other;

	(void)state;
	authority_init(&other, "somebody else");
	begin(server_ctx_new(&other, "DNS:" NAME, -DAY_S, DAY_S), NAME);
	shake_hands();
	assert_failed(URCHIN_TLS_BAD_CERTIFICATE, "issuer");
	authority_clear(&other);
}

/*
 * An authority that calls itself like a trusted one, but has another key. The first entry of OpenSSL's error queue then
 * tells of ASN.1 or of a bad signature, and we once took that for a failed handshake without a certificate's fault.
 */
static void test_forged_authority(void **state)
{
	struct authority other;

	(void)state;
	authority_init(&other, "test authority");
	begin(server_ctx_new(&other, "DNS:" NAME, -DAY_S, DAY_S), NAME);
	shake_hands();
	assert_failed(URCHIN_TLS_BAD_CERTIFICATE, "signature");
	authority_clear(&other);
}

static void test_garbage(void **state)
{
	static const uint8_t http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

	(void)state;
	begin_good();
	assert_int_equal(urchin_tls_client_feed(world.client, http, sizeof(http) - 1), sizeof(http) - 1);
	assert_failed(URCHIN_TLS_BAD_HANDSHAKE, "wrong version");
}

/* Whatever bytes come at whatever moment: an orderly failure, or nothing. */
static void test_flipped_bytes(void **state)
{
	for (unsigned int at = 0; at < 600; at += 7) {
		uint8_t bytes[16384];
		size_t len = 0;
		const uint8_t *output;
		int count;

		begin_good();
		output = urchin_tls_client_output(world.client, &len);
		BIO_write(SSL_get_rbio(world.server), output, (int)len);
		urchin_tls_client_consume(world.client, len);
		SSL_do_handshake(world.server);
		ERR_clear_error();
		count = BIO_read(SSL_get_wbio(world.server), bytes, sizeof(bytes));
		assert_true(count > 600);
		bytes[at] ^= (uint8_t)(1 + at % 255);
		urchin_tls_client_feed(world.client, bytes, (size_t)count);
		assert_int_not_equal(urchin_tls_client_state(world.client), URCHIN_TLS_OPEN);
		teardown(state);
		setup(state);
	}
}

static void test_end_at_every_state(void **state)
{
	uint8_t bytes[16];

	begin_good();
	urchin_tls_client_end(world.client);
	assert_failed(URCHIN_TLS_BAD_HANDSHAKE, "closed the connection");
	teardown(state);
	setup(state);

	/* What came before the end can be read after it. */
	begin_good();
	shake_hands();
	SSL_write(world.server, "last", 4);
	shake_hands();
	urchin_tls_client_end(world.client);
	assert_open();
	assert_int_equal(urchin_tls_client_read(world.client, bytes, sizeof(bytes)), 4);
	assert_int_equal(urchin_tls_client_read(world.client, bytes, sizeof(bytes)), 0);
	assert_int_equal(urchin_tls_client_state(world.client), URCHIN_TLS_CLOSED);
	assert_int_equal(urchin_tls_client_error(world.client), URCHIN_TLS_NO_ERROR);
}

static void test_close_at_every_state(void **state)
{
	uint8_t byte;
	size_t len = 0;

	/* Before the handshake there is nobody to say good-bye to: the ClientHello is all. */
	begin_good();
	urchin_tls_client_output(world.client, &len);
	urchin_tls_client_consume(world.client, len);
	urchin_tls_client_close(world.client);
	urchin_tls_client_output(world.client, &len);
	assert_int_equal(len, 0);
	assert_int_equal(urchin_tls_client_state(world.client), URCHIN_TLS_CLOSED);
	teardown(state);
	setup(state);

	begin_good();
	shake_hands();
	urchin_tls_client_close(world.client);
	urchin_tls_client_close(world.client);
	shake_hands();
	assert_int_equal(SSL_read(world.server, &byte, 1), 0);
	assert_int_equal(SSL_get_shutdown(world.server) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	assert_int_equal(urchin_tls_client_write(world.client, &byte, 1), 0);
	teardown(state);
	setup(state);

	/* The server's good-bye, answered. */
	begin_good();
	shake_hands();
	SSL_shutdown(world.server);
	shake_hands();
	assert_int_equal(urchin_tls_client_read(world.client, &byte, 1), 0);
	assert_int_equal(urchin_tls_client_state(world.client), URCHIN_TLS_CLOSED);
	urchin_tls_client_close(world.client);
	urchin_tls_client_output(world.client, &len);
	assert_true(len > 0);
}

static void test_broken_record(void **state)
{
	uint8_t bytes[256];
	int len;

	(void)state;
	begin_good();
	shake_hands();
	SSL_write(world.server, "hello", 5);
	len = BIO_read(SSL_get_wbio(world.server), bytes, sizeof(bytes));
	bytes[len - 1] ^= 1;
	urchin_tls_client_feed(world.client, bytes, (size_t)len);
	assert_int_equal(urchin_tls_client_read(world.client, bytes, sizeof(bytes)), 0);
	assert_failed(URCHIN_TLS_BROKEN, "bad record mac");
}

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 31 + (at >> 11));
}

/* Sends what the client takes, and reads at the server. */
static void send_more(size_t *sent, size_t *received)
{
	uint8_t bytes[10000];
	size_t len = BIG_LEN - *sent < sizeof(bytes) ? BIG_LEN - *sent : sizeof(bytes);
	int count;

	for (size_t i = 0; i < len; i++)
		bytes[i] = pattern(*sent + i);
	*sent += urchin_tls_client_write(world.client, bytes, len);
	while ((count = SSL_read(world.server, bytes, sizeof(bytes))) > 0) {
		for (int i = 0; i < count; i++)
			assert_int_equal(bytes[i], pattern(*received + (size_t)i));
		*received += (size_t)count;
	}
	ERR_clear_error();
}

/* The same from the server, with reads of odd and small lengths. */
static void receive_more(size_t *sent, size_t *received)
{
	uint8_t bytes[10000];
	size_t cap = 1 + *received % 97, len;

	if (*sent < BIG_LEN && BIO_ctrl_pending(SSL_get_wbio(world.server)) < 50000) {
		len = BIG_LEN - *sent < sizeof(bytes) ? BIG_LEN - *sent : sizeof(bytes);
		for (size_t i = 0; i < len; i++)
			bytes[i] = pattern(*sent + i);
		*sent += (size_t)SSL_write(world.server, bytes, (int)len);
	}
	while ((len = urchin_tls_client_read(world.client, bytes, cap)) > 0) {
		assert_true(len <= cap);
		for (size_t i = 0; i < len; i++)
			if (bytes[i] != pattern(*received + i))
				fail_msg("wrong byte at %zu", *received + i);
		*received += len;
	}
}

static void test_big_transfer(void **state)
{
	size_t sent = 0, received = 0, server_sent = 0, server_received = 0;

	(void)state;
	begin_good();
	world.piece_len = 1;
	shake_hands();
	assert_open();
	world.piece_len = 1777;
	while (received < BIG_LEN || server_received < BIG_LEN) {
		send_more(&sent, &server_received);
		receive_more(&server_sent, &received);
		if (!carry() && sent == BIG_LEN && server_sent == BIG_LEN)
			break;
	}
	assert_int_equal(received, BIG_LEN);
	assert_int_equal(server_received, BIG_LEN);
	assert_open();
}

/* Nobody carries: neither side's buffer grows without limit, and nothing is lost when it goes on. */
static void test_bounded(void **state)
{
	static uint8_t bytes[300000];
	size_t taken = 0, more, fed = 0, len = 0;

	(void)state;
	begin_good();
	shake_hands();
	memset(bytes, 'x', sizeof(bytes));
	while ((more = urchin_tls_client_write(world.client, bytes, sizeof(bytes))) > 0)
		taken += more;
	assert_in_range(taken, 16384, 64 * 1024);
	while (carry())
		;
	while ((more = (size_t)BIO_ctrl_pending(SSL_get_rbio(world.server))) > 0 && len < taken) {
		int count = SSL_read(world.server, bytes, sizeof(bytes));

		assert_true(count > 0);
		len += (size_t)count;
	}
	assert_int_equal(len, taken);
	while (fed < sizeof(bytes))
		fed += (size_t)SSL_write(world.server, bytes, 10000);
	while (carry())
		;
	assert_int_equal(urchin_tls_client_room(world.client), 0);
	assert_true(BIO_ctrl_pending(SSL_get_wbio(world.server)) > 200000);
}

/* RFC 8446 4.6.3: new keys, asked for by the server in the middle of it all. */
static void test_key_update(void **state)
{
	uint8_t bytes[16];

	(void)state;
	begin_good();
	shake_hands();
	for (int i = 0; i < 5; i++) {
		assert_int_equal(SSL_key_update(world.server, SSL_KEY_UPDATE_REQUESTED), 1);
		SSL_write(world.server, "a", 1);
		shake_hands();
		assert_int_equal(urchin_tls_client_read(world.client, bytes, sizeof(bytes)), 1);
		assert_int_equal(urchin_tls_client_write(world.client, (const uint8_t *)"bc", 2), 2);
		shake_hands();
		assert_int_equal(SSL_read(world.server, bytes, sizeof(bytes)), 2);
	}
	assert_open();
}

static void test_no_renegotiation(void **state)
{
	SSL_CTX *ctx = server_ctx_new(&world.authority, "DNS:" NAME, -DAY_S, DAY_S);
	const uint8_t *output;
	size_t len = 0;
	uint8_t byte;

	(void)state;
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	begin(ctx, NAME);
	shake_hands();
	assert_open();
	assert_int_equal(SSL_renegotiate(world.server), 1);
	SSL_do_handshake(world.server);
	ERR_clear_error();
	shake_hands();
	assert_int_equal(urchin_tls_client_read(world.client, &byte, 1), 0);
	/* Told no with an alert (type 21, RFC 5246 7.2.2 no_renegotiation), not with a ClientHello (type 22). */
	output = urchin_tls_client_output(world.client, &len);
	assert_true(len > 0);
	assert_int_equal(output[0], 21);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_good),
	    TEST(test_versions),
	    TEST(test_names),
	    TEST(test_useless_names),
	    TEST(test_expired),
	    TEST(test_not_yet_valid),
	    TEST(test_unknown_authority),
	    TEST(test_forged_authority),
	    TEST(test_garbage),
	    TEST(test_flipped_bytes),
	    TEST(test_end_at_every_state),
	    TEST(test_close_at_every_state),
	    TEST(test_broken_record),
	    TEST(test_big_transfer),
	    TEST(test_bounded),
	    TEST(test_key_update),
	    TEST(test_no_renegotiation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

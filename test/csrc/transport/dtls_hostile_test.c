/* What a DTLS association makes of peers that are not ours, of garbage, of truncated and damaged datagrams. */
#include "transport/dtls_foreign.h"

#include <openssl/rsa.h>

#include "transport/dtls_record.h"

static void older_srtp_profile_is_used_when_the_peer_has_only_that(void **state)
{
	(void)state;
	for (int role = 0; role < 2; role++) {
		struct foreign foreign;
		SSL_CTX *ctx = foreign_ctx("SRTP_AES128_CM_SHA1_80");
		uint8_t material[60];
		const struct urchin_srtp_keys *keys;
		bool we_are_client = role == URCHIN_DTLS_CLIENT;

		use_own_cert(ctx);
		foreign_open(&foreign, ctx, !we_are_client);
		pair_start(foreign.pair, 0, (enum urchin_dtls_role)role);
		foreign_run(&foreign);
		assert_int_equal(foreign.pair->ends[0].connected, 1);
		keys = &foreign.pair->ends[0].keys;
		assert_int_equal(keys->profile, URCHIN_SRTP_AES128_CM_SHA1_80);
		assert_int_equal(SSL_export_keying_material(foreign.ssl, material, sizeof(material),
							    "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0),
				 1);
		/* RFC 5764 4.2: client key, server key, client salt, server salt. */
		assert_memory_equal(we_are_client ? keys->send_key : keys->receive_key, material, 16);
		assert_memory_equal(we_are_client ? keys->receive_key : keys->send_key, material + 16, 16);
		assert_memory_equal(we_are_client ? keys->send_salt : keys->receive_salt, material + 32, 14);
		assert_memory_equal(we_are_client ? keys->receive_salt : keys->send_salt, material + 46, 14);
		assert_string_equal(pair_stat_text(&foreign.pair->ends[0], "srtpCipher"), "AES_CM_128_HMAC_SHA1_80");
		foreign_close(&foreign);
	}
}

static void no_common_srtp_profile_fails(void **state)
{
	(void)state;
	for (int role = 0; role < 2; role++) {
		struct foreign foreign;
		SSL_CTX *ctx = foreign_ctx(role ? NULL : "SRTP_AES128_CM_SHA1_32");

		use_own_cert(ctx);
		foreign_open(&foreign, ctx, role == URCHIN_DTLS_SERVER);
		pair_start(foreign.pair, 0, (enum urchin_dtls_role)role);
		foreign_run(&foreign);
		assert_int_equal(foreign.pair->ends[0].connected, 0);
		assert_int_equal(foreign.pair->ends[0].failed, 1);
		assert_int_equal(foreign.pair->ends[0].reason, URCHIN_REASON_SRTP_PROFILE);
		foreign_close(&foreign);
	}
}

static void client_without_certificate_fails(void **state)
{
	struct foreign foreign;

	(void)state;
	foreign_open(&foreign, foreign_ctx("SRTP_AEAD_AES_128_GCM"), true);
	pair_start(foreign.pair, 0, URCHIN_DTLS_SERVER);
	foreign_run(&foreign);
	assert_int_equal(foreign.pair->ends[0].failed, 1);
	assert_int_equal(foreign.pair->ends[0].reason, URCHIN_REASON_DTLS_CERTIFICATE);
	assert_string_equal(foreign.pair->ends[0].detail, "peer did not return a certificate");
	foreign_close(&foreign);
}

static void server_without_certificate_fails(void **state)
{
	struct foreign foreign;

	(void)state;
	foreign_open(&foreign, foreign_ctx("SRTP_AEAD_AES_128_GCM"), false);
	pair_start(foreign.pair, 0, URCHIN_DTLS_CLIENT);
	foreign_run(&foreign);
	assert_int_equal(foreign.pair->ends[0].failed, 1);
	assert_int_equal(foreign.pair->ends[0].reason, URCHIN_REASON_DTLS_HANDSHAKE);
	/* What the peer's alert said, not "unknown error" or an older entry of the queue. */
	assert_non_null(strstr(foreign.pair->ends[0].detail, "handshake failure"));
	foreign_close(&foreign);
}

static void reason_is_not_taken_from_an_older_error(void **state)
{
	struct foreign foreign;
	SSL_CTX *ctx = foreign_ctx("SRTP_AEAD_AES_128_GCM");

	(void)state;
	use_own_cert(ctx);
	foreign_open(&foreign, ctx, true);
	ERR_raise(ERR_LIB_SSL, SSL_R_BAD_SIGNATURE);
	pair_start(foreign.pair, 0, URCHIN_DTLS_SERVER);
	foreign_run(&foreign);
	assert_int_equal(foreign.pair->ends[0].connected, 1);
	foreign_close(&foreign);
}

static void old_protocol_version_fails(void **state)
{
	struct foreign foreign;
	SSL_CTX *ctx = foreign_ctx("SRTP_AEAD_AES_128_GCM");

	(void)state;
	use_own_cert(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, DTLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, DTLS1_VERSION);
	foreign_open(&foreign, ctx, true);
	pair_start(foreign.pair, 0, URCHIN_DTLS_SERVER);
	foreign_run(&foreign);
	assert_int_equal(foreign.pair->ends[0].failed, 1);
	assert_int_equal(foreign.pair->ends[0].reason, URCHIN_REASON_DTLS_HANDSHAKE);
	assert_string_equal(foreign.pair->ends[0].detail, "unsupported protocol");
	foreign_close(&foreign);
}

static void ciphers_without_forward_secrecy_or_encryption_fail(void **state)
{
	static const char *const lists[] = {"AES128-GCM-SHA256", "ECDHE-ECDSA-NULL-SHA", "ECDHE-ECDSA-AES128-SHA"};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct foreign foreign;
		SSL_CTX *ctx = foreign_ctx("SRTP_AEAD_AES_128_GCM");

		use_own_cert(ctx);
		SSL_CTX_set_security_level(ctx, 0);
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, lists[i]), 1);
		foreign_open(&foreign, ctx, true);
		pair_start(foreign.pair, 0, URCHIN_DTLS_SERVER);
		foreign_run(&foreign);
		assert_int_equal(foreign.pair->ends[0].failed, 1);
		assert_string_equal(foreign.pair->ends[0].detail, "no shared cipher");
		foreign_close(&foreign);
	}
}

/* A peer with an RSA certificate of `bits`; returns how ends[0] ended. */
static int connect_with_rsa(unsigned int bits, enum urchin_dtls_role role)
{
	struct foreign foreign;
	struct urchin_fingerprint fingerprint = {.algorithm = "sha-256", .len = 32};
	SSL_CTX *ctx = foreign_ctx("SRTP_AEAD_AES_128_GCM");
	EVP_PKEY *key = EVP_RSA_gen(bits);
	X509 *x509 = X509_new();
	int connected;

	assert_non_null(key);
	SSL_CTX_set_security_level(ctx, 0);
	X509_set_version(x509, 2);
	X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
	X509_set_pubkey(x509, key);
	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	assert_int_equal(X509_digest(x509, EVP_sha256(), fingerprint.bytes, NULL), 1);
	assert_int_equal(SSL_CTX_use_certificate(ctx, x509), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	foreign_open(&foreign, ctx, role == URCHIN_DTLS_SERVER);
	assert_int_equal(urchin_dtls_start(foreign.pair->ends[0].dtls, role, &fingerprint, 1, 1), 0);
	foreign_run(&foreign);
	connected = foreign.pair->ends[0].connected;
	assert_int_equal(connected + foreign.pair->ends[0].failed, 1);
	foreign_close(&foreign);
	X509_free(x509);
	EVP_PKEY_free(key);
	return connected;
}

static void rsa_certificates_are_accepted_from_2048_bits_up(void **state)
{
	(void)state;
	assert_int_equal(connect_with_rsa(2048, URCHIN_DTLS_CLIENT), 1);
	assert_int_equal(connect_with_rsa(2048, URCHIN_DTLS_SERVER), 1);
	assert_int_equal(connect_with_rsa(1024, URCHIN_DTLS_CLIENT), 0);
	assert_int_equal(connect_with_rsa(1024, URCHIN_DTLS_SERVER), 0);
}

/* Browsers' post-quantum ClientHello has 1.4 kB and comes in two datagrams, before or after our start. */
static void client_hello_in_two_datagrams_is_put_together(void **state)
{
	uint8_t protocols[1200];

	(void)state;
	for (size_t i = 0; i < sizeof(protocols); i += 100) {
		memset(protocols + i, 'x', 100);
		protocols[i] = 99;
	}
	for (int early = 0; early < 2; early++) {
		for (int swap = 0; swap < 2; swap++) {
			struct foreign foreign;
			SSL_CTX *ctx = foreign_ctx("SRTP_AEAD_AES_128_GCM");
			struct pair_end *server;

			use_own_cert(ctx);
			foreign_open(&foreign, ctx, true);
			server = &foreign.pair->ends[0];
			assert_int_equal(SSL_set_alpn_protos(foreign.ssl, protocols, sizeof(protocols)), 0);
			SSL_do_handshake(foreign.ssl);
			assert_int_equal(server->in_count, 2);
			if (swap) {
				struct pair_datagram first = server->in[0];

				server->in[0] = server->in[1];
				server->in[1] = first;
			}
			if (!early)
				pair_start(foreign.pair, 0, URCHIN_DTLS_SERVER);
			while (pair_deliver_one(server))
				;
			if (early)
				pair_start(foreign.pair, 0, URCHIN_DTLS_SERVER);
			foreign_run(&foreign);
			assert_int_equal(server->connected, 1);
			assert_int_equal(server->failed, 0);
			foreign_close(&foreign);
		}
	}
}

static void application_data_after_the_handshake_is_dropped(void **state)
{
	struct foreign foreign;
	SSL_CTX *ctx = foreign_ctx("SRTP_AEAD_AES_128_GCM");

	(void)state;
	use_own_cert(ctx);
	foreign_open(&foreign, ctx, true);
	pair_start(foreign.pair, 0, URCHIN_DTLS_SERVER);
	foreign_run(&foreign);
	assert_int_equal(foreign.pair->ends[0].connected, 1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(SSL_write(foreign.ssl, "hello", 5), 5);
	pair_deliver_one(&foreign.pair->ends[0]);
	while (pair_deliver_one(&foreign.pair->ends[0]))
		;
	assert_true(pair_stat(&foreign.pair->ends[0], "dtlsDataDropped") == 10);
	assert_int_equal(foreign.pair->ends[0].closed, 0);
	assert_int_equal(SSL_shutdown(foreign.ssl), 0);
	while (pair_deliver_one(&foreign.pair->ends[0]))
		;
	assert_int_equal(foreign.pair->ends[0].closed, 1);
	foreign_close(&foreign);
}

/* --- bytes that no peer means --- */

static uint32_t random_state = 1;

static uint32_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

/* Gives `end` things that look more or less like DTLS. */
static void feed_garbage(struct pair_end *end)
{
	static const uint8_t alerts[][15] = {
	    {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 100}, /* warning: no_renegotiation */
	    {21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40},  /* fatal, claims to be encrypted */
	    {21, 0xfe, 0xfd, 0, 2, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40},  /* an epoch that never is */
	    {20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 1},   /* change_cipher_spec of two bytes */
	    {23, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 1},   /* data in the clear */
	    {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 1},   /* half a handshake header */
	    {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0xff, 0xff, 1, 1}, {22, 3, 3, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 1},
	    {24, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 1},
	};
	/* Fragments that lie: beyond the message, beyond the record, empty, of a huge message. */
	static const uint8_t lies[][4] = {{10, 5, 6, 0}, {200, 0, 200, 0}, {10, 5, 0, 0}, {0, 0, 0, 0xff}};

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		for (int n = 0; n < 10; n++)
			urchin_dtls_feed(end->dtls, alerts[i], sizeof(alerts[i]), end->pair->now_us);
	}
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		uint8_t bytes[13 + 12 + 10] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 22, 1};

		bytes[14] = lies[i][3];
		bytes[16] = lies[i][0];
		bytes[21] = lies[i][1];
		bytes[24] = lies[i][2];
		urchin_dtls_feed(end->dtls, bytes, sizeof(bytes), end->pair->now_us);
	}
	for (int n = 0; n < 200; n++) {
		uint8_t bytes[64];
		size_t len = next_random() % sizeof(bytes);

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)next_random();
		if (len > 0)
			bytes[0] = (uint8_t)(20 + next_random() % 44);
		urchin_dtls_feed(end->dtls, bytes, len, end->pair->now_us);
	}
}

static void garbage_at_each_stage_changes_nothing(void **state)
{
	(void)state;
	for (int stage = 0; stage < 12; stage++) {
		struct dtls_pair *pair = pair_open(certs[0], certs[1]);
		double dropped;

		for (int step = 0; step < 12; step++) {
			if (step == stage) {
				/* Not before the start: the four places for early datagrams would be used up. */
				feed_garbage(&pair->ends[0]);
				if (stage > 1)
					feed_garbage(&pair->ends[1]);
			}
			if (step == 0)
				pair_start(pair, 0, URCHIN_DTLS_CLIENT);
			else if (step == 1)
				pair_start(pair, 1, URCHIN_DTLS_SERVER);
			else
				pair_deliver_one(&pair->ends[step % 2 ? 0 : 1]);
		}
		pair_run(pair, 5000000);
		pair_assert_connected(pair);
		dropped =
		    pair_stat(&pair->ends[0], "dtlsRecordsDropped") + pair_stat(&pair->ends[0], "dtlsDatagramsDropped");
		assert_true(dropped >= 100);
		/* And the association still works to its end. */
		urchin_dtls_close(pair->ends[0].dtls);
		pair_deliver(pair);
		assert_int_equal(pair->ends[1].closed, 1);
		pair_close(pair);
	}
}

static void truncated_datagrams_of_every_length_change_nothing(void **state)
{
	(void)state;
	for (int stage = 0; stage < 6; stage++) {
		struct dtls_pair *pair = pair_open(certs[0], certs[1]);
		struct pair_end *to;

		pair_start(pair, 0, URCHIN_DTLS_CLIENT);
		pair_start(pair, 1, URCHIN_DTLS_SERVER);
		for (int i = 0; i < stage; i++)
			pair_deliver_one(&pair->ends[i % 2 ? 0 : 1]);
		to = pair->ends[0].in_count ? &pair->ends[0] : &pair->ends[1];
		if (to->in_count > 0) {
			for (size_t len = 0; len < to->in[0].len; len++) {
				/* Of its exact size, so that a sanitizer sees a read beyond it. */
				uint8_t *part = malloc(len ? len : 1);

				memcpy(part, to->in[0].bytes, len);
				urchin_dtls_feed(to->dtls, part, len, pair->now_us);
				free(part);
			}
		}
		pair_run(pair, 5000000);
		pair_assert_connected(pair);
		pair_close(pair);
	}
}

/* Bytes changed on the way may end a handshake, but never crash, hang, or give keys that differ. */
static void damaged_datagrams_never_crash(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct dtls_pair *pair = pair_open(certs[0], certs[1]);

		pair_start(pair, 0, URCHIN_DTLS_CLIENT);
		pair_start(pair, 1, URCHIN_DTLS_SERVER);
		for (int i = 0; i < 12; i++) {
			struct pair_end *to = &pair->ends[i % 2 ? 0 : 1];

			if (to->in_count > 0 && next_random() % 3 == 0) {
				size_t place = next_random() % to->in[0].len;

				to->in[0].bytes[place] ^= (uint8_t)(1u << next_random() % 8);
			}
			pair_deliver_one(to);
		}
		pair_run(pair, 40 * 1000000);
		if (pair->ends[0].connected && pair->ends[1].connected && !pair->ends[0].failed &&
		    !pair->ends[1].failed)
			assert_memory_equal(pair->ends[0].keys.send_key, pair->ends[1].keys.receive_key, 16);
		pair_close(pair);
	}
}

static void encrypted_records_before_the_keys_are_bounded(void **state)
{
	struct dtls_pair *pair = pair_open(certs[0], certs[1]);
	uint8_t record[13 + 64] = {22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 64};

	(void)state;
	pair_start(pair, 1, URCHIN_DTLS_SERVER);
	for (int i = 0; i < 1000; i++) {
		record[9] = (uint8_t)(i >> 8);
		record[10] = (uint8_t)i;
		urchin_dtls_feed(pair->ends[1].dtls, record, sizeof(record), pair->now_us);
	}
	assert_true(pair_stat(&pair->ends[1], "dtlsRecordsDropped") >= 984);
	assert_int_equal(pair->ends[1].failed, 0);
	pair_close(pair);
}

static void same_role_on_both_sides_fails(void **state)
{
	struct dtls_pair *pair = pair_open(certs[0], certs[1]);

	(void)state;
	pair_start(pair, 0, URCHIN_DTLS_CLIENT);
	pair_start(pair, 1, URCHIN_DTLS_CLIENT);
	pair_run(pair, 40 * 1000000);
	assert_true(pair->ends[0].failed || pair->ends[1].failed);
	assert_int_equal(pair->ends[0].connected + pair->ends[1].connected, 0);
	pair_close(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(older_srtp_profile_is_used_when_the_peer_has_only_that),
	    cmocka_unit_test(no_common_srtp_profile_fails),
	    cmocka_unit_test(client_without_certificate_fails),
	    cmocka_unit_test(server_without_certificate_fails),
	    cmocka_unit_test(reason_is_not_taken_from_an_older_error),
	    cmocka_unit_test(old_protocol_version_fails),
	    cmocka_unit_test(ciphers_without_forward_secrecy_or_encryption_fail),
	    cmocka_unit_test(rsa_certificates_are_accepted_from_2048_bits_up),
	    cmocka_unit_test(client_hello_in_two_datagrams_is_put_together),
	    cmocka_unit_test(application_data_after_the_handshake_is_dropped),
	    cmocka_unit_test(garbage_at_each_stage_changes_nothing),
	    cmocka_unit_test(truncated_datagrams_of_every_length_change_nothing),
	    cmocka_unit_test(damaged_datagrams_never_crash),
	    cmocka_unit_test(encrypted_records_before_the_keys_are_bounded),
	    cmocka_unit_test(same_role_on_both_sides_fails),
	};

	return cmocka_run_group_tests(tests, make_certs, free_certs);
}

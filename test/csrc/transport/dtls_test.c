/* Handshakes over good and bad links, key export, fingerprints, timers, close_notify. */
#include "transport/dtls_pair.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "transport/cert_internal.h"
#include "transport/test_certs.h"

static struct dtls_pair *open_pair(void)
{
	return pair_open(certs[0], certs[1]);
}

static struct dtls_pair *connect_pair(void)
{
	struct dtls_pair *pair = open_pair();

	pair_start(pair, 0, URCHIN_DTLS_CLIENT);
	pair_start(pair, 1, URCHIN_DTLS_SERVER);
	pair_deliver(pair);
	pair_assert_connected(pair);
	return pair;
}

static void connects_in_both_roles(void **state)
{
	(void)state;
	for (int client = 0; client < 2; client++) {
		struct dtls_pair *pair = open_pair();

		pair_start(pair, client, URCHIN_DTLS_CLIENT);
		pair_start(pair, 1 - client, URCHIN_DTLS_SERVER);
		pair_deliver(pair);
		pair_assert_connected(pair);
		assert_int_equal(pair->ends[0].keys.profile, URCHIN_SRTP_AEAD_AES_128_GCM);
		assert_string_equal(pair_stat_text(&pair->ends[client], "dtlsRole"), "client");
		assert_string_equal(pair_stat_text(&pair->ends[1 - client], "dtlsRole"), "server");
		for (int i = 0; i < 2; i++) {
			assert_string_equal(pair_stat_text(&pair->ends[i], "dtlsState"), "connected");
			assert_string_equal(pair_stat_text(&pair->ends[i], "tlsVersion"), "FEFD");
			assert_string_equal(pair_stat_text(&pair->ends[i], "dtlsCipher"),
					    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
			assert_string_equal(pair_stat_text(&pair->ends[i], "srtpCipher"), "AEAD_AES_128_GCM");
			assert_true(pair_stat(&pair->ends[i], "dtlsRetransmissions") == 0);
			assert_true(pair_stat(&pair->ends[i], "dtlsDatagramsDropped") == 0);
		}
		pair_close(pair);
	}
}

static void early_client_hello_is_answered_at_start(void **state)
{
	struct dtls_pair *pair = open_pair();

	(void)state;
	pair_start(pair, 0, URCHIN_DTLS_CLIENT);
	pair_deliver(pair); /* the server has not started */
	assert_int_equal(pair->ends[1].sent, 0);
	assert_string_equal(pair_stat_text(&pair->ends[1], "dtlsState"), "new");
	pair_start(pair, 1, URCHIN_DTLS_SERVER);
	assert_true(pair->ends[1].sent > 0);
	pair_deliver(pair);
	pair_assert_connected(pair);
	/* No retransmission was needed. */
	assert_true(pair->now_us == 1000000);
	pair_close(pair);
}

static void at_most_four_early_datagrams_are_kept(void **state)
{
	struct dtls_pair *pair = open_pair();
	uint8_t big[3000] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, (3000 - 13) >> 8, (3000 - 13) & 0xff};

	(void)state;
	urchin_dtls_feed(pair->ends[1].dtls, big, sizeof(big), pair->now_us);
	assert_true(pair_stat(&pair->ends[1], "dtlsDatagramsDropped") == 1);
	pair_start(pair, 0, URCHIN_DTLS_CLIENT);
	assert_true(pair_deliver_one(&pair->ends[1]));
	for (int i = 0; i < 5; i++)
		urchin_dtls_feed(pair->ends[1].dtls, pair->ends[0].last_sent.bytes, pair->ends[0].last_sent.len,
				 pair->now_us);
	assert_true(pair_stat(&pair->ends[1], "dtlsDatagramsDropped") == 3);
	pair_start(pair, 1, URCHIN_DTLS_SERVER);
	pair_deliver(pair);
	pair_assert_connected(pair);
	pair_close(pair);
}

/* pair_on_send() asserts the bound. A flight of ours has about 900 bytes: these make it several datagrams. */
static void no_datagram_exceeds_the_mtu(void **state)
{
	static const size_t mtus[] = {256, 300, 500, 700, 1000, 1200};

	(void)state;
	for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
		struct dtls_pair *pair = pair_open_mtu(certs[0], certs[1], mtus[i]);

		pair_start(pair, 0, URCHIN_DTLS_CLIENT);
		pair_start(pair, 1, URCHIN_DTLS_SERVER);
		pair_deliver(pair);
		pair_assert_connected(pair);
		/* Records do share datagrams. */
		assert_true(pair->ends[1].largest_sent > mtus[i] / 2);
		if (mtus[i] <= 300)
			assert_true(pair->ends[1].sent >= 4);
		pair_close(pair);
	}
}

static char lose_first(int from, size_t n)
{
	(void)from;
	return n == 0 ? 'l' : 'd';
}

static char lose_second_of_client(int from, size_t n)
{
	return from == 0 && n == 1 ? 'l' : 'd';
}

static char lose_last_of_server(int from, size_t n)
{
	return from == 1 && n == 1 ? 'l' : 'd';
}

static char lose_every_third(int from, size_t n)
{
	return (n + (size_t)from) % 3 == 0 ? 'l' : 'd';
}

static char lose_first_four(int from, size_t n)
{
	(void)from;
	return n < 4 ? 'l' : 'd';
}

static char double_all(int from, size_t n)
{
	(void)from;
	(void)n;
	return '2';
}

static char swap_all(int from, size_t n)
{
	(void)from;
	(void)n;
	return 's';
}

static char mix(int from, size_t n)
{
	static const char fates[] = "ld2slds2ddl";

	return fates[(n * 7 + (size_t)from * 3) % (sizeof(fates) - 1)];
}

static void connects_over_bad_links(void **state)
{
	static const struct {
		const char *name;
		pair_fate fate;
		uint64_t within_us;
	} links[] = {
	    {"first datagram lost", lose_first, 200000},
	    {"client's second lost", lose_second_of_client, 200000},
	    {"server's last flight lost", lose_last_of_server, 200000},
	    {"every third lost", lose_every_third, 5000000},
	    {"four lost", lose_first_four, 5000000},
	    {"all twice", double_all, 200000},
	    {"swapped", swap_all, 200000},
	    {"mixture", mix, 10000000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		for (int client = 0; client < 2; client++) {
			struct dtls_pair *pair = open_pair();
			uint64_t start_us = pair->now_us;

			pair->fate = links[i].fate;
			pair_start(pair, client, URCHIN_DTLS_CLIENT);
			pair_start(pair, 1 - client, URCHIN_DTLS_SERVER);
			pair_run(pair, 29 * 1000000);
			pair_assert_connected(pair);
			if (pair->now_us - start_us > links[i].within_us)
				fail_msg("%s took %u us", links[i].name, (unsigned int)(pair->now_us - start_us));
			pair_close(pair);
		}
	}
}

/* A pseudo-random link that loses a fifth, doubles and swaps; each seed is another link. */
static uint32_t link_seed;

static char random_fate(int from, size_t n)
{
	uint32_t x = link_seed * 2654435761u + (uint32_t)n * 40503u + (uint32_t)from * 69069u;

	x ^= x >> 13;
	x *= 0x5bd1e995;
	x ^= x >> 15;
	x %= 100;
	return x < 20 ? 'l' : x < 30 ? '2' : x < 40 ? 's' : 'd';
}

static void connects_over_random_links(void **state)
{
	(void)state;
	for (link_seed = 1; link_seed <= 60; link_seed++) {
		struct dtls_pair *pair = open_pair();

		pair->fate = random_fate;
		pair_start(pair, 0, URCHIN_DTLS_CLIENT);
		pair_start(pair, 1, URCHIN_DTLS_SERVER);
		pair_run(pair, 29 * 1000000);
		pair_assert_connected(pair);
		pair_close(pair);
	}
}

static void first_retransmission_comes_within_100_ms(void **state)
{
	struct dtls_pair *pair = open_pair();
	uint64_t due_us;

	(void)state;
	pair_start(pair, 0, URCHIN_DTLS_CLIENT);
	due_us = urchin_dtls_deadline_us(pair->ends[0].dtls, pair->now_us);
	assert_true(due_us > pair->now_us);
	assert_true(due_us <= pair->now_us + 100000);
	pair->now_us = due_us;
	fake_clock_set_us(due_us);
	urchin_dtls_tick(pair->ends[0].dtls, due_us);
	assert_int_equal(pair->ends[0].sent, 2);
	assert_true(pair_stat(&pair->ends[0], "dtlsRetransmissions") == 1);
	/* The next one takes twice as long. */
	assert_true(urchin_dtls_deadline_us(pair->ends[0].dtls, due_us) >= due_us + 80000);
	pair_close(pair);
}

static char lose_all(int from, size_t n)
{
	(void)from;
	(void)n;
	return 'l';
}

static void silent_peer_times_out_after_30_s(void **state)
{
	(void)state;
	for (int role = 0; role < 2; role++) {
		struct dtls_pair *pair = open_pair();

		pair->fate = lose_all;
		pair_start(pair, 0, (enum urchin_dtls_role)role);
		pair_run(pair, 29 * 1000000);
		assert_int_equal(pair->ends[0].failed, 0);
		pair_run(pair, 2 * 1000000);
		assert_int_equal(pair->ends[0].failed, 1);
		assert_int_equal(pair->ends[0].reason, URCHIN_REASON_DTLS_TIMEOUT);
		assert_true(urchin_dtls_deadline_us(pair->ends[0].dtls, pair->now_us) == URCHIN_NEVER_US);
		pair_close(pair);
	}
}

static void timeout_of_a_start_without_time_begins_with_the_first_tick(void **state)
{
	struct dtls_pair *pair = open_pair();
	struct urchin_fingerprint fingerprint = pair_fingerprint(certs[1]);

	(void)state;
	assert_int_equal(urchin_dtls_start(pair->ends[0].dtls, URCHIN_DTLS_SERVER, &fingerprint, 1, 0), 0);
	assert_true(urchin_dtls_deadline_us(pair->ends[0].dtls, 77000000) == 77000000);
	urchin_dtls_tick(pair->ends[0].dtls, 77000000);
	assert_int_equal(pair->ends[0].failed, 0);
	assert_true(urchin_dtls_deadline_us(pair->ends[0].dtls, 77000000) == 107000000);
	pair_close(pair);
}

/* The peer's certificate hashed anew; `flip` changes one bit. */
static struct urchin_fingerprint hash_cert(const struct urchin_cert *cert, const char *name, const EVP_MD *hash,
					   bool flip)
{
	struct urchin_fingerprint fingerprint = {0};
	unsigned int len = 0;

	strcpy(fingerprint.algorithm, name);
	assert_int_equal(X509_digest(SSL_CTX_get0_certificate(cert->ctx), hash, fingerprint.bytes, &len), 1);
	fingerprint.len = len;
	if (flip)
		fingerprint.bytes[len - 1] ^= 1;
	return fingerprint;
}

static void each_hash_algorithm_is_checked(void **state)
{
	const struct {
		const char *name;
		const EVP_MD *hash;
	} hashes[] = {{"sha-256", EVP_sha256()}, {"sha-384", EVP_sha384()}, {"sha-512", EVP_sha512()}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (int flip = 0; flip < 2; flip++) {
			struct dtls_pair *pair = open_pair();
			struct urchin_fingerprint fingerprint =
			    hash_cert(certs[1], hashes[i].name, hashes[i].hash, flip);

			assert_int_equal(
			    urchin_dtls_start(pair->ends[0].dtls, URCHIN_DTLS_CLIENT, &fingerprint, 1, pair->now_us),
			    0);
			pair_start(pair, 1, URCHIN_DTLS_SERVER);
			pair_deliver(pair);
			assert_int_equal(pair->ends[0].connected, !flip);
			assert_int_equal(pair->ends[0].failed, flip);
			if (flip)
				assert_int_equal(pair->ends[0].reason, URCHIN_REASON_DTLS_FINGERPRINT);
			pair_close(pair);
		}
	}
}

static void fingerprints_are_alternatives(void **state)
{
	struct dtls_pair *pair = open_pair();
	struct urchin_fingerprint list[3] = {
	    hash_cert(certs[1], "sha-256", EVP_sha256(), true),
	    hash_cert(certs[1], "sha-512", EVP_sha512(), true),
	    hash_cert(certs[1], "sha-384", EVP_sha384(), false),
	};

	(void)state;
	assert_int_equal(urchin_dtls_start(pair->ends[0].dtls, URCHIN_DTLS_CLIENT, list, 3, pair->now_us), 0);
	pair_start(pair, 1, URCHIN_DTLS_SERVER);
	pair_deliver(pair);
	pair_assert_connected(pair);
	pair_close(pair);
}

static void wrong_fingerprint_fails_in_both_roles_without_keys(void **state)
{
	(void)state;
	for (int role = 0; role < 2; role++) {
		struct dtls_pair *pair = open_pair();
		struct urchin_fingerprint own = pair_fingerprint(certs[0]); /* not the peer's */
		const struct urchin_srtp_keys none = {0};

		assert_int_equal(
		    urchin_dtls_start(pair->ends[0].dtls, (enum urchin_dtls_role)role, &own, 1, pair->now_us), 0);
		pair_start(pair, 1, (enum urchin_dtls_role)(1 - role));
		pair_deliver(pair);
		assert_int_equal(pair->ends[0].failed, 1);
		assert_int_equal(pair->ends[0].connected, 0);
		assert_int_equal(pair->ends[0].reason, URCHIN_REASON_DTLS_FINGERPRINT);
		assert_memory_equal(&pair->ends[0].keys, &none, sizeof(none));
		assert_string_equal(pair_stat_text(&pair->ends[0], "dtlsState"), "failed");
		assert_string_equal(pair_stat_text(&pair->ends[0], "srtpCipher"), "");
		/* Its peer, which was content, is told at the close. */
		urchin_dtls_close(pair->ends[0].dtls);
		pair_deliver(pair);
		assert_int_equal(pair->ends[1].closed, 1);
		pair_close(pair);
	}
}

static void start_refuses_bad_arguments(void **state)
{
	struct dtls_pair *pair = open_pair();
	struct urchin_dtls *dtls = pair->ends[0].dtls;
	struct urchin_fingerprint good = pair_fingerprint(certs[1]);
	struct urchin_fingerprint list[9];
	struct urchin_fingerprint bad = good;

	(void)state;
	for (size_t i = 0; i < 9; i++)
		list[i] = good;
	assert_int_equal(urchin_dtls_start(dtls, URCHIN_DTLS_CLIENT, list, 0, 1), URCHIN_EINVAL);
	assert_int_equal(urchin_dtls_start(dtls, URCHIN_DTLS_CLIENT, list, 9, 1), URCHIN_EINVAL);
	bad.len = 31;
	assert_int_equal(urchin_dtls_start(dtls, URCHIN_DTLS_CLIENT, &bad, 1, 1), URCHIN_EINVAL);
	bad = good;
	strcpy(bad.algorithm, "sha-1");
	assert_int_equal(urchin_dtls_start(dtls, URCHIN_DTLS_CLIENT, &bad, 1, 1), URCHIN_EINVAL);
	assert_int_equal(pair->ends[0].sent, 0);
	assert_int_equal(urchin_dtls_start(dtls, URCHIN_DTLS_CLIENT, list, 8, 1), 0);
	assert_int_equal(urchin_dtls_start(dtls, URCHIN_DTLS_CLIENT, list, 8, 1), URCHIN_ESTATE);
	pair_close(pair);
}

static void close_notify_is_sent_and_understood_both_ways(void **state)
{
	(void)state;
	for (int closer = 0; closer < 2; closer++) {
		struct dtls_pair *pair = connect_pair();
		size_t sent = pair->ends[closer].sent;

		urchin_dtls_close(pair->ends[closer].dtls);
		assert_int_equal(pair->ends[closer].sent, sent + 1);
		urchin_dtls_close(pair->ends[closer].dtls);
		assert_int_equal(pair->ends[closer].sent, sent + 1);
		pair_deliver(pair);
		assert_int_equal(pair->ends[1 - closer].closed, 1);
		assert_int_equal(pair->ends[closer].closed, 0);
		assert_int_equal(pair->ends[1 - closer].failed, 0);
		assert_string_equal(pair_stat_text(&pair->ends[1 - closer], "dtlsState"), "closed");
		urchin_dtls_close(pair->ends[1 - closer].dtls);
		pair_deliver(pair);
		pair_close(pair);
	}
}

static void close_is_harmless_at_every_step(void **state)
{
	(void)state;
	for (int steps = 0; steps < 10; steps++) {
		for (int closer = 0; closer < 2; closer++) {
			struct dtls_pair *pair = open_pair();

			if (steps > 0)
				pair_start(pair, 0, URCHIN_DTLS_CLIENT);
			if (steps > 1)
				pair_start(pair, 1, URCHIN_DTLS_SERVER);
			for (int i = 2; i < steps; i++)
				pair_deliver_one(&pair->ends[i % 2 ? 0 : 1]);
			urchin_dtls_close(pair->ends[closer].dtls);
			pair_deliver(pair);
			assert_false(urchin_dtls_is_connected(pair->ends[closer].dtls));
			assert_int_equal(pair->ends[closer].failed, 0);
			pair_close(pair);
		}
	}
}

static void close_inside_any_callback_is_safe(void **state)
{
	(void)state;
	for (int closer = 0; closer < 2; closer++) {
		for (int steps = 0; steps < 6; steps++) {
			struct dtls_pair *pair = open_pair();

			pair->ends[closer].close_in_callbacks = steps == 0;
			pair_start(pair, 0, URCHIN_DTLS_CLIENT);
			pair_start(pair, 1, URCHIN_DTLS_SERVER);
			for (int i = 1; i < steps; i++)
				pair_deliver_one(&pair->ends[i % 2]);
			pair->ends[closer].close_in_callbacks = true;
			pair_deliver(pair);
			pair->ends[0].close_in_callbacks = true;
			pair->ends[1].close_in_callbacks = true;
			urchin_dtls_close(pair->ends[1 - closer].dtls);
			pair_deliver(pair);
			assert_false(urchin_dtls_is_connected(pair->ends[0].dtls));
			assert_false(urchin_dtls_is_connected(pair->ends[1].dtls));
			pair_close(pair);
		}
	}
}

/* RFC 6347 4.2.4: who sent the last flight repeats it when the peer repeats its own. */
static void repeated_flight_is_answered_after_completion(void **state)
{
	struct dtls_pair *pair = open_pair();
	size_t sent;

	(void)state;
	pair->fate = lose_last_of_server;
	pair_start(pair, 0, URCHIN_DTLS_CLIENT);
	pair_start(pair, 1, URCHIN_DTLS_SERVER);
	pair_deliver(pair);
	assert_int_equal(pair->ends[1].connected, 1);
	assert_int_equal(pair->ends[0].connected, 0);
	sent = pair->ends[1].sent;
	pair_run(pair, 1000000);
	pair_assert_connected(pair);
	assert_true(pair->ends[1].sent > sent);
	pair_close(pair);
}

static void certificates_differ(void **state)
{
	const X509 *x509 = SSL_CTX_get0_certificate(certs[0]->ctx);
	const X509 *other = SSL_CTX_get0_certificate(certs[1]->ctx);
	const char *text = urchin_cert_fingerprint(certs[0]);
	time_t now = time(NULL) + 60;
	time_t yesterday = time(NULL) - 23 * 3600;
	time_t next_year = time(NULL) + 364L * 24 * 3600;

	(void)state;
	assert_int_equal(strlen(text), 32 * 3 - 1);
	assert_int_equal(strspn(text, "0123456789ABCDEF:"), 32 * 3 - 1);
	assert_string_not_equal(text, urchin_cert_fingerprint(certs[1]));
	assert_true(ASN1_INTEGER_cmp(X509_get0_serialNumber(x509), X509_get0_serialNumber(other)) != 0);
	assert_true(X509_NAME_cmp(X509_get_subject_name(x509), X509_get_subject_name(other)) != 0);
	assert_int_equal(X509_cmp_time(X509_get0_notBefore(x509), &yesterday), -1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(x509), &next_year), 1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(x509), &now), 1);
	assert_int_equal(EVP_PKEY_get_id(X509_get0_pubkey(x509)), EVP_PKEY_EC);
	assert_int_equal(EVP_PKEY_get_bits(X509_get0_pubkey(x509)), 256);
	urchin_cert_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(connects_in_both_roles),
	    cmocka_unit_test(early_client_hello_is_answered_at_start),
	    cmocka_unit_test(at_most_four_early_datagrams_are_kept),
	    cmocka_unit_test(no_datagram_exceeds_the_mtu),
	    cmocka_unit_test(connects_over_bad_links),
	    cmocka_unit_test(connects_over_random_links),
	    cmocka_unit_test(first_retransmission_comes_within_100_ms),
	    cmocka_unit_test(silent_peer_times_out_after_30_s),
	    cmocka_unit_test(timeout_of_a_start_without_time_begins_with_the_first_tick),
	    cmocka_unit_test(each_hash_algorithm_is_checked),
	    cmocka_unit_test(fingerprints_are_alternatives),
	    cmocka_unit_test(wrong_fingerprint_fails_in_both_roles_without_keys),
	    cmocka_unit_test(start_refuses_bad_arguments),
	    cmocka_unit_test(close_notify_is_sent_and_understood_both_ways),
	    cmocka_unit_test(close_is_harmless_at_every_step),
	    cmocka_unit_test(close_inside_any_callback_is_safe),
	    cmocka_unit_test(repeated_flight_is_answered_after_completion),
	    cmocka_unit_test(certificates_differ),
	};

	return cmocka_run_group_tests(tests, make_certs, free_certs);
}

/* What a connected association keeps in memory, and that it does everything without its record buffers. */
#include "transport/dtls_foreign.h"

#include <malloc.h>
#include <openssl/crypto.h>

/* OpenSSL 3.0 keeps 41 kB without its record buffers and 57 kB with those that our limits leave. */
#define LEAN_MAX (46 * 1024)

/* --- OpenSSL's memory, counted --- */

static size_t held;

static void *count_malloc(size_t size, const char *file, int line)
{
	void *block = malloc(size);

	(void)file, (void)line;
	held += malloc_usable_size(block);
	return block;
}

static void count_free(void *block, const char *file, int line)
{
	(void)file, (void)line;
	held -= malloc_usable_size(block);
	free(block);
}

static void *count_realloc(void *block, size_t size, const char *file, int line)
{
	void *grown;

	if (size == 0) {
		count_free(block, file, line);
		return NULL;
	}
	held -= malloc_usable_size(block);
	grown = realloc(block, size);
	held += malloc_usable_size(grown ? grown : block);
	return grown;
}

/* --- */

static struct dtls_pair *connect_pair(void)
{
	struct dtls_pair *pair = pair_open(certs[0], certs[1]);

	pair_start(pair, 0, URCHIN_DTLS_CLIENT);
	pair_start(pair, 1, URCHIN_DTLS_SERVER);
	pair_deliver(pair);
	pair_assert_connected(pair);
	return pair;
}

/* Gives what one end gets now a second time when it is connected: the peer's last flight. */
static struct pair_datagram copy_of(const struct pair_datagram *datagram)
{
	struct pair_datagram copy = {.len = datagram->len, .bytes = malloc(datagram->len)};

	assert_non_null(copy.bytes);
	memcpy(copy.bytes, datagram->bytes, datagram->len);
	return copy;
}

static void connected_associations_keep_no_record_buffers(void **state)
{
	struct dtls_pair *pairs[5];
	size_t before;

	(void)state;
	pair_close(connect_pair()); /* what OpenSSL makes once */
	before = held;
	for (size_t i = 0; i < 5; i++)
		pairs[i] = connect_pair();
	assert_true(held - before < 10 * LEAN_MAX);
	for (size_t i = 0; i < 5; i++)
		pair_close(pairs[i]);
	assert_true(held <= before + 1024);
}

/*
 * With OpenSSL 3.0's SSL_free_buffers() alone, the next record to be sent over DTLS was written through a null pointer:
 * the answer to a repeated flight, an alert, close_notify.
 */
static void repeated_last_flight_is_answered_each_time(void **state)
{
	struct dtls_pair *pair = connect_pair();
	struct pair_datagram last = copy_of(&pair->ends[0].last_sent);
	size_t before = held;

	(void)state;
	for (int i = 0; i < 5; i++) {
		size_t sent = pair->ends[1].sent;

		/* RFC 6347 4.2.4: our Finished got lost, so the client says its own again; it is a new record each
		 * time. */
		urchin_dtls_feed(pair->ends[1].dtls, last.bytes, last.len, pair->now_us);
		assert_true(pair->ends[1].sent <= sent + 1);
		assert_true(held < before + 8 * 1024);
	}
	pair_deliver(pair);
	pair_assert_connected(pair);
	urchin_dtls_close(pair->ends[1].dtls);
	pair_deliver(pair);
	assert_int_equal(pair->ends[0].closed, 1);
	free(last.bytes);
	pair_close(pair);
}

static char lose_last_three_of_server(int from, size_t n)
{
	return from == 1 && n >= 1 && n <= 3 ? 'l' : 'd';
}

static void lost_last_flight_is_sent_until_it_arrives(void **state)
{
	struct dtls_pair *pair = pair_open(certs[0], certs[1]);
	size_t held_connected;

	(void)state;
	pair->fate = lose_last_three_of_server;
	pair_start(pair, 0, URCHIN_DTLS_CLIENT);
	pair_start(pair, 1, URCHIN_DTLS_SERVER);
	pair_deliver(pair);
	assert_int_equal(pair->ends[1].connected, 1);
	assert_int_equal(pair->ends[0].connected, 0);
	pair_run(pair, 5 * 1000000);
	pair_assert_connected(pair);
	assert_true(pair->ends[1].sent >= 5);
	held_connected = held;
	urchin_dtls_close(pair->ends[0].dtls);
	pair_deliver(pair);
	assert_int_equal(pair->ends[1].closed, 1);
	urchin_dtls_close(pair->ends[1].dtls);
	assert_true(held <= held_connected + 8 * 1024);
	pair_close(pair);
}

static void garbage_changes_nothing_and_costs_no_memory(void **state)
{
	struct dtls_pair *pair = connect_pair();
	uint8_t record[13 + 700] = {0, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 700 >> 8, 700 & 0xff};
	size_t before = held;

	(void)state;
	for (int type = 20; type <= 23; type++) {
		for (int i = 0; i < 20; i++) {
			record[0] = (uint8_t)type;
			record[4] = (uint8_t)(i % 3);
			record[10] = (uint8_t)i;
			for (int end = 0; end < 2; end++)
				urchin_dtls_feed(pair->ends[end].dtls, record, sizeof(record), pair->now_us);
		}
	}
	assert_true(held <= before + 8 * 1024);
	pair_assert_connected(pair);
	urchin_dtls_close(pair->ends[0].dtls);
	pair_deliver(pair);
	assert_int_equal(pair->ends[1].closed, 1);
	pair_close(pair);
}

/* --- what only a peer with a mind of its own does --- */

static void open_foreign(struct foreign *foreign, bool is_client)
{
	SSL_CTX *ctx = foreign_ctx("SRTP_AEAD_AES_128_GCM");

	use_own_cert(ctx);
	foreign_open(foreign, ctx, is_client);
	pair_start(foreign->pair, 0, is_client ? URCHIN_DTLS_SERVER : URCHIN_DTLS_CLIENT);
	foreign_run(foreign);
	assert_int_equal(foreign->result, 1);
	assert_int_equal(foreign->pair->ends[0].connected, 1);
}

static void deliver_to_ours(struct foreign *foreign)
{
	while (pair_deliver_one(&foreign->pair->ends[0]))
		;
}

static void renegotiation_is_refused_with_an_alert(void **state)
{
	(void)state;
	for (int is_client = 0; is_client < 2; is_client++) {
		struct foreign foreign;
		struct pair_end *ours;
		size_t before, sent;

		open_foreign(&foreign, is_client);
		ours = &foreign.pair->ends[0];
		before = held;
		sent = ours->sent;
		assert_int_equal(SSL_renegotiate(foreign.ssl), 1);
		SSL_do_handshake(foreign.ssl);
		deliver_to_ours(&foreign);
		assert_true(ours->sent == sent + 1);
		assert_true(urchin_dtls_is_connected(ours->dtls));
		assert_true(held < before + 64 * 1024); /* the peer's own handshake */
		urchin_dtls_close(ours->dtls);
		foreign_close(&foreign);
	}
}

static void data_and_close_notify_are_read_without_buffers(void **state)
{
	static const uint8_t data[1000];
	struct foreign foreign;
	struct pair_end *ours;
	size_t before;

	(void)state;
	open_foreign(&foreign, true);
	ours = &foreign.pair->ends[0];
	SSL_write(foreign.ssl, data, sizeof(data));
	deliver_to_ours(&foreign);
	before = held;
	for (int i = 0; i < 50; i++)
		assert_int_equal(SSL_write(foreign.ssl, data, sizeof(data)), sizeof(data));
	deliver_to_ours(&foreign);
	assert_true(pair_stat(ours, "dtlsDataDropped") == 51);
	assert_true(held <= before + 1024);
	SSL_shutdown(foreign.ssl);
	deliver_to_ours(&foreign);
	assert_int_equal(ours->closed, 1);
	urchin_dtls_close(ours->dtls);
	foreign_close(&foreign);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(connected_associations_keep_no_record_buffers),
	    cmocka_unit_test(repeated_last_flight_is_answered_each_time),
	    cmocka_unit_test(lost_last_flight_is_sent_until_it_arrives),
	    cmocka_unit_test(garbage_changes_nothing_and_costs_no_memory),
	    cmocka_unit_test(renegotiation_is_refused_with_an_alert),
	    cmocka_unit_test(data_and_close_notify_are_read_without_buffers),
	};

	/* Before anything of OpenSSL's is allocated. */
	if (CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, make_certs, free_certs);
}

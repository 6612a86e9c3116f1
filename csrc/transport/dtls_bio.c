/*
 * A BIO whose read gives one datagram and whose write sends datagrams of at most the MTU. OpenSSL collects a
 * flight's records in a buffer and writes them together: they are parted again here, at record boundaries.
 */
#include "transport/dtls_bio.h"

#include <pthread.h>
#include <string.h>

#include "base/bytes.h"

#define RECORD_HEADER_LEN 13 /* RFC 6347 4.1 */

static BIO_METHOD *method;

/* Length of the record that `bytes` begins with, never more than `len`. */
static size_t record_len(const uint8_t *bytes, size_t len)
{
	size_t record;

	if (len < RECORD_HEADER_LEN)
		return len;
	record = RECORD_HEADER_LEN + (size_t)urchin_read_u16(bytes + 11);
	return record < len ? record : len;
}

static int bio_write(BIO *bio, const char *data, int data_len)
{
	struct urchin_dtls_bio *state = BIO_get_data(bio);
	const uint8_t *bytes = (const uint8_t *)data;
	size_t rest = data_len > 0 ? (size_t)data_len : 0;

	BIO_clear_retry_flags(bio);
	while (rest > 0) {
		size_t len = record_len(bytes, rest);

		while (len < rest && len + record_len(bytes + len, rest - len) <= state->mtu)
			len += record_len(bytes + len, rest - len);
		state->send(state->owner, bytes, len);
		bytes += len;
		rest -= len;
	}
	return data_len;
}

static int bio_read(BIO *bio, char *out, int out_cap)
{
	struct urchin_dtls_bio *state = BIO_get_data(bio);
	size_t len = state->in_len;

	BIO_clear_retry_flags(bio);
	if (!state->in || out_cap <= 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	/* As recvfrom() does: what does not fit is lost. */
	if (len > (size_t)out_cap)
		len = (size_t)out_cap;
	memcpy(out, state->in, len);
	state->in = NULL;
	return (int)len;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	const struct urchin_dtls_bio *state = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_PENDING:
		return state->in ? (long)state->in_len : 0;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		return (long)state->mtu;
	default:
		return 0; /* DGRAM_GET_MTU_OVERHEAD too: the MTU counts UDP payload */
	}
}

static void make_method(void)
{
	BIO_METHOD *made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "urchin datagrams");

	if (!made)
		return;
	BIO_meth_set_write(made, bio_write);
	BIO_meth_set_read(made, bio_read);
	BIO_meth_set_ctrl(made, bio_ctrl);
	method = made;
}

BIO *urchin_dtls_bio_new(struct urchin_dtls_bio *state)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	BIO *bio = NULL;

	pthread_once(&once, make_method);
	if (method)
		bio = BIO_new(method);
	if (!bio)
		return NULL;
	BIO_set_data(bio, state);
	BIO_set_init(bio, 1);
	return bio;
}

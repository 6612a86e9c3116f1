/* Bounds and shape of DTLS records and of the handshake fragments in them (RFC 6347 4.1, 4.2.2). */
#include "transport/dtls_record.h"

#include "base/bytes.h"
#include "base/err.h"

#define RECORD_HEADER_LEN 13
#define HANDSHAKE_HEADER_LEN 12
#define HANDSHAKE_MAX_LEN (32 * 1024)

enum content_type { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };

/*
 * 0                   1                   2                   3
 * | content type |       version          |       epoch       ...
 *   sequence number (48 bits) ...             |     length    |
 */
int urchin_dtls_record_len(const uint8_t *bytes, size_t len)
{
	size_t record_len;

	if (len < RECORD_HEADER_LEN)
		return URCHIN_EMALFORMED;
	if (bytes[0] < CHANGE_CIPHER_SPEC || bytes[0] > APPLICATION_DATA)
		return URCHIN_EMALFORMED;
	/* DTLS 1.0 or 1.2: a first ClientHello says 1.0 whatever it offers. */
	if (bytes[1] != 0xfe || (bytes[2] != 0xff && bytes[2] != 0xfd))
		return URCHIN_EMALFORMED;
	record_len = RECORD_HEADER_LEN + (size_t)urchin_read_u16(bytes + 11);
	if (record_len > len)
		return URCHIN_EMALFORMED;
	return (int)record_len;
}

uint16_t urchin_dtls_record_epoch(const uint8_t *record)
{
	return urchin_read_u16(record + 3);
}

/* RFC 6347 4.2.2: msg_type, length (24), message_seq (16), fragment_offset (24), fragment_length (24). */
static bool are_fragments_sound(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return false;
	while (len > 0) {
		uint32_t message_len, offset, fragment_len;

		if (len < HANDSHAKE_HEADER_LEN)
			return false;
		message_len = urchin_read_u24(bytes + 1);
		offset = urchin_read_u24(bytes + 6);
		fragment_len = urchin_read_u24(bytes + 9);
		if (message_len > HANDSHAKE_MAX_LEN || offset > message_len || fragment_len > message_len - offset)
			return false;
		/* An empty piece of a message that is not empty brings nothing and can be repeated for ever. */
		if (fragment_len == 0 && message_len > 0)
			return false;
		if (fragment_len > len - HANDSHAKE_HEADER_LEN)
			return false;
		bytes += HANDSHAKE_HEADER_LEN + fragment_len;
		len -= HANDSHAKE_HEADER_LEN + fragment_len;
	}
	return true;
}

/* A fatal alert or close_notify; other warnings say nothing that we act on, and OpenSSL gives up after five. */
static bool is_alert_sound(const uint8_t *bytes, size_t len)
{
	return len == 2 && (bytes[0] == 2 || (bytes[0] == 1 && bytes[1] == 0));
}

bool urchin_dtls_record_is_sound(const uint8_t *record, size_t len)
{
	const uint8_t *body = record + RECORD_HEADER_LEN;
	size_t body_len = len - RECORD_HEADER_LEN;
	uint16_t epoch = urchin_dtls_record_epoch(record);

	if (epoch == 1)
		return body_len > 0;
	if (epoch > 1) /* there is no renegotiation, so no third epoch */
		return false;
	switch (record[0]) {
	case CHANGE_CIPHER_SPEC:
		return body_len == 1 && body[0] == 1;
	case ALERT:
		return is_alert_sound(body, body_len);
	case HANDSHAKE:
		return are_fragments_sound(body, body_len);
	default:
		return false; /* application data is never in the clear */
	}
}

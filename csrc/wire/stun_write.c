/* Writing STUN messages. The header's length is right after every call, as MESSAGE-INTEGRITY and FINGERPRINT need it.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "wire/stun.h"
#include "wire/stun_format.h"

#define REASON_CAP 127 /* RFC 8489 14.8: fewer than 128 characters */
#define LEN_MAX UINT16_MAX

void urchin_stun_begin(struct urchin_stun_writer *writer, uint8_t *bytes, size_t cap, enum urchin_stun_class class,
		       uint16_t method, const uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN])
{
	unsigned int type = (method & 0xf80U) << 2 | (method & 0x70U) << 1 | (method & 0xfU);

	type |= ((unsigned int)class & 2) << 7 | ((unsigned int)class & 1) << 4;
	*writer = (struct urchin_stun_writer){.bytes = bytes, .cap = cap};
	if (cap < URCHIN_STUN_HEADER_LEN) {
		writer->overflowed = true;
		return;
	}
	urchin_write_u16(bytes, (uint16_t)type);
	urchin_write_u16(bytes + 2, 0);
	urchin_write_u32(bytes + 4, URCHIN_STUN_COOKIE);
	memcpy(bytes + 8, transaction, URCHIN_STUN_TRANSACTION_LEN);
	writer->len = URCHIN_STUN_HEADER_LEN;
}

/* Appends an attribute with its padding, all zero. Returns where its value goes, or NULL: it does not fit. */
static uint8_t *append(struct urchin_stun_writer *writer, uint16_t type, size_t len)
{
	size_t padded = (len + 3) & ~(size_t)3;
	uint8_t *value;

	/* In this order: the sums can't overflow. */
	if (writer->overflowed || len > LEN_MAX ||
	    padded + URCHIN_STUN_ATTRIBUTE_HEADER_LEN > writer->cap - writer->len ||
	    writer->len + padded + URCHIN_STUN_ATTRIBUTE_HEADER_LEN - URCHIN_STUN_HEADER_LEN > LEN_MAX) {
		writer->overflowed = true;
		return NULL;
	}
	urchin_write_u16(writer->bytes + writer->len, type);
	urchin_write_u16(writer->bytes + writer->len + 2, (uint16_t)len);
	value = writer->bytes + writer->len + URCHIN_STUN_ATTRIBUTE_HEADER_LEN;
	memset(value, 0, padded);
	writer->len += URCHIN_STUN_ATTRIBUTE_HEADER_LEN + padded;
	urchin_write_u16(writer->bytes + 2, (uint16_t)(writer->len - URCHIN_STUN_HEADER_LEN));
	return value;
}

void urchin_stun_add(struct urchin_stun_writer *writer, uint16_t type, const uint8_t *bytes, size_t len)
{
	uint8_t *value = append(writer, type, len);

	if (value && len > 0)
		memcpy(value, bytes, len);
}

void urchin_stun_add_username(struct urchin_stun_writer *writer, const char *username)
{
	size_t len = strlen(username);

	if (len > URCHIN_STUN_USERNAME_MAX)
		writer->overflowed = true;
	urchin_stun_add(writer, URCHIN_STUN_USERNAME, (const uint8_t *)username, len);
}

void urchin_stun_add_priority(struct urchin_stun_writer *writer, uint32_t priority)
{
	uint8_t *value = append(writer, URCHIN_STUN_PRIORITY, 4);

	if (value)
		urchin_write_u32(value, priority);
}

void urchin_stun_add_use_candidate(struct urchin_stun_writer *writer)
{
	append(writer, URCHIN_STUN_USE_CANDIDATE, 0);
}

void urchin_stun_add_role(struct urchin_stun_writer *writer, bool is_controlling, uint64_t tiebreaker)
{
	uint8_t *value = append(writer, is_controlling ? URCHIN_STUN_ICE_CONTROLLING : URCHIN_STUN_ICE_CONTROLLED, 8);

	if (value)
		urchin_write_u64(value, tiebreaker);
}

void urchin_stun_add_mapped(struct urchin_stun_writer *writer, const struct urchin_addr *addr)
{
	size_t len = addr->family == URCHIN_ADDR_IPV6 ? 16 : 4;
	uint8_t *value;

	if (addr->family == URCHIN_ADDR_NONE)
		writer->overflowed = true;
	value = append(writer, URCHIN_STUN_XOR_MAPPED_ADDRESS, 4 + len);
	if (!value)
		return;
	value[1] = addr->family == URCHIN_ADDR_IPV6 ? URCHIN_STUN_FAMILY_IPV6 : URCHIN_STUN_FAMILY_IPV4;
	urchin_write_u16(value + 2, (uint16_t)(addr->port ^ URCHIN_STUN_COOKIE >> 16));
	/* RFC 8489 14.2: XORed with the cookie and, for IPv6, the transaction id, which follows it in the header. */
	for (size_t i = 0; i < len; i++)
		value[4 + i] = addr->bytes[i] ^ writer->bytes[4 + i];
}

void urchin_stun_add_change_request(struct urchin_stun_writer *writer, bool change_ip, bool change_port)
{
	uint8_t *value = append(writer, URCHIN_STUN_CHANGE_REQUEST, 4);

	if (value)
		value[3] =
		    (uint8_t)((change_ip ? URCHIN_STUN_CHANGE_IP : 0) | (change_port ? URCHIN_STUN_CHANGE_PORT : 0));
}

void urchin_stun_add_response_port(struct urchin_stun_writer *writer, uint16_t port)
{
	uint8_t *value = append(writer, URCHIN_STUN_RESPONSE_PORT, 2);

	if (value)
		urchin_write_u16(value, port);
}

void urchin_stun_add_error(struct urchin_stun_writer *writer, uint16_t code, const char *reason)
{
	size_t len = strnlen(reason, REASON_CAP);
	uint8_t *value;

	if (code < 300 || code > 699)
		writer->overflowed = true;
	value = append(writer, URCHIN_STUN_ERROR_CODE, 4 + len);
	if (!value)
		return;
	value[2] = (uint8_t)(code / 100);
	value[3] = (uint8_t)(code % 100);
	memcpy(value + 4, reason, len);
}

void urchin_stun_add_unknown(struct urchin_stun_writer *writer, const uint16_t *types, size_t count)
{
	uint8_t *value = append(writer, URCHIN_STUN_UNKNOWN_ATTRIBUTES, count <= LEN_MAX / 2 ? 2 * count : SIZE_MAX);

	for (size_t i = 0; value && i < count; i++)
		urchin_write_u16(value + 2 * i, types[i]);
}

void urchin_stun_add_software(struct urchin_stun_writer *writer, const char *software)
{
	urchin_stun_add(writer, URCHIN_STUN_SOFTWARE, (const uint8_t *)software, strlen(software));
}

int urchin_stun_finish_plain(struct urchin_stun_writer *writer)
{
	return writer->overflowed ? URCHIN_ETOOBIG : (int)writer->len;
}

int urchin_stun_finish(struct urchin_stun_writer *writer)
{
	size_t len = writer->len;
	uint8_t *value = append(writer, URCHIN_STUN_FINGERPRINT, 4);

	/* RFC 8489 14.7: over what is before it, with the length that includes it. */
	if (value)
		urchin_write_u32(value, urchin_stun_fingerprint(writer->bytes, len));
	return urchin_stun_finish_plain(writer);
}

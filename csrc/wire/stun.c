#include "wire/stun.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "wire/stun_format.h"

#define FINGERPRINT_LEN 4
#define FINGERPRINT_XOR UINT32_C(0x5354554e) /* "STUN" */
#define REASON_MAX_LEN 763                   /* RFC 8489 14.8 */

/* One attribute, its value inside the datagram. */
struct attribute {
	uint16_t type;
	const uint8_t *value;
	size_t len;
};

/* What a message is read into: the view, and what is known only here. */
struct reading {
	struct urchin_stun stun;
	const uint8_t *bytes;
	struct urchin_addr plain_mapped;
	struct urchin_addr changed_address;
};

uint32_t urchin_stun_fingerprint(const uint8_t *bytes, size_t len)
{
	/* CRC-32 of ITU V.42, reflected, by half bytes. */
	static const uint32_t table[16] = {
	    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc ^ FINGERPRINT_XOR;
}

/* `mask`: 16 bytes that the address is XORed with, whose first two are the port's; NULL: none (RFC 8489 14.1, 14.2). */
static bool read_address(struct urchin_addr *addr, const struct attribute *attribute, const uint8_t *mask)
{
	static const uint8_t zeros[16];
	struct urchin_addr read = {0};
	size_t len;

	if (attribute->len < 8)
		return false;
	if (attribute->value[1] == URCHIN_STUN_FAMILY_IPV4)
		read.family = URCHIN_ADDR_IPV4;
	else if (attribute->value[1] == URCHIN_STUN_FAMILY_IPV6)
		read.family = URCHIN_ADDR_IPV6;
	else
		return false;
	len = read.family == URCHIN_ADDR_IPV4 ? 4 : 16;
	if (attribute->len != 4 + len)
		return false;
	if (!mask)
		mask = zeros;
	read.port = urchin_read_u16(attribute->value + 2) ^ urchin_read_u16(mask);
	for (size_t i = 0; i < len; i++)
		read.bytes[i] = attribute->value[4 + i] ^ mask[i];
	/* RFC 8489 14: of a repeated attribute the first counts. */
	if (addr->family == URCHIN_ADDR_NONE)
		*addr = read;
	return true;
}

static bool read_view(struct urchin_stun_bytes *view, const struct attribute *attribute, size_t max)
{
	if (attribute->len > max)
		return false;
	if (!view->bytes)
		*view = (struct urchin_stun_bytes){.bytes = attribute->value, .len = attribute->len};
	return true;
}

static bool read_error(struct urchin_stun *stun, const struct attribute *attribute)
{
	unsigned int hundreds, rest;

	if (attribute->len < 4 || attribute->len > 4 + REASON_MAX_LEN)
		return false;
	hundreds = attribute->value[2] & 7;
	rest = attribute->value[3];
	if (hundreds < 3 || hundreds > 6 || rest > 99)
		return false;
	if (stun->error_code != 0)
		return true;
	stun->error_code = (uint16_t)(hundreds * 100 + rest);
	stun->error_reason = (struct urchin_stun_bytes){.bytes = attribute->value + 4, .len = attribute->len - 4};
	return true;
}

static bool read_role(struct urchin_stun *stun, const struct attribute *attribute)
{
	if (attribute->len != 8)
		return false;
	if (stun->has_controlling || stun->has_controlled)
		return true;
	stun->has_controlling = attribute->type == URCHIN_STUN_ICE_CONTROLLING;
	stun->has_controlled = !stun->has_controlling;
	stun->tiebreaker = urchin_read_u64(attribute->value);
	return true;
}

static bool read_priority(struct urchin_stun *stun, const struct attribute *attribute)
{
	if (attribute->len != 4)
		return false;
	if (!stun->has_priority)
		stun->priority = urchin_read_u32(attribute->value);
	stun->has_priority = true;
	return true;
}

static bool read_change_request(struct urchin_stun *stun, const struct attribute *attribute)
{
	if (attribute->len != 4)
		return false;
	if (stun->has_change_request)
		return true;
	stun->has_change_request = true;
	stun->change_ip = (attribute->value[3] & URCHIN_STUN_CHANGE_IP) != 0;
	stun->change_port = (attribute->value[3] & URCHIN_STUN_CHANGE_PORT) != 0;
	return true;
}

static bool read_integrity(struct reading *reading, const struct attribute *attribute)
{
	if (attribute->len != URCHIN_STUN_INTEGRITY_LEN)
		return false;
	reading->stun.integrity = (struct urchin_stun_bytes){.bytes = attribute->value, .len = attribute->len};
	reading->stun.integrity_offset = (size_t)(attribute->value - reading->bytes) - URCHIN_STUN_ATTRIBUTE_HEADER_LEN;
	return true;
}

static void add_unknown(struct urchin_stun *stun, uint16_t type)
{
	for (size_t i = 0; i < stun->unknown_count; i++)
		if (stun->unknown[i] == type)
			return;
	if (stun->unknown_count < URCHIN_STUN_UNKNOWN_MAX)
		stun->unknown[stun->unknown_count++] = type;
}

/* FINGERPRINT is not among them. Returns false when the attribute's shape is wrong. */
static bool read_attribute(struct reading *reading, const struct attribute *attribute)
{
	struct urchin_stun *stun = &reading->stun;

	switch (attribute->type) {
	case URCHIN_STUN_MAPPED_ADDRESS:
		return read_address(&reading->plain_mapped, attribute, NULL);
	case URCHIN_STUN_XOR_MAPPED_ADDRESS: /* The cookie, then the transaction id. */
		return read_address(&stun->mapped, attribute, reading->bytes + 4);
	case URCHIN_STUN_RESPONSE_ORIGIN:
		return read_address(&stun->response_origin, attribute, NULL);
	case URCHIN_STUN_OTHER_ADDRESS:
		return read_address(&stun->other_address, attribute, NULL);
	case URCHIN_STUN_CHANGED_ADDRESS:
		return read_address(&reading->changed_address, attribute, NULL);
	case URCHIN_STUN_USERNAME:
		return read_view(&stun->username, attribute, URCHIN_STUN_USERNAME_MAX);
	case URCHIN_STUN_SOFTWARE:
		return read_view(&stun->software, attribute, SIZE_MAX);
	case URCHIN_STUN_ERROR_CODE:
		return read_error(stun, attribute);
	case URCHIN_STUN_PRIORITY:
		return read_priority(stun, attribute);
	case URCHIN_STUN_USE_CANDIDATE:
		stun->use_candidate = true;
		return attribute->len == 0;
	case URCHIN_STUN_ICE_CONTROLLING:
	case URCHIN_STUN_ICE_CONTROLLED:
		return read_role(stun, attribute);
	case URCHIN_STUN_CHANGE_REQUEST:
		return read_change_request(stun, attribute);
	case URCHIN_STUN_MESSAGE_INTEGRITY:
		return read_integrity(reading, attribute);
	/* Known, and of no use here. */
	case URCHIN_STUN_SOURCE_ADDRESS:
	case URCHIN_STUN_REFLECTED_FROM:
	case URCHIN_STUN_UNKNOWN_ATTRIBUTES:
	case URCHIN_STUN_REALM:
	case URCHIN_STUN_NONCE:
		return true;
	default:
		if (attribute->type < URCHIN_STUN_OPTIONAL)
			add_unknown(stun, attribute->type);
		return true;
	}
}

/* RFC 8489 14.7: the last attribute, over all before it. */
static bool read_fingerprint(struct reading *reading, const struct attribute *attribute, size_t next, size_t len)
{
	size_t offset = next - URCHIN_STUN_ATTRIBUTE_HEADER_LEN - FINGERPRINT_LEN;

	reading->stun.has_fingerprint = true;
	return attribute->len == FINGERPRINT_LEN && next == len &&
	       urchin_read_u32(attribute->value) == urchin_stun_fingerprint(reading->bytes, offset);
}

static bool read_attributes(struct reading *reading, size_t len)
{
	struct attribute attribute;
	size_t at = URCHIN_STUN_HEADER_LEN;

	/* `at` and `len` are multiples of 4, so a header fits wherever a byte does. */
	while (at < len) {
		attribute.type = urchin_read_u16(reading->bytes + at);
		attribute.len = urchin_read_u16(reading->bytes + at + 2);
		attribute.value = reading->bytes + at + URCHIN_STUN_ATTRIBUTE_HEADER_LEN;
		at += URCHIN_STUN_ATTRIBUTE_HEADER_LEN + ((attribute.len + 3) & ~(size_t)3);
		if (at > len)
			return false;
		if (attribute.type == URCHIN_STUN_FINGERPRINT) {
			if (!read_fingerprint(reading, &attribute, at, len))
				return false;
		} else if (!reading->stun.integrity.bytes && !read_attribute(reading, &attribute)) {
			/* RFC 8489 14.5: what follows MESSAGE-INTEGRITY could be anybody's. */
			return false;
		}
	}
	return true;
}

int urchin_stun_read(struct urchin_stun *stun, const uint8_t *bytes, size_t len)
{
	struct reading reading;
	uint16_t type;

	/* RFC 8489 5, 6.3 */
	if (len < URCHIN_STUN_HEADER_LEN || len % 4 != 0 || (bytes[0] & 0xc0) != 0 ||
	    urchin_read_u32(bytes + 4) != URCHIN_STUN_COOKIE ||
	    urchin_read_u16(bytes + 2) != len - URCHIN_STUN_HEADER_LEN)
		return URCHIN_EMALFORMED;
	memset(&reading, 0, sizeof(reading));
	reading.bytes = bytes;
	type = urchin_read_u16(bytes);
	reading.stun.class = (enum urchin_stun_class)((type >> 7 & 2) | (type >> 4 & 1));
	reading.stun.method = (uint16_t)((type >> 2 & 0xf80) | (type >> 1 & 0x70) | (type & 0xf));
	reading.stun.transaction = bytes + 8;
	if (!read_attributes(&reading, len))
		return URCHIN_EMALFORMED;
	if (reading.stun.mapped.family == URCHIN_ADDR_NONE)
		reading.stun.mapped = reading.plain_mapped;
	if (reading.stun.other_address.family == URCHIN_ADDR_NONE)
		reading.stun.other_address = reading.changed_address;
	*stun = reading.stun;
	return 0;
}

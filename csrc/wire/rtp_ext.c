#include "wire/rtp_ext.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

#define ONE_BYTE_PROFILE 0xbede
#define TWO_BYTE_PROFILE 0x1000 /* the low 4 bits are appbits (RFC 8285 4.3) */
#define BLOCK_HEADER_LEN 4

bool urchin_rtp_ext_next(const struct urchin_rtp *rtp, size_t *at, struct urchin_rtp_ext *element)
{
	bool one_byte = rtp->ext_profile == ONE_BYTE_PROFILE;
	if (!rtp->has_ext || (!one_byte && (rtp->ext_profile & 0xfff0) != TWO_BYTE_PROFILE))
		return false;
	size_t i = *at;
	/* RFC 8285 4.1.2: a zero byte between elements is padding. */
	while (i < rtp->ext_len && rtp->ext[i] == 0)
		i++;
	size_t header_len = one_byte ? 1 : 2;
	if (i + header_len > rtp->ext_len)
		return false;
	uint8_t id = one_byte ? rtp->ext[i] >> 4 : rtp->ext[i];
	size_t len = one_byte ? (size_t)(rtp->ext[i] & 0x0f) + 1 : rtp->ext[i + 1];
	/* RFC 8285 4.2: id 15 ends the processing; id 0 with a length is an error of the sender. */
	if (id == 0 || (one_byte && id == 15) || i + header_len + len > rtp->ext_len)
		return false;
	*element = (struct urchin_rtp_ext){id, rtp->ext + i + header_len, len};
	*at = i + header_len + len;
	return true;
}

bool urchin_rtp_ext_find(const struct urchin_rtp *rtp, uint8_t id, struct urchin_rtp_ext *element)
{
	struct urchin_rtp_ext found;
	size_t at = 0;
	while (urchin_rtp_ext_next(rtp, &at, &found)) {
		if (found.id != id)
			continue;
		*element = found;
		return true;
	}
	return false;
}

static bool fits_one_byte(const struct urchin_rtp_ext *elements, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (elements[i].id > 14 || elements[i].len < 1 || elements[i].len > 16)
			return false;
	}
	return true;
}

int urchin_rtp_ext_write(uint8_t *out, size_t cap, const struct urchin_rtp_ext *elements, size_t count)
{
	if (count == 0)
		return 0;
	bool one_byte = fits_one_byte(elements, count);
	size_t header_len = one_byte ? 1 : 2;
	size_t at = BLOCK_HEADER_LEN;
	for (size_t i = 0; i < count; i++) {
		if (elements[i].id == 0 || elements[i].len > 255)
			return URCHIN_EINVAL;
		if (at + header_len + elements[i].len > cap)
			return URCHIN_ETOOBIG;
		if (one_byte) {
			out[at++] = (uint8_t)(elements[i].id << 4 | (elements[i].len - 1));
		} else {
			out[at++] = elements[i].id;
			out[at++] = (uint8_t)elements[i].len;
		}
		if (elements[i].len)
			memcpy(out + at, elements[i].data, elements[i].len);
		at += elements[i].len;
	}
	while (at % 4 && at < cap)
		out[at++] = 0;
	if (at % 4 || (at - BLOCK_HEADER_LEN) / 4 > UINT16_MAX)
		return URCHIN_ETOOBIG;
	urchin_write_u16(out, one_byte ? ONE_BYTE_PROFILE : TWO_BYTE_PROFILE);
	urchin_write_u16(out + 2, (uint16_t)((at - BLOCK_HEADER_LEN) / 4));
	return (int)at;
}

uint32_t urchin_abs_send_time_of(uint64_t time_us)
{
	uint64_t wrapped_us = time_us % UINT64_C(64000000);
	return (uint32_t)((wrapped_us << 18) / 1000000) & 0xffffff;
}

void urchin_abs_send_time_write(uint8_t out[3], uint64_t time_us)
{
	urchin_write_u24(out, urchin_abs_send_time_of(time_us));
}

int urchin_transport_seq_read(const struct urchin_rtp_ext *element, uint16_t *seq)
{
	if (element->len < 2)
		return URCHIN_EMALFORMED;
	*seq = urchin_read_u16(element->data);
	return 0;
}

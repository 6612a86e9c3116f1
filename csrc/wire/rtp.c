#include "wire/rtp.h"

#include <limits.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

#define VERSION 2

int urchin_rtp_read(struct urchin_rtp *rtp, const uint8_t *bytes, size_t len)
{
	if (len < URCHIN_RTP_HEADER_LEN || bytes[0] >> 6 != VERSION)
		return URCHIN_EMALFORMED;
	struct urchin_rtp view = {
	    .marker = bytes[1] >> 7,
	    .payload_type = bytes[1] & 0x7f,
	    .seq = urchin_read_u16(bytes + 2),
	    .timestamp = urchin_read_u32(bytes + 4),
	    .ssrc = urchin_read_u32(bytes + 8),
	    .csrc_count = bytes[0] & 0x0f,
	    .csrcs = bytes + URCHIN_RTP_HEADER_LEN,
	};
	size_t at = URCHIN_RTP_HEADER_LEN + 4 * (size_t)view.csrc_count;
	if (bytes[0] & 0x10) {
		if (at + 4 > len)
			return URCHIN_EMALFORMED;
		view.has_ext = true;
		view.ext_profile = urchin_read_u16(bytes + at);
		view.ext_len = 4 * (size_t)urchin_read_u16(bytes + at + 2);
		view.ext = bytes + at + 4;
		at += 4 + view.ext_len;
	}
	if (at > len)
		return URCHIN_EMALFORMED;
	if (bytes[0] & 0x20) {
		/* RFC 3550 5.1: the last octet counts itself, so it is never 0. */
		view.padding_len = bytes[len - 1];
		if (at == len || view.padding_len == 0 || view.padding_len > len - at)
			return URCHIN_EMALFORMED;
	}
	view.header_len = at;
	view.payload = bytes + at;
	view.payload_len = len - at - view.padding_len;
	*rtp = view;
	return 0;
}

int urchin_rtp_split(struct urchin_rtp_parts *parts, const uint8_t *bytes, size_t len)
{
	if (len < URCHIN_RTP_HEADER_LEN || bytes[0] >> 6 != VERSION)
		return URCHIN_EMALFORMED;
	size_t at = URCHIN_RTP_HEADER_LEN + 4 * (size_t)(bytes[0] & 0x0f);
	if (bytes[0] & 0x10) {
		if (at + 4 > len)
			return URCHIN_EMALFORMED;
		at += 4 + 4 * (size_t)urchin_read_u16(bytes + at + 2);
	}
	if (at > len)
		return URCHIN_EMALFORMED;
	*parts = (struct urchin_rtp_parts){.header = bytes, .header_len = at, .body = bytes + at, .body_len = len - at};
	return 0;
}

int urchin_rtp_write_header(uint8_t *out, size_t cap, const struct urchin_rtp *rtp, size_t ext_len)
{
	size_t csrc_len = 4 * (size_t)rtp->csrc_count;
	size_t len = URCHIN_RTP_HEADER_LEN + csrc_len + ext_len;
	if (len > cap || len > INT_MAX || rtp->csrc_count > URCHIN_RTP_CSRCS_MAX || rtp->padding_len > UINT8_MAX)
		return URCHIN_ETOOBIG;
	out[0] = (uint8_t)(VERSION << 6 | (rtp->padding_len ? 0x20 : 0) | (ext_len ? 0x10 : 0) | rtp->csrc_count);
	out[1] = (uint8_t)((rtp->marker ? 0x80 : 0) | (rtp->payload_type & 0x7f));
	urchin_write_u16(out + 2, rtp->seq);
	urchin_write_u32(out + 4, rtp->timestamp);
	urchin_write_u32(out + 8, rtp->ssrc);
	if (csrc_len)
		memcpy(out + URCHIN_RTP_HEADER_LEN, rtp->csrcs, csrc_len);
	return (int)len;
}

int urchin_rtp_write(uint8_t *out, size_t cap, const struct urchin_rtp *rtp, const uint8_t *ext, size_t ext_len)
{
	size_t body_len = rtp->payload_len + rtp->padding_len;
	if (body_len > cap || body_len > INT_MAX)
		return URCHIN_ETOOBIG;
	int header_len = urchin_rtp_write_header(out, cap - body_len, rtp, ext ? ext_len : 0);
	if (header_len < 0)
		return header_len;
	uint8_t *at = out + header_len;
	if (ext)
		memcpy(at - ext_len, ext, ext_len);
	if (rtp->payload_len)
		memcpy(at, rtp->payload, rtp->payload_len);
	urchin_rtp_write_padding(at + rtp->payload_len, rtp->padding_len);
	return header_len + (int)body_len;
}

void urchin_rtp_write_padding(uint8_t *out, size_t len)
{
	if (len == 0)
		return;
	memset(out, 0, len - 1);
	out[len - 1] = (uint8_t)len;
}

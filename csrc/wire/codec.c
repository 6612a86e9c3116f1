#include "wire/codec.h"

#include "base/bytes.h"

bool urchin_vp8_is_keyframe(const uint8_t *payload, size_t len)
{
	if (len < 1)
		return false;
	bool starts_partition = payload[0] & 0x10;
	unsigned partition = payload[0] & 0x07;
	size_t at = 1;
	if (payload[0] & 0x80) {
		if (len < 2)
			return false;
		uint8_t present = payload[1];
		at = 2;
		if (present & 0x80) { /* I: picture id, 7 or 15 bits */
			if (at >= len)
				return false;
			at += payload[at] & 0x80 ? 2 : 1;
		}
		if (present & 0x40) /* L: TL0PICIDX */
			at++;
		if (present & 0x30) /* T or K share one byte */
			at++;
	}
	/* RFC 7741 4.3: the P bit is 0 in a key frame. */
	return starts_partition && partition == 0 && at < len && !(payload[at] & 0x01);
}

bool urchin_vp9_is_keyframe(const uint8_t *payload, size_t len)
{
	if (len < 1)
		return false;
	bool inter_predicted = payload[0] & 0x40;
	bool has_layers = payload[0] & 0x20;
	bool begins_frame = payload[0] & 0x08;
	if (inter_predicted || !begins_frame)
		return false;
	if (!has_layers)
		return true;
	size_t at = 1;
	if (payload[0] & 0x80) { /* I: picture id, 7 or 15 bits */
		if (at >= len)
			return false;
		at += payload[at] & 0x80 ? 2 : 1;
	}
	/* Only the lowest spatial layer starts a picture: bits 3..1 of the layer byte. */
	return at < len && (payload[at] & 0x0e) == 0;
}

static bool is_h264_start(uint8_t nal_type)
{
	return nal_type == 5 || nal_type == 7;
}

bool urchin_h264_is_keyframe(const uint8_t *payload, size_t len)
{
	enum { STAP_A = 24, FU_A = 28 };
	if (len < 1)
		return false;
	uint8_t type = payload[0] & 0x1f;
	if (type == FU_A) /* only the fragment with the start bit begins anything */
		return len >= 2 && (payload[1] & 0x80) && is_h264_start(payload[1] & 0x1f);
	if (type != STAP_A)
		return is_h264_start(type);
	for (size_t at = 1; at + 3 <= len;) {
		size_t nal_len = urchin_read_u16(payload + at);
		if (nal_len == 0 || at + 2 + nal_len > len)
			return false;
		if (is_h264_start(payload[at + 2] & 0x1f))
			return true;
		at += 2 + nal_len;
	}
	return false;
}

bool urchin_av1_is_keyframe(const uint8_t *payload, size_t len)
{
	/* Aggregation header: Z Y W W N - - -. Z: the first element continues an earlier one. */
	return len >= 2 && (payload[0] & 0x08) && !(payload[0] & 0x80);
}

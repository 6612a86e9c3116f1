#include "wire/codec.h"

#include "base/bytes.h"

/* Where the VP8 payload header is in a packet that begins a frame; 0: it begins none, or is cut off. */
static size_t vp8_frame_at(const uint8_t *payload, size_t len)
{
	if (len < 1)
		return 0;
	bool starts_partition = payload[0] & 0x10;
	unsigned partition = payload[0] & 0x07;
	size_t at = 1;
	if (payload[0] & 0x80) {
		if (len < 2)
			return 0;
		uint8_t present = payload[1];
		at = 2;
		if (present & 0x80) { /* I: picture id, 7 or 15 bits */
			if (at >= len)
				return 0;
			at += payload[at] & 0x80 ? 2 : 1;
		}
		if (present & 0x40) /* L: TL0PICIDX */
			at++;
		if (present & 0x30) /* T or K share one byte */
			at++;
	}
	return starts_partition && partition == 0 && at < len ? at : 0;
}

bool urchin_vp8_is_keyframe(const uint8_t *payload, size_t len)
{
	/* RFC 7741 4.3: the P bit is 0 in a key frame. */
	size_t at = vp8_frame_at(payload, len);
	return at > 0 && !(payload[at] & 0x01);
}

/* A picture begins: its lowest spatial layer does. */
static bool begins_vp9_picture(const uint8_t *payload, size_t len)
{
	if (len < 1 || !(payload[0] & 0x08)) /* B: a layer's frame begins */
		return false;
	size_t at = 1;
	if (payload[0] & 0x80) { /* I: picture id, 7 or 15 bits */
		if (at >= len)
			return false;
		at += payload[at] & 0x80 ? 2 : 1;
	}
	if (payload[0] & 0x20) { /* L: only the lowest spatial layer starts a picture: bits 3..1 of the layer byte */
		if (at >= len || (payload[at] & 0x0e) != 0)
			return false;
		at++;
	}
	return at < len;
}

bool urchin_vp9_is_keyframe(const uint8_t *payload, size_t len)
{
	bool is_inter_predicted = len > 0 && payload[0] & 0x40; /* P */
	return !is_inter_predicted && begins_vp9_picture(payload, len);
}

enum h264_nal { H264_IDR = 5, H264_SPS = 7, H264_STAP_A = 24, H264_FU_A = 28 };

/* The first field of a slice is first_mb_in_slice, whose ue(v) of 0 is a single 1 bit (H.264 7.3.3, 9.1). */
static bool is_first_slice(const uint8_t *data, size_t len)
{
	return len >= 1 && data[0] & 0x80;
}

/* `data` is what follows the NAL unit's header. */
static bool begins_keyframe(uint8_t type, const uint8_t *data, size_t len)
{
	return type == H264_SPS || (type == H264_IDR && is_first_slice(data, len));
}

/* Whether any NAL unit that begins in this payload begins a key frame. */
bool urchin_h264_is_keyframe(const uint8_t *payload, size_t len)
{
	if (len < 1)
		return false;
	uint8_t type = payload[0] & 0x1f;
	if (type == H264_FU_A) /* RFC 6184 5.8: only the fragment with the start bit begins anything */
		return len >= 2 && payload[1] & 0x80 && begins_keyframe(payload[1] & 0x1f, payload + 2, len - 2);
	if (type != H264_STAP_A)
		return begins_keyframe(type, payload + 1, len - 1);
	for (size_t at = 1; at + 3 <= len;) {
		size_t nal_len = urchin_read_u16(payload + at);
		if (nal_len == 0 || at + 2 + nal_len > len)
			return false;
		if (begins_keyframe(payload[at + 2] & 0x1f, payload + at + 3, nal_len - 1))
			return true;
		at += 2 + nal_len;
	}
	return false;
}

bool urchin_av1_is_keyframe(const uint8_t *payload, size_t len)
{
	/* Aggregation header: Z Y W W N - - -. Z: the first element continues an earlier one. N: a new sequence. */
	return len >= 2 && !(payload[0] & 0x80) && payload[0] & 0x08;
}

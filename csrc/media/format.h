/*
 * What was negotiated for one m-line: payload types and header-extension ids.
 * JS decides them from the SDPs; the core only maps them.
 */
#ifndef URCHIN_MEDIA_FORMAT_H
#define URCHIN_MEDIA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum urchin_kind { URCHIN_AUDIO, URCHIN_VIDEO };

enum urchin_codec {
	URCHIN_CODEC_OTHER, /* forwarded without looking into the payload */
	URCHIN_CODEC_OPUS,
	URCHIN_CODEC_PCMU,
	URCHIN_CODEC_PCMA,
	URCHIN_CODEC_VP8,
	URCHIN_CODEC_VP9,
	URCHIN_CODEC_H264,
	URCHIN_CODEC_AV1,
};

/* The header extensions the core knows (RFC 8285); an id of 0 means not negotiated. */
enum urchin_ext {
	URCHIN_EXT_MID,
	URCHIN_EXT_RID,
	URCHIN_EXT_AUDIO_LEVEL,
	URCHIN_EXT_ABS_SEND_TIME,
	URCHIN_EXT_TRANSPORT_CC,
	URCHIN_EXT_VIDEO_ORIENTATION,
	URCHIN_EXT_ABS_CAPTURE_TIME,
	URCHIN_EXT_DEPENDENCY_DESCRIPTOR,
	URCHIN_EXT_COUNT,
};

#define URCHIN_CODECS_PER_FORMAT 32
#define URCHIN_MID_CAP 17 /* RFC 9143 15: 1 to 16 bytes, and a NUL */
#define URCHIN_RID_CAP 17
#define URCHIN_CNAME_CAP 64

struct urchin_format_codec {
	uint8_t payload_type; /* 0..127 */
	enum urchin_codec codec;
	uint32_t clock_rate_hz;
	bool nack;
	bool pli;
	bool fir;
	bool transport_cc;
	bool remb;
};

struct urchin_format {
	enum urchin_kind kind;
	char mid[URCHIN_MID_CAP];
	uint8_t ext_ids[URCHIN_EXT_COUNT]; /* 0, 1..14 one-byte form, 15..255 two-byte form only */
	size_t codec_count;
	struct urchin_format_codec codecs[URCHIN_CODECS_PER_FORMAT];
};

/* Returns the codec of a payload type, or NULL when it was not negotiated. */
const struct urchin_format_codec *urchin_format_find_codec(const struct urchin_format *format, uint8_t payload_type);

/* True when every number and string in it is within its documented range. */
bool urchin_format_is_valid(const struct urchin_format *format);

#endif

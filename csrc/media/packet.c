/* Takes RTP packets apart. */
#include "media/packet.h"

#include <string.h>

#include "base/err.h"
#include "wire/codec.h"
#include "wire/rtp_ext.h"

int urchin_packet_read(struct urchin_packet *packet, const uint8_t *bytes, size_t len)
{
	struct urchin_rtp rtp;
	int err = urchin_rtp_read(&rtp, bytes, len);
	if (err < 0)
		return err;
	*packet = (struct urchin_packet){.rtp = rtp, .bytes = bytes, .len = len};
	return 0;
}

static void keep_ext(struct urchin_packet *packet, const struct urchin_format *format,
		     const struct urchin_rtp_ext *element)
{
	for (size_t i = 0; i < URCHIN_EXT_COUNT; i++) {
		if (format->ext_ids[i] == element->id && !packet->exts[i].bytes)
			packet->exts[i] = (struct urchin_packet_ext){.bytes = element->data, .len = element->len};
	}
}

int urchin_packet_read_format(struct urchin_packet *packet, const struct urchin_format *format)
{
	struct urchin_rtp_ext element;
	size_t at = 0;

	memset(packet->exts, 0, sizeof packet->exts);
	while (urchin_rtp_ext_next(&packet->rtp, &at, &element))
		keep_ext(packet, format, &element);
	packet->codec = urchin_format_find_codec(format, packet->rtp.payload_type);
	return packet->codec ? 0 : URCHIN_ENOTFOUND;
}

static const uint8_t *moved(const struct urchin_packet *packet, const uint8_t *at, const uint8_t *bytes)
{
	return at ? bytes + (at - packet->bytes) : NULL;
}

void urchin_packet_move(struct urchin_packet *packet, const uint8_t *bytes)
{
	packet->rtp.csrcs = moved(packet, packet->rtp.csrcs, bytes);
	packet->rtp.ext = moved(packet, packet->rtp.ext, bytes);
	packet->rtp.payload = moved(packet, packet->rtp.payload, bytes);
	for (size_t i = 0; i < URCHIN_EXT_COUNT; i++)
		packet->exts[i].bytes = moved(packet, packet->exts[i].bytes, bytes);
	packet->bytes = bytes;
}

bool urchin_packet_begins_keyframe(const struct urchin_packet *packet)
{
	const uint8_t *payload = packet->rtp.payload;
	size_t len = packet->rtp.payload_len;

	switch (packet->codec->codec) {
	case URCHIN_CODEC_VP8:
		return urchin_vp8_is_keyframe(payload, len);
	case URCHIN_CODEC_VP9:
		return urchin_vp9_is_keyframe(payload, len);
	case URCHIN_CODEC_H264:
		return urchin_h264_is_keyframe(payload, len);
	case URCHIN_CODEC_AV1:
		return urchin_av1_is_keyframe(payload, len);
	default:
		return false;
	}
}

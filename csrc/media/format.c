/* Looks into what was negotiated for one m-line. */
#include "media/format.h"

#include <string.h>

const struct urchin_format_codec *urchin_format_find_codec(const struct urchin_format *format, uint8_t payload_type)
{
	for (size_t i = 0; i < format->codec_count; i++) {
		if (format->codecs[i].payload_type == payload_type)
			return &format->codecs[i];
	}
	return NULL;
}

bool urchin_format_is_valid(const struct urchin_format *format)
{
	if (format->codec_count > URCHIN_CODECS_PER_FORMAT || !memchr(format->mid, 0, sizeof format->mid))
		return false;
	if (format->kind != URCHIN_AUDIO && format->kind != URCHIN_VIDEO)
		return false;
	for (size_t i = 0; i < format->codec_count; i++) {
		if (format->codecs[i].payload_type > 127)
			return false;
	}
	return true;
}

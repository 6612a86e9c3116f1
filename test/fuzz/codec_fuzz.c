/* Any bytes as a payload of each codec: what begins a key frame still does when more follows. */
#include <string.h>

#include "check.h"
#include "wire/codec.h"

static bool (*const is_keyframe[])(const uint8_t *payload, size_t len) = {
    urchin_vp8_is_keyframe,
    urchin_vp9_is_keyframe,
    urchin_h264_is_keyframe,
    urchin_av1_is_keyframe,
};

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	size_t cut = len ? bytes[len - 1] % len : 0;
	/* A copy of just that length, so that a read behind it is seen. */
	uint8_t *shorter = malloc(cut ? cut : 1);
	memcpy(shorter, bytes, cut);
	for (size_t i = 0; i < sizeof(is_keyframe) / sizeof(is_keyframe[0]); i++)
		CHECK(is_keyframe[i](bytes, len) || !is_keyframe[i](shorter, cut));
	free(shorter);
	return 0;
}

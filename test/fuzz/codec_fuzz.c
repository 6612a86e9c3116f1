/* Any bytes as a payload of each codec: a key frame is a frame, and what begins one still does when more follows. */
#include <string.h>

#include "check.h"
#include "wire/codec.h"

typedef bool (*tells)(const uint8_t *payload, size_t len);

static const struct {
	tells is_keyframe;
	tells is_frame_start;
} codecs[] = {
    {urchin_vp8_is_keyframe, urchin_vp8_is_frame_start},
    {urchin_vp9_is_keyframe, urchin_vp9_is_frame_start},
    {urchin_h264_is_keyframe, urchin_h264_is_frame_start},
    {urchin_av1_is_keyframe, urchin_av1_is_frame_start},
};

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	size_t cut = len ? bytes[len - 1] % len : 0;
	/* A copy of just that length, so that a read behind it is seen. */
	uint8_t *shorter = malloc(cut ? cut : 1);
	memcpy(shorter, bytes, cut);
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		bool is_keyframe = codecs[i].is_keyframe(bytes, len);
		bool is_frame_start = codecs[i].is_frame_start(bytes, len);
		CHECK(is_frame_start || !is_keyframe);
		CHECK(is_keyframe || !codecs[i].is_keyframe(shorter, cut));
		CHECK(is_frame_start || !codecs[i].is_frame_start(shorter, cut));
	}
	free(shorter);
	return 0;
}

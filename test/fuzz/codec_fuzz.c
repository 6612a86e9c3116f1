/* Any bytes as a payload of each codec. */
#include "wire/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	urchin_vp8_is_keyframe(bytes, len);
	urchin_vp9_is_keyframe(bytes, len);
	urchin_h264_is_keyframe(bytes, len);
	urchin_av1_is_keyframe(bytes, len);
	return 0;
}

#include "wire/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef bool (*check)(const uint8_t *payload, size_t len);

struct row {
	const char *what;
	check is_keyframe;
	bool expected;
	size_t len;
	uint8_t payload[16];
};

static const struct row rows[] = {
    {"VP8 key frame, no extension", urchin_vp8_is_keyframe, true, 2, {0x10, 0x00}},
    {"VP8 interframe", urchin_vp8_is_keyframe, false, 2, {0x10, 0x01}},
    {"VP8 continuation", urchin_vp8_is_keyframe, false, 2, {0x00, 0x00}},
    {"VP8 second partition", urchin_vp8_is_keyframe, false, 2, {0x11, 0x00}},
    {"VP8 key frame, 7-bit picture id", urchin_vp8_is_keyframe, true, 4, {0x90, 0x80, 0x12, 0x00}},
    {"VP8 key frame, 15-bit picture id", urchin_vp8_is_keyframe, true, 5, {0x90, 0x80, 0x92, 0x34, 0x00}},
    {"VP8 key frame, everything", urchin_vp8_is_keyframe, true, 7, {0x90, 0xf0, 0x92, 0x34, 1, 2, 0x00}},
    {"VP8 interframe, everything", urchin_vp8_is_keyframe, false, 7, {0x90, 0xf0, 0x92, 0x34, 1, 2, 0x01}},
    {"VP9 key frame, no layers", urchin_vp9_is_keyframe, true, 1, {0x08}},
    {"VP9 inter-predicted", urchin_vp9_is_keyframe, false, 1, {0x48}},
    {"VP9 not the beginning", urchin_vp9_is_keyframe, false, 1, {0x00}},
    {"VP9 key frame, lowest layer", urchin_vp9_is_keyframe, true, 4, {0xa8, 0x92, 0x34, 0x00}},
    {"VP9 upper spatial layer", urchin_vp9_is_keyframe, false, 4, {0xa8, 0x92, 0x34, 0x02}},
    {"H264 IDR", urchin_h264_is_keyframe, true, 2, {0x65, 0}},
    {"H264 SPS", urchin_h264_is_keyframe, true, 2, {0x67, 0}},
    {"H264 slice", urchin_h264_is_keyframe, false, 2, {0x41, 0}},
    {"H264 STAP-A with SPS second", urchin_h264_is_keyframe, true, 7, {0x78, 0, 1, 0x09, 0, 1, 0x67}},
    {"H264 STAP-A without", urchin_h264_is_keyframe, false, 7, {0x78, 0, 1, 0x09, 0, 1, 0x41}},
    {"H264 STAP-A whose size lies", urchin_h264_is_keyframe, false, 7, {0x78, 0, 1, 0x09, 0, 9, 0x67}},
    {"H264 STAP-A of size 0", urchin_h264_is_keyframe, false, 5, {0x78, 0, 0, 0x67, 0}},
    {"H264 FU-A, start of IDR", urchin_h264_is_keyframe, true, 3, {0x7c, 0x85, 0}},
    {"H264 FU-A, middle of IDR", urchin_h264_is_keyframe, false, 3, {0x7c, 0x05, 0}},
    {"AV1 new sequence", urchin_av1_is_keyframe, true, 2, {0x18, 0x0a}},
    {"AV1 within a sequence", urchin_av1_is_keyframe, false, 2, {0x10, 0x0a}},
    {"AV1 continuation", urchin_av1_is_keyframe, false, 2, {0x98, 0x0a}},
};

static void tells_key_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].is_keyframe(rows[i].payload, rows[i].len) != rows[i].expected)
			fail_msg("%s", rows[i].what);
	}
}

/* No cut makes it read behind the end (a sanitizer looks), and what is cut within the header is no key frame. */
static void cut_off_payloads_are_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t len = 0; len < rows[i].len; len++) {
			uint8_t *payload = malloc(len ? len : 1);
			memcpy(payload, rows[i].payload, len);
			bool is_keyframe = rows[i].is_keyframe(payload, len);
			if (len == 0 || !rows[i].expected)
				assert_false(is_keyframe);
			free(payload);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_key_frames),
	    cmocka_unit_test(cut_off_payloads_are_harmless),
	};
	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}

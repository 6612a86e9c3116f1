/* Key frames of each codec, byte by byte. */
#include "wire/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct codec {
	bool (*is_keyframe)(const uint8_t *payload, size_t len);
};

static const struct codec vp8 = {urchin_vp8_is_keyframe};
static const struct codec vp9 = {urchin_vp9_is_keyframe};
static const struct codec h264 = {urchin_h264_is_keyframe};
static const struct codec av1 = {urchin_av1_is_keyframe};

enum begins { NOTHING, KEYFRAME };

struct row {
	const char *what;
	const struct codec *codec;
	enum begins expected;
	size_t whole; /* bytes; shorter than this, no key frame begins */
	size_t len;
	uint8_t payload[16];
};

static const struct row rows[] = {
    {"VP8 key frame, no extension", &vp8, KEYFRAME, 2, 2, {0x10, 0x00}},
    {"VP8 interframe", &vp8, NOTHING, 0, 2, {0x10, 0x01}},
    {"VP8 continuation", &vp8, NOTHING, 0, 2, {0x00, 0x00}},
    {"VP8 second partition", &vp8, NOTHING, 0, 2, {0x11, 0x00}},
    {"VP8 key frame, 7-bit picture id", &vp8, KEYFRAME, 4, 4, {0x90, 0x80, 0x12, 0x00}},
    {"VP8 key frame, 15-bit picture id", &vp8, KEYFRAME, 5, 5, {0x90, 0x80, 0x92, 0x34, 0x00}},
    {"VP8 key frame, everything", &vp8, KEYFRAME, 7, 7, {0x90, 0xf0, 0x92, 0x34, 1, 2, 0x00}},
    {"VP8 key frame, T without K", &vp8, KEYFRAME, 4, 4, {0x90, 0x20, 0x40, 0x00}},
    {"VP8 interframe, everything", &vp8, NOTHING, 0, 7, {0x90, 0xf0, 0x92, 0x34, 1, 2, 0x01}},
    {"VP9 key frame, no layers", &vp9, KEYFRAME, 2, 2, {0x08, 0x82}},
    {"VP9 key frame, 15-bit picture id", &vp9, KEYFRAME, 4, 4, {0x88, 0x92, 0x34, 0x82}},
    {"VP9 key frame, lowest layer", &vp9, KEYFRAME, 5, 5, {0xa8, 0x92, 0x34, 0x00, 0x82}},
    {"VP9 key frame, 7-bit picture id, lowest layer", &vp9, KEYFRAME, 4, 4, {0xa8, 0x12, 0x00, 0x82}},
    {"VP9 inter-predicted", &vp9, NOTHING, 0, 2, {0x48, 0x82}},
    {"VP9 inter-predicted, lowest layer", &vp9, NOTHING, 0, 4, {0xe8, 0x12, 0x20, 0x82}},
    {"VP9 not the beginning", &vp9, NOTHING, 0, 2, {0x00, 0x82}},
    {"VP9 upper spatial layer", &vp9, NOTHING, 0, 5, {0xa8, 0x92, 0x34, 0x02, 0x82}},
    {"VP9 fifth spatial layer", &vp9, NOTHING, 0, 5, {0xa8, 0x92, 0x34, 0x08, 0x82}},
    {"H264 IDR", &h264, KEYFRAME, 2, 2, {0x65, 0x88}},
    {"H264 SPS", &h264, KEYFRAME, 1, 2, {0x67, 0}},
    {"H264 PPS", &h264, NOTHING, 0, 2, {0x68, 0}},
    {"H264 slice", &h264, NOTHING, 0, 2, {0x41, 0x9a}},
    {"H264 second slice", &h264, NOTHING, 0, 2, {0x41, 0x40}},
    {"H264 end of sequence", &h264, NOTHING, 0, 1, {0x0a}},
    {"H264 STAP-A with SPS second", &h264, KEYFRAME, 4, 7, {0x78, 0, 1, 0x09, 0, 1, 0x67}},
    {"H264 STAP-A of PPS and IDR", &h264, KEYFRAME, 4, 8, {0x78, 0, 1, 0x68, 0, 2, 0x65, 0x88}},
    {"H264 STAP-A without", &h264, NOTHING, 0, 8, {0x78, 0, 1, 0x09, 0, 2, 0x41, 0x9a}},
    {"H264 STAP-A of later slices", &h264, NOTHING, 0, 9, {0x78, 0, 2, 0x41, 0x40, 0, 2, 0x65, 0x20}},
    {"H264 STAP-A whose size lies", &h264, NOTHING, 0, 4, {0x78, 0, 9, 0x67}},
    {"H264 STAP-A whose size is one too much", &h264, NOTHING, 0, 4, {0x78, 0, 2, 0x67}},
    {"H264 STAP-A of IDR only", &h264, KEYFRAME, 5, 5, {0x78, 0, 2, 0x65, 0x88}},
    {"H264 STAP-A of size 0", &h264, NOTHING, 0, 5, {0x78, 0, 0, 0x67, 0}},
    {"H264 FU-A, start of IDR", &h264, KEYFRAME, 3, 3, {0x7c, 0x85, 0x88}},
    {"H264 FU-A, start of a slice", &h264, NOTHING, 0, 3, {0x7c, 0x81, 0x9a}},
    {"H264 FU-A, middle of IDR", &h264, NOTHING, 0, 3, {0x7c, 0x05, 0x88}},
    {"H264 FU-A, end of IDR", &h264, NOTHING, 0, 3, {0x7c, 0x45, 0x88}},
    {"AV1 new sequence", &av1, KEYFRAME, 2, 2, {0x18, 0x0a}},
    {"AV1 within a sequence", &av1, NOTHING, 0, 2, {0x10, 0x32}},
    {"AV1 continuation", &av1, NOTHING, 0, 2, {0x98, 0x0a}},
};

static void tells_what_begins(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		if (row->codec->is_keyframe(row->payload, row->len) != (row->expected == KEYFRAME))
			fail_msg("%s", row->what);
	}
}

/*
 * A stream that was switched in the middle of an IDR picture of several slices began with its second slice: the
 * viewer had no beginning to decode from, and nobody asked for another key frame, because one had "come".
 */
static void a_later_slice_of_an_idr_picture_begins_nothing(void **state)
{
	(void)state;
	static const uint8_t single[] = {0x65, 0x40};
	static const uint8_t fragment[] = {0x7c, 0x85, 0x40};
	assert_false(urchin_h264_is_keyframe(single, sizeof(single)));
	assert_false(urchin_h264_is_keyframe(fragment, sizeof(fragment)));
}

/* No cut makes it read behind the end (a sanitizer looks), and what is cut within what it looks at begins nothing. */
static void cut_off_payloads_begin_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		for (size_t len = 0; len < row->len; len++) {
			uint8_t *payload = malloc(len ? len : 1);
			memcpy(payload, row->payload, len);
			bool is_keyframe = row->codec->is_keyframe(payload, len);
			free(payload);
			if (is_keyframe && (row->expected == NOTHING || len < row->whole))
				fail_msg("%s, cut at %zu", row->what, len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_what_begins),
	    cmocka_unit_test(a_later_slice_of_an_idr_picture_begins_nothing),
	    cmocka_unit_test(cut_off_payloads_begin_nothing),
	};
	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}

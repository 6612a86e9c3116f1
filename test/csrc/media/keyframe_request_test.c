/* Many wishes, few requests. */
#include "support/cmocka_all.h"

#include "base/heap.h"
#include "media/keyframe_request.h"

#define MS 1000u

static void merges_wishes(void **state)
{
	struct urchin_keyframe_request request = {0};
	int asked = 0;

	(void)state;
	assert_int_equal(urchin_keyframe_request_deadline_us(&request), URCHIN_NEVER_US);
	for (uint64_t now_us = 0; now_us < 400 * MS; now_us += 40 * MS) {
		urchin_keyframe_request_want(&request);
		asked += urchin_keyframe_request_take(&request, true, now_us);
	}
	assert_int_equal(asked, 1);
	assert_int_equal(urchin_keyframe_request_deadline_us(&request), 500 * MS);
	assert_true(urchin_keyframe_request_take(&request, true, 500 * MS));
	assert_false(urchin_keyframe_request_take(&request, true, 501 * MS));
}

static void a_key_frame_fulfils_all(void **state)
{
	struct urchin_keyframe_request request = {0};

	(void)state;
	urchin_keyframe_request_want(&request);
	assert_true(urchin_keyframe_request_take(&request, true, 0));
	urchin_keyframe_request_want(&request);
	urchin_keyframe_request_arrived(&request);
	assert_int_equal(urchin_keyframe_request_deadline_us(&request), URCHIN_NEVER_US);
	assert_false(urchin_keyframe_request_take(&request, false, 5000 * MS));
	/* but the 500 ms still hold for the next wish */
	request.asked_us = 5000 * MS;
	urchin_keyframe_request_want(&request);
	assert_false(urchin_keyframe_request_take(&request, true, 5300 * MS));
	assert_true(urchin_keyframe_request_take(&request, true, 5500 * MS));
}

static void asks_again_while_somebody_waits(void **state)
{
	struct urchin_keyframe_request request = {0};

	(void)state;
	urchin_keyframe_request_want(&request);
	assert_true(urchin_keyframe_request_take(&request, true, 0));
	assert_int_equal(urchin_keyframe_request_deadline_us(&request), 1000 * MS);
	assert_false(urchin_keyframe_request_take(&request, true, 999 * MS));
	assert_true(urchin_keyframe_request_take(&request, true, 1000 * MS));
	assert_false(urchin_keyframe_request_take(&request, false, 2000 * MS));
	assert_int_equal(urchin_keyframe_request_deadline_us(&request), URCHIN_NEVER_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(merges_wishes),
	    cmocka_unit_test(a_key_frame_fulfils_all),
	    cmocka_unit_test(asks_again_while_somebody_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

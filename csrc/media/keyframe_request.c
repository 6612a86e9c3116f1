/* Merges and repeats key-frame requests. */
#include "media/keyframe_request.h"

#include "base/heap.h"

#define MIN_INTERVAL_US 500000
#define REPEAT_US 1000000

void urchin_keyframe_request_want(struct urchin_keyframe_request *request)
{
	request->is_wanted = true;
}

void urchin_keyframe_request_arrived(struct urchin_keyframe_request *request)
{
	request->is_wanted = false;
	request->is_awaited = false;
}

bool urchin_keyframe_request_take(struct urchin_keyframe_request *request, bool is_waiting, uint64_t now_us)
{
	if (request->has_asked && now_us < request->asked_us + MIN_INTERVAL_US)
		return false;
	bool is_overdue = request->is_awaited && now_us >= request->asked_us + REPEAT_US;
	if (!request->is_wanted && is_overdue && !is_waiting)
		request->is_awaited = false;
	if (!request->is_wanted && !(is_overdue && is_waiting))
		return false;
	request->is_wanted = false;
	request->is_awaited = true;
	request->has_asked = true;
	request->asked_us = now_us;
	return true;
}

void urchin_keyframe_request_undo(struct urchin_keyframe_request *request)
{
	*request = (struct urchin_keyframe_request){0};
}

uint64_t urchin_keyframe_request_deadline_us(const struct urchin_keyframe_request *request)
{
	if (request->is_wanted)
		return request->has_asked ? request->asked_us + MIN_INTERVAL_US : 0;
	return request->is_awaited ? request->asked_us + REPEAT_US : URCHIN_NEVER_US;
}

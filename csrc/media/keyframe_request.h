/*
 * When to ask a publisher for a key frame: many viewers' wishes become at most one request per 500 ms,
 * and one that stays unanswered is repeated after a second while somebody waits.
 */
#ifndef URCHIN_MEDIA_KEYFRAME_REQUEST_H
#define URCHIN_MEDIA_KEYFRAME_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing asked yet. */
struct urchin_keyframe_request {
	bool is_wanted;  /* by somebody, not asked for yet */
	bool is_awaited; /* asked for, not come yet */
	bool has_asked;  /* asked_us counts */
	uint64_t asked_us;
};

/* Somebody needs a key frame. */
void urchin_keyframe_request_want(struct urchin_keyframe_request *request);

/* A key frame came: earlier wishes are fulfilled. */
void urchin_keyframe_request_arrived(struct urchin_keyframe_request *request);

/* Returns true when the publisher must be asked now, and takes it as done. is_waiting: a viewer still waits. */
bool urchin_keyframe_request_take(struct urchin_keyframe_request *request, bool is_waiting, uint64_t now_us);

/* The request could not be sent: it isn't awaited, and the next wish is asked at once. */
void urchin_keyframe_request_undo(struct urchin_keyframe_request *request);

/* When take() is wanted next; URCHIN_NEVER_US for never. */
uint64_t urchin_keyframe_request_deadline_us(const struct urchin_keyframe_request *request);

#endif

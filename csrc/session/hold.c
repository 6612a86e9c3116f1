/* See hold.h. A stream earns its waits: when they bring nothing, it goes without for a while, then tries again. */
#include "session/hold.h"

/* Below 4 datagrams a millisecond a worker uses a few percent of a core: latency is worth more than trains. */
#define WINDOW_US 200000
#define BUSY_DATAGRAMS_PER_MS 4
#define USELESS_MAX 4
#define PASSED_BEFORE_RETRY 256
/* What is longer is no frame, or one that fills the batch by itself: a stream without marks would always wait. */
#define FRAME_PACKETS_MAX 64

void urchin_hold_count(struct urchin_hold *hold, uint64_t datagrams, uint64_t now_us)
{
	uint64_t passed_us = now_us - hold->window_start_us;

	hold->window_datagrams += datagrams;
	if (passed_us < WINDOW_US)
		return;
	hold->is_busy = hold->window_datagrams * 1000 >= passed_us * BUSY_DATAGRAMS_PER_MS;
	hold->window_start_us = now_us;
	hold->window_datagrams = 0;
}

static bool may_wait(struct urchin_hold_stream *stream)
{
	if (stream->frame_packets > FRAME_PACKETS_MAX)
		return false;
	if (stream->useless < USELESS_MAX)
		return true;
	if (++stream->passed < PASSED_BEFORE_RETRY)
		return false;
	stream->passed = 0;
	stream->useless = USELESS_MAX - 1;
	return true;
}

static void set_open(struct urchin_hold *hold, struct urchin_hold_stream *stream, bool is_open)
{
	if (stream->is_open == is_open)
		return;
	stream->is_open = is_open;
	hold->open_streams += is_open ? 1 : UINT32_MAX;
}

void urchin_hold_add(struct urchin_hold *hold, struct urchin_hold_stream *stream, bool ends_frame, uint64_t now_us)
{
	if (hold->since_us == 0)
		hold->since_us = now_us;
	stream->waiting++;
	stream->frame_packets = ends_frame ? 0 : stream->frame_packets + 1;
	set_open(hold, stream, !ends_frame && hold->is_busy && may_wait(stream));
}

uint64_t urchin_hold_deadline_us(const struct urchin_hold *hold)
{
	return hold->open_streams > 0 ? hold->since_us + URCHIN_HOLD_MAX_US : 0;
}

void urchin_hold_end_stream(struct urchin_hold *hold, struct urchin_hold_stream *stream)
{
	if (stream->waiting > 1)
		stream->useless = 0;
	else if (stream->is_open && stream->useless < USELESS_MAX)
		stream->useless++;
	stream->waiting = 0;
	set_open(hold, stream, false);
}

void urchin_hold_end(struct urchin_hold *hold)
{
	hold->since_us = 0;
}

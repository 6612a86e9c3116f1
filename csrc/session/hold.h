/*
 * How long packets wait before they are forwarded, so that more of a frame leaves together: until the frame's last
 * packet came, at most URCHIN_HOLD_MAX_US, and only where that makes longer trains: not on an idle worker, not for
 * audio, not for streams whose packets come one by one. Knows no clock and no packets.
 */
#ifndef URCHIN_SESSION_HOLD_H
#define URCHIN_SESSION_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URCHIN_HOLD_MAX_US 1000

/* Of one video stream. Zeroed at first. */
struct urchin_hold_stream {
	bool is_open;           /* in the waiting batch, without the last packet of its frame */
	uint32_t waiting;       /* packets in the batch */
	uint32_t useless;       /* waits in a row that brought no second packet */
	uint32_t passed;        /* packets that did not wait since waiting proved useless */
	uint32_t frame_packets; /* since the last one that ended a frame */
};

/* Of one worker. Zeroed at first. */
struct urchin_hold {
	uint64_t since_us; /* when the first of the waiting packets came; 0: none waits */
	uint32_t open_streams;
	uint64_t window_start_us;
	uint64_t window_datagrams;
	bool is_busy;
};

/* `datagrams` are about to be sent: how busy the worker is. */
void urchin_hold_count(struct urchin_hold *hold, uint64_t datagrams, uint64_t now_us);

/* A packet of a video stream joins the batch; ends_frame: RTP's marker bit. */
void urchin_hold_add(struct urchin_hold *hold, struct urchin_hold_stream *stream, bool ends_frame, uint64_t now_us);

/* When the batch is to be forwarded; a time that is past (0): at once. */
uint64_t urchin_hold_deadline_us(const struct urchin_hold *hold);

/* The stream's packets have left the batch, or are forgotten. */
void urchin_hold_end_stream(struct urchin_hold *hold, struct urchin_hold_stream *stream);

/* The batch is empty; every stream of it has been ended. */
void urchin_hold_end(struct urchin_hold *hold);

#endif

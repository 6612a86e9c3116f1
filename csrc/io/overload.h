/*
 * Whether a worker can do what it has to do, judged at the end of each turn of its loop by how long packets waited, and
 * how much it leaves undone: on level n of 4 the video of n quarters of its viewers. Video of a viewer is whole or not
 * there at all; nothing else is ever left undone. Pure: time is handed in.
 */
#ifndef URCHIN_IO_OVERLOAD_H
#define URCHIN_IO_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

#define URCHIN_OVERLOAD_LEVELS 4

/* A packet that waits longer is of little use in a conversation, and a burst is over before. */
#define URCHIN_OVERLOAD_LATE_US 50000
/* So much more late than in time, and the level rises. */
#define URCHIN_OVERLOAD_RISE_US 500000
/* Of one turn counts no more: a process that was stopped for a while is not overloaded. */
#define URCHIN_OVERLOAD_TURN_MAX_US 200000
/* In time, and not busier than this, for some such windows: the level falls. */
#define URCHIN_OVERLOAD_WINDOW_US 1000000
#define URCHIN_OVERLOAD_CALM_PERCENT 70
#define URCHIN_OVERLOAD_HOLD_MIN 3  /* windows */
#define URCHIN_OVERLOAD_HOLD_MAX 60 /* it doubles each time when the level rises again soon */

struct urchin_overload {
	unsigned level;
	uint64_t lag_us;   /* how long the oldest packet of the last turn waited */
	uint64_t max_us;   /* the longest of all times */
	uint64_t rises;    /* how often the level rose */
	uint64_t since_us; /* everything that came before was handled then */
	bool was_behind;
	uint64_t end_us;  /* of the last turn */
	uint64_t late_us; /* late turns minus the others, never below 0 */
	uint64_t window_us;
	uint64_t busy_us; /* in this window */
	bool is_late_window;
	unsigned busy_percent; /* of the last whole window */
	unsigned calm_windows;
	unsigned hold;
	uint64_t fell_us; /* 0: never */
};

void urchin_overload_init(struct urchin_overload *overload, uint64_t now_us);

/*
 * A turn that began at woke_us ends. is_behind: it left packets unread that had arrived before. Returns whether the
 * level changed.
 */
bool urchin_overload_turn(struct urchin_overload *overload, uint64_t woke_us, uint64_t now_us, bool is_behind);

/* Whether the video of this viewer (any number that is its own) is left undone on this level. Grows with the level. */
bool urchin_overload_sheds(unsigned level, uint64_t viewer_id);

#endif

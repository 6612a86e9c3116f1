/*
 * One GMainContext as a citizen of a loop: its descriptors in the loop's epoll set, its timeout in the loop's heap.
 * Each libnice agent has a context of its own, for a context's cost per wake-up grows with everything on it.
 */
#ifndef URCHIN_IO_GLIB_SOURCE_H
#define URCHIN_IO_GLIB_SOURCE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "io/loop.h"

struct urchin_glib_source {
	struct urchin_loop *loop;
	GMainContext *context;
	struct urchin_loop_watch watch;
	struct urchin_loop_timer timer;
	struct urchin_loop_task task;
	GPollFD *fds; /* as the context wants them polled; all are registered with the loop */
	size_t fd_count;
	size_t fd_cap;
	GPollFD *old_fds;
	size_t old_cap;
	int priority;
	bool fds_change; /* its descriptors may be closed and reopened under the same number at any time */
	bool is_touched;
	uint64_t now_us; /* when the present dispatch began */
};

/* The calling thread becomes the context's owner; it must be the loop's. Returns 0 or URCHIN_ENOMEM. */
int urchin_glib_source_init(struct urchin_glib_source *source, struct urchin_loop *loop, bool fds_change);

/* Takes everything out of the loop; the context stays, to be iterated by hand until urchin_glib_source_clear(). */
void urchin_glib_source_detach(struct urchin_glib_source *source);
void urchin_glib_source_clear(struct urchin_glib_source *source);

/* The context's sources may have changed outside a dispatch: asks it again at the end of the turn. */
void urchin_glib_source_touch(struct urchin_glib_source *source);

#endif

/* Tells when the machine's interfaces or addresses changed (rtnetlink). What they are now is for the owner to look up.
 */
#ifndef URCHIN_IO_LINK_WATCH_H
#define URCHIN_IO_LINK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "io/loop.h"

/* The fields are its own. `watch` and `timer` stay in place while it is in use. */
struct urchin_link_watch {
	struct urchin_loop_watch watch;
	struct urchin_loop_timer timer;
	struct urchin_loop *loop;
	int fd;                  /* -1: the system refuses, no watch */
	uint64_t burst_began_us; /* 0: no change is waiting to be told */
	void (*on_change)(void *owner);
	void *owner;
};

/*
 * Starts watching the network namespace of the calling thread. on_change comes once per burst of changes, 100 ms after
 * its last one (1 s after its first at the latest); it may call urchin_link_watch_clear. Returns 0, also where the
 * system allows no watch (urchin_link_watch_is_active tells), or URCHIN_ENOMEM.
 */
int urchin_link_watch_init(struct urchin_link_watch *watch, struct urchin_loop *loop, void (*on_change)(void *owner),
			   void *owner);

/* Ends it; harmless twice, and on a zeroed struct. */
void urchin_link_watch_clear(struct urchin_link_watch *watch);

bool urchin_link_watch_is_active(const struct urchin_link_watch *watch);

#endif

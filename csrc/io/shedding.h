/* What a worker leaves undone when it has too much to do (io/overload): whose video, who is told, and its counters. */
#ifndef URCHIN_IO_SHEDDING_H
#define URCHIN_IO_SHEDDING_H

#include "io/worker.h"

/* After each turn of the loop. May emit URCHIN_EVENT_OVERLOAD and a log line. Returns how long the next may wait. */
uint64_t urchin_shedding_turn(struct urchin_worker *worker);

/* A connection begins: it may be one whose video is left out. */
void urchin_shedding_add(const struct urchin_worker *worker, struct urchin_worker_connection *entry);

/* The worker's own statistics. Returns 0 or URCHIN_ENOMEM. */
int urchin_shedding_add_stats(const struct urchin_worker *worker, struct urchin_stats *stats);

#endif

/* Writes the values of one object after the other into statistics; the first error is remembered. */
#ifndef URCHIN_TRANSPORT_STATS_WRITER_H
#define URCHIN_TRANSPORT_STATS_WRITER_H

#include "transport/candidate.h"
#include "transport/event.h"

/* `group` and `id` are set by the caller before each object's values. */
struct urchin_stats_writer {
	struct urchin_stats *stats;
	enum urchin_stat_group group;
	uint64_t id;
	int err; /* 0 or URCHIN_ENOMEM */
};

/* `name`, and `text` of put_name(), have static storage; put_text() copies, and leaves empty texts out. */
void urchin_stats_put(struct urchin_stats_writer *writer, const char *name, double value);
void urchin_stats_put_name(struct urchin_stats_writer *writer, const char *name, const char *text);
void urchin_stats_put_text(struct urchin_stats_writer *writer, const char *name, const char *text);

/* A candidate in the terms of W3C webrtc-stats. */
void urchin_stats_put_candidate(struct urchin_stats_writer *writer, const struct urchin_candidate *candidate);

#endif

/* Carries the level to the connections and tells it to the owner. */
#include "io/shedding.h"

#include <stdio.h>

#include "io/clock.h"

#define MAX_WAIT_US 60000000
/* A worker without packets notices the end of its overload too. */
#define SHEDDING_WAIT_US 500000

static void tell(struct urchin_worker *worker, size_t shed)
{
	struct urchin_event event = {
	    .type = URCHIN_EVENT_OVERLOAD, .code = (int32_t)worker->overload.level, .object_id = shed};
	char line[160];

	snprintf(line, sizeof(line),
		 "overload: level %u of %d, packets waited %u ms: %zu of %zu connections without video",
		 worker->overload.level, URCHIN_OVERLOAD_LEVELS, (unsigned)(worker->overload.lag_us / 1000), shed,
		 worker->connections.count);
	urchin_worker_log(worker, 0, URCHIN_LOG_WARN, line);
	urchin_worker_emit(worker, &event);
}

static bool set_shed(const struct urchin_worker *worker, struct urchin_worker_connection *entry, uint64_t now_us)
{
	bool is_shed = urchin_overload_sheds(worker->overload.level, entry->id);

	if (is_shed != entry->is_shed)
		urchin_connection_shed_video(entry->connection, is_shed, now_us);
	entry->is_shed = is_shed;
	return is_shed;
}

static void change_level(struct urchin_worker *worker, uint64_t now_us)
{
	struct urchin_worker_connection *entry;
	size_t cursor = 0, shed = 0;

	while ((entry = urchin_table_next(&worker->connections, &cursor)))
		if (!entry->is_closed)
			shed += set_shed(worker, entry, now_us);
	tell(worker, shed);
}

uint64_t urchin_shedding_turn(struct urchin_worker *worker)
{
	uint64_t now_us = urchin_clock_us();

	if (urchin_overload_turn(&worker->overload, worker->loop.woke_us, now_us, worker->loop.is_behind))
		change_level(worker, now_us);
	return worker->overload.level > 0 ? SHEDDING_WAIT_US : MAX_WAIT_US;
}

void urchin_shedding_add(const struct urchin_worker *worker, struct urchin_worker_connection *entry)
{
	if (worker->overload.level > 0)
		set_shed(worker, entry, urchin_clock_us());
}

int urchin_shedding_add_stats(const struct urchin_worker *worker, struct urchin_stats *stats)
{
	const struct urchin_overload *overload = &worker->overload;
	const struct {
		const char *name;
		double value;
	} items[] = {
	    {"connections", (double)worker->connections.count},
	    {"overloadLevel", overload->level},
	    {"overloadRises", (double)overload->rises},
	    {"busy", overload->busy_percent / 100.0},
	    {"lag", (double)overload->lag_us / 1e6},
	    {"maxLag", (double)overload->max_us / 1e6},
	    {"videoParcelsDropped", (double)worker->parcels_dropped.video},
	    {"mediaParcelsDropped", (double)worker->parcels_dropped.media},
	    {"strangerParcelsDropped", (double)worker->parcels_dropped.strangers},
	    {"controlParcelsDropped", (double)worker->parcels_dropped.control},
	};
	int err = 0;

	for (size_t i = 0; err == 0 && i < sizeof(items) / sizeof(items[0]); i++)
		err = urchin_stats_add(stats, URCHIN_STAT_TRANSPORT, 0, items[i].name, items[i].value, NULL);
	return err;
}
